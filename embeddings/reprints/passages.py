"""Stretches that two texts share, wherever they stand, in letters of their wordings."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.text.wording import Wording, gram_hashes

GRAM = 5
_STEP = 32


@dataclass(frozen=True, slots=True, eq=False)
class Grams:
    """The runs of five letters of one text.

    Attributes:
        letters: The letters themselves; ``spelled`` the same as a string.
        distinct: uint32, ascending: the hashes of the runs, each once.
        first: int64, where each distinct run stands first.
    """

    letters: npt.NDArray[np.uint32]
    spelled: str
    distinct: npt.NDArray[np.uint32]
    first: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of equal letters; half-open, in letters."""

    a_start: int
    a_end: int
    b_start: int
    b_end: int

    @property
    def length(self) -> int:
        """How many letters."""
        return self.a_end - self.a_start


def grams_of(words: Wording) -> Grams:
    """Sort the runs of one text, once for all its comparisons."""
    distinct, first = np.unique(gram_hashes(words.letters, GRAM), return_index=True)
    return Grams(words.letters, words.spelled, distinct, first.astype(np.int64))


def shared_grams(a: Grams, b: Grams) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows in ``a.distinct`` and in ``b.distinct`` of the runs that both texts have."""
    if not len(a.distinct) or not len(b.distinct):
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing
    at = np.minimum(np.searchsorted(b.distinct, a.distinct), len(b.distinct) - 1)
    rows = np.flatnonzero(b.distinct[at] == a.distinct)
    return rows, at[rows]


def shared_passages(a: Grams, b: Grams) -> list[Passage]:
    """Maximal stretches of at least five equal letters, in the order of ``a``, none overlapping in ``a``.

    A run that a text repeats counts where it stands first.
    """
    rows_a, rows_b = shared_grams(a, b)
    at_a, at_b = a.first[rows_a], b.first[rows_b]
    order = np.argsort(at_a)
    at_a, at_b = at_a[order], at_b[order]
    if not len(at_a):
        return []
    breaks = np.flatnonzero((np.diff(at_a) != 1) | (np.diff(at_b) != 1)) + 1
    starts = [0, *breaks.tolist()]
    lasts = [*(breaks - 1).tolist(), len(at_a) - 1]
    passages: list[Passage] = []
    for start, last in zip(starts, lasts, strict=True):
        grown = _grown(
            a.letters, b.letters, int(at_a[start]), int(at_b[start]), int(at_a[last]) + GRAM, passages
        )
        if grown is not None:
            passages.append(grown)
    return passages


def _grown(
    a: npt.NDArray[np.uint32],
    b: npt.NDArray[np.uint32],
    a_start: int,
    b_start: int,
    a_end: int,
    before: list[Passage],
) -> Passage | None:
    """Extend a stretch over equal letters on both sides; ``None`` where an earlier one holds it."""
    floor = before[-1].a_end if before else 0
    if a_end <= floor:
        return None
    shift = b_start - a_start
    a_start = max(a_start, floor)
    while a_start > floor and a_start + shift > 0 and a[a_start - 1] == b[a_start + shift - 1]:
        a_start -= 1
    while (room := min(_STEP, len(a) - a_end, len(b) - a_end - shift)) > 0:
        differs = np.flatnonzero(a[a_end : a_end + room] != b[a_end + shift : a_end + shift + room])
        a_end += int(differs[0]) if len(differs) else room
        if len(differs):
            break
    return Passage(a_start, a_end, a_start + shift, a_end + shift)
