"""Placements: what a person decided about a feed, above any model."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tianfu.model.errors import InvalidPlacement
from tianfu.model.event import Scene
from tianfu.model.outlet import Outlet
from tianfu.model.rules import check_adcode, check_text, check_time

FIRST_SCREEN = 10
MAX_POSITION = 50


class PlacementAction(StrEnum):
    """What a placement does with its story."""

    PIN = "pin"
    """Holds exactly the given position."""
    MUST_CARRY = "must_carry"
    """Stands on the first screen of every outlet it reaches, ahead of everything but pins."""
    INSERT = "insert"
    """Enters at the given position or the next free one below."""
    BOOST = "boost"
    """Ranks as if its score were higher."""
    SUPPRESS = "suppress"
    """Ranks as if its score were lower."""
    BLOCK = "block"
    """Is not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One order of one person.

    Attributes:
        position: Zero-based, for pin and insert; ``None`` otherwise.
        outlet_ids: Outlets it reaches; empty means all.
        adcode: Area it reaches with everything inside; ``None`` means everywhere.
        scenes: Scenes it reaches; empty means all.
        starts_at: From then, inclusive, UTC.
        ends_at: Until then, exclusive, UTC.
        created_by: Key id of the person.

    Raises:
        InvalidPlacement: A field breaks its rule; ``field`` names which.
    """

    id: str
    story_id: str
    action: PlacementAction
    starts_at: datetime
    ends_at: datetime
    created_by: str
    created_at: datetime
    position: int | None = None
    outlet_ids: frozenset[str] = frozenset()
    adcode: str | None = None
    scenes: frozenset[Scene] = frozenset()
    note: str = ""

    def __post_init__(self) -> None:
        error = InvalidPlacement
        for name in ("starts_at", "ends_at"):
            object.__setattr__(self, name, check_time(getattr(self, name), field=name, error=error))
        if self.ends_at <= self.starts_at:
            raise error(field="ends_at", why="must lie after starts_at")
        needs_position = self.action in (PlacementAction.PIN, PlacementAction.INSERT)
        if needs_position and self.position is None:
            raise error(field="position", why=f"is needed for {self.action}")
        if not needs_position and self.position is not None:
            raise error(field="position", why=f"has no meaning for {self.action}")
        if self.position is not None and not 0 <= self.position < MAX_POSITION:
            raise error(field="position", why=f"must lie between 0 and {MAX_POSITION - 1}")
        if self.adcode is not None:
            check_adcode(self.adcode, field="adcode", error=error)
        check_text(self.note, field="note", error=error, high=500)

    def reaches(self, outlet: Outlet, scene: Scene, now: datetime) -> bool:
        """Whether it is in force for this outlet and scene at this moment."""
        return (
            self.starts_at <= now < self.ends_at
            and (not self.outlet_ids or outlet.id in self.outlet_ids)
            and (not self.scenes or scene in self.scenes)
            and (self.adcode is None or lies_within(outlet.adcode, self.adcode))
        )


def lies_within(adcode: str, area: str) -> bool:
    """Whether an adcode is the area itself or a division inside it.

    Codes nest by their trailing zeros: ``510000`` holds ``510800`` holds ``510802`` holds ``510802001``.
    """
    return adcode.startswith(_stem(area))


def area_code_range(area: str) -> tuple[str, str]:
    """Lowest and highest code, as strings, of the divisions inside an area and the area itself."""
    return _stem(area), f"{_stem(area)}~"


def _stem(area: str) -> str:
    return area[:2] if area.endswith("0000") else area[:4] if area.endswith("00") else area
