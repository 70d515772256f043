"""Fits the two heads, and answers every labelled pair by heads that have not seen its stories."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from tianfu.embeddings.pairs.features import NAMES

COPY_FEATURES = ("covered", "covered_long", "rarest_shared")
"""All three can only speak for a copy, so that more shared wording never lowers the answer."""
EVENT_FEATURES = tuple(name for name in NAMES if name not in ("covered", "covered_long", "containment"))
THRESHOLD = 0.5
"""Of both heads.  Chosen by F1 on so few pairs it would move by a tenth from fold to fold."""
INVERSE_PENALTY = 0.5
ROUNDS = 10
FOLDS = 5

Matrix = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Groups = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedHead:
    """One head and how it did out of fold.

    Attributes:
        written: As the artefact keeps it, without ``sure``.
        out_of_fold: Probability of each pair of full weight in each round; shape (ROUNDS, pairs).
    """

    written: Mapping[str, Any]
    out_of_fold: Matrix


def fit_head(
    rows: Matrix, targets: Flags, *, groups: Groups, names: Sequence[str], weights: Matrix, settled: Flags
) -> FittedHead:
    """Fit one head on all pairs.

    Args:
        rows: Features, shape (n, len(NAMES)).
        targets: Shape (n,).
        groups: Rows of one group are never split between training and test.
        names: Features the head looks at.
        weights: Of each pair; those below 1 are learnt from and never measured on.
        settled: Pairs whose answer is no before the head is asked; it learns from them all the same.
    """
    x = rows[:, [NAMES.index(name) for name in names]]
    out = np.zeros((ROUNDS, len(rows)))
    for round_ in range(ROUNDS):
        for train, test in _folds(targets, weights >= 1.0, groups, round_):
            weight, bias = _fit(x[train], targets[train], weights[train])
            out[round_, test] = np.where(settled[test], 0.0, _probability(x[test] @ weight + bias))
    weight, bias = _fit(x, targets, weights)
    written = {
        "features": list(names),
        "weights": [round(float(w), 6) for w in weight],
        "bias": round(bias, 6),
        "threshold": THRESHOLD,
    }
    return FittedHead(written=written, out_of_fold=out[:, weights >= 1.0])


def at_precision(scores: Matrix, truth: Flags, precision: float) -> float:
    """The lowest threshold from which upwards the precision is reached, 1 if none is."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    reached = np.flatnonzero(hits / np.arange(1, len(order) + 1) >= precision)
    if not len(reached):
        return 1.0
    last = int(reached[-1])
    below = scores[order[last + 1]] if last + 1 < len(order) else 0.0
    return float((scores[order[last]] + below) / 2)


def _fit(x: Matrix, targets: Flags, weights: Matrix) -> tuple[Matrix, float]:
    mean, spread = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-6)
    model: Any = LogisticRegression(C=INVERSE_PENALTY, max_iter=2_000)
    model.fit((x - mean) / spread, targets, sample_weight=weights)
    weight: Matrix = model.coef_[0] / spread
    return weight, float(model.intercept_[0] - mean @ weight)


def _probability(odds: Matrix) -> Matrix:
    likely: Matrix = 1.0 / (1.0 + np.exp(-odds))
    return likely


def _folds(
    targets: Flags, full: Flags, groups: Groups, seed: int
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Training and test rows; every fold has its share of both kinds of labels and both answers."""
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    yield from folds.split(targets, targets * 2 + full, groups)
