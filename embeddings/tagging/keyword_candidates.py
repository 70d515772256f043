"""Spans of a title and words of a body that may be keywords, and what speaks for each."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log, log1p

from tianfu.embeddings.tagging.keyword_table import KeywordTable
from tianfu.embeddings.tagging.segment import Segmenter

_RUN = re.compile(r"[\u4e00-\u9fffa-z0-9·%-]+")
_WORD = re.compile(r"[\u4e00-\u9fffa-z][\u4e00-\u9fffa-z0-9·-]+")
_LONGEST_CHARS = 12
_MOST_WORDS = 4
_CHARS_CAP = 8
BODY_CANDIDATES = 6
_NONE = (0.0,) * 7
FEATURES = (
    "in_title", "in_body_only", "one_word", "two_words", "three_words", "four_words", "chars",
    "phrase", "known_phrase", "key", "starts", "ends", "rarest", "commonest", "opens", "closes",
    "said_in_body", "body_count", "body_idf", "word_before_ends", "word_after_starts",
)  # fmt: skip
"""Names of the features, in order."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible keyword.

    Attributes:
        start: Offset in the normalised title; -1 for a word that only the body has.
        features: One number for each of :data:`FEATURES`.
    """

    text: str
    start: int
    end: int
    features: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    text: str


def candidates(title: str, body: str, *, table: KeywordTable, segmenter: Segmenter) -> list[Candidate]:
    """List candidates of a normalised title and (the beginning of a) normalised body."""
    found: list[Candidate] = []
    for words in title_runs(title, segmenter):
        for first in range(len(words)):
            for last in range(first, min(first + _MOST_WORDS, len(words))):
                chars = words[last].end - words[first].start
                if 2 <= chars <= _LONGEST_CHARS:
                    found.append(_of_title(title, body, words, first, last, table))
    counts = Counter(word for word in segmenter.cut(body) if _WORD.fullmatch(word) and word not in title)
    ranked = sorted(counts.items(), key=lambda item: (-item[1] * table.word(item[0]).idf, item[0]))
    found += [_of_body(word, count, table) for word, count in ranked[:BODY_CANDIDATES]]
    return found


def title_runs(title: str, segmenter: Segmenter) -> Iterator[list[_Word]]:
    """Words of a title, one list for each stretch without marks or blanks."""
    for run in _RUN.finditer(title):
        words: list[_Word] = []
        at = run.start()
        for text in segmenter.cut(run.group(), unknown_words=True):
            words.append(_Word(at, at + len(text), text))
            at += len(text)
        yield words


def _of_title(
    title: str, body: str, words: Sequence[_Word], first: int, last: int, table: KeywordTable
) -> Candidate:
    start, end = words[first].start, words[last].end
    text = title[start:end]
    count = last - first + 1
    idfs = [table.word(word.text).idf for word in words[first : last + 1]]
    closes = last + 1 == len(words)
    features = (
        1.0,
        0.0,
        float(count == 1),
        float(count == 2),
        float(count == 3),
        float(count == _MOST_WORDS),
        float(min(len(text), _CHARS_CAP)),
        table.phrases.get(text, 0.0),
        float(text in table.phrases),
        table.word(text).key if count == 1 else 0.0,
        table.word(words[first].text).starts,
        table.word(words[last].text).ends,
        max(idfs),
        min(idfs),
        float(first == 0),
        float(closes),
        log1p(body.count(text)),
        0.0,
        0.0,
        table.word(words[first - 1].text).ends if first else 1.0,
        1.0 if closes else table.word(words[last + 1].text).starts,
    )
    return Candidate(text, start, end, features)


def _of_body(word: str, count: int, table: KeywordTable) -> Candidate:
    facts = table.word(word)
    phrase = (table.phrases.get(word, 0.0), float(word in table.phrases), facts.key)
    features = (0.0, 1.0, *_NONE[:5], *phrase, *_NONE[:7], log(count), facts.idf, 0.0, 0.0)
    return Candidate(word, -1, -1, features)
