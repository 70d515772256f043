"""The whole road of a feed: gather, filter, rank, one per cluster, vary, place, explain."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tianfu.model.feed.aims import measured
from tianfu.model.feed.context import FeedContext
from tianfu.model.feed.filters import permitted, seen_clusters
from tianfu.model.feed.line import PLACERS, ItemColumns, empty, joined, plain, woven
from tianfu.model.feed.rank import FEATURES, SOURCES, Candidates, scored, united, weights_of
from tianfu.model.feed.reasons import whys
from tianfu.model.feed.sources import Hits, gather
from tianfu.model.feed.vary import Line, one_per_cluster, spread
from tianfu.model.feed.view import Rows
from tianfu.model.placement import Placement, PlacementAction
from tianfu.model.recommendation import PlacedBy, ReasonCode, Source, Why

DEPTH = 60
"""How many items a feed holds over all its pages."""
_CHUNK = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AssembledFeed:
    """A feed with the count of candidates each source gave and of those each rule took out."""

    items: ItemColumns
    candidates: Mapping[str, int]
    filtered: Mapping[str, int]
    weights: Mapping[str, float]
    measured: Mapping[str, float]


def assemble(context: FeedContext) -> AssembledFeed:
    """Make a feed.  Pure: the same context gives the same feed.

    No two items share a cluster.  While any showable story exists the feed is not empty: what the
    sources leave open is filled with the newest showable stories, marked ``fallback``, seen ones last.
    """
    hits = gather(context)
    tally: dict[str, int] = {}
    weights = weights_of(context)
    placed = _placed(context)
    held = context.view.cluster[np.array([row for row, _ in placed.values()], dtype=np.intp)]
    organic = _organic(hits, weights, held, context, tally)
    missing = DEPTH - len(organic) - len(placed)
    if missing > 0:
        organic = joined([organic, _fallback(context, held, organic, missing)])
    items = woven(organic, {at: _placed_item(*order, context) for at, order in placed.items()}, DEPTH)
    return AssembledFeed(
        items=items,
        candidates=_counts(hits),
        filtered=dict(sorted(tally.items())),
        weights={name: round(weight, 4) for name, weight in weights.items()},
        measured=measured(items, context),
    )


def _counts(hits: Sequence[Hits]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for voice in hits:
        counts[voice.source.value] += len(voice.rows)
    return dict(sorted(counts.items()))


def _organic(
    hits: Sequence[Hits],
    weights: Mapping[str, float],
    held: npt.NDArray[np.int64],
    context: FeedContext,
    tally: dict[str, int],
) -> ItemColumns:
    """What the model chose, in order."""
    if not hits:
        return empty()
    found = united(hits, context)
    stays = permitted(found.rows, context, tally)
    for name, gone in (
        ("seen", np.isin(context.view.cluster[found.rows], seen_clusters(context))),
        ("placed", np.isin(context.view.cluster[found.rows], held)),
    ):
        if count := int((gone & stays).sum()):
            tally[name] = count
            stays &= ~gone
    found = scored(found.at(stays), weights, _orders(found.rows[stays], context))
    versions = one_per_cluster(found, context)
    return _items(versions, spread(versions, DEPTH, context), weights, context)


def _orders(rows: Rows, context: FeedContext) -> npt.NDArray[np.float32]:
    """What placements add to scores."""
    extra = np.zeros(len(rows), dtype=np.float32)
    for action, gain in ((PlacementAction.BOOST, 1.5), (PlacementAction.SUPPRESS, -2.5)):
        named = _rows_named(_story_ids(context.placements, action), context)
        extra[np.isin(rows, named)] += gain
    return extra


def _items(found: Candidates, line: Line, weights: Mapping[str, float], context: FeedContext) -> ItemColumns:
    chosen = found.at(line.places)
    vector = np.array([weights[name] for name in FEATURES], dtype=np.float32)
    parts = chosen.features * vector
    codes, because = whys(chosen, parts, context)
    return ItemColumns(
        number=context.view.number[chosen.rows],
        placed_by=np.full(len(chosen.rows), PLACERS.index(PlacedBy.MODEL), dtype=np.int8),
        score=chosen.score,
        parts=np.concatenate([parts, chosen.extra[:, None]], axis=1),
        sources=chosen.sources,
        codes=codes,
        because=because,
        cluster_size=context.view.cluster_sizes(chosen.rows).astype(np.int32),
        propensity=line.propensities.astype(np.float32),
        placements={},
    )


def _fallback(
    context: FeedContext, held: npt.NDArray[np.int64], organic: ItemColumns, count: int
) -> ItemColumns:
    """Newest showable stories not in the feed yet; what the reader has seen comes last."""
    view = context.view
    taken = np.concatenate([held, view.cluster[view.rows_of(organic.number)]])
    seen = seen_clusters(context)
    fresh: list[int] = []
    again: list[int] = []
    known: set[int] = set(taken.tolist())
    for start in range(0, len(view), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(view)), dtype=np.intp)
        rows = rows[permitted(rows, context)]
        read = np.isin(view.cluster[rows], seen)
        for row, cluster, old in zip(rows.tolist(), view.cluster[rows].tolist(), read.tolist(), strict=True):
            if cluster not in known:
                known.add(cluster)
                (again if old else fresh).append(row)
        if len(fresh) >= count:
            break
    chosen = np.array([*fresh, *again][:count], dtype=np.intp)
    return plain(
        view.number[chosen],
        PlacedBy.FALLBACK,
        Why(ReasonCode.RECENT),
        source_bit=1 << SOURCES.index(Source.RECENT),
        cluster_sizes=view.cluster_sizes(chosen),
    )


def _story_ids(placements: Sequence[Placement], action: PlacementAction) -> list[str]:
    return [p.story_id for p in placements if p.action is action]


def _rows_named(story_ids: Sequence[str], context: FeedContext) -> Rows:
    numbers = [n for n in map(context.view.number_of, story_ids) if n is not None]
    rows = context.view.rows_of(np.array(numbers, dtype=np.int64))
    return rows[rows >= 0]


def _placed(context: FeedContext) -> dict[int, tuple[int, Placement]]:
    """Which placed story holds which position.

    Pins hold exactly their position, the earliest order first; must-carry then takes the first free
    positions from the top, inserts their own position or the next free one.  A block outranks all.
    """
    held: dict[int, tuple[int, Placement]] = {}
    clusters: set[int] = set()
    order = {PlacementAction.PIN: 0, PlacementAction.MUST_CARRY: 1, PlacementAction.INSERT: 2}
    orders = sorted(
        (p for p in context.placements if p.action in order),
        key=lambda p: (order[p.action], p.created_at, p.id),
    )
    for placement in orders:
        rows = _rows_named([placement.story_id], context)
        if not len(rows) or not permitted(rows, context)[0]:
            continue
        row, cluster = int(rows[0]), int(context.view.cluster[rows[0]])
        position = placement.position or 0
        if cluster in clusters or (placement.action is PlacementAction.PIN and position in held):
            continue
        while position in held:
            position += 1
        held[position] = (row, placement)
        clusters.add(cluster)
    return held


def _placed_item(row: int, placement: Placement, context: FeedContext) -> ItemColumns:
    carried = placement.action is PlacementAction.MUST_CARRY
    rows = np.array([row], dtype=np.intp)
    return plain(
        context.view.number[rows],
        PlacedBy.MUST_CARRY if carried else PlacedBy.EDITOR,
        Why(ReasonCode.MUST_CARRY if carried else ReasonCode.PINNED),
        source_bit=1 << SOURCES.index(Source.EDITOR),
        cluster_sizes=context.view.cluster_sizes(rows),
        placement_id=placement.id,
    )
