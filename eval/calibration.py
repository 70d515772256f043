"""Whether confidences mean what they say, and how much may be left to the machine."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]
BINS = 10
TOLD = 0.05
"""Cells below this are left out: hundreds of near-zeros would make any model look calibrated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidenceBin:
    """Cells of about one confidence.

    Attributes:
        confidence: Their mean, 0..1.
        right: Share of them that are true, 0..1.
        count: How many.
    """

    confidence: float
    right: float
    count: int


def confidence_bins(probabilities: Floats, truth: Truth, bins: int = BINS) -> list[ConfidenceBin]:
    """The cells with probability of 0.05 and more, in bins of equal width, empty ones left out.

    Args:
        probabilities: Any shape.
        truth: The same shape.
        bins: How many.
    """
    p, t = probabilities.reshape(-1), truth.reshape(-1)
    told = p >= TOLD
    p, t = p[told], t[told]
    at = np.minimum((p * bins).astype(np.int64), bins - 1)
    counts = np.bincount(at, minlength=bins)
    sums, hits = np.bincount(at, p, minlength=bins), np.bincount(at, t, minlength=bins)
    return [
        ConfidenceBin(
            confidence=float(sums[b] / counts[b]), right=float(hits[b] / counts[b]), count=int(counts[b])
        )
        for b in np.flatnonzero(counts)
    ]


def calibration_error(probabilities: Floats, truth: Truth, bins: int = BINS) -> float:
    """Expected calibration error over all cells with probability of 0.05 and more (Naeini 2015), 0..1."""
    found = confidence_bins(probabilities, truth, bins)
    total = sum(b.count for b in found)
    return sum(abs(b.confidence - b.right) * b.count for b in found) / total if total else 0.0


def coverage_at_precision(confidence: Floats, right: Truth, precision: float) -> float:
    """Largest share of items, the most confident first, of which at least ``precision`` are right.

    Items of one confidence are taken together or not at all.

    Args:
        confidence: Of each item, shape (n,).
        right: Whether it is right, shape (n,).
        precision: 0..1.
    """
    order = np.argsort(-confidence, kind="stable")
    counts = np.arange(1, len(order) + 1)
    whole = np.append(np.diff(confidence[order]) != 0, True)
    reached = whole & (np.cumsum(right[order]) >= precision * counts - 1e-9)
    return float(counts[reached].max(initial=0) / max(len(order), 1))
