"""Text as the models read it; the outlet's own text is never changed."""

import re
from functools import lru_cache

from tianfu.embeddings.text.aligned import Aligned, without
from tianfu.embeddings.text.folding import DROPPED, character_table, phrase_table

_ZERO = re.compile(f"{DROPPED}+")
_BLANKS = re.compile(r"(?<=\s)\s+|\s+$|^\s+")


def normalise(text: str) -> str:
    """Fold width, case and script and squeeze blanks.

    Full width becomes half width, traditional simplified, upper case lower; every run of blanks and
    line breaks becomes one space, none at the ends.  Idempotent.
    """
    return " ".join(_folded(text).replace(DROPPED, "").split())


def align(text: str) -> Aligned:
    """The same as :func:`normalise`, with the way back: evidence counts in the caller's own text."""
    folded = _folded(text).replace("\n", " ")
    seen = Aligned(folded, text)
    if DROPPED in folded:
        seen = seen.then(without(folded, [m.span() for m in _ZERO.finditer(folded)]))
    return seen.then(without(seen.text, [m.span() for m in _BLANKS.finditer(seen.text)]))


def _folded(text: str) -> str:
    folded = text.translate(character_table())
    ambiguous, phrases = _phrases()
    if ambiguous.search(text) is None:
        return folded
    table = phrase_table()
    parts: list[str] = []
    at = 0
    for found in phrases.finditer(text):
        parts += (folded[at : found.start()], table[found.group()])
        at = found.end()
    return "".join((*parts, folded[at:]))


@lru_cache(maxsize=1)
def _phrases() -> tuple[re.Pattern[str], re.Pattern[str]]:
    single, table = character_table(), phrase_table()
    wrong = {
        char
        for phrase, right in table.items()
        for char, other in zip(phrase, right, strict=True)
        if single.get(ord(char), char) != other
    }
    longest_first = sorted(table, key=len, reverse=True)
    return re.compile(f"[{''.join(sorted(wrong))}]"), re.compile("|".join(map(re.escape, longest_first)))
