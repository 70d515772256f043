"""What differs between two texts where they run in parallel: figures, dates, names."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.reprints.passages import Grams, Passage

BRIDGE = 14
"""Two passages with at most so many other letters between them, on both sides, run in parallel."""
EVEN_BRIDGE = 30
"""So many where both sides have as many letters, but for two."""
_PLACE_ENDS = frozenset("省市县区州旗镇乡村屯街路河校院厂局队")
_PLACE_POINTS = np.zeros(0x10000, dtype=bool)
_PLACE_POINTS[[ord(char) for char in _PLACE_ENDS]] = True
_DATE_ENDS = frozenset("年月日号时点分")
_DIGITS = frozenset("0123456789")
_MISREAD = str.maketrans("oli", "011")
_NUMERALS = frozenset("〇零一二三四五六七八九十百千万亿两")


@dataclass(frozen=True, slots=True)
class Changes:
    """Counts over the parallel stretches of two texts; symmetric.

    Attributes:
        covered: Letters in shared passages.
        bridged_a: Letters of ``a`` between parallel passages; ``bridged_b`` those of ``b``.
        words: Letters exchanged for others, figures left out.
        slips: Letters exchanged one for one or left out singly, as by a scanner; figures left out.
        figures_kept: Figures (runs of digits) that stand in both at the same place.
        figures_changed: Figures that stand at the same place and differ.
        dates_kept: Those of the kept followed by a unit of time.
        dates_changed: Those of the changed followed by a unit of time.
        places_kept: Place-like endings (…县, …镇) whose name is the same.
        places_changed: Place-like endings whose name differs.
        names_changed: Words of at least two letters exchanged wherever they stand.
    """

    covered: int = 0
    bridged_a: int = 0
    bridged_b: int = 0
    words: int = 0
    slips: int = 0
    figures_kept: int = 0
    figures_changed: int = 0
    dates_kept: int = 0
    dates_changed: int = 0
    places_kept: int = 0
    places_changed: int = 0
    names_changed: int = 0


def changes(a: Grams, b: Grams, passages: list[Passage], *, whole_a: str, whole_b: str) -> Changes:
    """Compare two texts along their shared passages.

    Args:
        a: One text.
        b: The other.
        passages: What they share, in the order of ``a``.
        whole_a: Folded letters of the one's headline and body.
        whole_b: Those of the other.
    """
    gaps = [_gap(a.spelled, b.spelled, left, right) for left, right in pairwise(passages)]
    parallel = [gap for gap in gaps if gap is not None]
    figures = [gap for gap in parallel if gap.figures_differ]
    words = [gap for gap in parallel if not gap.figures_differ and gap.one and gap.other]
    kept, dates_kept, places_kept = _kept(a.letters, passages)
    return Changes(
        covered=sum(p.length for p in passages),
        bridged_a=sum(len(gap.one) for gap in parallel),
        bridged_b=sum(len(gap.other) for gap in parallel),
        words=sum(gap.exchanged for gap in words),
        slips=sum(gap.slips for gap in parallel if not gap.figures_differ),
        figures_kept=kept,
        figures_changed=len(figures),
        dates_kept=dates_kept,
        dates_changed=sum(gap.next_letter in _DATE_ENDS for gap in figures),
        places_kept=places_kept,
        places_changed=sum(gap.is_place for gap in words),
        names_changed=sum(_is_name_change(gap, whole_a, whole_b) for gap in words),
    )


@dataclass(frozen=True, slots=True)
class _Gap:
    """What stands between two parallel passages.

    Attributes:
        one: Letters of ``a``; ``other`` those of ``b``.
        figures_differ: Whether both have a figure here, and not the same.
        next_letter: What follows the gap and the figure that may reach out of it.
    """

    one: str
    other: str
    figures_differ: bool
    next_letter: str

    @property
    def exchanged(self) -> int:
        """How many letters differ, place by place where both sides have as many."""
        if len(self.one) != len(self.other):
            return max(len(self.one), len(self.other))
        return sum(x != y for x, y in zip(self.one, self.other, strict=True))

    @property
    def slips(self) -> int:
        """How many letters look misread: single ones, or a part of a longer run that is else the same."""
        longer = max(len(self.one), len(self.other))
        if len(self.one) == len(self.other):
            return self.exchanged if longer == 1 or 2 * self.exchanged <= longer else 0
        return longer if longer <= 2 and not (self.one and self.other) else 0

    @property
    def is_place(self) -> bool:
        """Whether a place's name was exchanged: its ending stands behind, or in both."""
        return self.next_letter in _PLACE_ENDS or (
            self.one[-1] in _PLACE_ENDS and self.other[-1] in _PLACE_ENDS
        )


def _gap(a: str, b: str, left: Passage, right: Passage) -> _Gap | None:
    """``None`` where the two passages do not run in parallel."""
    long_a, long_b = right.a_start - left.a_end, right.b_start - left.b_end
    reach = EVEN_BRIDGE if abs(long_a - long_b) <= 2 else BRIDGE
    if min(long_a, long_b) < 0 or max(long_a, long_b) > reach:
        return None
    one, other = a[left.a_end : right.a_start], b[left.b_end : right.b_start]
    figure, after = _figure(a, left.a_end, right.a_start)
    other_figure, _ = _figure(b, left.b_end, right.b_start)
    digits = bool(figure and other_figure and figure != other_figure)
    spelled = bool(one and other) and set(one) <= _NUMERALS and set(other) <= _NUMERALS
    return _Gap(one, other, digits or spelled, a[after : after + 1])


def _figure(text: str, start: int, end: int) -> tuple[str, int]:
    """Digits between two passages with those of figures reaching into them, and where they end."""
    while start > 0 and text[start - 1] in _DIGITS:
        start -= 1
    while end < len(text) and text[end] in _DIGITS:
        end += 1
    return "".join(char for char in text[start:end].translate(_MISREAD) if char in _DIGITS), end


def _is_name_change(gap: _Gap, whole_a: str, whole_b: str) -> bool:
    """Whether a word was exchanged everywhere: neither text has the other's, and one has its own twice."""
    if min(len(gap.one), len(gap.other)) < 2 or gap.one in whole_b or gap.other in whole_a:
        return False
    return whole_a.count(gap.one) > 1 or whole_b.count(gap.other) > 1


def _kept(letters: npt.NDArray[np.uint32], passages: list[Passage]) -> tuple[int, int, int]:
    """Figures, dates among them, and place names that lie wholly inside passages."""
    inside = np.zeros(len(letters) + 1, dtype=np.int32)
    for place, passage in enumerate(passages, start=1):
        inside[passage.a_start : passage.a_end] = place
    is_digit = (letters >= 48) & (letters <= 57)
    before = np.concatenate(([False], is_digit[:-1]))
    starts = np.flatnonzero(is_digit & ~before)
    ends = np.flatnonzero(is_digit & ~np.concatenate((is_digit[1:], [False]))) + 1
    # a figure at the very edge of a passage may go on in the other text
    whole = (inside[starts] > 0) & (inside[starts] == inside[ends]) & (inside[starts] == inside[starts - 1])
    followers = letters[np.minimum(ends[whole], len(letters) - 1)].tolist() if len(letters) else []
    places = np.flatnonzero(_PLACE_POINTS[np.minimum(letters, len(_PLACE_POINTS) - 1)])
    places = places[places >= 2]
    same = (inside[places] > 0) & (inside[places] == inside[places - 2])
    return int(whole.sum()), sum(chr(f) in _DATE_ENDS for f in followers), int(same.sum())
