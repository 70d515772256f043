"""The learnt ranker: a tree ensemble over behaviour features, run by ONNX Runtime."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from tianfu.embeddings.artefact import load_artefact
from tianfu.model.errors import ArtefactInvalid
from tianfu.model.feed.behaviour import FEATURES

WEIGHTS = "ranker.onnx"
INPUT, OUTPUT = "features", "scores"


class Ranker:
    """Scores candidates of one request; only their order means anything.  Safe to call from many threads."""

    def __init__(self, session: ort.InferenceSession, version: str) -> None:
        self._session = session
        self.version = version

    def score(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Scores of shape (n,) for features of shape (n, len(FEATURES)); higher is better."""
        if not len(features):
            return np.zeros(0, dtype=np.float32)
        return np.asarray(self._session.run([OUTPUT], {INPUT: features})[0], dtype=np.float32).reshape(-1)


def load_ranker(folder: Path) -> Ranker:
    """Load the artefact of kind ``ranker``.

    Raises:
        ArtefactInvalid: Incomplete, altered, of another kind, or made for other features.
    """
    artefact = load_artefact(folder, kind="ranker")
    if tuple(artefact.card.get("features", ())) != FEATURES:
        raise ArtefactInvalid(
            f"{artefact.version} was made for other features than this version computes.",
            advice="Train it again with `tianfu train clicks`.",
        )
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(
        artefact.file(WEIGHTS), sess_options=options, providers=["CPUExecutionProvider"]
    )
    return Ranker(session, artefact.version)
