"""The hand-set score, sound until there is data to learn one from.

A weighted sum of features known at request time, each in 0..1.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tianfu.model.event import Scene
from tianfu.model.feed.candidates import FeedContext, Signal
from tianfu.model.feed.card import StoryCard
from tianfu.model.placement import PlacementAction
from tianfu.model.recommendation import ReasonCode, Source
from tianfu.model.tag import TagKind

VERSION = "hand-set@1"
FRESH_HALF_LIFE_H = 18.0

WEIGHTS: Mapping[str, float] = {
    "interest": 1.6,
    "read_after": 0.9,
    "hot_here": 0.9,
    "hot_city": 0.5,
    "hot_province": 0.35,
    "local": 0.9,
    "fresh": 1.0,
    "own_outlet": 0.45,
    "mainstream": 0.35,
    "topic_taste": 0.8,
    "substance": 0.15,
}

SCENE_LOCALITY: Mapping[Scene, float] = {Scene.RELATED: 0.1}
"""How much closeness counts in a scene; beside a story being read, likeness comes first."""

_FEATURE_OF_REASON: Mapping[ReasonCode, str] = {
    ReasonCode.INTEREST: "interest",
    ReasonCode.RELATED: "interest",
    ReasonCode.READ_AFTER: "read_after",
    ReasonCode.HOT_HERE: "hot_here",
    ReasonCode.HOT_CITY: "hot_city",
    ReasonCode.HOT_PROVINCE: "hot_province",
    ReasonCode.OWN_OUTLET: "own_outlet",
    ReasonCode.MAINSTREAM: "mainstream",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A candidate with its score and what makes it up.

    Attributes:
        contributions: Feature times weight; their sum is the score.
    """

    card: StoryCard
    score: float
    contributions: Mapping[str, float]
    signals: tuple[Signal, ...]

    @property
    def sources(self) -> tuple[Source, ...]:
        """Which sources proposed it, by name."""
        return tuple(sorted({signal.source for signal in self.signals}))


def score(card: StoryCard, signals: Sequence[Signal], context: FeedContext) -> Ranked:
    """Score one story for one request."""
    features: dict[str, float] = {}
    for signal in signals:
        name = _FEATURE_OF_REASON.get(signal.reason)
        if name is not None:
            features[name] = max(features.get(name, 0.0), signal.strength)
    features["local"] = _closeness(card, context) * SCENE_LOCALITY.get(context.request.scene, 1.0)
    age_h = max(0.0, context.now_s - card.published_at_s) / 3_600
    features["fresh"] = math.exp2(-age_h / FRESH_HALF_LIFE_H)
    features["topic_taste"] = _taste(card, context)
    features["substance"] = min(1.0, card.body_chars / 600)
    contributions = {name: WEIGHTS[name] * value for name, value in features.items() if value}
    for placement in context.placements:
        if placement.story_id == card.story_id and placement.action is PlacementAction.BOOST:
            contributions["boost"] = 1.5
        elif placement.story_id == card.story_id and placement.action is PlacementAction.SUPPRESS:
            contributions["suppress"] = -2.5
    return Ranked(
        card=card,
        score=sum(contributions.values()),
        contributions=contributions,
        signals=tuple(signals),
    )


def _closeness(card: StoryCard, context: FeedContext) -> float:
    """1 for the reader's own county, 0.5 for the same prefecture, 0 elsewhere."""
    area = context.area
    if area.endswith("0000"):
        return 0.0
    if card.is_about(area):
        return 1.0
    return 0.5 if card.is_about(f"{area[:4]}00") else 0.0


def _taste(card: StoryCard, context: FeedContext) -> float:
    """How much the reader's interest tags speak for the story's topics and places, 0..1."""
    if context.reader is None or not context.reader.tags:
        return 0.0
    weights = {key: tag.weight_at(context.now_s) for key, tag in context.reader.tags.items()}
    top = max(weights.values(), default=0.0)
    if top <= 0.0:
        return 0.0
    keys = [(TagKind.TOPIC, code) for code in card.topics] + [(TagKind.PLACE, code) for code in card.places]
    return max((weights.get(key, 0.0) / top for key in keys), default=0.0)
