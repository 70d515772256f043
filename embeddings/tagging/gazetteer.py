"""One automaton over all place names, theirs and ours, and the phrases that only look like places."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import ahocorasick

from tianfu.model.vocab.aliases import Trust, load_aliases, load_elsewhere, load_lookalikes
from tianfu.model.vocab.divisions import load_divisions

_WORLD = ["省", "市", "区", "县", "自治区", "自治州"]
_LEAST_STEM = 3
_WORDS = frozenset({"城区", "郊区", "矿区", "来宾"})
"""Divisions of other provinces whose whole names are words that every story may use."""
_LONGEST_PHRASE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """What a run of characters may name.

    Attributes:
        sure: Adcodes that it names wherever it stands as a word.
        likely: Adcodes that it names beside other signs of their prefecture.
        homely: Adcodes that it names in their own newsrooms alone, being a common word elsewhere.
        towns: Townships (nine digits), named only beside their county.
        official: Whether it ends in a division's own suffix.
        elsewhere: Whether it is a place outside Sichuan.
    """

    text: str
    sure: tuple[str, ...] = ()
    likely: tuple[str, ...] = ()
    homely: tuple[str, ...] = ()
    towns: tuple[str, ...] = ()
    official: bool = False
    elsewhere: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether it may name a place in Sichuan."""
        return bool(self.sure or self.likely or self.homely or self.towns)


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Finds names in text; immutable, safe to share between threads."""

    _automaton: Any
    _lookalikes: frozenset[str]

    def find(self, text: str, start: int = 0) -> Iterator[tuple[int, int, Name]]:
        """Names from an offset on, longest first where several begin or overlap: ``(start, end, name)``."""
        for last, name in self._automaton.iter_long(text, start) if start < len(text) else ():
            yield last + 1 - len(name.text), last + 1, name

    def named(self, text: str) -> Name | None:
        """The name of exactly these characters."""
        found: Name | None = self._automaton.get(text, None)
        return found

    def looks_alike(self, text: str, start: int, end: int) -> bool:
        """Whether a phrase that only looks like a place begins at ``start`` and goes on beyond ``end``."""
        return any(text[start:upto] in self._lookalikes for upto in range(end + 1, start + _LONGEST_PHRASE))


@cache
def load_gazetteer() -> Gazetteer:
    """Build the automaton from the vocabularies; the same object every time."""
    by_trust: dict[Trust, dict[str, list[str]]] = {trust: {} for trust in Trust}
    towns: dict[str, list[str]] = {}
    official: set[str] = set()
    for alias in load_aliases():
        by_trust[alias.trust].setdefault(alias.text, []).append(alias.adcode)
        if alias.official:
            official.add(alias.text)
    for place in load_divisions().townships:
        for text in _town_names(place.name):
            towns.setdefault(text, []).append(place.adcode)
    ours = {*towns}.union(*by_trust.values())
    automaton = ahocorasick.Automaton()
    for text in ours:
        name = Name(
            text=text,
            sure=tuple(by_trust[Trust.SURE].get(text, ())),
            likely=tuple(by_trust[Trust.CONTEXT].get(text, ())),
            homely=tuple(by_trust[Trust.JOINED].get(text, ())),
            towns=tuple(towns.get(text, ())),
            official=text in official,
        )
        automaton.add_word(text, name)
    for text in _world() - ours:
        automaton.add_word(text, Name(text=text, elsewhere=True))
    for text in load_lookalikes() - ours:
        automaton.add_word(text, Name(text=text))
    automaton.make_automaton()
    return Gazetteer(automaton, load_lookalikes())


def _town_names(name: str) -> Iterator[str]:
    yield name
    for suffix in ("街道", "镇"):
        if name.endswith(suffix) and len(name) - len(suffix) >= _LEAST_STEM:
            yield name.removesuffix(suffix)


def _world() -> set[str]:
    names = set(load_elsewhere()) - _WORDS
    short = {name for name in names if name[-1] not in "市区县州盟旗" and len(name) <= _LEAST_STEM}
    return names | {f"{name}{suffix}" for name in short for suffix in _WORLD[:2]}
