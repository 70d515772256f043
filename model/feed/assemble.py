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
from tianfu.model.feed.orders import CARRIED, gains, resolve, standing
from tianfu.model.feed.rank import SOURCES, Candidates, factors_of, scored, united
from tianfu.model.feed.reasons import whys
from tianfu.model.feed.sources import Hits, gather
from tianfu.model.feed.vary import Line, one_per_cluster, spread
from tianfu.model.feed.wishes import away, less
from tianfu.model.placement import Placement, PlacementAction
from tianfu.model.recommendation import Draw, OrderVerdict, PlacedBy, ReasonCode, Source, Why

DEPTH = 60
"""How many items a feed holds over all its pages."""
_CHUNK = 2_000
_REASONS = {
    PlacementAction.EMERGENCY: ReasonCode.EMERGENCY,
    PlacementAction.MUST_CARRY: ReasonCode.MUST_CARRY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AssembledFeed:
    """A feed with the count of candidates each source gave, of those each rule took out, and every order."""

    items: ItemColumns
    candidates: Mapping[str, int]
    filtered: Mapping[str, int]
    weights: Mapping[str, float]
    measured: Mapping[str, float]
    orders: Sequence[OrderVerdict]
    draws: Sequence[Draw] = ()


def assemble(context: FeedContext) -> AssembledFeed:
    """Make a feed.  Pure: the same context gives the same feed.

    No two items share a cluster.  While any showable story exists the feed is not empty: what the
    sources leave open is filled with the newest showable stories, marked ``fallback``, seen ones last.
    """
    hits = gather(context)
    tally: dict[str, int] = {}
    orders = resolve(context)
    placed = orders.held
    held = context.view.cluster[np.array([row for row, _ in placed.values()], dtype=np.intp)]
    organic, draws = _organic(hits, held, context, tally)
    missing = DEPTH - len(organic) - len(placed)
    if missing > 0:
        organic = joined([organic, _fallback(context, held, organic, missing)])
    items = woven(organic, {at: _placed_item(*order, context) for at, order in placed.items()}, DEPTH)
    return AssembledFeed(
        items=items,
        candidates=_counts(hits),
        filtered=dict(sorted(tally.items())),
        weights=_weights(context),
        measured=measured(items, context),
        orders=tuple(standing(orders, items.placements)),
        draws=tuple(draw for draw in draws if draw.shown in items.number),
    )


def _counts(hits: Sequence[Hits]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for voice in hits:
        counts[voice.source.value] += len(voice.rows)
    return dict(sorted(counts.items()))


def _weights(context: FeedContext) -> dict[str, float]:
    """What each feature adds at its strongest in this feed."""
    factors = factors_of(context)
    return {name: round(most * factors[name], 4) for name, most in context.scorer.weights.items()}


def _organic(
    hits: Sequence[Hits], held: npt.NDArray[np.int64], context: FeedContext, tally: dict[str, int]
) -> tuple[ItemColumns, list[Draw]]:
    """What the model chose, in order, and what chance decided of it."""
    if not hits:
        return empty(), []
    found = united(hits, context)
    stays = permitted(found.rows, context, tally)
    for name, gone in (
        ("seen", np.isin(context.view.cluster[found.rows], seen_clusters(context))),
        ("wished_away", away(found.rows, context)),
        ("placed", np.isin(context.view.cluster[found.rows], held)),
    ):
        if count := int((gone & stays).sum()):
            tally[name] = count
            stays &= ~gone
    found = found.at(stays)
    found = scored(found, context, gains(found.rows, context) + less(found.rows, context))
    versions = one_per_cluster(found, context)
    line = spread(versions, DEPTH, context)
    return _items(versions, line, context), [_draw(versions.at(among), context) for among in line.draws]


def _draw(among: Candidates, context: FeedContext) -> Draw:
    numbers = context.view.number[among.rows]
    order = numbers.argsort()
    return Draw(shown=int(numbers[0]), among=numbers[order], features=among.features[order])


def _items(found: Candidates, line: Line, context: FeedContext) -> ItemColumns:
    chosen = found.at(line.places)
    codes, because = whys(chosen, context)
    return ItemColumns(
        number=context.view.number[chosen.rows],
        placed_by=np.full(len(chosen.rows), PLACERS.index(PlacedBy.MODEL), dtype=np.int8),
        score=chosen.score,
        parts=np.concatenate([chosen.parts, chosen.extra[:, None]], axis=1),
        features=chosen.features,
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
    """Newest showable stories not in the feed yet; what the reader has seen comes last.

    What the reader wished away comes only when nothing else is left to show at all.
    """
    view = context.view
    taken = np.concatenate([held, view.cluster[view.rows_of(organic.number)]])
    seen = seen_clusters(context)
    fresh: list[int] = []
    again: list[int] = []
    unwanted: list[int] = []
    known: set[int] = set(taken.tolist())
    for start in range(0, len(view), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(view)), dtype=np.intp)
        rows = rows[permitted(rows, context)]
        kinds = np.where(away(rows, context), 2, np.isin(view.cluster[rows], seen))
        for row, cluster, kind in zip(
            rows.tolist(), view.cluster[rows].tolist(), kinds.tolist(), strict=True
        ):
            if cluster not in known:
                known.add(cluster)
                (fresh, again, unwanted)[kind].append(row)
        if len(fresh) >= count:
            break
    wanted = [*fresh, *again]
    nothing_else = not wanted and not len(taken)
    chosen = np.array((unwanted if nothing_else else wanted)[:count], dtype=np.intp)
    return plain(
        view.number[chosen],
        PlacedBy.FALLBACK,
        Why(ReasonCode.RECENT),
        source_bit=1 << SOURCES.index(Source.RECENT),
        cluster_sizes=view.cluster_sizes(chosen),
    )


def _placed_item(row: int, placement: Placement, context: FeedContext) -> ItemColumns:
    carried = placement.action in CARRIED
    rows = np.array([row], dtype=np.intp)
    return plain(
        context.view.number[rows],
        PlacedBy.MUST_CARRY if carried else PlacedBy.EDITOR,
        Why(_REASONS.get(placement.action, ReasonCode.PINNED)),
        source_bit=1 << SOURCES.index(Source.EDITOR),
        cluster_sizes=context.view.cluster_sizes(rows),
        placement_id=placement.id,
    )
