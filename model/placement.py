"""Placements: what a person decided about a feed, above any model."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tianfu.model.errors import InvalidPlacement
from tianfu.model.event import Scene
from tianfu.model.outlet import Outlet, OutletLevel
from tianfu.model.rules import check_adcode, check_text, check_time

FIRST_SCREEN = 10
MAX_EMERGENCY = timedelta(days=3)
MAX_MUST_CARRY = 5
"""Most must-carry orders that may reach one scene of one outlet at once; half a screen is left to others."""
MAX_PRIORITY = 9
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
    EMERGENCY = "emergency"
    """Stands above everything, in front of every reader in its area, and ends within three days."""


class Authority(StrEnum):
    """Who gave an order; the province's outranks an outlet's."""

    OUTLET = "outlet"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One order of one person.

    Attributes:
        position: Zero-based, for pin and insert; ``None`` otherwise.
        outlet_ids: Outlets it reaches; empty means all.
        adcode: Area it reaches with everything inside; ``None`` means everywhere.
        levels: Levels of outlets it reaches; empty means all.
        scenes: Scenes it reaches; empty means all.
        channels: Channels it reaches, for scene ``channel``; empty means all.
        priority: Between orders of one kind the higher goes first, 0..9.
        strength: How much a boost or a suppression counts, 0.1..3.
        authority: Whose order it is.
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
    levels: frozenset[OutletLevel] = frozenset()
    scenes: frozenset[Scene] = frozenset()
    channels: frozenset[str] = frozenset()
    priority: int = 0
    strength: float = 1.0
    authority: Authority = Authority.OUTLET
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
        if not 0 <= self.priority <= MAX_PRIORITY:
            raise error(field="priority", why=f"must lie between 0 and {MAX_PRIORITY}")
        if not 0.1 <= self.strength <= 3.0:
            raise error(field="strength", why="must lie between 0.1 and 3")
        for channel in self.channels:
            check_text(channel, field="channels", error=error, low=1, high=40)
        if self.action is PlacementAction.EMERGENCY:
            self._check_emergency()
        check_text(self.note, field="note", error=error, high=500)

    def _check_emergency(self) -> None:
        error = InvalidPlacement
        if self.authority is not Authority.PLATFORM:
            raise error(field="action", why="emergency is the provincial platform's alone")
        if self.adcode is None:
            raise error(field="adcode", why="is needed for emergency", advice="510000 is the whole province.")
        if self.ends_at - self.starts_at > MAX_EMERGENCY:
            raise error(field="ends_at", why=f"must lie within {MAX_EMERGENCY.days} days of starts_at")

    def concerns(self, outlet: Outlet) -> bool:
        """Whether it ever reaches this outlet, whatever the time and the scene."""
        return (
            (not self.outlet_ids or outlet.id in self.outlet_ids)
            and (not self.levels or outlet.level in self.levels)
            and (self.adcode is None or lies_within(outlet.adcode, self.adcode))
        )

    def reaches(
        self,
        outlet: Outlet,
        scene: Scene,
        now: datetime,
        *,
        channel: str | None = None,
        adcode: str | None = None,
    ) -> bool:
        """Whether it is in force at this moment.

        Args:
            outlet: Whose app asks.
            scene: Asked for.
            now: UTC.
            channel: Of scene ``channel``.
            adcode: Where the reader is, if known: an emergency reaches readers in its area in any app.
        """
        inside = adcode is not None and self.adcode is not None and lies_within(adcode, self.adcode)
        return (
            self.starts_at <= now < self.ends_at
            and (not self.scenes or scene in self.scenes)
            and (not self.channels or channel in self.channels)
            and (self.concerns(outlet) or (inside and self.action is PlacementAction.EMERGENCY))
        )

    def meets(self, other: "Placement") -> bool:
        """Whether both can be in force at one time in one scene."""
        return (
            self.starts_at < other.ends_at
            and other.starts_at < self.ends_at
            and (not self.scenes or not other.scenes or bool(self.scenes & other.scenes))
            and (not self.channels or not other.channels or bool(self.channels & other.channels))
        )


def lies_within(adcode: str, area: str) -> bool:
    """Whether an adcode is the area itself or a division inside it.

    Codes of six digits nest by their trailing zeros: ``510000`` holds ``510800`` holds ``510802`` holds
    ``510802100``, a township, which holds nothing though it ends in zeros.
    """
    return adcode.startswith(_stem(area))


def area_code_range(area: str) -> tuple[str, str]:
    """Lowest and highest code, as strings, of the divisions inside an area and the area itself."""
    return _stem(area), f"{_stem(area)}~"


def _stem(area: str) -> str:
    """What the codes inside an area, and its own, begin with."""
    if len(area) > 6:
        return area
    return area[:2] if area.endswith("0000") else area[:4] if area.endswith("00") else area
