"""Tables that fold width, case and script, each character to one character."""

import json
import unicodedata
from functools import lru_cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

_LIMIT = 0x30000
DROPPED = "\x00"
"""What characters without width or meaning (zero-width joiners, soft hyphens) fold to."""


@lru_cache(maxsize=1)
def character_table() -> dict[int, str]:
    """Map code points to their folded character, for ``str.translate``; the rest stay as they are.

    Full width becomes half width, upper case lower, traditional simplified.  Characters whose
    simplified form depends on the phrase take the common one; :func:`phrase_table` has the exceptions.
    """
    table = {point: folded for point in range(0x10000) if (folded := _folded(point)) is not None}
    for traditional, simplified in hans_table().items():
        if len(traditional) == 1:
            table[ord(traditional)] = simplified
    return table


def fold_characters(text: str) -> str:
    """Fold width, case and script, character by character: the length stays, so offsets hold."""
    return text.translate(character_table())


@lru_cache(maxsize=1)
def phrase_table() -> dict[str, str]:
    """Phrases in which :func:`character_table` would be wrong, with the right simplified form.

    Both have the same length.  Phrases with 么 are left out: they would spoil 什么 in simplified text.
    """
    single = character_table()
    return {
        phrase: right
        for phrase, right in hans_table().items()
        if len(phrase) > 1 and "么" not in phrase and phrase.translate(single) != right
    }


@lru_cache(maxsize=1)
def wording_table() -> npt.NDArray[np.uint32]:
    """Code point to folded code point, 0 for whatever is no letter, digit or ideograph.

    Shape (0x30000,).  For fingerprints: punctuation, spaces and script make no difference.
    """
    table = np.zeros(_LIMIT, dtype=np.uint32)
    folds = character_table()
    for point in range(_LIMIT):
        folded = folds.get(point, chr(point))
        if folded.isalnum() and not 0xD800 <= point <= 0xDFFF:
            table[point] = ord(folded)
    return table


def _folded(point: int) -> str | None:
    char = chr(point)
    category = unicodedata.category(char)
    if category == "Cf" or char == "\ufffd":
        return DROPPED
    if category in ("Zs", "Zl", "Zp", "Cc"):
        return None if char in " \n" else " "
    wide = unicodedata.normalize("NFKC", char)
    folded = (wide if len(wide) == 1 else char).lower()
    return folded if len(folded) == 1 and folded != char else None


@lru_cache(maxsize=1)
def hans_table() -> dict[str, str]:
    """MediaWiki's table of traditional words and characters to simplified ones."""
    # zhconv's own loader leaves the file open.
    tables = json.loads(files("zhconv").joinpath("zhcdict.json").read_text(encoding="utf-8"))
    hans: dict[str, str] = tables["zh2Hans"]
    return hans
