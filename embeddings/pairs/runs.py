"""How much of a text stands in another in long runs, wherever they stand there."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.text.wording import gram_hashes


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """The runs of ``size`` letters of one text.

    Attributes:
        letters: How many letters the text has.
        hashes: uint32, one for each run, in order.
        distinct: The same, ascending, each once.
    """

    size: int
    letters: int
    hashes: npt.NDArray[np.uint32]
    distinct: npt.NDArray[np.uint32]


def runs_of(letters: npt.NDArray[np.uint32], size: int) -> Runs:
    """Take the runs of a wording, once for all its comparisons."""
    hashes = gram_hashes(letters, size)
    return Runs(size, len(letters), hashes, np.unique(hashes))


def covered(a: Runs, b: Runs) -> float:
    """The larger of two shares, 0..1: of letters of ``a`` in runs that ``b`` has, and the other way round.

    Mostly that of the shorter text; that of the longer where it tells the same passage twice.  Symmetric.
    """
    return max(_share(a, b), _share(b, a))


def _share(a: Runs, b: Runs) -> float:
    if not len(a.hashes) or not len(b.distinct):
        return 0.0
    at = np.minimum(np.searchsorted(b.distinct, a.hashes), len(b.distinct) - 1)
    starts = np.flatnonzero(b.distinct[at] == a.hashes)
    if not len(starts):
        return 0.0
    # a run covers its letters but for those that the next one covers too
    return float(np.minimum(np.diff(starts, append=a.letters), a.size).sum()) / a.letters
