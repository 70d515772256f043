"""Whether two headlines are cast in one frame with another name or number in it."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from tianfu.embeddings.pairs.profile import Profile
from tianfu.embeddings.reprints.changes import Changes

_FIGURE = re.compile(r"\d+")
FRAME = 0.6
"""Share of the letters of both headlines that must be the same, in stretches of two or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    share: float
    exchanged: tuple[tuple[str, str], ...]


def sister_headlines(a: Profile, b: Profile) -> bool:
    """Whether the headlines are those of two bulletins of one series.

    They are where each has a number that the other lacks, or where a word of at least two letters was
    exchanged that each body takes up and the other story does not know.  Symmetric.
    """
    if not a.headline or not b.headline or a.headline == b.headline:
        return False
    first, second = (a, b) if a.headline < b.headline else (b, a)
    matcher = SequenceMatcher(None, first.headline, second.headline, autojunk=False)
    # letters in common, in whatever order: most headlines differ by far, and aligning them takes long
    if matcher.quick_ratio() < FRAME:
        return False
    frame = _frame(matcher, first.headline, second.headline)
    if frame.share < FRAME:
        return False
    if a.title_numbers - b.title_numbers and b.title_numbers - a.title_numbers:
        return True
    return any(_own(one, first, second) and _own(other, second, first) for one, other in frame.exchanged)


def one_headline_for_two(a: Profile, b: Profile, found: Changes) -> bool:
    """Whether two texts under one headline tell, in the same words, of another day, number, place or person.

    So do notices and bulletins that appear again and again under a headline such as 停水通知 or 寻人启事.
    Texts of which not a letter differs do not.  Symmetric.
    """
    if a.headline != b.headline:
        return False
    one, other = (frozenset(_FIGURE.findall(story.text.words.spelled)) for story in (a, b))
    another_day = a.days - b.days and b.days - a.days
    return bool(another_day or (one - other and other - one) or found.places_changed or found.names_changed)


def _frame(matcher: "SequenceMatcher[str]", one: str, other: str) -> _Frame:
    same = sum(block.size for block in matcher.get_matching_blocks() if block.size > 1)
    return _Frame(
        share=2 * same / (len(one) + len(other)),
        exchanged=tuple(
            (one[i:j], other[k:m])
            for kind, i, j, k, m in matcher.get_opcodes()
            if kind == "replace" and min(j - i, m - k) > 1
        ),
    )


def _own(word: str, story: Profile, other: Profile) -> bool:
    return word in story.text.words.spelled and word not in other.text.whole
