"""The learned part: two logistic regressions over chosen features, small enough to read."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.pairs.features import NAMES
from tianfu.model.errors import ArtefactInvalid

HEADS_FILE = "heads.json"


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """One logistic regression.

    Attributes:
        places: Which of the features it looks at, by place in :data:`NAMES`.
        weights: One for each of them, in the features' own units.
        bias: Log odds of a pair whose features are all 0.
        threshold: Probability from which its answer is yes.
        sure: Probability from which that answer needs no editor; ``threshold`` or more.
    """

    places: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]
    bias: float
    threshold: float
    sure: float

    def probability(self, features: npt.NDArray[np.float64]) -> float:
        """Probability of yes, 0..1."""
        return _likely(self.bias + float(features[self.places] @ self.weights))

    def most(self, low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]) -> float:
        """The highest probability that features between ``low`` and ``high`` can reach, 0..1."""
        best = np.where(self.weights > 0.0, high[self.places], low[self.places])
        return _likely(self.bias + float(best @ self.weights))


def _likely(odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(min(odds, 50.0), -50.0)))


@dataclass(frozen=True, slots=True)
class Heads:
    """Whether one is a copy of the other, and whether both tell the same event."""

    copy: Head
    event: Head


def read_heads(file: Path) -> Heads:
    """Read both heads.

    Raises:
        ArtefactInvalid: The file is not as written, or names a feature this version does not know.
    """
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
        return Heads(copy=_head(rows["copy"]), event=_head(rows["event"]))
    except (OSError, ValueError, KeyError, TypeError) as bad:
        raise ArtefactInvalid(
            f"{file.name} does not hold the heads of a pair judge.", advice="Train the judge again."
        ) from bad


def write_heads(file: Path, *, copy: Mapping[str, Any], event: Mapping[str, Any]) -> None:
    """Write both heads; each has ``features`` (names), ``weights``, ``bias``, ``threshold``, ``sure``."""
    text = json.dumps({"copy": copy, "event": event}, indent=1)
    file.write_text(text + "\n", encoding="utf-8")


def _head(row: Mapping[str, Any]) -> Head:
    names: Sequence[str] = row["features"]
    return Head(
        places=np.array([NAMES.index(name) for name in names], dtype=np.int64),
        weights=np.array(row["weights"], dtype=np.float64),
        bias=float(row["bias"]),
        threshold=float(row["threshold"]),
        sure=float(row["sure"]),
    )
