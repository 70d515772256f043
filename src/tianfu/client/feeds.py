"""Feeds, and why they look as they do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict, Unpack

from tianfu.client.call import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A code with what it says in plain Chinese."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A topic or place by code and Chinese name."""

    code: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Who published it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedItem:
    """One item.  Show ``reasons[0].text`` beside the title, and mark it when ``ai_generated``.

    Attributes:
        display: ``whole``, or ``link``: headline and link to its own page only.
        position: 0 first; send it back with the item's events.
    """

    story_id: str
    title: str
    url: str | None
    image_url: str | None
    outlet: Publisher
    published_at: datetime
    position: int
    placed_by: str
    reasons: tuple[Named, ...]
    cluster_id: str
    cluster_size: int
    topics: tuple[Labelled, ...]
    author: str
    source: str
    ai_generated: bool
    rights: Named
    display: str
    version: Named


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """One page of a feed.

    Attributes:
        trace_id: Send it back with the page's events.
        cursor: Of the next page, for 24 hours; ``None`` after the last.
        degraded: Parts that were down: the feed is simpler.
    """

    trace_id: str
    cursor: str | None
    personalised: bool
    degraded: tuple[str, ...]
    items: tuple[FeedItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedOrder:
    """What became of one order; ``because`` names another order or a rule."""

    placement_id: str
    outcome: str
    position: int | None
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedItem:
    """One item as it was decided; ``parts`` is what each feature added to the score."""

    story_id: str
    title: str
    position: int
    placed_by: str
    placement_id: str | None
    score: float
    parts: dict[str, float]
    sources: tuple[str, ...]
    reasons: tuple[Named, ...]
    cluster_size: int
    propensity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """A candidate that was not shown; ``why`` is a rule's name, ``vary`` or ``below``."""

    story_id: str
    title: str
    score: float
    sources: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The record that explains a feed; readers are not named in it."""

    trace_id: str
    made_at: datetime
    outlet_id: str
    scene: str
    personalised: bool
    degraded: tuple[str, ...]
    candidates: dict[str, int]
    filtered: dict[str, int]
    weights: dict[str, float]
    measured: dict[str, float]
    models: dict[str, str]
    orders: tuple[DecidedOrder, ...]
    items: tuple[DecidedItem, ...]
    passed_over: tuple[PassedOver, ...]


class FeedWish(TypedDict, total=False):
    """What may be asked of a feed.  One of ``reader_id`` and ``device_id``, or neither for a stranger."""

    outlet_id: str
    reader_id: str
    device_id: str
    scene: str
    channel: str
    story_id: str
    adcode: str
    count: int
    personalise: bool
    minor: bool
    exclude: Sequence[str]
    channels: Sequence[str]
    topics: Sequence[str]
    places: Sequence[str]
    without_channels: Sequence[str]
    without_topics: Sequence[str]
    without_places: Sequence[str]


def recommend(*, cursor: str | None = None, **wish: Unpack[FeedWish]) -> Call[FeedPage]:
    """A page of a feed; with the ``cursor`` of the page before, the next one, for the same reader.

    Not sent again when the answer is lost, unless it has a cursor: every first page is a decision of its
    own and counts in the receipts of orders.
    """
    body: dict[str, Any] = dict(wish)
    if cursor is not None:
        body["cursor"] = cursor
    return Call(
        method="POST",
        template="/v1/recommend",
        answer=FeedPage,
        body=body,
        repeatable=cursor is not None,
    )


def related(story_id: str, **wish: Unpack["RelatedWish"]) -> Call[FeedPage]:
    """What to read after a story."""
    return recommend(story_id=story_id, scene="related", **wish)


class RelatedWish(TypedDict, total=False):
    """What may be asked of the feed below a story."""

    outlet_id: str
    reader_id: str
    device_id: str
    adcode: str
    count: int
    personalise: bool
    minor: bool
    exclude: Sequence[str]


@dataclass(frozen=True, slots=True)
class FeedWalk:
    """One page of a feed after the other."""

    wish: FeedWish

    def first(self) -> Call[FeedPage]:
        """The first page."""
        return recommend(**self.wish)

    def following(self, page: FeedPage) -> Call[FeedPage] | None:
        """The next; none after the last or an empty one."""
        if page.cursor is None or not page.items:
            return None
        again: FeedWish = {}
        if "outlet_id" in self.wish:
            again["outlet_id"] = self.wish["outlet_id"]
        if "count" in self.wish:
            again["count"] = self.wish["count"]
        return recommend(cursor=page.cursor, **again)

    def items(self, page: FeedPage) -> tuple[FeedPage, ...]:
        """The page itself, whose ``trace_id`` belongs to its events."""
        return (page,)


def feed_pages(**wish: Unpack[FeedWish]) -> FeedWalk:
    """Page after page of one feed, no story twice."""
    return FeedWalk(wish)


def decision(trace_id: str) -> Call[Decision]:
    """Why a feed looked as it did."""
    return Call(
        method="GET", template="/v1/decisions/{trace_id}", answer=Decision, names=(("trace_id", trace_id),)
    )
