"""Confusion matrices and precision-recall curves as plain numbers."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tianfu.eval.pictures import Grid, Points

MOST_NAMES = 30
OTHERS = "…"
_MOST_POINTS = 200


def confusion(title: str, truth: Sequence[str], said: Sequence[str], names: Sequence[str] = ()) -> Grid:
    """Count what was said against what is true.

    Args:
        title: Of the picture.
        truth: One name an item.
        said: One name an item.
        names: Order of rows and columns; sorted where none is given.  Of more than 30 the rarest are
            taken together.
    """
    counts = Counter(truth)
    known = list(names) or sorted(set(truth) | set(said))
    if len(known) > MOST_NAMES:
        frequent = sorted(known, key=lambda name: (-counts[name], name))[: MOST_NAMES - 1]
        known = [*sorted(frequent), OTHERS]
    place = {name: at for at, name in enumerate(known)}
    last = len(known) - 1
    table = np.zeros((len(known), len(known)), dtype=np.int64)
    for right, guess in zip(truth, said, strict=True):
        table[place.get(right, last), place.get(guess, last)] += 1
    return Grid(title=title, names=tuple(known), counts=tuple(map(tuple, table.tolist())))


def precision_recall(scores: npt.NDArray[np.float64], truth: npt.NDArray[np.bool_]) -> Points:
    """Precision over recall for every cut-off on a score, the strictest first; thinned to 200 points.

    Args:
        scores: Shape (n,); higher is likelier.
        truth: Shape (n,).

    Returns:
        Pairs of recall and precision; none where nothing is true.
    """
    if not truth.any():
        return ()
    order = np.argsort(-scores, kind="stable")
    whole = np.append(np.diff(scores[order]) != 0, True)
    hits = np.cumsum(truth[order])
    recall, precision = (hits / truth.sum())[whole], (hits / np.arange(1, len(order) + 1))[whole]
    kept = np.unique(np.linspace(0, len(recall) - 1, _MOST_POINTS).round().astype(np.int64))
    return tuple(zip(recall[kept].tolist(), precision[kept].tolist(), strict=True))
