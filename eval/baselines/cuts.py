"""Cut-offs of baselines, chosen by cross-validation: no item helps to choose its own."""

from collections.abc import Hashable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
FOLDS = 5
SEED = 7


def named_out_of_fold(
    scores: Floats, right: Flags, wanted: Flags, groups: Sequence[Hashable], *, folds: int = FOLDS
) -> Flags:
    """Which items a rule "name it from a cut-off on" names, the cut-off chosen on the other folds.

    Args:
        scores: Of each item, shape (n,).
        right: Whether naming it is right, shape (n,).
        wanted: Whether something should be named, shape (n,).
        groups: Items of one group are never on both sides.
        folds: How many; with a single group the cut-off is chosen on the items themselves.
    """
    named = np.zeros(len(scores), dtype=np.bool_)
    for train, test in grouped_folds(groups, folds):
        named[test] = scores[test] >= best_cut(scores[train], right[train], int(wanted[train].sum()))
    return named


def best_cut(scores: Floats, right: Flags, wanted: int) -> float:
    """The cut-off with the best F1 = 2 right / (named + wanted); infinite where nothing can be right.

    It lies half-way to the next score below.

    Args:
        scores: Shape (n,).
        right: Whether naming an item is right, shape (n,).
        wanted: How many should be named in all.
    """
    if not right.any():
        return float("inf")
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    f1 = 2 * np.cumsum(right[order]) / (np.arange(1, len(order) + 1) + wanted)
    whole = np.append(np.diff(ranked) != 0, True)
    last = int(np.flatnonzero(whole)[np.argmax(f1[whole])])
    return float((ranked[last] + ranked[last + 1]) / 2) if last + 1 < len(ranked) else float(ranked[last])


def grouped_folds(groups: Sequence[Hashable], folds: int = FOLDS) -> Iterator[tuple[Rows, Rows]]:
    """Rows to learn from and rows to measure on, in turns; the same for the same groups."""
    numbers = {group: place for place, group in enumerate(dict.fromkeys(groups))}
    of_rows = np.array([numbers[group] for group in groups], dtype=np.int64)
    everything = np.arange(len(of_rows), dtype=np.int64)
    if len(numbers) < 2:
        yield everything, everything
        return
    fold_of_group = np.random.default_rng(SEED).permutation(len(numbers)) % min(folds, len(numbers))
    at = fold_of_group[of_rows]
    for fold in range(min(folds, len(numbers))):
        yield everything[at != fold], everything[at == fold]
