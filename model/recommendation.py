"""Recommendations: what a feed shows, why, and the record that explains it afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from tianfu.model.errors import InvalidRequest
from tianfu.model.event import ReaderRef, Scene
from tianfu.model.rules import check_adcode, check_id, check_text

MAX_COUNT = 50
MAX_EXCLUDE = 500
MAX_SUBJECTS = 20


class PlacedBy(StrEnum):
    """Who put an item where it stands: a score that a person's boost lifts is an editor's doing."""

    MODEL = "model"
    EDITOR = "editor"
    MUST_CARRY = "must_carry"
    FALLBACK = "fallback"


class ReasonCode(StrEnum):
    """Why an item is shown; stable, apps may switch on it."""

    INTEREST = "interest"
    NEAR = "near"
    READ_AFTER = "read_after"
    HOT_HERE = "hot_here"
    HOT_CITY = "hot_city"
    HOT_PROVINCE = "hot_province"
    LOCAL = "local"
    FRESH = "fresh"
    OWN_OUTLET = "own_outlet"
    MAINSTREAM = "mainstream"
    RELATED = "related"
    EXPLORE = "explore"
    COVERAGE = "coverage"
    PINNED = "pinned"
    MUST_CARRY = "must_carry"
    EMERGENCY = "emergency"
    RECENT = "recent"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason in plain Chinese, such as ``您关注的「农业、农村」``."""

    code: ReasonCode
    text: str


class Source(StrEnum):
    """Where a candidate came from."""

    INTEREST = "interest"
    READ_AFTER = "read_after"
    HOT = "hot"
    LOCAL = "local"
    FRESH = "fresh"
    POOL = "pool"
    RELATED = "related"
    EXPLORE = "explore"
    CHANNEL = "channel"
    EDITOR = "editor"
    RECENT = "recent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """Channels, topics and places, to ask for or to leave out.

    Attributes:
        channels: Sections of outlets, or topics by code or Chinese name.
        topics: GB/T 20093 class codes.
        places: Adcodes; what lies inside counts.

    Raises:
        InvalidRequest: More than twenty of a kind, or one breaks its rule.
    """

    channels: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    places: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        error = InvalidRequest
        for name in ("channels", "topics", "places"):
            if len(getattr(self, name)) > MAX_SUBJECTS:
                raise error(field=name, why=f"at most {MAX_SUBJECTS} are taken")
        for channel in self.channels:
            check_text(channel, field="channels", error=error, low=1, high=40)
        for topic in self.topics:
            if len(topic) != 2 or not (topic.isascii() and topic.isdigit()):
                raise error(
                    field="topics", why=f"'{topic[:20]}' is not a GB/T 20093 class code of two digits"
                )
        for place in self.places:
            check_adcode(place, field="places", error=error)

    def __bool__(self) -> bool:
        return bool(self.channels or self.topics or self.places)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRequest:
    """What an app asks for.

    Attributes:
        reader: ``None`` for someone unknown.
        story_id: The story being read, for scene ``related``.
        adcode: Where the reader is, when the app knows; else the outlet's own area counts.
        count: Items on a page, 1..50.
        personalise: False means no reader feature is used for this answer.
        minor: True means the pool fit for minors and no profile.
        exclude: Story ids never returned.
        wanted: Only stories of one of these channels, and one of these topics, and one of these places;
            a kind left empty asks for nothing.
        unwanted: No story of any of these.

    Raises:
        InvalidRequest: A field breaks its rule; ``field`` names which.
    """

    outlet_id: str
    reader: ReaderRef | None = None
    scene: Scene = Scene.HOME
    channel: str | None = None
    story_id: str | None = None
    adcode: str | None = None
    count: int = 10
    personalise: bool = True
    minor: bool = False
    exclude: tuple[str, ...] = ()
    wanted: Subjects = field(default_factory=Subjects)
    unwanted: Subjects = field(default_factory=Subjects)

    def __post_init__(self) -> None:
        error = InvalidRequest
        if not 1 <= self.count <= MAX_COUNT:
            raise error(field="count", why=f"must lie between 1 and {MAX_COUNT}")
        if self.scene is Scene.RELATED and self.story_id is None:
            raise error(field="story_id", why="is needed for scene related")
        if self.scene is Scene.CHANNEL and not self.channel:
            raise error(field="channel", why="is needed for scene channel")
        if self.story_id is not None:
            check_id(self.story_id, field="story_id", error=error)
        if self.channel is not None:
            check_text(self.channel, field="channel", error=error, low=1, high=40)
        if self.adcode is not None:
            check_adcode(self.adcode, field="adcode", error=error)
        if len(self.exclude) > MAX_EXCLUDE:
            raise error(field="exclude", why=f"has {len(self.exclude)} ids, at most {MAX_EXCLUDE} are taken")
        for story_id in self.exclude:
            check_id(story_id, field="exclude", error=error)

    @property
    def personal_reader(self) -> ReaderRef | None:
        """The reader whose features may be used: nobody when switched off or a minor."""
        return self.reader if self.personalise and not self.minor else None


@dataclass(frozen=True, slots=True)
class Why:
    """One reason as decided: a code, and what it speaks of.

    Attributes:
        because: Number of the story that led here, or a topic or place as a number; 0 for nothing.
    """

    code: ReasonCode
    because: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedItem:
    """One item as decided; titles, links and the words of reasons are looked up when it is shown.

    Attributes:
        position: Zero-based over all pages of the feed.
        score: What the ranker gave, before variety and placements.
        parts: What each feature added to the score.
        sources: Which candidate sources proposed it.
        cluster_size: How many stories tell the same.
        propensity: Probability that it stands where it stands, given everything else, 0..1: 1 unless chance
            chose it.
    """

    number: int
    position: int
    placed_by: PlacedBy
    whys: tuple[Why, ...]
    score: float
    parts: Mapping[str, float]
    sources: tuple[Source, ...]
    cluster_size: int
    placement_id: str | None = None
    propensity: float = 1.0


class Outcome(StrEnum):
    """What became of an order in one feed."""

    PLACED = "placed"
    """Stands where it asked to."""
    MOVED = "moved"
    """Stands further down, because of the order named in ``because``."""
    OUTRANKED = "outranked"
    """The order named in ``because`` has its story, an equal one, or its position."""
    NOT_SHOWABLE = "not_showable"
    """The rule named in ``because`` takes the story out."""
    GONE = "gone"
    """The story is not among those that may be shown now."""
    IN_FORCE = "in_force"
    """Weighs in the ranking, or keeps the story out."""


@dataclass(frozen=True, slots=True)
class OrderVerdict:
    """What became of one order.

    Attributes:
        position: Where it stands, or the story that it lifts, zero-based; ``None`` when it does not.
        because: Another order's id, a rule's name, or empty.
    """

    placement_id: str
    outcome: Outcome
    position: int | None = None
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draw:
    """A place that chance gave away, and between which stories: any of them stood there equally likely.

    Kept so that a ranker can be judged by what readers made of a choice that no ranker made.

    Attributes:
        shown: Number of the story that was drawn.
        among: Numbers of all it was drawn from, itself too, rising, shape (n,).
        features: What rankers know of each of ``among``, 0..1, shape (n, features).
    """

    shown: int
    among: npt.NDArray[np.int64]
    features: npt.NDArray[np.float32]

    @property
    def propensity(self) -> float:
        """Probability that each of ``among`` stood there, given what stood before and the shortlist."""
        return 1.0 / len(self.among)


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """A candidate that the feed did not show.

    Attributes:
        score: What the ranker gave, before variety.
        sources: Which candidate sources proposed it.
        why: Name of the rule that took it out, ``vary`` or ``below``.
    """

    number: int
    score: float
    sources: tuple[Source, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The record of one feed, kept to explain it: what was asked, what was decided, by which models.

    Attributes:
        trace_id: Also the feed's identity: its cursor pages through ``items``.
        request: Without its reader, whom only ``reader_key`` names.
        reader_key: ``None`` when no feature of a reader was used.
        degraded: Parts that were down and what that meant, empty when all was well.
        items: The whole list, of which a page is a slice.
        candidates: How many each source gave.
        filtered: How many candidates each rule took out.
        weights: What each feature counted in this feed, after the outlet's aims.
        measured: What the first page showed of each aim, 0..1.
        models: Version of each model and rule set that took part.
        orders: What became of each order that a person gave for such a feed.
        draws: Places of the first two pages that chance gave away.
        passed_over: The best candidates that are not in the list, best first.
    """

    trace_id: str
    made_at: datetime
    request: FeedRequest
    reader_key: str | None
    personalised: bool
    degraded: tuple[str, ...]
    items: Sequence[FeedItem]
    candidates: Mapping[str, int]
    filtered: Mapping[str, int]
    weights: Mapping[str, float]
    measured: Mapping[str, float]
    models: Mapping[str, str]
    orders: Sequence[OrderVerdict] = ()
    draws: Sequence[Draw] = ()
    passed_over: Sequence[PassedOver] = ()
