"""The whole road of a feed: gather, filter, rank, one per cluster, vary, place, explain."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tianfu.model.feed.aims import measured
from tianfu.model.feed.context import FeedContext
from tianfu.model.feed.filters import Causes, causes_of, permitted, seen_clusters
from tianfu.model.feed.line import CODES, PLACERS, ItemColumns, empty, joined, plain, woven
from tianfu.model.feed.orders import CARRIED, resolve, standing, weighed
from tianfu.model.feed.passed import PLACED, RULE_NAMES, SEEN, WHYS, WISHED_AWAY, passed_over
from tianfu.model.feed.rank import SOURCES, Candidates, factors_of, scored, united
from tianfu.model.feed.reasons import whys
from tianfu.model.feed.sameness import (
    LIKE_SEEN,
    LIKE_SHOWN,
    TOPIC_FILLED,
    apart,
    holds_for,
    like_seen,
    topic_filled,
)
from tianfu.model.feed.sources import Hits, gather
from tianfu.model.feed.vary import POOL, Line, one_per_cluster, spread
from tianfu.model.feed.view import Mask, Rows
from tianfu.model.feed.wishes import away, less
from tianfu.model.placement import Placement, PlacementAction
from tianfu.model.recommendation import Draw, OrderVerdict, PassedOver, PlacedBy, ReasonCode, Source, Why

DEPTH = 60
"""How many items a feed holds over all its pages."""
_CHUNK = 2_000
_WANTED, _ALIKE, _AGAIN, _UNWANTED = range(4)
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
    passed_over: Sequence[PassedOver] = ()


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What the model chose in order, what chance decided of it, all candidates and what took them out."""

    items: ItemColumns
    draws: Sequence[Draw]
    found: Candidates
    causes: Causes
    drawn: Mask
    """Items that chance put where they stand."""


def assemble(context: FeedContext) -> AssembledFeed:
    """Make a feed.  Pure: the same context gives the same feed.

    No two items share a cluster.  While any showable story exists the feed is not empty: what the
    sources leave open is filled with the newest showable stories, marked ``fallback``, seen ones last.
    """
    hits = gather(context)
    orders = resolve(context)
    placed = orders.held
    held = np.array([row for row, _ in placed.values()], dtype=np.intp)
    chosen = _chosen(united(hits, context), held, context) if hits else None
    organic = empty() if chosen is None else chosen.items
    missing = DEPTH - len(organic) - len(placed)
    filled = organic
    if missing > 0:
        filled = joined([organic, _fallback(context, held, organic, missing)])
    items = woven(filled, {at: _placed_item(*order, context) for at, order in placed.items()}, DEPTH)
    return AssembledFeed(
        items=items,
        candidates=_counts(hits),
        filtered={} if chosen is None else _filtered(chosen.causes),
        weights=_weights(context),
        measured=measured(items, context),
        orders=tuple(standing(orders, items.placements)),
        draws=() if chosen is None else tuple(d for d in chosen.draws if d.shown in items.number),
        passed_over=()
        if chosen is None
        else passed_over(
            chosen.found, chosen.causes, organic.at(np.flatnonzero(~chosen.drawn)), items, context
        ),
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


def _filtered(causes: Causes) -> dict[str, int]:
    """How many candidates each rule took out."""
    counts = np.bincount(causes, minlength=len(WHYS)).tolist()
    return {name: count for name in sorted(RULE_NAMES) if (count := counts[WHYS.index(name)])}


def _chosen(found: Candidates, held: Rows, context: FeedContext) -> _Chosen:
    """Let rules, score and variety choose, beside what people placed."""
    causes = causes_of(found.rows, context)
    for name, gone in _personal_rules(found.rows, held, context):
        causes[gone & (causes == 0)] = WHYS.index(name)
    rows = found.rows
    gain, boost = weighed(rows, context)
    found = scored(found, context, gain + less(rows, context), boost)
    push = holds_for(context)
    versions = one_per_cluster(found.at(causes == 0), context, most=None if push else POOL)
    if push:
        clusters = context.view.cluster
        for name, stands_back in _PUSH_VARIETY:
            back = stands_back(versions.rows, held, context)
            gone = np.isin(clusters[found.rows], clusters[versions.rows[back]])
            causes[gone & (causes == 0)] = WHYS.index(name)
            versions = versions.at(~back)
        versions = versions.at(np.arange(len(versions.rows)) < POOL)
    line = spread(versions, DEPTH, context)
    draws = [_draw(versions.at(among), context) for among in line.draws]
    return _Chosen(_items(versions, line, context), draws, found, causes, line.drawn)


def _personal_rules(rows: Rows, held: Rows, context: FeedContext) -> Iterator[tuple[str, Mask]]:
    """Rules for what the model proposes, beside those for every story: name, and where a story must go."""
    view = context.view
    yield SEEN, np.isin(view.cluster[rows], seen_clusters(context))
    yield WISHED_AWAY, away(rows, context)
    yield PLACED, np.isin(view.cluster[rows], view.cluster[held])


_PUSH_VARIETY: Sequence[tuple[str, Callable[[Rows, Rows, FeedContext], Mask]]] = (
    (LIKE_SEEN, lambda rows, _held, context: like_seen(rows, context)),
    (TOPIC_FILLED, lambda rows, _held, context: topic_filled(rows, context)),
    (LIKE_SHOWN, lambda rows, held, context: ~apart(rows, held, context)),
)
"""Rules of a push: looked at for the versions that would be shown, before the best of them are kept."""


def _draw(among: Candidates, context: FeedContext) -> Draw:
    numbers = context.view.number[among.rows]
    order = numbers.argsort()
    return Draw(shown=int(numbers[0]), among=numbers[order], features=among.features[order])


def _items(found: Candidates, line: Line, context: FeedContext) -> ItemColumns:
    chosen = found.at(line.places)
    codes, because = whys(chosen, context)
    lifted = (chosen.boost > 0) & ~line.drawn  # what chance put there no person did
    placed_by = np.where(lifted, PLACERS.index(PlacedBy.EDITOR), PLACERS.index(PlacedBy.MODEL))
    if lifted.any():
        codes[lifted, 1], because[lifted, 1] = codes[lifted, 0], because[lifted, 0]
        codes[lifted, 0], because[lifted, 0] = CODES.index(ReasonCode.PINNED), 0
    return ItemColumns(
        number=context.view.number[chosen.rows],
        placed_by=placed_by.astype(np.int8),
        score=chosen.score,
        parts=np.concatenate([chosen.parts, chosen.extra[:, None]], axis=1),
        features=chosen.features,
        sources=chosen.sources,
        codes=codes,
        because=because,
        cluster_size=context.view.cluster_sizes(chosen.rows).astype(np.int32),
        propensity=line.propensities.astype(np.float32),
        placements={
            at: context.placements[chosen.boost[at] - 1].id for at in np.flatnonzero(lifted).tolist()
        },
    )


def _fallback(context: FeedContext, held: Rows, organic: ItemColumns, count: int) -> ItemColumns:
    """Newest showable stories not in the feed yet; in a push what stood back comes after, then what was seen.

    What the reader wished away comes only when nothing else is left to show at all.
    """
    view = context.view
    taken = np.concatenate([held, view.rows_of(organic.number)])
    seen = seen_clusters(context)
    fresh: list[int] = []
    alike: list[int] = []
    again: list[int] = []
    unwanted: dict[int, int] = {}
    known: set[int] = set(view.cluster[taken].tolist())
    unknown = np.vectorize(lambda cluster: cluster not in known, otypes=[np.bool_])
    for start in range(0, len(view), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(view)), dtype=np.intp)
        rows = rows[permitted(rows, context)]
        kinds = np.where(
            away(rows, context), _UNWANTED, np.where(np.isin(view.cluster[rows], seen), _AGAIN, _WANTED)
        )
        if holds_for(context):
            new = _first_versions(rows, (kinds == _WANTED) & unknown(view.cluster[rows]), context)
            beside = np.concatenate([taken, np.array(fresh, dtype=np.intp)])
            kinds[new[_stands_back(rows[new], beside, context, count - len(fresh))]] = _ALIKE
        for row, cluster, kind in zip(
            rows.tolist(), view.cluster[rows].tolist(), kinds.tolist(), strict=True
        ):
            if kind == _UNWANTED:
                unwanted.setdefault(cluster, row)
            elif cluster not in known:
                known.add(cluster)
                (fresh, alike, again)[kind].append(row)
        if len(fresh) >= count:
            break
    wanted = [*fresh, *alike, *again]
    nothing_else = not wanted and not len(taken)
    chosen = np.array((list(unwanted.values()) if nothing_else else wanted)[:count], dtype=np.intp)
    return plain(
        view.number[chosen],
        PlacedBy.FALLBACK,
        Why(ReasonCode.RECENT),
        source_bit=1 << SOURCES.index(Source.RECENT),
        cluster_sizes=view.cluster_sizes(chosen),
    )


def _first_versions(rows: Rows, among: Mask, context: FeedContext) -> Rows:
    """Places in ``rows`` of the first of each cluster, as far as ``among`` says."""
    places = np.flatnonzero(among)
    _, first = np.unique(context.view.cluster[rows[places]], return_index=True)
    return places[np.sort(first)]


def _stands_back(rows: Rows, beside: Rows, context: FeedContext, most: int) -> Mask:
    """Where a story that fills a gap of a push is too alike, or of a filled topic."""
    back = like_seen(rows, context) | topic_filled(rows, context)
    back[~back] = ~apart(rows[~back], beside, context, most)
    return back


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
