"""Where a text says words that speak for fine topics, found by one automaton."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ahocorasick

from tianfu.embeddings.tagging.evidence import Source
from tianfu.embeddings.tagging.segment import Segmenter
from tianfu.model.tag import TextField
from tianfu.model.vocab.fine_topics import CuedTopic

HINT = 0.35
"""Weight of a word that goes with a topic, beside 1 for a word that names it."""
_CHECKED_CHARS = 3


@dataclass(frozen=True, slots=True)
class Cue:
    """A word and the topics it speaks for.

    Attributes:
        topics: Weight by code, 0..1; none for a phrase that only looks like a word of ours.
    """

    text: str
    topics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class CueHit:
    """A word in a normalised text."""

    field: TextField
    start: int
    end: int
    cue: Cue


class CueFinder:
    """Finds the words of all topics.  Immutable, safe to share between threads."""

    def __init__(
        self, topics: Iterable[CuedTopic], lookalikes: Sequence[str] = (), segmenter: Segmenter | None = None
    ) -> None:
        self._segmenter = segmenter
        words: dict[str, dict[str, float]] = {text: {} for text in lookalikes}
        for topic in topics:
            for weight, texts in ((HINT, topic.hints), (1.0, topic.sure)):
                for text in texts:
                    words.setdefault(text, {})[topic.code] = weight
        self._automaton: Any = ahocorasick.Automaton()
        for text, found in words.items():
            self._automaton.add_word(text, Cue(text, found))
        if words:
            self._automaton.make_automaton()
        self._empty = not words

    def find(self, source: Source) -> Iterator[CueHit]:
        """Words in order; the longest where several begin or overlap, none cut out of other words."""
        if self._empty or not source.text:
            return
        found = [(last + 1 - len(cue.text), last + 1, cue) for last, cue in self._automaton.iter(source.text)]
        taken = 0
        for start, end, cue in sorted(found, key=lambda one: (one[0], -one[1])):
            if start < taken or (cue.topics and not self._is_said(source.text, start, end)):
                continue
            taken = end
            if cue.topics:
                yield CueHit(source.field, start, end, cue)

    def _is_said(self, text: str, start: int, end: int) -> bool:
        if text[start].isascii():
            return not (_joins(text, start - 1) or _joins(text, end))
        if self._segmenter is None or end - start > _CHECKED_CHARS:
            return True
        return self._segmenter.stands_alone(text, start, end)


def _joins(text: str, at: int) -> bool:
    return 0 <= at < len(text) and text[at].isascii() and text[at].isalnum()
