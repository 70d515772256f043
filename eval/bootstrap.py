"""Intervals by bootstrap, the same for a model and the simpler methods beside it."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from tianfu.eval.core import Comparison, Metrics

Scores = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Measure = Callable[[Rows], Metrics]
"""Takes places of items, shape (n,), with repeats; gives the metrics, always under the same names."""
RESAMPLES = 1_000
LEVEL = 0.95
SEED = 20_240_601


def compare(
    n: int, model: Measure, others: Mapping[str, Measure], *, resamples: int = RESAMPLES
) -> Comparison:
    """Measure a model and simpler methods on the same n items and the same samples of them."""
    metrics, intervals = bootstrap(n, model, resamples=resamples)
    found = {name: bootstrap(n, measure, resamples=resamples) for name, measure in others.items()}
    return Comparison(
        metrics=metrics,
        intervals=intervals,
        baselines={name: point for name, (point, _) in found.items()},
        baseline_intervals={name: limits for name, (_, limits) in found.items()},
    )


def bootstrap(
    n: int, measure: Measure, *, resamples: int = RESAMPLES, seed: int = SEED, level: float = LEVEL
) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    """Metrics of n items with percentile intervals (Efron 1979).

    Args:
        n: How many items, at least 1.
        measure: See :data:`Measure`.
        resamples: How many samples are drawn with replacement.
        seed: Of the draws: all methods measured on the same items meet the same samples.
        level: Of the intervals, 0..1.
    """
    point = dict(measure(np.arange(n, dtype=np.int64)))
    rng = np.random.default_rng(seed)
    drawn = [measure(rng.integers(0, n, n)) for _ in range(resamples)]
    limits = [(1 - level) / 2, (1 + level) / 2]
    intervals = {}
    for name in point:
        low, high = np.quantile([sample[name] for sample in drawn], limits)
        intervals[name] = (float(low), float(high))
    return point, intervals


def means(scores: Mapping[str, Scores]) -> Measure:
    """The measure that is the mean of each metric's scores of the items, shape (n,) each."""
    return lambda at: {name: float(values[at].mean()) for name, values in scores.items()}
