"""Variety: one version of each cluster, and no run of the same topic or outlet."""

from collections import Counter
from collections.abc import Mapping, Sequence

from tianfu.model.event import Scene
from tianfu.model.feed.candidates import FeedContext
from tianfu.model.feed.card import StoryCard
from tianfu.model.feed.rank import Ranked
from tianfu.model.outlet import OutletLevel

WINDOW = 10
MAX_TOPIC_IN_WINDOW = 3
MAX_OUTLET_IN_WINDOW = 3
ONE_SUBJECT = frozenset({Scene.RELATED, Scene.CHANNEL})
_TOPIC_PENALTY = 0.35
_OUTLET_PENALTY = 0.25


def one_per_cluster(ranked: Sequence[Ranked], context: FeedContext) -> list[Ranked]:
    """Keep of each cluster the version closest to this outlet, with the cluster's best score.

    Own stories first, then the city's, then the province's, then the first publisher's.
    """
    groups: dict[str, list[Ranked]] = {}
    for one in ranked:
        groups.setdefault(one.card.cluster_id, []).append(one)
    kept = []
    for versions in groups.values():
        best = max(versions, key=lambda one: (one.score, -one.card.number))
        shown = min(versions, key=lambda one: version_order(one.card, context))
        kept.append(
            Ranked(
                card=shown.card,
                score=best.score,
                contributions=best.contributions,
                signals=shown.signals if shown is best else (*best.signals, *shown.signals),
            )
        )
    return sorted(kept, key=lambda one: (-one.score, one.card.number))


def version_order(card: StoryCard, context: FeedContext) -> tuple[int, int, int]:
    """Order in which an outlet prefers versions of one story: smallest first."""
    outlet = context.outlets.get(card.outlet_id)
    if card.outlet_id == context.outlet.id:
        rank = 0
    elif outlet is not None and outlet.id == context.outlet.parent_id:
        rank = 1
    elif outlet is not None and outlet.level is OutletLevel.PROVINCE:
        rank = 2
    else:
        rank = 3
    return rank, card.published_at_s, card.number


def spread(ranked: Sequence[Ranked], count: int, scene: Scene) -> list[Ranked]:
    """Order by score with a penalty for what the last ten items had already.

    Greedy: at each place the best of score minus penalties; three of one topic or outlet within a
    window of ten is the most while anything else is left.  Where a reader asked for one subject, beside
    a story or in a channel, topics are not spread.
    """
    spread_topics = scene not in ONE_SUBJECT
    left = list(ranked[: max(4 * count, 80)])
    chosen: list[Ranked] = []
    while left and len(chosen) < count:
        recent = chosen[-(WINDOW - 1) :]
        topics = Counter(t for one in recent for t in one.card.topics[:1] if spread_topics)
        outlets = Counter(one.card.outlet_id for one in recent if scene is not Scene.RELATED)
        allowed = [one for one in left if _fits(one.card, topics, outlets)] or left
        best = max(
            allowed,
            key=lambda one: (one.score - _penalty(one.card, topics, outlets), -one.card.number),
        )
        left.remove(best)
        chosen.append(best)
    return chosen


def _fits(card: StoryCard, topics: Mapping[str, int], outlets: Mapping[str, int]) -> bool:
    topic = card.topics[0] if card.topics else ""
    return (not topic or topics.get(topic, 0) < MAX_TOPIC_IN_WINDOW) and outlets.get(
        card.outlet_id, 0
    ) < MAX_OUTLET_IN_WINDOW


def _penalty(card: StoryCard, topics: Mapping[str, int], outlets: Mapping[str, int]) -> float:
    topic = card.topics[0] if card.topics else ""
    return _TOPIC_PENALTY * topics.get(topic, 0) + _OUTLET_PENALTY * outlets.get(card.outlet_id, 0)
