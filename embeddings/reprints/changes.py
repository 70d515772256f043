"""What differs between two texts where they run in parallel: figures, dates, names."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.reprints.passages import Grams, Passage

BRIDGE = 14
"""Two passages with at most so many other letters between them, on both sides, run in parallel."""
_PLACE_ENDS = np.array([ord(c) for c in "省市县区州旗镇乡村屯街路河校院厂局队"], dtype=np.uint32)
_DATE_ENDS = frozenset(map(ord, "年月日号时点分"))


@dataclass(frozen=True, slots=True)
class Changes:
    """Counts over the parallel stretches of two texts; symmetric.

    Attributes:
        covered: Letters in shared passages.
        bridged_a: Letters of ``a`` between parallel passages; ``bridged_b`` those of ``b``.
        words: Letters exchanged for others, figures left out.
        exchanged: Those of them exchanged one for one in runs of at most three, as by a scanner.
        figures_kept: Figures (runs of digits) that stand in both at the same place.
        figures_changed: Figures that stand at the same place and differ.
        dates_kept: Those of the kept followed by a unit of time.
        dates_changed: Those of the changed followed by a unit of time.
        places_kept: Place-like endings (…县, …镇) whose name is the same.
        places_changed: Place-like endings whose name differs.
    """

    covered: int = 0
    bridged_a: int = 0
    bridged_b: int = 0
    words: int = 0
    exchanged: int = 0
    figures_kept: int = 0
    figures_changed: int = 0
    dates_kept: int = 0
    dates_changed: int = 0
    places_kept: int = 0
    places_changed: int = 0


def changes(a: Grams, b: Grams, passages: list[Passage]) -> Changes:
    """Compare two texts along their shared passages."""
    digits_a, digits_b = _is_digit(a.letters), _is_digit(b.letters)
    bridged_a = bridged_b = words = exchanged = changed = dates_changed = places_changed = 0
    for left, right in pairwise(passages):
        gap_a, gap_b = right.a_start - left.a_end, right.b_start - left.b_end
        if not (0 <= gap_a <= BRIDGE and 0 <= gap_b <= BRIDGE):
            continue
        bridged_a += gap_a
        bridged_b += gap_b
        figure_a = _figures(a.letters, digits_a, left.a_end, right.a_start)
        figure_b = _figures(b.letters, digits_b, left.b_end, right.b_start)
        if figure_a and figure_b and figure_a != figure_b:
            changed += 1
            dates_changed += _next_letter(a.letters, digits_a, right.a_start) in _DATE_ENDS
        elif gap_a and gap_b:
            words += max(gap_a, gap_b)
            exchanged += gap_a if gap_a == gap_b <= 3 else 0
            places_changed += bool(np.isin(a.letters[right.a_start], _PLACE_ENDS)) or bool(
                np.isin(a.letters[right.a_start - 1], _PLACE_ENDS)
                and np.isin(b.letters[right.b_start - 1], _PLACE_ENDS)
            )
    kept, dates_kept, places_kept = _kept(a.letters, digits_a, passages)
    return Changes(
        covered=sum(p.length for p in passages),
        bridged_a=bridged_a,
        bridged_b=bridged_b,
        words=words,
        exchanged=exchanged,
        figures_kept=kept,
        figures_changed=changed,
        dates_kept=dates_kept,
        dates_changed=dates_changed,
        places_kept=places_kept,
        places_changed=places_changed,
    )


def _is_digit(letters: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    return (letters >= 48) & (letters <= 57)


def _figures(
    letters: npt.NDArray[np.uint32], is_digit: npt.NDArray[np.bool_], start: int, end: int
) -> tuple[int, ...]:
    """Digits between two passages, with those of figures that reach into the passages."""
    while start > 0 and is_digit[start - 1]:
        start -= 1
    while end < len(letters) and is_digit[end]:
        end += 1
    return tuple(letters[start:end][is_digit[start:end]].tolist())


def _next_letter(letters: npt.NDArray[np.uint32], is_digit: npt.NDArray[np.bool_], at: int) -> int:
    while at < len(letters) and is_digit[at]:
        at += 1
    return int(letters[at]) if at < len(letters) else 0


def _kept(
    letters: npt.NDArray[np.uint32], is_digit: npt.NDArray[np.bool_], passages: list[Passage]
) -> tuple[int, int, int]:
    """Figures, dates among them, and place names that lie wholly inside passages."""
    inside = np.zeros(len(letters) + 1, dtype=np.int32)
    for place, passage in enumerate(passages, start=1):
        inside[passage.a_start : passage.a_end] = place
    before = np.concatenate(([False], is_digit[:-1]))
    starts = np.flatnonzero(is_digit & ~before)
    ends = np.flatnonzero(is_digit & ~np.concatenate((is_digit[1:], [False]))) + 1
    # a figure at the very edge of a passage may go on in the other text
    whole = (inside[starts] > 0) & (inside[starts] == inside[ends]) & (inside[starts] == inside[starts - 1])
    followers = letters[np.minimum(ends[whole], len(letters) - 1)].tolist() if len(letters) else []
    places = np.flatnonzero(np.isin(letters, _PLACE_ENDS))
    places = places[places >= 2]
    same = (inside[places] > 0) & (inside[places] == inside[places - 2])
    return int(whole.sum()), sum(f in _DATE_ENDS for f in followers), int(same.sum())
