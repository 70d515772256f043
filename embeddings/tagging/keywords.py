"""Keywords: the words and short phrases of a story that an editor would file it under."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.tagging.evidence import Source
from tianfu.embeddings.tagging.keyword_candidates import Candidate, candidates
from tianfu.embeddings.tagging.keyword_table import KeywordTable, load_keyword_table
from tianfu.embeddings.tagging.segment import Segmenter, load_segmenter
from tianfu.model.ports import TaggingText
from tianfu.model.tag import MAX_CODE_CHARS, EvidenceSpan, TagKind, TagSuggestion, TextField

BODY_CHARS = 500
"""How much of a body is cut into words; news says the matter first."""
MOST_KEYWORDS = 5
LEAST_CONFIDENCE = 0.45
_MOST_SPANS = 3


@dataclass(frozen=True, slots=True, eq=False)
class KeywordTagger:
    """Ranks spans of the title and of the body; safe to call from many threads.

    The confidence estimates how likely an editor lets this very keyword stand.
    """

    table: KeywordTable
    segmenter: Segmenter
    weights: npt.NDArray[np.float64]

    @property
    def version(self) -> str:
        """Name and version of the table."""
        return f"keywords@{self.table.version}"

    def suggest(self, texts: Sequence[TaggingText]) -> list[list[TagSuggestion]]:
        """For each text up to five keywords, none of them part of another, likeliest first."""
        return [self._one(text) for text in texts]

    def _one(self, text: TaggingText) -> list[TagSuggestion]:
        title = Source.of(TextField.TITLE, text.title)
        body = Source.of(TextField.BODY, text.body[:BODY_CHARS])
        return [
            self._suggestion(one, score, self._evidence(one, title, body))
            for score, one in self.ranked(title.text, body.text)
        ]

    @staticmethod
    def _suggestion(one: Candidate, score: float, evidence: tuple[EvidenceSpan, ...]) -> TagSuggestion:
        own = evidence[0].text if evidence else one.text
        return TagSuggestion(
            kind=TagKind.KEYWORD,
            code=one.text,
            label=own if own.casefold() == one.text.casefold() else one.text,
            confidence=round(1 / (1 + exp(-score)), 3),
            evidence=evidence,
        )

    def ranked(self, title: str, body: str) -> list[tuple[float, Candidate]]:
        """The keywords chosen for normalised texts, with their log-odds, best first."""
        found = candidates(title, body, table=self.table, segmenter=self.segmenter)
        if not found:
            return []
        scores = np.array([one.features for one in found]) @ self.weights + self.table.bias
        least = -np.log(1 / LEAST_CONFIDENCE - 1)
        chosen: list[tuple[float, Candidate]] = []
        for at in np.argsort(-scores, kind="stable"):
            one = found[at]
            if scores[at] < least or len(chosen) == MOST_KEYWORDS:
                break
            if not any(_clash(one, other) for _, other in chosen):
                chosen.append((float(scores[at]), one))
        return chosen

    def _evidence(self, one: Candidate, title: Source, body: Source) -> tuple[EvidenceSpan, ...]:
        """Where the keyword stands, not where its characters are pieces of other words."""
        found = [
            (source, at)
            for source in (title, body)
            for at in _places(one.text, source.text)
            if (source is title and at == one.start)
            or self.segmenter.stands_alone(source.text, at, at + len(one.text))
        ]
        if not found:  # cut out of its sentence it was a word
            found = [(source, at) for source in (title, body) for at in _places(one.text, source.text)]
        return tuple(source.span(at, at + len(one.text), 1.0) for source, at in found[:_MOST_SPANS])


def load_keyword_tagger() -> KeywordTagger:
    """Load the shipped table and the dictionary."""
    table = load_keyword_table()
    return KeywordTagger(table, load_segmenter(), np.array(table.weights))


def _clash(a: Candidate, b: Candidate) -> bool:
    if len(a.text) > MAX_CODE_CHARS or 2 * _shared(a.text, b.text) > min(len(a.text), len(b.text)):
        return True
    return a.start >= 0 and b.start >= 0 and a.start < b.end and b.start < a.end


def _shared(a: str, b: str) -> int:
    """Length of the longest string that both hold."""
    if len(a) > len(b):
        a, b = b, a
    for length in range(len(a), 1, -1):
        if any(a[start : start + length] in b for start in range(len(a) - length + 1)):
            return length
    return 0


def _places(word: str, text: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + len(word))
