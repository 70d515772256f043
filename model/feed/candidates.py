"""Where a feed's stories come from: several sources, each with the reason it speaks for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tianfu.model.event import Scene
from tianfu.model.feed.card import FeedView, StoryCard
from tianfu.model.outlet import Outlet, OutletLevel
from tianfu.model.placement import Placement
from tianfu.model.reader import Reader
from tianfu.model.recommendation import FeedRequest, ReasonCode, Source
from tianfu.model.tag import TagKind

PER_SOURCE = 120
MINOR_TOPICS = frozenset({"22", "31", "33", "35", "36", "39", "14", "16", "18"})
"""Primary classes fit for minors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One source speaking for one story.

    Attributes:
        strength: 0..1 within its source.
        because: Number of the story that led here, or a tag code, for the reason's words.
    """

    number: int
    source: Source
    reason: ReasonCode
    strength: float
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedContext:
    """Everything a feed is made of; assembling it is a pure function of this.

    Attributes:
        now_s: Seconds since the epoch, UTC.
        outlet: Whose app asks.
        outlets: All outlets by id.
        reader: The reader's memory, or ``None`` when no feature of a reader may be used.
        near: Stories near each interest: (what led there, number, cosine 0..1).
        read_after: (story read, story often read after it, strength 0..1).
        hot: Strength 0..1 by scope: ``outlet``, ``city``, ``province``.
        hidden: Numbers that must not be shown.
        placements: Orders in force for this outlet and scene now.
        names: Chinese name of a tag by kind and code.
    """

    now_s: int
    request: FeedRequest
    outlet: Outlet
    outlets: Mapping[str, Outlet]
    view: FeedView
    reader: Reader | None = None
    near: Sequence[tuple[str, int, float]] = ()
    read_after: Sequence[tuple[int, int, float]] = ()
    hot: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    hidden: frozenset[int] = frozenset()
    placements: tuple[Placement, ...] = ()
    names: Mapping[tuple[TagKind, str], str] = field(default_factory=dict)

    @property
    def area(self) -> str:
        """Where the reader is: the app's word, else the area the outlet serves."""
        return self.request.adcode or self.outlet.adcode


def showable(card: StoryCard, context: FeedContext) -> bool:
    """Whether a story may stand in this feed at all."""
    request = context.request
    if card.number in context.hidden or card.story_id in request.exclude:
        return False
    if card.expires_at_s is not None and card.expires_at_s <= context.now_s:
        return False
    if card.published_at_s > context.now_s + 60 or tells_what_is_being_read(card, context):
        return False
    if request.minor and not (card.topics and card.topics[0] in MINOR_TOPICS):
        return False
    if request.scene is Scene.LOCAL:
        return card.is_about(context.area) or card.outlet_id == context.outlet.id
    if request.scene is Scene.CHANNEL:
        return in_channel(card, request.channel or "", context.names)
    return True


def tells_what_is_being_read(card: StoryCard, context: FeedContext) -> bool:
    """Whether it is the story being read, or another version of it."""
    being_read = context.view.by_id.get(context.request.story_id or "")
    return card.story_id == context.request.story_id or (
        being_read is not None and card.cluster_id == being_read.cluster_id
    )


def in_channel(card: StoryCard, channel: str, names: Mapping[tuple[TagKind, str], str]) -> bool:
    """Whether a story belongs to a channel: the outlet's own section, or a topic by code or name."""
    return card.channel == channel or any(
        channel in (code, names.get((TagKind.TOPIC, code))) for code in card.topics
    )


def gather(context: FeedContext) -> list[Signal]:
    """Ask every source that fits the scene."""
    if context.request.scene is Scene.RELATED:
        return [*_near(context, Source.RELATED), *_read_after(context)]
    if context.request.scene is Scene.LOCAL:
        return [*_local(context), *_own(context), *_hot(context), *_near(context, Source.INTEREST)]
    if context.request.scene is Scene.CHANNEL:
        return [*_channel(context), *_hot(context), *_near(context, Source.INTEREST)]
    return [
        *_near(context, Source.INTEREST),
        *_read_after(context),
        *_hot(context),
        *_local(context),
        *_own(context),
        *_pool(context),
        *_fresh(context.view.cards, context),
    ]


def _near(context: FeedContext, source: Source) -> list[Signal]:
    reason = ReasonCode.RELATED if source is Source.RELATED else ReasonCode.INTEREST
    return [
        Signal(number=n, source=source, reason=reason, strength=max(0.0, min(1.0, cosine)), because=because)
        for because, n, cosine in context.near
    ]


def _read_after(context: FeedContext) -> list[Signal]:
    return [
        Signal(
            number=number,
            source=Source.READ_AFTER,
            reason=ReasonCode.READ_AFTER,
            strength=strength,
            because=str(read),
        )
        for read, number, strength in context.read_after
    ]


_HOT_REASONS = {
    "outlet": ReasonCode.HOT_HERE,
    "city": ReasonCode.HOT_CITY,
    "province": ReasonCode.HOT_PROVINCE,
}


def _hot(context: FeedContext) -> list[Signal]:
    return [
        Signal(number=number, source=Source.HOT, reason=reason, strength=strength)
        for scope, reason in _HOT_REASONS.items()
        for number, strength in context.hot.get(scope, {}).items()
    ]


def _local(context: FeedContext) -> list[Signal]:
    cards = context.view.about(context.area)[:PER_SOURCE]
    return _by_place_in_list(cards, Source.LOCAL, ReasonCode.LOCAL)


def _own(context: FeedContext) -> list[Signal]:
    cards = context.view.of_outlet(context.outlet.id)[:PER_SOURCE]
    return _by_place_in_list(cards, Source.FRESH, ReasonCode.OWN_OUTLET)


def _pool(context: FeedContext) -> list[Signal]:
    """Mainstream content: what the province's and the city's own units publish."""
    uppers = [
        outlet.id
        for outlet in context.outlets.values()
        if outlet.level is OutletLevel.PROVINCE or outlet.id == context.outlet.parent_id
    ]
    return [
        signal
        for outlet_id in sorted(uppers)
        for signal in _by_place_in_list(
            context.view.of_outlet(outlet_id)[: PER_SOURCE // 4], Source.POOL, ReasonCode.MAINSTREAM
        )
    ]


def _channel(context: FeedContext) -> list[Signal]:
    channel = context.request.channel or ""
    cards = [card for card in context.view.cards if in_channel(card, channel, context.names)]
    return _by_place_in_list(cards[:PER_SOURCE], Source.FRESH, ReasonCode.FRESH)


def _fresh(cards: Sequence[StoryCard], context: FeedContext) -> list[Signal]:
    return _by_place_in_list(cards[:PER_SOURCE], Source.FRESH, ReasonCode.FRESH)


def _by_place_in_list(cards: Sequence[StoryCard], source: Source, reason: ReasonCode) -> list[Signal]:
    return [
        Signal(number=card.number, source=source, reason=reason, strength=1.0 - place / (len(cards) + 1))
        for place, card in enumerate(cards)
    ]


def by_story(signals: Iterable[Signal]) -> dict[int, list[Signal]]:
    """Bring together what speaks for each story."""
    found: dict[int, list[Signal]] = {}
    for signal in signals:
        found.setdefault(signal.number, []).append(signal)
    return found
