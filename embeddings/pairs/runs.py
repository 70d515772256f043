"""How much of a text stands in another in long runs, wherever they stand there."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.text.wording import gram_hashes

_SIEVE_BITS = 13
_SHIFT = np.uint32(32 - _SIEVE_BITS)


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """The runs of ``size`` letters of one text.

    Attributes:
        letters: How many letters the text has.
        hashes: uint32, one for each run, in order; ``ordered`` the same, ascending.
        sieve: bool, shape (8192,): which first bits any of the hashes has.
    """

    size: int
    letters: int
    hashes: npt.NDArray[np.uint32]
    ordered: npt.NDArray[np.uint32]
    sieve: npt.NDArray[np.bool_]


def runs_of(letters: npt.NDArray[np.uint32], size: int) -> Runs:
    """Take the runs of a wording, once for all its comparisons."""
    hashes = gram_hashes(letters, size)
    sieve = np.zeros(1 << _SIEVE_BITS, dtype=np.bool_)
    sieve[hashes >> _SHIFT] = True
    return Runs(size, len(letters), hashes, np.sort(hashes), sieve)


def covered(a: Runs, b: Runs) -> float:
    """The larger of two shares, 0..1: of letters of ``a`` in runs that ``b`` has, and the other way round.

    Mostly that of the shorter text; that of the longer where it tells the same passage twice.  Symmetric.
    """
    return max(_share(a, b), _share(b, a))


def _share(a: Runs, b: Runs) -> float:
    # nearly all runs of unlike texts fall through the sieve, so few are looked up
    maybe = np.flatnonzero(b.sieve[a.hashes >> _SHIFT])
    if not len(maybe):
        return 0.0
    wanted = a.hashes[maybe]
    at = np.minimum(np.searchsorted(b.ordered, wanted), len(b.ordered) - 1)
    starts = maybe[b.ordered[at] == wanted]
    if not len(starts):
        return 0.0
    # a run covers its letters but for those that the next one covers too
    return float(np.minimum(np.diff(starts, append=a.letters), a.size).sum()) / a.letters
