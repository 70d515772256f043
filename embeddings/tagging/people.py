"""Names of people: by the calling before, the verb after, or because everybody knows them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import ahocorasick

from tianfu.embeddings.tagging.name_shapes import NameShapes
from tianfu.embeddings.tagging.name_text import HAN, JOINS, NEVER_GIVEN, han_run, is_a_work
from tianfu.embeddings.tagging.name_words import NameWords, load_name_words
from tianfu.embeddings.tagging.segment import Segmenter
from tianfu.embeddings.tagging.transcribed import TranscribedNames, make_transcribed_names

_NOT_THE_PERSON = re.compile(
    "(?:新时代中国特色社会主义|强军|外交|经济|法治|文化|生态文明|党建)?(?:思想|理论|主义)(?!政治|教育)"
    "|同志为核心|故里|故居|旧居|纪念[馆园碑堂地]|铜像|草堂|祠|墓|大道|路(?![过经])|广场|·"
)
"""What makes of a well-known name that of a theory, a formula, a place or a longer name."""
_BYLINES = frozenset(
    ("记者", "通讯员", "特约记者", "见习记者", "实习生", "编辑", "摄影", "文图", "校对", "责编")
)
"""Whoever is named by these alone made the story, and is not in it."""
_LIST = re.compile(r"[、 ]")
_LIST_GOES_ON = re.compile(r"[、 )。,;和等与]|$")
_AFTER_FIGURES = NEVER_GIVEN | frozenset("同乘监抵赴访致应率已并还再则均曾又于")
_NEVER_ENDS = frozenset("的了说是您我你他她它们等")
_LEAST_GIVEN_SCORE = -0.3
_LEAST_SECOND_SCORE = -1.2
_LONGEST_CALLING = 7
_SURE_CALLING = 3
_LEAST_WORD_SCORE = 1.0
_LEAST_AFTER_WORDS = 2.5
_ALSO_WORDS = frozenset("于向和应从时任连")
"""Surnames that are prepositions and verbs far more often."""
_ACTS = re.compile("(?!(?<=一行)[、和与及,])")
"""After a verb: 一行 before a list is a given name."""


class Sign(StrEnum):
    """What says that it is a name."""

    CALLING = "calling"
    VERB = "verb"
    KNOWN = "known"
    LIST = "list"
    TRANSCRIBED = "transcribed"
    SHAPE = "shape"
    """No word beside it, but three characters that are a name and nothing else."""


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
    shapes: NameShapes
    transcribed: TranscribedNames

    def find(self, text: str) -> Iterator[Person]:
        """Names with a sign of their own, in no particular order; the same place may come twice.

        Where somebody whom everybody knows is named, no other reading of those characters is offered:
        half a leader's name is worse than none.
        """
        guesses: list[Person] = []
        taken: set[int] = set()
        for last, (kind, cue) in self.cues.iter(text):
            start, end = last + 1 - len(cue), last + 1
            if is_a_work(text, start, end):
                taken.update(range(start, end))
            elif kind is Sign.CALLING:
                called = list(self._after_calling(text, end, cue))
                if cue in _BYLINES:
                    taken.update(at for one in called for at in range(one.start, one.end))
                else:
                    guesses += called
            elif kind is Sign.VERB:
                guesses += self._before_verb(text, start) if _ACTS.match(text, end) else ()
            elif self._is_known(text, start, end):
                taken.update(range(start, end))
                yield Person(cue, start, end, Sign.KNOWN)
            else:
                taken.update(self._half_known(text, start, end))
        signed = [guess for guess in guesses if taken.isdisjoint(range(guess.start, guess.end))]
        yield from signed
        taken.update(at for guess in signed for at in range(guess.start, guess.end))
        for start, end in self.shapes.find(text):
            if taken.isdisjoint(range(start, end)):
                yield Person(text[start:end], start, end, Sign.SHAPE)
        for start, end in self.transcribed.find(text):
            yield Person(text[start:end], start, end, Sign.TRANSCRIBED)

    def _is_known(self, text: str, start: int, end: int) -> bool:
        """Whether the well-known name is meant: nothing else named after it, no piece of another name."""
        if text[start:end] not in self.words.figures:
            return self.segmenter.stands_alone(text, start, end)
        if _NOT_THE_PERSON.match(text, end) or text[start - 1 : start] in JOINS:
            return False
        if self.transcribed.is_made_of(text, start, end) and not self.transcribed.is_all(text, start, end):
            return False
        return end - start > 2 or (self._may_begin(text, start) and self._may_end(text, start, end))

    def _half_known(self, text: str, start: int, end: int) -> range:
        """Characters that no guess may use: all of a long name that stands there without being meant."""
        name = text[start:end]
        ours = (
            len(name) > 2 and name in self.words.figures and not self.transcribed.is_made_of(text, start, end)
        )
        return range(start, end) if ours else range(0)

    def _may_begin(self, text: str, start: int) -> bool:
        """Whether a name of two characters may begin here."""
        before = text[max(0, start - _LONGEST_CALLING) : start]
        return not before or not HAN.match(before[-1]) or before.endswith(self.words.before)

    def _may_end(self, text: str, start: int, end: int) -> bool:
        """Whether a name of two characters may end here: 李强会见, but not 李强国 nor 汪洋大海."""
        if any(self.segmenter.is_word(text[start:later]) for later in (end + 1, end + 2)):
            return False
        pieces = list(self.segmenter.cut(han_run(text, end)))
        if not pieces or len(pieces[0]) > 1 or pieces[0] in _AFTER_FIGURES:
            return True
        return self.words.given_score(pieces[0]) < 0

    def _after_calling(self, text: str, start: int, calling: str) -> Iterator[Person]:
        abroad = calling.endswith(self.words.offices_abroad)
        sure = len(calling) >= _SURE_CALLING or (
            abroad and self.transcribed.is_made_of(text, start, start + 3)
        )
        if not sure and self.segmenter.is_word(text[start - 1 : start + 1]):
            return
        if text[start : start + 1] in (" ", ":"):
            start += 1
        sign = Sign.CALLING
        while True:
            end = self.transcribed.at(text, start, abroad=abroad) or self._name_at(text, start)
            if end is None or (sign is Sign.LIST and not _LIST_GOES_ON.match(text, end)):
                return
            yield Person(text[start:end], start, end, sign)
            if not _LIST.match(text, end):
                return
            start, sign = end + 1, Sign.LIST

    def _before_verb(self, text: str, end: int) -> Iterator[Person]:
        for length in (3, 2):
            start = end - length
            if start < 0 or not HAN.match(text, start):
                continue
            before = text[max(0, start - 1) : start]
            if before in JOINS or (before and HAN.match(before)):
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
        if text[end : end + 1] in (*JOINS, "某") or "某" in given:
            return None
        goes_on = self.transcribed.is_made_of(text, end - 1, end + 1) and self.transcribed.goes_on(text, end)
        return None if goes_on else end

    def _given(self, text: str, start: int) -> str:
        """The given name, one or two characters, by where the words after it begin."""
        window = han_run(text, start)
        pieces = list(self.segmenter.cut(window))
        if not pieces or pieces[0][0] in NEVER_GIVEN:
            return ""
        first = pieces[0]
        if len(first) == 2:
            least = _LEAST_AFTER_WORDS if text[start - 1] in _ALSO_WORDS else _LEAST_WORD_SCORE
            common = self.segmenter.is_word(first) and self.words.given_score(first) < least
            return "" if common or first in self.words.after else first
        if len(first) > 2:
            return ""
        second = pieces[1] if len(pieces) > 1 else ""
        if len(second) != 1 or second in _NEVER_ENDS or (second in NEVER_GIVEN and len(window) > 2):
            return first
        return first if self.words.given_score(second) < _LEAST_SECOND_SCORE else first + second


@cache
def load_people_finder(segmenter: Segmenter) -> PeopleFinder:
    """Build the automaton of callings, verbs and known names."""
    words = load_name_words()
    cues = ahocorasick.Automaton()
    for name in words.known_people | words.figures:
        cues.add_word(name, (Sign.KNOWN, name))
    for verb in words.after:
        cues.add_word(verb, (Sign.VERB, verb))
    for calling in words.before:
        cues.add_word(calling, (Sign.CALLING, calling))
    cues.make_automaton()
    transcribed = make_transcribed_names(words, segmenter)
    return PeopleFinder(
        words=words,
        segmenter=segmenter,
        cues=cues,
        shapes=NameShapes(words, segmenter, transcribed),
        transcribed=transcribed,
    )
