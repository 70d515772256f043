"""Features of all candidates at once, known at the moment of asking and each in 0..1, and their score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tianfu.model.event import Scene
from tianfu.model.feed.context import FeedContext, Floats
from tianfu.model.feed.scoring import COLUMN, FEATURES
from tianfu.model.feed.sources import Hits
from tianfu.model.feed.view import Numbers, Rows
from tianfu.model.reader import Reader
from tianfu.model.recommendation import ReasonCode, Source
from tianfu.model.tag import TagKind

FRESH_HALF_LIFE_H = 18.0

AIM_OF: Mapping[str, str] = {
    "interest": "related", "topic_taste": "related", "read_after": "related",
    "hot_here": "popular", "hot_city": "popular", "hot_province": "popular",
    "local": "local", "own_outlet": "local", "fresh": "fresh", "explore": "explore",
}  # fmt: skip
"""Which of an outlet's aims steers a feature; the others are nobody's to switch off."""

SCENE_FACTORS: Mapping[Scene, Mapping[str, float]] = {Scene.RELATED: {"local": 0.1}}
"""How much a feature counts in a scene: beside a story being read, likeness comes before closeness."""

_FEATURE_OF: Mapping[ReasonCode, str] = {
    ReasonCode.NEAR: "interest",
    ReasonCode.RELATED: "interest",
    ReasonCode.READ_AFTER: "read_after",
    ReasonCode.HOT_HERE: "hot_here",
    ReasonCode.HOT_CITY: "hot_city",
    ReasonCode.HOT_PROVINCE: "hot_province",
    ReasonCode.OWN_OUTLET: "own_outlet",
    ReasonCode.MAINSTREAM: "mainstream",
    ReasonCode.EXPLORE: "explore",
}
SOURCES = tuple(Source)
_BIT = {source: 1 << place for place, source in enumerate(SOURCES)}
_LED = ("interest", "read_after")


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidates in columns; all arrays share their first axis.

    Attributes:
        rows: In the view, each once.
        features: Shape (n, len(FEATURES)), 0..1.
        sources: Bits of :data:`SOURCES`.
        led: Stories that led here by interest and by read-after, shape (n, 2), 0 for none.
        taste: The interest tag that speaks loudest, a class code or an adcode; 0 for none.
        parts: What each feature added to the score, the shape of ``features``.
        extra: What placements and wishes added to the score.
        score: Sum of both.
        boost: The order that lifts it, as its place in the context's placements from 1 on; 0 for none.
    """

    rows: Rows
    features: Floats
    sources: npt.NDArray[np.int64]
    led: Numbers
    taste: Numbers
    parts: Floats
    extra: Floats
    score: Floats
    boost: npt.NDArray[np.int16]

    def at(self, places: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "Candidates":
        """Only some of them, in this order."""
        return Candidates(
            self.rows[places], self.features[places], self.sources[places], self.led[places],
            self.taste[places], self.parts[places], self.extra[places], self.score[places],
            self.boost[places],
        )  # fmt: skip

    def shown_as(self, rows: Rows) -> "Candidates":
        """The same candidates, shown by other versions of their stories."""
        return replace(self, rows=rows)


def united(hits: Sequence[Hits], context: FeedContext) -> Candidates:
    """Bring together what speaks for each story; the strongest voice counts.  Not yet scored."""
    rows, of = np.unique(np.concatenate([h.rows for h in hits]), return_inverse=True)
    features = np.zeros((len(rows), len(FEATURES)), dtype=np.float32)
    sources = np.zeros(len(rows), dtype=np.int64)
    led = np.zeros((len(rows), len(_LED)), dtype=np.int64)
    start = 0
    for voice in hits:
        at = of[start : start + len(voice.rows)]
        start += len(voice.rows)
        sources[at] |= _BIT[voice.source]
        name = _FEATURE_OF.get(voice.reason)
        if name is None:
            continue
        column = features[:, COLUMN[name]]
        if voice.because:
            louder = voice.strengths > column[at]
            led[at[louder], _LED.index(name)] = voice.because
        column[at] = np.maximum(column[at], voice.strengths)
    taste, tags = taste_of(context.reader, rows, context)
    features[:, COLUMN["topic_taste"]] = taste
    _fill_facts(features, rows, context)
    nothing = np.zeros(len(rows), dtype=np.float32)
    no_boost = np.zeros(len(rows), dtype=np.int16)
    return Candidates(rows, features, sources, led, tags, np.zeros_like(features), nothing, nothing, no_boost)


def _fill_facts(features: Floats, rows: Rows, context: FeedContext) -> None:
    view = context.view
    age_h = np.maximum(0, context.now_s - view.published_s[rows]) / 3_600
    features[:, COLUMN["fresh"]] = np.exp2(-age_h / FRESH_HALF_LIFE_H)
    features[:, COLUMN["local"]] = closeness(rows, context)
    features[:, COLUMN["substance"]] = np.minimum(1.0, view.chars[rows] / 600)


def closeness(rows: Rows, context: FeedContext) -> Floats:
    """1 for the reader's own county, 0.5 for the same prefecture, 0 elsewhere."""
    area = context.area
    if area.endswith("0000"):
        return np.zeros(len(rows), dtype=np.float32)
    near = context.view.lies_in(rows, area)
    around = context.view.lies_in(rows, f"{area[:4]}00")
    return np.where(near, 1.0, np.where(around, 0.5, 0.0)).astype(np.float32)


def taste_of(reader: Reader | None, rows: Rows, context: FeedContext) -> tuple[Floats, Numbers]:
    """How much the reader's interest tags speak for each story, 0..1, and the tag that speaks loudest."""
    best = np.zeros(len(rows), dtype=np.float32)
    tags = np.zeros(len(rows), dtype=np.int64)
    if reader is None or not reader.tags:
        return best, tags
    weights = {key: tag.weight_at(context.now_s) for key, tag in reader.tags.items()}
    top = max(weights.values())
    if top <= 0.0:
        return best, tags
    for kind, codes in (
        (TagKind.TOPIC, context.view.topics[rows].astype(np.int64)),
        (TagKind.PLACE, context.view.places[rows]),
    ):
        mine = sorted((int(code), weight / top) for (of, code), weight in weights.items() if of is kind)
        if not mine:
            continue
        known = np.array([code for code, _ in mine], dtype=np.int64)
        at = np.minimum(known.searchsorted(codes), len(known) - 1)
        found = np.where(known[at] == codes, np.array([w for _, w in mine], dtype=np.float32)[at], 0.0)
        first = found.argmax(axis=1)
        loudest = np.take_along_axis(found, first[:, None], axis=1)[:, 0]
        louder = loudest > best
        best[louder] = loudest[louder]
        tags[louder] = np.take_along_axis(codes, first[:, None], axis=1)[louder, 0]
    return best, tags


def factors_of(context: FeedContext) -> dict[str, float]:
    """How much of each feature this feed wants, after scene and the outlet's aims; 1 is as it comes."""
    of_scene = SCENE_FACTORS.get(context.request.scene, {})
    return {
        name: of_scene.get(name, 1.0) * (context.aims.factor(AIM_OF[name]) if name in AIM_OF else 1.0)
        for name in FEATURES
    }


def scored(
    found: Candidates, context: FeedContext, extra: Floats, boost: npt.NDArray[np.int16]
) -> Candidates:
    """Score all candidates at once.

    Args:
        found: Not scored yet, n of them.
        context: Of the feed.
        extra: What placements and wishes add to each score, shape (n,).
        boost: The order that lifts each, shape (n,).
    """
    parts = context.scorer.parts(found.features, factors_of(context))
    return replace(found, parts=parts, extra=extra, score=parts.sum(axis=1) + extra, boost=boost)
