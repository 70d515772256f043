"""Sichuan's administrative divisions: 21 prefectures, 183 counties, 3,111 townships."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tianfu.model.place import Place, PlaceLevel
from tianfu.model.vocab.facts import Facts, Provenance, read_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Divisions:
    """All divisions, each level in order of its codes."""

    province: Place
    cities: tuple[Place, ...]
    counties: tuple[Place, ...]
    townships: tuple[Place, ...]
    provenance: Provenance
    by_adcode: dict[str, Place] = field(repr=False)
    _children: dict[str, tuple[Place, ...]] = field(repr=False)

    @property
    def counties_and_above(self) -> tuple[Place, ...]:
        """Province, cities, counties."""
        return (self.province, *self.cities, *self.counties)

    def children(self, adcode: str) -> tuple[Place, ...]:
        """Divisions one level down; none for townships and codes that are not ours."""
        return self._children.get(adcode, ())

    def ancestors(self, adcode: str) -> Iterator[Place]:
        """Walk up to the province, nearest first, without the place itself.

        Raises:
            KeyError: The code is not one of Sichuan's.
        """
        parent = self.by_adcode[adcode].parent
        while parent is not None:
            place = self.by_adcode[parent]
            yield place
            parent = place.parent

    def neighbours(self, adcode: str) -> tuple[Place, ...]:
        """The other divisions under the same parent: for a county, those of its prefecture."""
        place = self.by_adcode.get(adcode)
        if place is None or place.parent is None:
            return ()
        return tuple(other for other in self.children(place.parent) if other.adcode != adcode)

    def full_name(self, adcode: str) -> str:
        """Names from the prefecture down, such as ``广元市利州区``."""
        place = self.by_adcode[adcode]
        above = [p.name for p in self.ancestors(adcode) if p.level is not PlaceLevel.PROVINCE]
        return "".join((*reversed(above), place.name))


@cache
def load_divisions() -> Divisions:
    """Load the divisions; the same object every time."""
    facts = read_facts("divisions")
    code, name, short = facts.content["province"]
    province = Place(adcode=code, name=name, short_name=short, level=PlaceLevel.PROVINCE, parent=None)
    cities = tuple(_place(row, PlaceLevel.CITY, code) for row in facts.content["cities"])
    counties = tuple(_place(row, PlaceLevel.COUNTY, f"{row[0][:4]}00") for row in facts.content["counties"])
    townships = tuple(_townships(facts))
    everything = (province, *cities, *counties, *townships)
    children: dict[str, list[Place]] = {}
    for place in everything:
        if place.parent is not None:
            children.setdefault(place.parent, []).append(place)
    return Divisions(
        province=province,
        cities=cities,
        counties=counties,
        townships=townships,
        provenance=facts.provenance,
        by_adcode={place.adcode: place for place in everything},
        _children={parent: tuple(places) for parent, places in children.items()},
    )


def _place(row: list[Any], level: PlaceLevel, parent: str) -> Place:
    return Place(adcode=row[0], name=row[1], short_name=row[2], level=level, parent=parent)


def _townships(facts: Facts) -> Iterator[Place]:
    for county, rows in facts.content["townships"].items():
        for number, name in rows:
            yield Place(
                adcode=f"{county}{number}",
                name=name,
                short_name=name,
                level=PlaceLevel.TOWNSHIP,
                parent=county,
            )
