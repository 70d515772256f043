"""What may not stand in a feed, rule by rule, over many stories at once."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tianfu.model.event import Scene
from tianfu.model.feed.context import CLOCK_SLACK_S, FeedContext
from tianfu.model.feed.sources import COVERAGE_PREFIX, asked_channels
from tianfu.model.feed.view import Mask, Rows, within
from tianfu.model.placement import PlacementAction
from tianfu.model.recommendation import Subjects
from tianfu.model.rights import PERMISSIONS, Permission

Causes = npt.NDArray[np.int8]
"""Of each story what took it out: 0 for nothing, from 1 on the places of RULES, then those of other rules."""
Rule = Callable[[Rows, FeedContext], Mask | None]
"""Takes rows, gives true where a story must go, or ``None`` when the rule has nothing to say."""

_NO_RIGHT = PERMISSIONS.index(Permission.NONE)


def _expired(rows: Rows, context: FeedContext) -> Mask:
    return context.view.expires_s[rows] <= context.now_s


def _not_yet(rows: Rows, context: FeedContext) -> Mask:
    return context.view.published_s[rows] > context.now_s + CLOCK_SLACK_S


def _rights(rows: Rows, context: FeedContext) -> Mask | None:
    return (
        None if context.permissions is None else context.permissions[context.view.rights[rows]] == _NO_RIGHT
    )


def _minors(rows: Rows, context: FeedContext) -> Mask | None:
    return ~context.view.minors[rows] if context.request.minor else None


def _excluded(rows: Rows, context: FeedContext) -> Mask | None:
    """Every version of what the app has on its screen already: another outlet's of the same event too."""
    cards = [card for card in map(context.view.card_named, context.request.exclude) if card is not None]
    clusters = [hash(card.cluster_id) for card in cards]
    return np.isin(context.view.cluster[rows], clusters) if clusters else None


def _blocked(rows: Rows, context: FeedContext) -> Mask | None:
    return _named(
        rows, [p.story_id for p in context.placements if p.action is PlacementAction.BLOCK], context
    )


def _being_read(rows: Rows, context: FeedContext) -> Mask | None:
    story_id = context.request.story_id
    card = context.view.card_named(story_id) if story_id is not None else None
    return None if card is None else context.view.cluster[rows] == hash(card.cluster_id)


def _outside(rows: Rows, context: FeedContext) -> Mask | None:
    """Not what the scene and the request ask for."""
    view, wanted = context.view, context.request.wanted
    inside = np.ones(len(rows), dtype=np.bool_)
    if context.request.scene is Scene.LOCAL:
        own = view.outlet[rows] == view.outlet_code(context.outlet.id)
        inside &= view.lies_in(rows, context.area) | own
    channels = asked_channels(context)
    if channels:
        inside &= _in_channels(rows, channels, context)
    if wanted.topics:
        inside &= _of_topics(rows, wanted.topics, context)
    if wanted.places:
        inside &= _about(rows, wanted.places, context)
    return ~inside


def _unwanted(rows: Rows, context: FeedContext) -> Mask | None:
    unwanted: Subjects = context.request.unwanted
    if not unwanted:
        return None
    return (
        _in_channels(rows, unwanted.channels, context)
        | _of_topics(rows, unwanted.topics, context)
        | _about(rows, unwanted.places, context)
    )


RULES: Mapping[str, Rule] = {
    "expired": _expired,
    "not_yet": _not_yet,
    "rights": _rights,
    "minors": _minors,
    "excluded": _excluded,
    "blocked": _blocked,
    "being_read": _being_read,
    "outside": _outside,
    "unwanted": _unwanted,
}
"""Rules that hold for every story of every feed, by the name they are counted under."""


def permitted(rows: Rows, context: FeedContext) -> Mask:
    """Where a story may stand in this feed at all."""
    return np.equal(causes_of(rows, context), 0)


def causes_of(rows: Rows, context: FeedContext) -> Causes:
    """Which rule takes each story out; the first that speaks counts."""
    causes = np.zeros(len(rows), dtype=np.int8)
    for code, rule in enumerate(RULES.values(), 1):
        out = rule(rows, context)
        if out is not None:
            causes[out & (causes == 0)] = code
    return causes


def seen_clusters(context: FeedContext) -> npt.NDArray[np.int64]:
    """Clusters that the reader has been shown or has read, in the view."""
    if context.reader is None or not context.reader.seen:
        return np.zeros(0, dtype=np.int64)
    rows = context.view.rows_of(np.array(context.reader.seen, dtype=np.int64))
    return context.view.cluster[rows[rows >= 0]]


def _named(rows: Rows, story_ids: Sequence[str], context: FeedContext) -> Mask | None:
    numbers = [n for n in map(context.view.number_of, story_ids) if n is not None]
    return np.isin(context.view.number[rows], numbers) if numbers else None


def _of_topics(rows: Rows, codes: Sequence[str], context: FeedContext) -> Mask:
    held = np.isin(context.view.topics[rows], [int(code) for code in codes])
    return np.asarray(held.any(axis=1), dtype=np.bool_)


def _about(rows: Rows, adcodes: Sequence[str], context: FeedContext) -> Mask:
    places = context.view.places[rows]
    found = np.zeros(len(rows), dtype=np.bool_)
    for adcode in adcodes:
        np.logical_or(found, within(places, adcode).any(axis=1), out=found)
    return found


def _in_channels(rows: Rows, channels: Sequence[str], context: FeedContext) -> Mask:
    found = np.zeros(len(rows), dtype=np.bool_)
    for channel in channels:
        if channel.startswith(COVERAGE_PREFIX):
            found |= np.isin(context.view.number[rows], context.coverages.get(channel, ()))
            continue
        found |= context.view.channel[rows] == hash(channel)
        codes = context.topics_named.get(channel, ())
        if codes:
            found |= _of_topics(rows, codes, context)
    return found
