"""What an outlet's readers read lately, in counts that can name nobody."""

from collections.abc import Mapping
from dataclasses import dataclass

from tianfu.model.coverage_board import LEAST_READERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Clicks in one outlet's app over some days.

    Attributes:
        readers: How many different known readers clicked anything.
        clicks: Clicks by primary class of the story clicked.
        days: How many days were counted.
    """

    readers: int
    clicks: Mapping[str, int]
    days: int

    @property
    def may_be_told(self) -> bool:
        """Whether enough readers stand behind the counts that none could be recognised."""
        return self.readers >= LEAST_READERS

    @property
    def shares(self) -> Mapping[str, float]:
        """Share of each class in all clicks, 0..1, largest first; empty where it may not be told."""
        total = sum(self.clicks.values())
        if not self.may_be_told or not total:
            return {}
        rows = sorted(self.clicks.items(), key=lambda row: (-row[1], row[0]))
        return {code: count / total for code, count in rows if count}


def area_of_outlet(adcode: str, city_adcode: str) -> tuple[str, str]:
    """The area an outlet serves, and the one around it: for a county its city, for a city the province."""
    return adcode, city_adcode if city_adcode != adcode else f"{adcode[:2]}0000"
