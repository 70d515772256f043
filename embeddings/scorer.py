"""The feed's learnt ranker: one curve a feature, kept as JSON."""

import json
from collections.abc import Mapping
from pathlib import Path

from tianfu.embeddings.artefact import load_artefact
from tianfu.model.errors import ArtefactInvalid
from tianfu.model.feed.scoring import Curve, Scorer

KIND = "feed_ranker"
CURVES = "curves.json"


def load_scorer(folder: Path) -> Scorer:
    """Load an artefact of kind ``feed_ranker``.

    Raises:
        ArtefactInvalid: Incomplete, altered, of another kind, or made for other features.
    """
    artefact = load_artefact(folder, kind=KIND)
    try:
        rows: Mapping[str, Mapping[str, list[float]]] = json.loads(
            artefact.file(CURVES).read_text(encoding="utf-8")
        )
        curves = {name: Curve(tuple(row["at"]), tuple(row["worth"])) for name, row in rows.items()}
        return Scorer(artefact.version, curves)
    except (ValueError, KeyError, TypeError, AttributeError) as bad:
        raise ArtefactInvalid(
            f"{artefact.version} does not fit the features of this version: {bad}.",
            advice="Train it again with `tianfu train ranker`.",
        ) from bad


def save_curves(folder: Path, curves: Mapping[str, Curve]) -> None:
    """Write the curves of a scorer, six digits after the point."""
    rows = {name: {"at": list(curve.at), "worth": list(curve.worth)} for name, curve in curves.items()}
    (folder / CURVES).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
