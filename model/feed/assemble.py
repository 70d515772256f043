"""The whole road of a feed: gather, filter, rank, one per cluster, vary, place, explain."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tianfu.model.feed.candidates import FeedContext, Signal, by_story, gather, showable
from tianfu.model.feed.card import StoryCard
from tianfu.model.feed.rank import Ranked, score
from tianfu.model.feed.reasons import plain, reasons
from tianfu.model.feed.vary import one_per_cluster, spread
from tianfu.model.placement import Placement, PlacementAction
from tianfu.model.recommendation import FeedItem, PlacedBy, ReasonCode, Source

DEPTH = 100
"""How many items a feed holds over all its pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssembledFeed:
    """A feed with the count of candidates each source gave."""

    items: tuple[FeedItem, ...]
    candidates: dict[str, int]


def assemble(context: FeedContext) -> AssembledFeed:
    """Make a feed.  Pure: the same context gives the same feed.

    No two items share a cluster.  While any showable story exists the feed is not empty: what the
    sources leave open is filled with the newest showable stories, marked ``fallback``, seen ones last.
    """
    signals = gather(context)
    blocked = _story_ids(context.placements, PlacementAction.BLOCK)
    seen = frozenset(context.reader.seen) if context.reader is not None else frozenset()
    seen_clusters = {context.view.by_number[n].cluster_id for n in seen if n in context.view.by_number}
    ranked = [
        score(card, found, context)
        for number, found in by_story(signals).items()
        if (card := context.view.by_number.get(number)) is not None
        and card.cluster_id not in seen_clusters
        and card.story_id not in blocked
        and showable(card, context)
    ]
    placed = _placed(context, blocked)
    held = {card.cluster_id for card, _ in placed.values()}
    pool = [one for one in one_per_cluster(ranked, context) if one.card.cluster_id not in held]
    organic = [_item(one, context) for one in spread(pool, DEPTH, context.request.scene)]
    missing = DEPTH - len(organic) - len(placed)
    if missing > 0:
        taken = held | {item.cluster_id for item in organic}
        organic += _fallback(context, blocked, taken, seen_clusters, missing)
    return AssembledFeed(items=_woven(organic, placed, context), candidates=_counts(signals))


def _counts(signals: Sequence[Signal]) -> dict[str, int]:
    return dict(sorted(Counter(signal.source.value for signal in signals).items()))


def _story_ids(placements: Sequence[Placement], action: PlacementAction) -> frozenset[str]:
    return frozenset(p.story_id for p in placements if p.action is action)


def _item(one: Ranked, context: FeedContext) -> FeedItem:
    return FeedItem(
        number=one.card.number,
        story_id=one.card.story_id,
        position=0,
        placed_by=PlacedBy.MODEL,
        reasons=reasons(one, context),
        score=round(one.score, 4),
        sources=one.sources,
        cluster_id=one.card.cluster_id,
        cluster_size=len(context.view.cluster(one.card.cluster_id)),
    )


def _fallback(
    context: FeedContext, blocked: frozenset[str], taken: set[str], seen: set[str], count: int
) -> list[FeedItem]:
    """Newest showable stories not in the feed yet; what the reader has seen comes last."""
    fresh: list[FeedItem] = []
    again: list[FeedItem] = []
    known = set(taken)
    for card in context.view.cards:
        if card.cluster_id in known or card.story_id in blocked or not showable(card, context):
            continue
        known.add(card.cluster_id)
        bucket = again if card.cluster_id in seen else fresh
        bucket.append(_plain_item(card, context, PlacedBy.FALLBACK, ReasonCode.RECENT, Source.RECENT))
        if len(fresh) >= count:
            break
    return [*fresh, *again][:count]


def _plain_item(
    card: StoryCard,
    context: FeedContext,
    placed_by: PlacedBy,
    reason: ReasonCode,
    source: Source,
    placement_id: str | None = None,
) -> FeedItem:
    return FeedItem(
        number=card.number,
        story_id=card.story_id,
        position=0,
        placed_by=placed_by,
        reasons=(plain(reason),),
        score=0.0,
        sources=(source,),
        cluster_id=card.cluster_id,
        cluster_size=len(context.view.cluster(card.cluster_id)),
        placement_id=placement_id,
    )


def _placed(context: FeedContext, blocked: frozenset[str]) -> dict[int, tuple[StoryCard, Placement]]:
    """Which placed story holds which position.

    Pins hold exactly their position, the earliest order first; must-carry then takes the first free
    positions from the top, inserts their own position or the next free one.  A block outranks all.
    """
    held: dict[int, tuple[StoryCard, Placement]] = {}
    clusters: set[str] = set()
    order = {PlacementAction.PIN: 0, PlacementAction.MUST_CARRY: 1, PlacementAction.INSERT: 2}
    orders = sorted(
        (p for p in context.placements if p.action in order),
        key=lambda p: (order[p.action], p.created_at, p.id),
    )
    for placement in orders:
        card = context.view.by_id.get(placement.story_id)
        if card is None or card.story_id in blocked or card.cluster_id in clusters:
            continue
        if not showable(card, context):
            continue
        position = placement.position or 0
        if placement.action is PlacementAction.PIN and position in held:
            continue
        while position in held:
            position += 1
        held[position] = (card, placement)
        clusters.add(card.cluster_id)
    return held


def _woven(
    organic: Sequence[FeedItem], placed: dict[int, tuple[StoryCard, Placement]], context: FeedContext
) -> tuple[FeedItem, ...]:
    queue = list(organic)
    items: list[FeedItem] = []
    waiting = dict(sorted(placed.items()))
    while (queue or waiting) and len(items) < DEPTH:
        position = len(items)
        if position in waiting or not queue:
            card, placement = waiting.pop(position if position in waiting else next(iter(waiting)))
            carried = placement.action is PlacementAction.MUST_CARRY
            items.append(
                _plain_item(
                    card,
                    context,
                    PlacedBy.MUST_CARRY if carried else PlacedBy.EDITOR,
                    ReasonCode.MUST_CARRY if carried else ReasonCode.PINNED,
                    Source.EDITOR,
                    placement.id,
                )
            )
        else:
            items.append(queue.pop(0))
    return tuple(replace(item, position=position) for position, item in enumerate(items))
