"""Spans of a title and of a body that may be keywords, and what speaks for each."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import log1p

from tianfu.embeddings.tagging.keyword_stops import stops
from tianfu.embeddings.tagging.keyword_table import KeywordTable
from tianfu.embeddings.tagging.segment import PEOPLE, Segmenter, part_of_speech

_RUN = re.compile(r"[\u4e00-\u9fffa-z0-9·%.—-]+")
_LATIN = re.compile(r"[a-z][a-z0-9·&-]*")
_NUMBER = re.compile(r"[0-9.%—-]+[a-z\u4e00-\u9fff]?")
_MODEL = re.compile(r"[0-9]+[a-z]+")
"""A number that is a name: 5g."""
_COLUMN = re.compile(r"【[^】0-9]{1,6}】")
_QUOTED = re.compile(r"《([^《》,。]{2,12})》|\"([^\",。]{2,10})\"|“([^”,。]{2,10})”")
_LONGEST_CHARS = 12
_MOST_WORDS = 4
_MOST_OF_BODY = 32
_LOOSE_MARKS = frozenset(".—·-%")
_CHARS_CAP = 8.0
_SIDES_CAP = 4
_RAREST = 7.0
"""Inverse frequencies count up to here: a word nobody has seen may be half a word."""
_EARLY, _LEAD = 60, 150
_NEVER = 1_000_000
_SHORT_TITLE = 14
_MOSTLY = 0.6
_FUNCTION = frozenset("rmidpfcuyqbzoehkt")
_NOUNS = frozenset({"n", "nr", "nrt", "nrfg", "ns", "nt", "nz", "l", "j", "vn", "eng", "an"})
_OFFICES = frozenset({"nt", "nz", "j", "l"})
FEATURES = (
    "in_title", "said_in_body", "in_both", "once_in_body", "early", "in_lead",
    "one_word", "two_words", "three_words", "four_words", "chars", "two_chars", "three_chars", "long",
    "rarest", "commonest", "mean_rarity", "rare_and_repeated",
    "phrase", "known_phrase", "key", "starts", "ends",
    "ends_noun", "ends_common_noun", "ends_gerund", "ends_verb", "ends_person", "ends_place", "ends_office",
    "ends_latin", "ends_unknown", "ends_adjective",
    "begins_verb", "begins_noun", "begins_place", "begins_adjective", "begins_unknown", "function_inside",
    "quoted", "work", "nested", "mostly_nested", "same_before", "same_after", "before", "after",
    "single_chars", "lone_char", "unknown_inside", "opens", "closes", "in_dictionary", "short_title",
)  # fmt: skip
"""Names of the features, in order."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible keyword.

    Attributes:
        start: Offset in the normalised title; -1 for one that only the body has.
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


_Place = tuple[Sequence[_Word], int, int]
"""Words of a stretch, and the first and the last of them that make up a string."""


@dataclass(slots=True)
class _Span:
    """What is known of a string of words, wherever in the story it stands."""

    words: tuple[str, ...]
    in_title: int = 0
    in_body: int = 0
    title_at: int = -1
    body_at: int = _NEVER
    opens: bool = False
    closes: bool = False
    before: set[str | int] = field(default_factory=set)
    after: set[str | int] = field(default_factory=set)

    @property
    def count(self) -> int:
        return self.in_title + self.in_body


def candidates(title: str, body: str, *, table: KeywordTable, segmenter: Segmenter) -> list[Candidate]:
    """List candidates of a normalised title and (the beginning of a) normalised body.

    Spans of up to four words and twelve characters that neither begin nor end with a function word or a
    number; those of the body alone are said twice, or early, or quoted.
    """
    in_title: dict[str, list[_Place]] = {}
    in_body: dict[str, list[_Place]] = {}
    for words in title_runs(title, segmenter):
        _collect(words, in_title)
    for words in _runs(body, segmenter, unknown_words=False):
        _collect(words, in_body)
    quoted = {
        text for part in (title, body) for found in _QUOTED.finditer(part) for text in found.groups() if text
    }
    plain = _COLUMN.sub("", title)
    kept = {
        text: _span(at, in_body.get(text, ()))
        for text, at in in_title.items()
        if text in plain and (text in quoted or not body or text in body or _is_sure(at[0], table))
    }
    further = [
        (-len(places), _at(places[0]), text)
        for text, places in in_body.items()
        if text not in in_title and (len(places) > 1 or text in quoted or _at(places[0]) < _EARLY)
    ]
    for _, _, text in sorted(further)[:_MOST_OF_BODY]:
        kept[text] = _span((), in_body[text])
    for text in sorted(quoted - in_title.keys() - in_body.keys()):
        if _is_term(text):
            kept[text] = _quoted(text, title, body, segmenter)
    nested = _nested(kept)
    return [
        Candidate(
            text,
            span.title_at,
            span.title_at + len(text) if span.title_at >= 0 else -1,
            _features(text, span, nested[text], text in quoted, title, body, table, segmenter),
        )
        for text, span in kept.items()
    ]


def title_runs(title: str, segmenter: Segmenter) -> Iterator[list[_Word]]:
    """Words of a title, one list for each stretch without marks or blanks."""
    return _runs(title, segmenter, unknown_words=True)


def _runs(text: str, segmenter: Segmenter, *, unknown_words: bool) -> Iterator[list[_Word]]:
    for run in _RUN.finditer(text):
        words: list[_Word] = []
        at = run.start()
        for word in segmenter.cut(run.group(), unknown_words=unknown_words):
            words.append(_Word(at, at + len(word), word))
            at += len(word)
        yield words


def _collect(words: Sequence[_Word], places: dict[str, list[_Place]]) -> None:
    content = [not _is_function(word.text) for word in words]
    for first in range(len(words)):
        if not content[first]:
            continue
        text = ""
        for last in range(first, min(first + _MOST_WORDS, len(words))):
            text += words[last].text
            if len(text) > _LONGEST_CHARS:
                break
            if content[last] and _is_term(text) and _is_phrase(words[first : last + 1], text):
                places.setdefault(text, []).append((words, first, last))


def _at(place: _Place) -> int:
    words, first, _ = place
    return words[first].start


def _span(of_title: Sequence[_Place], of_body: Sequence[_Place]) -> _Span:
    words, first, last = (of_title or of_body)[0]
    span = _Span(tuple(one.text for one in words[first : last + 1]), len(of_title), len(of_body))
    if of_title:
        span.title_at = _at(of_title[0])
        span.opens = any(first == 0 for _, first, _ in of_title)
        span.closes = any(last + 1 == len(words) for words, _, last in of_title)
    if of_body:
        span.body_at = _at(of_body[0])
    for words, first, last in (*of_title, *of_body):
        span.before.add(words[first - 1].text if first else words[0].start)
        span.after.add(words[last + 1].text if last + 1 < len(words) else words[-1].end)
    return span


def _quoted(text: str, title: str, body: str, segmenter: Segmenter) -> _Span:
    at = body.find(text)
    span = _Span(tuple(segmenter.cut(text)), title.count(text), body.count(text), title.find(text))
    span.body_at = at if at >= 0 else span.body_at
    span.before.add("《")
    span.after.add("》")
    return span


def _is_term(text: str) -> bool:
    return (
        2 <= len(text) <= _LONGEST_CHARS
        and (not text[0].isdigit() or bool(_MODEL.fullmatch(text)))
        and text[-1] not in _LOOSE_MARKS
        and text[0] not in _LOOSE_MARKS
    )


def _is_phrase(words: Sequence[_Word], text: str) -> bool:
    """Whether words make up a term: no empty word, no bare verb at an edge, nobody's office at the end."""
    if len(words) == 1:
        return text not in stops().empty
    first, last = words[0].text, words[-1].text
    if any(len(word) == 1 and _speech(word) == "v" for word in (first, last)):
        return False
    return last not in stops().offices


def _is_sure(place: _Place, table: KeywordTable) -> bool:
    """Whether every word of a string is one that somebody knows, so that none is half a word."""
    words, first, last = place
    return all(
        _speech(one.text) != "?" or table.word(one.text) is not table.unknown
        for one in words[first : last + 1]
    )


@lru_cache(maxsize=65_536)
def _speech(word: str) -> str:
    """The part of speech: jieba's, ``eng`` for Latin letters, ``m`` for numbers, ``?`` for what it lacks."""
    if _LATIN.fullmatch(word) or _MODEL.fullmatch(word):
        return "eng"
    return "m" if _NUMBER.fullmatch(word) else part_of_speech(word) or "?"


def _is_function(word: str) -> bool:
    speech = _speech(word)
    return speech[0] in _FUNCTION and speech not in ("eng", "zg")


def _nested(spans: Mapping[str, _Span]) -> dict[str, float]:
    """For each string the share of its places at which the commonest longer one stands around it."""
    most = dict.fromkeys(spans, 0)
    for text, span in spans.items():
        if len(span.words) > 1:
            for start in range(len(text) - 1):
                for end in range(start + 2, len(text) + (start > 0)):
                    part = text[start:end]
                    if most.get(part, _NEVER) < span.count:
                        most[part] = span.count
    return {text: most[text] / span.count for text, span in spans.items()}


@lru_cache(maxsize=65_536)
def _begins(word: str) -> tuple[float, ...]:
    """How the part of speech of a string's first word reads: ``begins_verb`` to ``begins_unknown``."""
    speech = _speech(word)
    is_a = (speech == "v", speech in _NOUNS, speech == "ns", speech[0] == "a", speech == "?")
    return tuple(map(float, is_a))


@lru_cache(maxsize=65_536)
def _ends(word: str) -> tuple[float, ...]:
    """How the part of speech of a string's last word reads: ``ends_noun`` to ``ends_adjective``."""
    speech = _speech(word)
    is_a = (
        *(speech in _NOUNS, speech == "n", speech == "vn", speech == "v", speech in PEOPLE, speech == "ns"),
        *(speech in _OFFICES, speech == "eng", speech == "?", speech[0] == "a"),
    )
    return tuple(map(float, is_a))


def _features(
    text: str,
    span: _Span,
    nested: float,
    quoted: bool,
    title: str,
    body: str,
    table: KeywordTable,
    segmenter: Segmenter,
) -> tuple[float, ...]:
    words = span.words
    facts = [table.word(word) for word in words]
    rarity = [min(fact.idf, _RAREST) for fact in facts]
    singles = sum(len(word) == 1 for word in words)
    only = len(words) == 1
    often = span.count > 2
    return (
        float(span.in_title > 0),
        log1p(span.in_body),
        float(span.in_title > 0 and span.in_body > 0),
        float(not span.in_title and span.in_body == 1),
        float(span.body_at < _EARLY),
        float(span.body_at < _LEAD),
        float(only),
        float(len(words) == 2),
        float(len(words) == 3),
        float(len(words) >= _MOST_WORDS),
        min(len(text), _CHARS_CAP),
        float(len(text) == 2),
        float(len(text) == 3),
        float(len(text) >= _CHARS_CAP - 1),
        max(rarity),
        min(rarity),
        sum(rarity) / len(rarity),
        log1p(span.count) * max(rarity) / _RAREST,
        table.phrases.get(text, 0.0),
        float(text in table.phrases),
        facts[0].key if only else 0.0,
        facts[0].starts,
        facts[-1].ends,
        *_ends(words[-1]),
        *_begins(words[0]),
        float(any(_is_function(word) for word in words[1:-1])),
        float(quoted),
        float(f"《{text}》" in title or f"《{text}》" in body),
        float(nested >= 1),
        float(nested >= _MOSTLY),
        float(often and len(span.before) == 1),
        float(often and len(span.after) == 1),
        min(len(span.before), _SIDES_CAP) / _SIDES_CAP,
        min(len(span.after), _SIDES_CAP) / _SIDES_CAP,
        singles / len(words),
        float(only and singles > 0),
        float(
            any(
                fact is table.unknown and _speech(word) == "?"
                for fact, word in zip(facts, words, strict=True)
            )
        ),
        float(span.opens),
        float(span.closes),
        float(segmenter.is_word(text)),
        float(span.in_title > 0 and len(title) < _SHORT_TITLE),
    )
