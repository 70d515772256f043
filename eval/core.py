"""What every suite shares: the record of a run, and intervals by bootstrap."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from tianfu.model.ports import Encoder

Scores = npt.NDArray[np.float64]
RESAMPLES = 1_000
LEVEL = 0.95
SEED = 20_240_601


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteResult:
    """One suite run once; the keys of ``metrics`` are part of the public contract.

    Attributes:
        suite: Name of the suite.
        model: Name, version and fingerprint of what was measured.
        n: How many items were measured.
        metrics: Ratios 0..1 unless the name says otherwise.
        intervals: 95 % bootstrap interval of each metric that has one, low and high.
        baselines: The same metrics of simpler methods on the same items.
        seconds: Wall time of the whole run.
    """

    suite: str
    model: Mapping[str, Any]
    n: int
    metrics: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    baselines: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Plain values, rounded to six digits, as ``--json`` writes them."""
        return {
            "suite": self.suite,
            "model": dict(self.model),
            "n": self.n,
            "metrics": {name: round(value, 6) for name, value in self.metrics.items()},
            "intervals": {
                name: [round(low, 6), round(high, 6)] for name, (low, high) in self.intervals.items()
            },
            "baselines": {
                name: {metric: round(value, 6) for metric, value in metrics.items()}
                for name, metrics in self.baselines.items()
            },
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a suite measures, and how far.

    Attributes:
        encoder: Loaded and ready.
        facts: Name, version and fingerprint, for the record.
        baselines: Whether simpler methods are measured beside it.
        limit: At most this many items, from the front; ``None`` takes all.
    """

    encoder: Encoder
    facts: Mapping[str, Any] = field(default_factory=dict)
    baselines: bool = True
    limit: int | None = None


def mean_interval(scores: Scores, *, resamples: int = RESAMPLES, seed: int = SEED) -> tuple[float, float]:
    """95 % percentile interval of the mean of per-item scores (Efron 1979).

    Args:
        scores: Shape (n,), n at least 1.
        resamples: How many samples are drawn with replacement.
        seed: Of the draws; the same scores give the same interval.
    """
    return interval(len(scores), lambda at: float(scores[at].mean()), resamples=resamples, seed=seed)


def interval(
    n: int,
    statistic: Callable[[npt.NDArray[np.int64]], float],
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> tuple[float, float]:
    """95 % percentile interval of any statistic of n items.

    Args:
        n: How many items, at least 1.
        statistic: Takes places of items, shape (n,), with repeats; gives the metric.
        resamples: How many samples are drawn with replacement.
        seed: Of the draws.
    """
    rng = np.random.default_rng(seed)
    values = np.array([statistic(rng.integers(0, n, n)) for _ in range(resamples)])
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
