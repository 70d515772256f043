"""What places are called in stories, and how far each name can be trusted alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from tianfu.model.vocab.facts import read_facts


class Trust(StrEnum):
    """What it takes to believe a name."""

    SURE = "sure"
    """It names the place wherever it stands as a word of its own."""
    CONTEXT = "context"
    """Also a common word or a place elsewhere: believed beside other signs of the same prefecture."""
    JOINED = "joined"
    """A common word first of all: believed joined to its prefecture's name, and in its own newsroom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """A name that a place goes by in stories: full, short, old, or joined to its prefecture's.

    Attributes:
        text: The name, simplified Chinese.
        adcode: The place; one text may be an alias of several places.
        official: Whether it ends in the place's own 县, 区, 市 or 州.
    """

    text: str
    adcode: str
    trust: Trust
    official: bool


@cache
def load_aliases() -> tuple[Alias, ...]:
    """Aliases of the province, the prefectures and the counties; the same object every time.

    A name may be joined to the prefecture's, as in ``广元利州`` and ``乐山市市中区``; joined names
    are sure even when the bare one is not.
    """
    content = read_facts("divisions").content
    found: dict[tuple[str, str], Alias] = {}
    for alias in _all(content["cities"], content["counties"]):
        found.setdefault((alias.text, alias.adcode), alias)
    return tuple(found.values())


@cache
def load_elsewhere() -> frozenset[str]:
    """Names of divisions outside Sichuan: provinces, cities and counties (full names)."""
    return frozenset(read_facts("elsewhere").content["names"])


@cache
def load_lookalikes() -> frozenset[str]:
    """Phrases that hold a name of ours without naming the place: 嘉陵江, 金牛座, 大英博物馆."""
    return frozenset(read_facts("lookalikes").content["phrases"])


def _all(cities: list[list[object]], counties: list[list[object]]) -> Iterator[Alias]:
    yield Alias(text="四川省", adcode="510000", trust=Trust.SURE, official=True)
    yield Alias(text="四川", adcode="510000", trust=Trust.SURE, official=False)
    names: dict[str, tuple[str, ...]] = {}
    for adcode, name, _, aliases in cities:
        yield Alias(text=str(name), adcode=str(adcode), trust=Trust.SURE, official=True)
        for text, trust in _pairs(aliases):
            yield Alias(text=text, adcode=str(adcode), trust=Trust(trust), official=text.endswith("州"))
        names[str(adcode)] = (str(name), *(text for text, _ in _pairs(aliases)))
    for adcode, name, _, trust_of_name, aliases in counties:
        yield from _of_county(str(adcode), str(name), str(trust_of_name), _pairs(aliases), names)


def _of_county(
    adcode: str,
    name: str,
    trust_of_name: str,
    aliases: list[tuple[str, str]],
    cities: dict[str, tuple[str, ...]],
) -> Iterator[Alias]:
    yield Alias(text=name, adcode=adcode, trust=Trust(trust_of_name), official=True)
    for text, trust in aliases:
        yield Alias(text=text, adcode=adcode, trust=Trust(trust), official=text[-1] in "县区")
    for city in cities[f"{adcode[:4]}00"]:
        for text in (name, *(text for text, _ in aliases)):
            if not text.startswith(city):
                official = text[-1] in "县区市"
                yield Alias(text=f"{city}{text}", adcode=adcode, trust=Trust.SURE, official=official)


def _pairs(rows: object) -> list[tuple[str, str]]:
    return [(str(text), str(trust)) for text, trust in rows] if isinstance(rows, list) else []
