"""Fits the two heads and chooses their thresholds, by cross-validation over groups of stories."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedGroupKFold

from tianfu.embeddings.pairs.features import NAMES

COPY_FEATURES = (
    "containment",
    "containment_over_half",
    "four_fifths",
    "copied",
    "in_long",
    "clean_part",
    "one_block",
    "inner_copied",
    "sibling_odds",
    "figures_changed",
    "names_changed",
    "words_changed",
    "noisy_copy",
    "body_containment",
    "lead_in_other_most",
    "title_own_in_body",
)
"""Headlines and dates say little of copying: reprints get new headlines, siblings keep them."""
EVENT_FEATURES = NAMES
INVERSE_PENALTY = 0.2
ROUNDS = 5
FOLDS = 5
LEAST_THRESHOLD = 0.42
"""Below it, ritual reports of another day (a welcome, a funeral) are taken for copies."""

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedHead:
    """One head and how it did out of fold on the labelled pairs.

    Attributes:
        written: As the artefact keeps it.
        out_of_fold: Probability of each pair of full weight, mean over rounds; shape (pairs,).
    """

    written: Mapping[str, Any]
    out_of_fold: Matrix


def fit_head(
    rows: Matrix,
    targets: npt.NDArray[np.bool_],
    *,
    made: npt.NDArray[np.bool_],
    groups: npt.NDArray[np.int64],
    names: Sequence[str],
    made_share: float,
    weights: Matrix,
    precision: float | None,
) -> FittedHead:
    """Fit one head on all pairs; made pairs weigh ``made_share`` of the labelled ones together.

    Args:
        rows: Features, shape (n, len(NAMES)).
        targets: Shape (n,).
        made: Which rows were made by known edits; they never count in choosing the threshold.
        groups: Rows of one group are never split between training and test.
        names: Features the head looks at.
        made_share: Weight of all made pairs together, against that of all labelled ones.
        weights: Of each pair; those below 1 never count in choosing the threshold.
        precision: What is sure begins at the lowest probability that reaches it out of fold on labelled
            pairs; ``None`` if every yes is sure.  The threshold itself is that of the best F1, on made
            pairs too where every yes is sure.
    """
    places = [NAMES.index(name) for name in names]
    x = rows[:, places]
    judged = ~made & (weights >= 1.0)
    weights = np.where(made, made_share * weights[~made].sum() / max(made.sum(), 1), weights)
    out = np.zeros(len(rows))
    for round_ in range(ROUNDS):
        for train, test in _folds(targets, made, groups, round_):
            weight, bias = _fit(x[train], targets[train], weights[train])
            out[test] += _probability(x[test] @ weight + bias) / ROUNDS
    threshold = _best_f1(out, targets, [judged] if precision else [judged, made])
    sure = threshold if precision is None else _at_precision(out[judged], targets[judged], precision)
    weight, bias = _fit(x, targets, weights)
    written = {
        "features": list(names),
        "weights": [round(float(w), 6) for w in weight],
        "bias": round(bias, 6),
        "threshold": round(threshold, 4),
        "sure": round(max(threshold, sure), 4),
    }
    return FittedHead(written=written, out_of_fold=out[judged])


def _fit(x: Matrix, targets: npt.NDArray[np.bool_], weights: Matrix) -> tuple[Matrix, float]:
    mean, spread = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-6)
    model: Any = LogisticRegression(C=INVERSE_PENALTY, max_iter=2_000)
    model.fit((x - mean) / spread, targets, sample_weight=weights)
    weight: Matrix = model.coef_[0] / spread
    return weight, float(model.intercept_[0] - mean @ weight)


def _probability(odds: Matrix) -> Matrix:
    likely: Matrix = 1.0 / (1.0 + np.exp(-odds))
    return likely


def _at_precision(scores: Matrix, truth: npt.NDArray[np.bool_], precision: float) -> float:
    """The lowest threshold from which upwards the precision is reached."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    reached = np.flatnonzero(hits / np.arange(1, len(order) + 1) >= precision)
    if not len(reached):
        return 1.0
    last = int(reached[-1])
    below = scores[order[last + 1]] if last + 1 < len(order) else 0.0
    return float((scores[order[last]] + below) / 2)


def _best_f1(scores: Matrix, truth: npt.NDArray[np.bool_], kinds: Sequence[npt.NDArray[np.bool_]]) -> float:
    """The threshold with the best mean of F1 over kinds of pairs."""
    steps = np.linspace(LEAST_THRESHOLD, 0.8, 39)
    kinds = [kind for kind in kinds if kind.any()]
    f1 = [np.mean([f1_score(truth[kind], scores[kind] >= step) for kind in kinds]) for step in steps]
    return float(steps[int(np.argmax(f1))])


def _folds(
    targets: npt.NDArray[np.bool_], made: npt.NDArray[np.bool_], groups: npt.NDArray[np.int64], seed: int
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Training and test rows; every fold has its share of both kinds and both answers."""
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    yield from folds.split(targets, targets * 2 + made, groups)
