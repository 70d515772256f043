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
_MINISTRIES = ("部", "厅", "国会", "议会", "院", "杜马", "省", "全国人大", "央行", "警方", "局")
_LONGEST_COUNTRY = 12
_HEADS = frozenset(
    {"中共中央", "国务院", "全国人大", "全国人大常委会", "全国政协", "中央军委", "解放军", "武警部队"}
)
_REST_OF_OFFICE = re.compile(
    "[\u4e00-\u9fff]{0,10}?(?:办公厅|办公室|法制办|扶贫办|领导小组|委员会|法工委|联防联控机制|总医院|总队)"
)
_NOT_THE_OFFICE = re.compile("(?:政治局)?(?:委员(?!会)|常委(?!会)|总书记|副?总理|副?主席|副?秘书长|国务委员)")
"""After the name of an office: it is a person's title."""
_NOT_THE_MINISTRY = re.compile("[门长队级委署]")
_TELLERS = ("社", "报", "网", "台")
_CREDITED = re.compile("》?(?:[\u4e00-\u9fff]{0,4}(?:消息|报道)|电|讯)")
_OF_ELSEWHERE = re.compile("(?:香港|澳门|台湾|地区|新加坡|马来西亚)《?$")
"""Before the name of a paper: it is another of the same name."""
_UNITED_NATIONS = "联合国"
_REST_OF_UNITED_NATIONS = re.compile(
    "[\u4e00-\u9fff]{2,10}?(?:署|组织|委员会|中心|办事处|特派团|机构|基金会|大会|理事会)"
)
_GENERIC = frozenset(
    {"国际会议中心", "国家森林公园", "中央处理器", "全国代表大会", "国际贸易中心", "国家集训队"}
)
_COMMITTEE = re.compile("委(?![员托派任])(?:办公室|组织部|宣传部|统战部|政法委|党校)?")
_NO_STEM = re.compile("[0-9一二两三四五六七八九十几多]+[家所个]|定点|^大$|(?:上市|子|分|母)$|这|该|某")
_NO_STOPS = "有限|共(?<=公共)|共青|等(?<=高等)|就业|对外|无锡|供给"
"""Characters that end no name where they stand in these words."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """A name in a normalised text.

    Attributes:
        known: Whether it is on a list; else it was put together by rule.
        abroad: Of a ministry of another country, its name without the country: the same letters elsewhere in
            the story do not mean China's.
    """

    text: str
    start: int
    end: int
    known: bool
    abroad: str | None = None


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
    country: re.Pattern[str]
    abroad_only: frozenset[str]

    def find(self, text: str) -> Iterator[Organisation]:
        """Names in no particular order; a listed one may lie inside one put together by rule."""
        for last, name in self.listed.iter_long(text):
            start, end = last + 1 - len(name), last + 1
            country = self._country(text, start, end)
            if country is not None and not _NOT_THE_MINISTRY.match(text, end):
                yield Organisation(text[country:end], country, end, known=True, abroad=name)
            elif name not in self.abroad_only and self._is_whole(text, start, end):
                yield self._listed(text, start, end)
        until = -1
        for start, end, place in self.gazetteer.find(text):
            if start < until or not (place.is_ours or place.elsewhere):
                continue
            until = self._office_end(text, end)
            if until > end:
                first = self._without_city(start, end, place)
                yield Organisation(text[first:until], first, until, known=False)

    def _is_whole(self, text: str, start: int, end: int) -> bool:
        """Whether a listed name is neither a piece of other words nor of somebody's title."""
        if _NOT_THE_OFFICE.match(text, end) or (text[end - 1] == "部" and _NOT_THE_MINISTRY.match(text, end)):
            return False
        if text[start:end].endswith(_TELLERS) and (
            _CREDITED.match(text, end) or _OF_ELSEWHERE.search(text, max(0, start - _LONGEST_COUNTRY), start)
        ):
            return False
        return self.segmenter.stands_alone(text, start, end)

    def _country(self, text: str, start: int, end: int) -> int | None:
        """Where the country before a ministry begins, if one is named there."""
        name = text[start:end]
        if not name.endswith(_MINISTRIES) or name.startswith(_NATIONWIDE):
            return None
        found = self.country.search(text, max(0, start - _LONGEST_COUNTRY), start)
        return found.start() if found else None

    def _listed(self, text: str, start: int, end: int) -> Organisation:
        """A listed name with the rest of its office behind it."""
        name = text[start:end]
        if name in _HEADS or name == _UNITED_NATIONS:
            pattern = _REST_OF_UNITED_NATIONS if name == _UNITED_NATIONS else _REST_OF_OFFICE
            rest = pattern.match(text, end)
            if rest and not any(word in self.verbs for word in self.segmenter.cut(rest.group())):
                return Organisation(text[start : rest.end()], start, rest.end(), known=True)
        return Organisation(name, start, end, known=True)

    def _without_city(self, start: int, end: int, place: Name) -> int:
        """Where the county begins in 广元市利州区, so that an office has one name with and without city."""
        for adcode in place.sure:
            county = self.divisions.by_adcode[adcode].name
            if place.text.endswith(county) and county not in _SHARED_NAMES:
                return end - len(county)
        return start

    def _office_end(self, text: str, place_end: int) -> int:
        """Where the office after a place name ends; -1 when there is none."""
        committee = _COMMITTEE.match(text, place_end)
        if committee and text[place_end - 1] in _LEVELS:
            return committee.end()
        stop = self.stop.search(text, place_end, place_end + _WINDOW)
        limit = stop.start() if stop else min(len(text), place_end + _WINDOW)
        found: list[tuple[int, int]] = sorted(
            (last + 1 - len(suffix), last + 1)
            for last, suffix in self.suffixes.iter(text, place_end, limit)
            if self._is_office(text, last + 1 - len(suffix), last + 1, place_end)
        )
        for start, end in reversed(_apart(found, text)):
            stem = text[place_end:start]
            if _NO_STEM.search(stem):
                continue
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
        re.compile(f"[^\\u4e00-\\u9fff]|(?!{_NO_STOPS})[{words.stop_in_organisations}]"),
        frozenset(verbs),
        load_divisions(),
        re.compile(
            f"(?:{'|'.join(words.countries)}|(?<![\\u4e00-\\u9fff])[美俄英法德日韩乌印])(?:前|新任|政府)?$"
        ),
        frozenset(words.abroad_only),
    )


def _apart(found: list[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """Suffixes that do not begin inside an earlier one, up to the first that 和 joins to another office."""
    kept: list[tuple[int, int]] = []
    for start, end in found:
        if kept and start < kept[-1][1]:
            if start == kept[-1][0]:
                kept[-1] = (start, max(end, kept[-1][1]))
            continue
        if kept and text[kept[-1][1] : kept[-1][1] + 1] == "和":
            break
        kept.append((start, end))
    return kept


def _known(words: NameWords) -> set[str]:
    offices = (*words.suffixes, "队", "部", "署", "社")
    return {*words.national, *words.abroad_only} | {
        word
        for word, count in words_tagged("nt").items()
        if len(word) > _LEAST_KNOWN
        and count >= _LEAST_COUNT
        and word.startswith(_NATIONWIDE)
        and word.endswith(offices)
        and not word.endswith("政府")
        and word not in _GENERIC
    }
