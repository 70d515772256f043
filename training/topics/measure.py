"""Measures of a tagger during training; the suites of ``tianfu eval`` use the same functions."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]


def tagging_metrics(
    probabilities: Floats,
    truth: Truth,
    primary: npt.NDArray[np.int64],
    *,
    threshold: float,
    seed: int,
    draws: int = 1_000,
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Micro and macro F1, accuracy of the primary class, calibration error; with 95 % intervals.

    Args:
        probabilities: Shape (stories, classes).
        truth: Shape (stories, classes).
        primary: Column of the primary class, shape (stories,).
        threshold: From here on a class is given; the likeliest always is.
        seed: Of the bootstrap (percentile method, Efron 1979).
        draws: Of the bootstrap.
    """
    given = (probabilities >= threshold) | np.eye(truth.shape[1], dtype=bool)[probabilities.argmax(axis=1)]

    def at(rows: npt.NDArray[np.int64]) -> dict[str, float]:
        g, t, p = given[rows], truth[rows], probabilities[rows]
        hits = (g & t).sum(axis=0)
        totals = g.sum(axis=0) + t.sum(axis=0)
        present = t.any(axis=0)
        return {
            "micro_f1": float(2 * hits.sum() / totals.sum()),
            "macro_f1": float((2 * hits[present] / totals[present]).mean()),
            "primary_accuracy": float((p.argmax(axis=1) == primary[rows]).mean()),
            "ece": calibration_error(p, t),
        }

    everything = np.arange(len(truth))
    rng = np.random.default_rng(seed)
    drawn = [at(rng.integers(0, len(truth), len(truth))) for _ in range(draws)]
    point = at(everything)
    intervals = {
        name: [round(float(q), 4) for q in np.percentile([d[name] for d in drawn], (2.5, 97.5))]
        for name in point
    }
    return {name: round(value, 4) for name, value in point.items()}, intervals


def calibration_error(probabilities: Floats, truth: Truth, bins: int = 10) -> float:
    """Expected calibration error over all cells with probability of 0.05 and more (Naeini 2015)."""
    p, t = probabilities.reshape(-1), truth.reshape(-1)
    told = p >= 0.05
    p, t = p[told], t[told]
    if not len(p):
        return 0.0
    at = np.minimum((p * bins).astype(int), bins - 1)
    gaps = [
        abs(p[at == b].mean() - t[at == b].mean()) * (at == b).mean() for b in range(bins) if (at == b).any()
    ]
    return float(sum(gaps))
