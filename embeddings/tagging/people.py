"""Names of people: by the calling before, the verb after, or because everybody knows them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import ahocorasick

from tianfu.embeddings.tagging.name_words import NameWords, load_name_words
from tianfu.embeddings.tagging.segment import Segmenter

_HAN = re.compile(r"[\u4e00-\u9fff]")
_LIST = re.compile(r"[、 ]")
_LIST_GOES_ON = re.compile(r"[、 )。,;和等与]|$")
_NEVER_GIVEN = frozenset(
    "的了在说是和与将就也对把向从到等带称作为来去上下正又还很们您我你他她它都被让给以及其这那不没有"
)
_ENDS_OF_CALLINGS = frozenset("长席理统使官者人员王相记手练事家授士裁表将帅星")
_AFTER_A_NAME = frozenset("在的和与对说是将今昨前等表也就于向为指称还强出会来主宣当")
_LEAST_GIVEN_SCORE = -0.3
_LEAST_WORD_SCORE = 1.0
_WINDOW = 8


class Sign(StrEnum):
    """What says that it is a name."""

    CALLING = "calling"
    VERB = "verb"
    KNOWN = "known"
    LIST = "list"
    TRANSCRIBED = "transcribed"


@dataclass(frozen=True, slots=True)
class Person:
    """A name in a normalised text."""

    text: str
    start: int
    end: int
    sign: Sign


@dataclass(frozen=True, slots=True)
class PeopleFinder:
    """Finds names of people; safe to share between threads."""

    words: NameWords
    segmenter: Segmenter
    cues: Any
    transcribed: re.Pattern[str]

    def find(self, text: str) -> Iterator[Person]:
        """Names with a sign of their own, in no particular order; the same place may come twice."""
        for last, (kind, cue) in self.cues.iter(text):
            if kind is Sign.CALLING:
                yield from self._after_calling(text, last + 1)
            elif kind is Sign.VERB:
                yield from self._before_verb(text, last + 1 - len(cue))
            elif self.segmenter.stands_alone(text, last + 1 - len(cue), last + 1):
                yield Person(cue, last + 1 - len(cue), last + 1, Sign.KNOWN)
        if "·" in text:
            for found in self.transcribed.finditer(text):
                if _is_whole(text, found.start(), found.end()):
                    yield Person(found.group(), found.start(), found.end(), Sign.TRANSCRIBED)

    def _after_calling(self, text: str, start: int) -> Iterator[Person]:
        if self.segmenter.is_word(text[start - 1 : start + 1]):
            return
        if text[start : start + 1] in (" ", ":"):
            start += 1
        sign = Sign.CALLING
        while True:
            end = self._name_at(text, start)
            if end is None or (sign is Sign.LIST and not _LIST_GOES_ON.match(text, end)):
                return
            yield Person(text[start:end], start, end, sign)
            if not _LIST.match(text, end):
                return
            start, sign = end + 1, Sign.LIST

    def _before_verb(self, text: str, end: int) -> Iterator[Person]:
        for length in (3, 2):
            start = end - length
            if start < 0 or (start and _HAN.match(text, start - 1)):
                continue
            if self._name_at(text, start) == end:
                yield Person(text[start:end], start, end, Sign.VERB)
            return

    def _name_at(self, text: str, start: int) -> int | None:
        """Where the name that begins here ends, if one does."""
        family = 2 if text[start : start + 2] in self.words.surnames else 1
        if text[start : start + family] not in self.words.surnames:
            return None
        if text[start : start + 2] in self.words.not_names:
            return None
        given = self._given(text, start + family)
        name = text[start : start + family] + given
        if not given or self.words.given_score(given) < _LEAST_GIVEN_SCORE:
            return None
        if self.segmenter.is_word(name) and name not in self.words.people:
            return None
        end = start + len(name)
        return None if text[end : end + 1] in ("·", "某") or "某" in given else end

    def _given(self, text: str, start: int) -> str:
        """The given name, one or two characters, by where the words after it begin."""
        window = _han_run(text, start)
        pieces = list(self.segmenter.cut(window))
        if not pieces or pieces[0][0] in _NEVER_GIVEN:
            return ""
        first = pieces[0]
        if len(first) == 2:
            common = self.segmenter.is_word(first) and self.words.given_score(first) < _LEAST_WORD_SCORE
            return "" if common or first in self.words.after else first
        if len(first) > 2:
            return ""
        if len(pieces) > 1 and len(pieces[1]) == 1 and (pieces[1] not in _NEVER_GIVEN or len(window) == 2):
            return first + pieces[1]
        return first


@cache
def load_people_finder(segmenter: Segmenter) -> PeopleFinder:
    """Build the automaton of callings, verbs and known names."""
    words = load_name_words()
    cues = ahocorasick.Automaton()
    for name in words.known_people:
        cues.add_word(name, (Sign.KNOWN, name))
    for verb in words.after:
        cues.add_word(verb, (Sign.VERB, verb))
    for calling in words.before:
        cues.add_word(calling, (Sign.CALLING, calling))
    cues.make_automaton()
    part = f"[{words.foreign}]"
    return PeopleFinder(words, segmenter, cues, re.compile(f"{part}{{1,6}}(?:·{part}{{1,7}})+"))


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether a transcribed name stands between words that end and begin there."""
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    left = not before or before in _ENDS_OF_CALLINGS or not _HAN.match(before)
    return left and (not after or after in _AFTER_A_NAME or not _HAN.match(after))


def _han_run(text: str, start: int) -> str:
    end = start
    limit = min(len(text), start + _WINDOW)
    while end < limit and "\u4e00" <= text[end] <= "\u9fff":
        end += 1
    return text[start:end]
