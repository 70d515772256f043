"""Which stories may hold a word: pairs of neighbouring characters, of which PostgreSQL keeps an index.

Words of Chinese have two characters as a rule, fewer than the three that the database's own index of parts
of words (``pg_trgm``) needs.  Whoever asks still looks into the texts of the few stories that hold all pairs
of a word, for these may stand apart.  A box looks through its stories one by one: its table stays empty.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from sqlalchemy import ColumnElement, Connection, select

from tianfu.model.story import StoryText
from tianfu.serving.store.schema import stories, story_bigrams
from tianfu.serving.store.upsert import upsert

_LEAST = -(2**31)


def bigrams_of(*texts: str) -> list[int]:
    """Every pair of neighbouring characters of some texts as a whole number of 32 bits, ascending, each once.

    Letters count alike whatever their case.  Characters beyond the Basic Multilingual Plane may share a
    number with others; no pair is ever missing.
    """
    found: set[int] = set()
    for text in texts:
        codes = [ord(character) & 0xFFFF for character in text.casefold()]
        found.update((one << 16 | other) + _LEAST for one, other in pairwise(codes))
    return sorted(found)


def note_bigrams(connection: Connection, texts: Mapping[int, StoryText]) -> None:
    """Keep the pairs of these stories, by number, in the place of those of earlier revisions."""
    if connection.dialect.name == "postgresql":
        rows = [
            {"story_number": number, "bigrams": bigrams_of(text.title, text.body)}
            for number, text in texts.items()
        ]
        upsert(connection, story_bigrams, rows)


def may_hold(words: Sequence[str]) -> list[ColumnElement[bool]]:
    """Conditions that every story with all of these words meets; none where each word is one character."""
    wanted = sorted({pair for word in words for pair in bigrams_of(word)})
    if not wanted:
        return []
    holding = select(story_bigrams.c.story_number).where(story_bigrams.c.bigrams.contains(wanted))
    return [stories.c.number.in_(holding)]
