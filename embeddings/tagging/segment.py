"""Chinese words, by jieba's dictionary of word frequencies."""

import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from itertools import pairwise
from math import log
from typing import Any

from tianfu.model.vocab.aliases import load_aliases

_LONGEST = 4
_PREFIX = -1e6
"""Log-frequency of a string that only begins words: never chosen, but the search goes on."""
_NAME_CHARS = 3
_NAME_COUNT = 5
"""Counts for names such as 利州区: enough to hold together, too few to tear other words apart."""


_RUN = re.compile(r"[\u4e00-\u9fff]+|[A-Za-z0-9]+(?:[.%·+#&_-]+[A-Za-z0-9%]*)*|.", re.DOTALL)


@dataclass(frozen=True, slots=True, eq=False)
class Segmenter:
    """Cuts text into words along the likeliest path; safe to call from many threads once loaded."""

    _tokenizer: Any
    _counts: dict[str, int]
    _logs: dict[str, float]
    _unknown: float

    def cut(self, text: str, *, unknown_words: bool = False) -> Iterable[str]:
        """Words and marks in order; together they make up the text.

        Args:
            text: Normalised text.
            unknown_words: Whether to guess words that the dictionary lacks; slower.
        """
        if unknown_words:
            words: Iterable[str] = self._tokenizer.cut(text)
            return words
        found: list[str] = []
        for run in _RUN.findall(text):
            if len(run) > 1 and "\u4e00" <= run[0] <= "\u9fff":
                self._path(run, found)
            else:
                found.append(run)
        return found

    def _path(self, run: str, found: list[str]) -> None:
        """Append the words of the path with the highest product of word frequencies."""
        logs, unknown, size = self._logs, self._unknown, len(run)
        best = [-1e30] * (size + 1)
        best[0] = 0.0
        back = [0] * (size + 1)
        for start in range(size):
            here = best[start]
            end = start + 1
            if here + unknown > best[end]:
                best[end], back[end] = here + unknown, start
            log = logs.get(run[start:end])
            while log is not None:
                if here + log > best[end]:
                    best[end], back[end] = here + log, start
                end += 1
                if end > size:
                    break
                log = logs.get(run[start:end])
        edges = [size]
        while edges[-1]:
            edges.append(back[edges[-1]])
        edges.reverse()
        found += [run[start:end] for start, end in pairwise(edges)]

    def is_word(self, text: str) -> bool:
        """Whether the dictionary knows it."""
        return self._counts.get(text, 0) > 0

    def stands_alone(self, text: str, start: int, end: int) -> bool:
        """Whether ``text[start:end]`` is no piece cut out of its neighbours' words.

        So that ``理县`` is not found in 治理县域, nor ``南充`` in 海南充电; a longer word that begins with
        it, as 四川大学 does, is no objection.  The path is only computed where a dictionary word
        straddles an edge.
        """
        if not (self._straddled(text, start) or self._straddled(text, end)):
            return True
        low, high = max(0, start - 2 * _LONGEST), min(len(text), end + 2 * _LONGEST)
        at = low
        inside = False
        for word in self.cut(text[low:high]):
            inside = inside or at == start
            at += len(word)
            if at >= end:
                return inside and (at == end or at - len(word) == start)
            if at > start and not inside:
                return False
        return False

    def whole_words(self, text: str, start: int, end: int) -> tuple[int, int]:
        """Widen ``text[start:end]`` to the borders of the words it begins and ends in."""
        if not (self._straddled(text, start) or self._straddled(text, end)):
            return start, end
        low, high = max(0, start - 2 * _LONGEST), min(len(text), end + 2 * _LONGEST)
        first, last, at = start, end, low
        for word in self.cut(text[low:high]):
            upto = at + len(word)
            if at < start < upto:
                first = at
            if at < end < upto:
                last = upto
            at = upto
        return first, last

    def _straddled(self, text: str, edge: int) -> bool:
        counts = self._counts
        for low in range(max(0, edge - _LONGEST + 1), edge):
            for high in range(edge + 1, min(len(text), low + _LONGEST) + 1):
                if counts.get(text[low:high], 0):
                    return True
        return False


@dataclass(frozen=True, slots=True)
class _Dictionary:
    """Counts by word, 0 for strings that only begin words, and counts by part of speech."""

    counts: dict[str, int]
    tagged: dict[str, dict[str, int]]
    total: int


@cache
def _read_dictionary() -> _Dictionary:
    counts: dict[str, int] = {}
    tagged: dict[str, dict[str, int]] = {}
    total = 0
    with _jieba().Tokenizer().get_dict_file() as lines:
        for line in lines.read().decode("utf-8").splitlines():
            word, number, tag = line.split()
            count = int(number)
            counts[word] = count
            tagged.setdefault(tag, {})[word] = count
            total += count
            for end in range(len(word) - 1, 0, -1):
                if word[:end] in counts:
                    break  # and so are all shorter ones
                counts[word[:end]] = 0
    return _Dictionary(counts, tagged, total)


def words_tagged(tag: str) -> Mapping[str, int]:
    """Words of the dictionary with this part of speech, with their counts."""
    return _read_dictionary().tagged.get(tag, {})


PEOPLE = frozenset({"nr", "nrt", "nrfg"})
"""Parts of speech of people's names."""


@lru_cache(maxsize=65_536)
def part_of_speech(word: str) -> str:
    """What the dictionary calls a word, as in ``n``, ``v`` or ``ns``; empty for one that it lacks."""
    return next((tag for tag, words in _read_dictionary().tagged.items() if word in words), "")


@cache
def load_segmenter() -> Segmenter:
    """Read the dictionary and add our counties, about half a second; the same object every time.

    jieba's own set-up would log, and keep a cache file in the folder for temporary files that all
    users share; neither happens here.
    """
    dictionary = _read_dictionary()
    tokenizer = _jieba().Tokenizer()
    tokenizer.FREQ, tokenizer.total = dictionary.counts, dictionary.total
    tokenizer.initialized = True
    for alias in load_aliases():
        if alias.official and len(alias.text) == _NAME_CHARS and not tokenizer.FREQ.get(alias.text):
            tokenizer.add_word(alias.text, _NAME_COUNT)
    total = log(tokenizer.total)
    logs = {word: log(count) - total if count else _PREFIX for word, count in tokenizer.FREQ.items()}
    return Segmenter(tokenizer, tokenizer.FREQ, logs, -total)


def _jieba() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it imports pkg_resources where that is there
        return import_module("jieba")
