"""What all rules for names of people ask of a normalised text."""

import re

HAN = re.compile(r"[\u4e00-\u9fff]")
JOINS = ("·", "-")
"""Marks inside a name from another language."""
NEVER_GIVEN = frozenset(
    "的了在说是和与将就也对把向从到等带称作为来去上下正又还很们您我你他她它都被让给以及其这那不没有"
)
"""Characters that are words of their own, and hardly ever part of a given name."""
_WINDOW = 8


def is_a_work(text: str, start: int, end: int) -> bool:
    """Whether just these characters stand between 《 and 》."""
    return text[start - 1 : start] == "《" and text[end : end + 1] == "》"


def han_run(text: str, start: int) -> str:
    """The Chinese characters from here on, up to the next mark, eight at most."""
    end = start
    limit = min(len(text), start + _WINDOW)
    while end < limit and "\u4e00" <= text[end] <= "\u9fff":
        end += 1
    return text[start:end]


def han_run_before(text: str, end: int) -> str:
    """The Chinese characters up to here, from the last mark on, eight at most."""
    start = end
    while start > max(0, end - _WINDOW) and "\u4e00" <= text[start - 1] <= "\u9fff":
        start -= 1
    return text[start:end]
