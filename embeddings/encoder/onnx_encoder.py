"""An encoder that runs through ONNX Runtime."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from tianfu.embeddings.encoder.inputs import GraphInputs, TextInputs
from tianfu.model.errors import ArtefactInvalid, EncoderUnavailable
from tianfu.model.ports import FloatMatrix

SHORT_STEP, LONG_STEP, SHORT_END = 64, 256, 512
"""Texts are padded to a multiple of 64 up to 512, of 256 beyond."""


class OnnxEncoder:
    """Texts to vectors of unit length.  Safe to call from many threads.

    A text's vector does not depend on what else is encoded with it: texts are grouped by a padded
    length that is their own, and every row of a batch is summed by itself.

    Args:
        session: Takes the arrays of ``inputs`` with a batch axis in front, gives one (n, width) array.
        inputs: Reads texts.
        dimension: Length of a vector; the first numbers of a row that the graph gives.
        fingerprint: See :class:`tianfu.model.ports.Encoder`.
        max_cells: Most padded positions in one run of the graph; bounds memory.
        pad: Whether texts of unlike length may be padded into one run; off for graphs whose result
            depends on padding or company (dynamic quantisation).
    """

    def __init__(
        self,
        session: ort.InferenceSession,
        inputs: TextInputs,
        *,
        dimension: int,
        fingerprint: str,
        max_cells: int,
        pad: bool,
    ) -> None:
        self._session = session
        self._inputs = inputs
        self._dimension = dimension
        self._fingerprint = fingerprint
        self._max_cells = max_cells
        self._pad = pad
        self._wanted = [one.name for one in session.get_inputs()]
        self._output = session.get_outputs()[0].name

    @property
    def fingerprint(self) -> str:
        """Hash of everything that shapes a vector: weights, vocabulary, normalisation, dimension."""
        return self._fingerprint

    @property
    def dimension(self) -> int:
        """Length of one vector."""
        return self._dimension

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        """Encode texts to shape (len(texts), dimension), in order.  An empty text gives a zero row.

        Raises:
            EncoderUnavailable: The graph failed.
        """
        vectors = np.zeros((len(texts), self._dimension), dtype=np.float32)
        read = [self._inputs(text) for text in texts]
        for places, length in self._runs(read):
            batch = {name: _stacked([read[p][name] for p in places], length) for name in self._wanted}
            vectors[places] = _unit(self._run(batch)[:, : self._dimension])
        return vectors

    def _runs(self, read: Sequence[GraphInputs]) -> Iterator[tuple[list[int], int]]:
        by_length: dict[int, list[int]] = defaultdict(list)
        for place, arrays in enumerate(read):
            size = len(arrays[self._wanted[0]])
            if size:
                by_length[padded_length(size) if self._pad else size].append(place)
        for length, places in sorted(by_length.items()):
            many = max(1, self._max_cells // length) if self._pad else 1
            for start in range(0, len(places), many):
                yield places[start : start + many], length

    def _run(self, batch: GraphInputs) -> FloatMatrix:
        try:
            answer: Any = self._session.run([self._output], dict(batch))[0]
        except Exception as bad:
            raise EncoderUnavailable("The encoder failed.", advice="Check the artefact.") from bad
        found: FloatMatrix = answer
        return found


def padded_length(size: int) -> int:
    """The length that a text of this many positions is padded to; a function of the text alone."""
    step = SHORT_STEP if size <= SHORT_END else LONG_STEP
    return -(-size // step) * step


def open_session(path: Path, *, threads: int) -> ort.InferenceSession:
    """Open a graph on the processor.

    Raises:
        ArtefactInvalid: The file is no graph that this runtime can run.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.use_deterministic_compute = True
    try:
        # resolved, since weights beside the graph are refused when a link leads to them
        return ort.InferenceSession(str(path.resolve()), options, providers=["CPUExecutionProvider"])
    except Exception as bad:
        raise ArtefactInvalid(
            f"The graph {path.name} cannot be opened.", advice="Import the artefact again."
        ) from bad


def _stacked(rows: Sequence[np.ndarray], length: int) -> np.ndarray:
    stacked = np.zeros((len(rows), length), dtype=rows[0].dtype)
    for at, row in enumerate(rows):
        stacked[at, : len(row)] = row
    return stacked


def _unit(vectors: FloatMatrix) -> FloatMatrix:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: FloatMatrix = (vectors / np.maximum(lengths, np.float32(1e-12))).astype(np.float32)
    return unit
