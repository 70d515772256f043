"""Names of people: by the calling before, the verb after, or because everybody knows them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import ahocorasick

from tianfu.embeddings.tagging.name_words import NameWords, load_name_words
from tianfu.embeddings.tagging.segment import Segmenter

_HAN = re.compile(r"[\u4e00-\u9fff]")
_NOT_THE_PERSON = re.compile(
    "(?:新时代中国特色社会主义|强军|外交|经济|法治|文化|生态文明|党建)?(?:思想|理论|主义)(?!政治|教育)"
    "|同志为核心|故里|故居|旧居|纪念|铜像|草堂|祠|墓|大道|路|广场|·"
)
"""What makes of a well-known name that of a theory, a formula, a place or a longer name."""
_JOINS = ("·", "-")
_BYLINES = frozenset(
    ("记者", "通讯员", "特约记者", "见习记者", "实习生", "编辑", "摄影", "文图", "校对", "责编")
)
"""Whoever is named by these alone made the story, and is not in it."""
_LIST = re.compile(r"[、 ]")
_LIST_GOES_ON = re.compile(r"[、 )。,;和等与]|$")
_NEVER_GIVEN = frozenset(
    "的了在说是和与将就也对把向从到等带称作为来去上下正又还很们您我你他她它都被让给以及其这那不没有"
)
_ENDS_OF_CALLINGS = frozenset("长席理统使官者人员王相记手练事家授士裁表将帅星")
_AFTER_FIGURES = _NEVER_GIVEN | frozenset("同乘监抵赴访致应率已并还再则均曾又于")
_NEVER_ENDS = frozenset("的了说是您我你他她它们等")
_AFTER_A_NAME = frozenset("在的和与对说是将今昨前等表也就于向为指称还强出会来主宣当")
_NEVER_SHAPED = _NEVER_GIVEN | frozenset("等着于为胜已又曾称让率携获某")
_MARKS = frozenset("、,;:)]」》")
_ENDS_OF_PLACES = frozenset(
    "县市省州区村镇乡湾桥街寺陵台网杯会局院部队场路山河江湖岛厂店行社组家员号城园馆楼站港庄堡国姐嫂婆爷叔"
)
_SHAPE_CHARS = 3
_LEAST_SHAPE_SCORE = 0.5
_LEAST_SINGLE_SCORE = 1.0
_LEAST_GIVEN_SCORE = -0.3
_LEAST_SECOND_SCORE = -1.2
_LONGEST_TRANSCRIBED = 9
_LEAST_TRANSCRIBED = 4
_LONGEST_CALLING = 7
_SURE_CALLING = 3
_LEAST_WORD_SCORE = 1.0
_WINDOW = 8


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
    callings: tuple[str, ...]
    transcribed: re.Pattern[str]
    part: re.Pattern[str]
    tibetan: re.Pattern[str]

    def find(self, text: str) -> Iterator[Person]:
        """Names with a sign of their own, in no particular order; the same place may come twice.

        Where somebody whom everybody knows is named, no other reading of those characters is offered:
        half a leader's name is worse than none.
        """
        guesses: list[Person] = []
        taken: set[int] = set()
        for last, (kind, cue) in self.cues.iter(text):
            start, end = last + 1 - len(cue), last + 1
            if kind is Sign.CALLING:
                called = list(self._after_calling(text, end, cue))
                if cue in _BYLINES:
                    taken.update(at for one in called for at in range(one.start, one.end))
                else:
                    guesses += called
            elif kind is Sign.VERB:
                guesses += self._before_verb(text, start)
            elif self._is_known(text, start, end):
                taken.update(range(start, end))
                yield Person(cue, start, end, Sign.KNOWN)
            else:
                taken.update(self._half_known(text, start, end))
        signed = [guess for guess in guesses if taken.isdisjoint(range(guess.start, guess.end))]
        yield from signed
        taken.update(at for guess in signed for at in range(guess.start, guess.end))
        for guess in self._by_shape(text):
            if taken.isdisjoint(range(guess.start, guess.end)):
                yield guess
        if "·" in text:
            for found in self.transcribed.finditer(text):
                if self._is_whole(text, found.start(), found.end()):
                    yield Person(found.group(), found.start(), found.end(), Sign.TRANSCRIBED)

    def _is_known(self, text: str, start: int, end: int) -> bool:
        """Whether the well-known name is meant: nothing else named after it, no piece of another name."""
        if text[start:end] not in self.words.figures:
            return self.segmenter.stands_alone(text, start, end)
        if _NOT_THE_PERSON.match(text, end) or text[start - 1 : start] in _JOINS:
            return False
        if self.part.fullmatch(text, start, end) and not self._word_begins(text, end):
            return False
        return end - start > 2 or (self._may_begin(text, start) and self._may_end(text, start, end))

    def _half_known(self, text: str, start: int, end: int) -> range:
        """Characters that no guess may use: all of a long name that stands there without being meant."""
        return range(start, end) if end - start > 2 and text[start:end] in self.words.figures else range(0)

    def _may_begin(self, text: str, start: int) -> bool:
        """Whether a name of two characters may begin here."""
        before = text[max(0, start - _LONGEST_CALLING) : start]
        return not before or not _HAN.match(before[-1]) or before.endswith(self.callings)

    def _may_end(self, text: str, start: int, end: int) -> bool:
        """Whether a name of two characters may end here: 李强会见, but not 李强国 nor 汪洋大海."""
        if any(self.segmenter.is_word(text[start:later]) for later in (end + 1, end + 2)):
            return False
        pieces = list(self.segmenter.cut(_han_run(text, end)))
        if not pieces or len(pieces[0]) > 1 or pieces[0] in _AFTER_FIGURES:
            return True
        return self.words.given_score(pieces[0]) < 0

    def _by_shape(self, text: str) -> Iterator[Person]:
        """Names that the dictionary has, or that are no words while all around them is."""
        words = list(self.segmenter.cut(text))
        at = 0
        for place, word in enumerate(words):
            start, at = at, at + len(word)
            if word[0] not in self.words.usual_surnames:
                continue
            if len(word) == 1:
                beside = words[place - 1] if place else ""
                end = start + (0 if _is_loose(beside) else self._loose(words[place + 1 : place + 4]))
            else:
                end = at if len(word) == _SHAPE_CHARS and word in self.words.people else start
            if end > start and self._is_shaped(text[start:end]):
                yield Person(text[start:end], start, end, Sign.SHAPE)

    @staticmethod
    def _loose(words: Sequence[str]) -> int:
        """How long a name is that begins before these words and stands loose; 0 for none.

        Two characters where a mark follows, else three.
        """
        loose = [len(word) == 1 and bool(_HAN.match(word)) for word in (*words, "", "", "")]
        if loose[0] and not loose[1] and len(words) > 1 and words[1] in _MARKS:
            return 2
        return _SHAPE_CHARS if loose[0] and loose[1] and not (loose[2] and _is_loose(words[2])) else 0

    def _is_shaped(self, name: str) -> bool:
        given = name[1:]
        least = _LEAST_SHAPE_SCORE if len(given) > 1 else _LEAST_SINGLE_SCORE
        return (
            _NEVER_SHAPED.isdisjoint(given)
            and given[-1] not in _ENDS_OF_PLACES
            and given not in self.words.after
            and given not in self.callings
            and name[:2] not in self.words.not_names
            and not self.part.fullmatch(name)
            and self.words.given_score(given) >= least
        )

    def _after_calling(self, text: str, start: int, calling: str) -> Iterator[Person]:
        if len(calling) < _SURE_CALLING and self.segmenter.is_word(text[start - 1 : start + 1]):
            return
        abroad = calling.endswith(self.words.offices_abroad)
        if text[start : start + 1] in (" ", ":"):
            start += 1
        sign = Sign.CALLING
        while True:
            end = self._transcribed_at(text, start, abroad=abroad) or self._name_at(text, start)
            if end is None or (sign is Sign.LIST and not _LIST_GOES_ON.match(text, end)):
                return
            yield Person(text[start:end], start, end, sign)
            if not _LIST.match(text, end):
                return
            start, sign = end + 1, Sign.LIST

    def _transcribed_at(self, text: str, start: int, *, abroad: bool) -> int | None:
        """Where a name from another language ends: 多吉卓玛, 安纳斯塔西亚迪斯, 莫朗 after 总统."""
        tibetan = self.tibetan.match(text, start)
        if tibetan and self._word_begins(text, tibetan.end()):
            return tibetan.end()
        run = self.part.match(text, start)
        least = 2 if abroad else _LEAST_TRANSCRIBED
        for end in range(run.end() if run else 0, start + least - 1, -1):
            if self._word_begins(text, end) and not self.segmenter.is_word(text[start:end]):
                return None if text[end : end + 1] in _JOINS else end
        return None

    def _word_begins(self, text: str, at: int) -> bool:
        """Whether the words after a name begin here, none of them being cut in two."""
        if self.segmenter.is_word(text[at - 1 : at + 1]):
            return False
        rest = _han_run(text, at)
        return not rest or rest[0] in _AFTER_A_NAME or len(next(iter(self.segmenter.cut(rest)))) > 1

    def _word_ends(self, text: str, at: int) -> bool:
        """Whether a word of two characters or more ends here."""
        low = at
        while low > max(0, at - _WINDOW) and _HAN.match(text, low - 1):
            low -= 1
        pieces = list(self.segmenter.cut(text[low:at]))
        return bool(pieces) and len(pieces[-1]) > 1

    def _is_whole(self, text: str, start: int, end: int) -> bool:
        """Whether a transcribed name stands between words that end and begin there."""
        before = text[max(0, start - 1) : start]
        left = not before or before in _ENDS_OF_CALLINGS or not _HAN.match(before)
        return (left or self._word_ends(text, start)) and self._word_begins(text, end)

    def _before_verb(self, text: str, end: int) -> Iterator[Person]:
        for length in (3, 2):
            start = end - length
            if start < 0 or not _HAN.match(text, start):
                continue
            before = text[max(0, start - 1) : start]
            if before in _JOINS or (before and _HAN.match(before)):
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
        if text[end : end + 1] in (*_JOINS, "某") or "某" in given:
            return None
        goes_on = self.part.fullmatch(text, end - 1, end + 1)
        return None if goes_on and not self._word_begins(text, end) else end

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
        second = pieces[1] if len(pieces) > 1 else ""
        if len(second) != 1 or second in _NEVER_ENDS or (second in _NEVER_GIVEN and len(window) > 2):
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
    part = f"[{words.foreign}]"
    return PeopleFinder(
        words=words,
        segmenter=segmenter,
        cues=cues,
        callings=words.before,
        transcribed=re.compile(f"{part}{{1,7}}(?:-{part}{{1,6}})?(?:·{part}{{1,7}}(?:-{part}{{1,6}})?)+"),
        part=re.compile(f"{part}{{2,{_LONGEST_TRANSCRIBED}}}"),
        tibetan=re.compile(f"(?:{'|'.join(words.tibetan)}){{1,3}}"),
    )


def _is_loose(word: str) -> bool:
    """Whether it is a character that belongs to no word, and may belong to a name."""
    return len(word) == 1 and bool(_HAN.match(word)) and word not in _NEVER_GIVEN


def _han_run(text: str, start: int) -> str:
    end = start
    limit = min(len(text), start + _WINDOW)
    while end < limit and "\u4e00" <= text[end] <= "\u9fff":
        end += 1
    return text[start:end]
