"""Names of organisations: those everybody knows, and a place followed by an office of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import ahocorasick

from tianfu.embeddings.tagging.gazetteer import Gazetteer, Name, load_gazetteer
from tianfu.embeddings.tagging.name_words import NameWords, load_name_words
from tianfu.embeddings.tagging.segment import Segmenter, words_tagged
from tianfu.model.vocab.divisions import Divisions, load_divisions

_WINDOW = 18
_LEAST_KNOWN = 4
_LEAST_COUNT = 5
_NATIONWIDE = ("中国", "国家", "中央", "中华", "国际", "世界", "全国", "最高", "联合国")
_VERBS_IN_NAMES = frozenset(
    {"保护", "监督", "管理", "服务", "建设", "教育", "规划", "执法"}
    | {"投资", "开发", "合作", "卫生", "消防", "救援", "检察"}
)
_SHARED_NAMES = frozenset({"市中区", "东区", "西区"})
_LEVELS = frozenset("省市州县区")


@dataclass(frozen=True, slots=True)
class Organisation:
    """A name in a normalised text.

    Attributes:
        known: Whether it is on a list; else it was put together by rule.
    """

    text: str
    start: int
    end: int
    known: bool


@dataclass(frozen=True, slots=True, eq=False)
class OrganisationFinder:
    """Finds names of organisations; safe to share between threads."""

    gazetteer: Gazetteer
    segmenter: Segmenter
    listed: Any
    suffixes: Any
    stop: re.Pattern[str]
    verbs: frozenset[str]
    divisions: Divisions

    def find(self, text: str) -> Iterator[Organisation]:
        """Names in no particular order; a listed one may lie inside one put together by rule."""
        for last, name in self.listed.iter_long(text):
            start = last + 1 - len(name)
            if len(name) >= _LEAST_KNOWN or self.segmenter.stands_alone(text, start, last + 1):
                yield Organisation(name, start, last + 1, known=True)
        until = -1
        for start, end, place in self.gazetteer.find(text):
            if start < until or not (place.is_ours or place.elsewhere):
                continue
            until = self._office_end(text, end)
            if until > end:
                first = self._without_city(start, end, place)
                yield Organisation(text[first:until], first, until, known=False)

    def _without_city(self, start: int, end: int, place: Name) -> int:
        """Where the county begins in 广元市利州区, so that an office has one name with and without city."""
        for adcode in place.sure:
            county = self.divisions.by_adcode[adcode].name
            if place.text.endswith(county) and county not in _SHARED_NAMES:
                return end - len(county)
        return start

    def _office_end(self, text: str, place_end: int) -> int:
        """Where the office after a place name ends; -1 when there is none."""
        stop = self.stop.search(text, place_end, place_end + _WINDOW)
        limit = stop.start() if stop else min(len(text), place_end + _WINDOW)
        ends: list[int] = [
            last + 1
            for last, suffix in self.suffixes.iter(text, place_end, limit)
            if self._is_office(text, last + 1 - len(suffix), last + 1, place_end)
        ]
        for end in reversed(ends):
            if not any(word in self.verbs for word in self.segmenter.cut(text[place_end:end])):
                return end
        return -1

    def _is_office(self, text: str, start: int, end: int, place_end: int) -> bool:
        if end - start == 1:
            if start == place_end or text[start - 1] == text[start]:
                return False
            if self.segmenter.is_word(text[start - 1 : end]):
                return False
        return start == place_end or text[start] not in _LEVELS


@cache
def load_organisation_finder(segmenter: Segmenter) -> OrganisationFinder:
    """Build the automata of known organisations and of suffixes."""
    words = load_name_words()
    listed, suffixes = ahocorasick.Automaton(), ahocorasick.Automaton()
    for name in _known(words):
        listed.add_word(name, name)
    for suffix in words.suffixes:
        suffixes.add_word(suffix, suffix)
    listed.make_automaton()
    suffixes.make_automaton()
    verbs = {word for word in words_tagged("v") if len(word) > 1} - _VERBS_IN_NAMES
    return OrganisationFinder(
        load_gazetteer(),
        segmenter,
        listed,
        suffixes,
        re.compile(f"[^\\u4e00-\\u9fff]|[{words.stop_in_organisations}]"),
        frozenset(verbs),
        load_divisions(),
    )


def _known(words: NameWords) -> set[str]:
    offices = (*words.suffixes, "队", "部", "署", "社")
    return set(words.national) | {
        word
        for word, count in words_tagged("nt").items()
        if len(word) > _LEAST_KNOWN
        and count >= _LEAST_COUNT
        and word.startswith(_NATIONWIDE)
        and word.endswith(offices)
        and not word.endswith("政府")
    }
