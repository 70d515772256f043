"""Places: administrative divisions, from the province down to townships."""

from dataclasses import dataclass
from enum import StrEnum

from tianfu.model.errors import InvalidInput
from tianfu.model.rules import check_adcode


class PlaceLevel(StrEnum):
    """How large a division is."""

    PROVINCE = "province"
    CITY = "city"
    """A prefecture: 市 or 自治州."""
    COUNTY = "county"
    """县, 区, county-level 市 or 自治县."""
    TOWNSHIP = "township"
    """街道, 镇 or 乡."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One administrative division.

    Attributes:
        adcode: Six digits, nine for a township.
        name: Full official name, such as ``利州区``.
        short_name: Without 县/区/市 where that still names the place (``利州``), else the full name.
        parent: Adcode one level up; ``None`` for the province.

    Raises:
        InvalidInput: The code does not fit the level.
    """

    adcode: str
    name: str
    short_name: str
    level: PlaceLevel
    parent: str | None

    def __post_init__(self) -> None:
        check_adcode(self.adcode, field="adcode", error=InvalidInput)
        if (len(self.adcode) == 9) != (self.level is PlaceLevel.TOWNSHIP):
            raise InvalidInput(field="adcode", why="townships have nine digits, all others six")
        if (self.parent is None) != (self.level is PlaceLevel.PROVINCE):
            raise InvalidInput(field="parent", why="the province has none, all others have one")

    @property
    def county_adcode(self) -> str:
        """Six digits: the county of a township, else the place's own code."""
        return self.adcode[:6]

    @property
    def city_adcode(self) -> str:
        """Adcode of the prefecture it lies in or is; the province's own code for the province."""
        return f"{self.adcode[:4]}00"
