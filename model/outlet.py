"""Outlets: the newsrooms of the consortium."""

import re
from dataclasses import dataclass
from enum import StrEnum

from tianfu.model.errors import InvalidOutlet
from tianfu.model.rules import check_adcode, check_text

_OUTLET_ID = re.compile(r"[a-z0-9](?:[a-z0-9\-]{0,38}[a-z0-9])?")


class OutletLevel(StrEnum):
    """How far up the consortium an outlet stands."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """One newsroom.

    Attributes:
        id: Ours, readable and stable, such as ``lizhou``; never an adcode, for two functional
            zones have a newsroom but no division of their own.
        name: Chinese name as readers see it, 1 to 60 characters.
        adcode: Six digits of the area it serves; ``510000`` for the whole province.
        parent_id: The outlet one level up, ``None`` for provincial units.
        kind: What it is: ``newspaper``, ``broadcaster``, ``portal``, ``converged_media_centre``, …

    Raises:
        InvalidOutlet: A field breaks its rule; ``field`` names which.
    """

    id: str
    name: str
    level: OutletLevel
    adcode: str
    parent_id: str | None = None
    kind: str = "converged_media_centre"

    def __post_init__(self) -> None:
        if not _OUTLET_ID.fullmatch(self.id) or self.id.isdigit():
            raise InvalidOutlet(field="id", why="must be 1 to 40 of a-z, 0-9 and -, and not a number")
        check_text(self.name, field="name", error=InvalidOutlet, low=1, high=60)
        check_text(self.kind, field="kind", error=InvalidOutlet, low=1, high=40)
        check_adcode(self.adcode, field="adcode", error=InvalidOutlet)
        if (self.parent_id is None) != (self.level is OutletLevel.PROVINCE):
            raise InvalidOutlet(field="parent_id", why="provincial units have none, all others have one")

    @property
    def city_adcode(self) -> str:
        """Adcode of the prefecture it lies in; a provincial unit's own code."""
        return self.adcode if self.level is OutletLevel.PROVINCE else f"{self.adcode[:4]}00"
