"""Reader events: what readers did with stories."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tianfu.model.errors import InvalidEvent
from tianfu.model.rules import check_id, check_reader_id, check_time

MAX_DWELL_S = 3_600.0
MAX_AGE = timedelta(days=7)
MAX_LEAD = timedelta(minutes=10)


class EventType(StrEnum):
    """What happened."""

    EXPOSE = "expose"
    CLICK = "click"
    STAY = "stay"
    LIKE = "like"
    COLLECT = "collect"
    SHARE = "share"
    COMMENT = "comment"
    DISLIKE = "dislike"


class Scene(StrEnum):
    """Where in the app."""

    HOME = "home"
    CHANNEL = "channel"
    LOCAL = "local"
    RELATED = "related"
    PUSH = "push"


class ReaderKind(StrEnum):
    """Whether a person has signed in, or only the device is known."""

    READER = "reader"
    DEVICE = "device"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderRef:
    """A reader as one outlet knows them.  Ids of two outlets never meet.

    Raises:
        InvalidEvent: The id breaks its rule.
    """

    outlet_id: str
    kind: ReaderKind
    id: str

    def __post_init__(self) -> None:
        check_reader_id(self.id, field=f"{self.kind}_id", error=InvalidEvent)

    @property
    def key(self) -> str:
        """One string for stores and caches."""
        return f"{self.outlet_id}/{self.kind}/{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing one reader did with one story.

    Attributes:
        event_id: The app's own id, unique within the outlet; sending it again changes nothing.
        at: When it happened, UTC; clocks of apps may be off, see :func:`settle_time`.
        dwell_s: Seconds on the page, for ``stay``; 0..3600.
        trace_id: The decision that showed the story, or ``None``.
        position: Zero-based place in that feed, or ``None``.
        minor: Whether it happened in minors' mode: it is counted, and nothing of the reader is remembered.
        client_address: The reader's own address, where the app tells it; used against brushing, never kept.
    """

    event_id: str
    reader: ReaderRef
    story_id: str
    type: EventType
    at: datetime
    scene: Scene = Scene.HOME
    dwell_s: float | None = None
    trace_id: str | None = None
    position: int | None = None
    minor: bool = False
    client_address: str | None = None

    def __post_init__(self) -> None:
        check_id(self.event_id, field="event_id", error=InvalidEvent)
        check_id(self.story_id, field="story_id", error=InvalidEvent)
        object.__setattr__(self, "at", check_time(self.at, field="at", error=InvalidEvent))
        if self.dwell_s is not None and not 0.0 <= self.dwell_s <= MAX_DWELL_S:
            raise InvalidEvent(field="dwell_s", why=f"must lie between 0 and {MAX_DWELL_S:.0f} seconds")
        if self.type is EventType.STAY and self.dwell_s is None:
            raise InvalidEvent(field="dwell_s", why="is needed for a stay")
        if self.trace_id is not None:
            check_id(self.trace_id, field="trace_id", error=InvalidEvent)
        if self.position is not None and not 0 <= self.position < 10_000:
            raise InvalidEvent(field="position", why="must lie between 0 and 9999")


def settle_time(claimed: datetime, received: datetime) -> datetime:
    """Settle when an event happened, given an app clock that may be wrong.

    A claim up to ten minutes ahead is the app's clock running fast: the time of receipt counts.

    Raises:
        InvalidEvent: The claim lies further ahead, or more than seven days back.
    """
    if claimed > received + MAX_LEAD:
        raise InvalidEvent(field="at", why="lies in the future", advice="Set the clock of the app's server.")
    if claimed < received - MAX_AGE:
        raise InvalidEvent(field="at", why="is more than seven days old", advice="Drop events this old.")
    return min(claimed, received)
