"""Where a feed's stories come from: named parts, each with the reason it speaks for."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tianfu.model.event import Scene
from tianfu.model.feed.context import FeedContext, Floats, Proposals
from tianfu.model.feed.view import FeedView, Rows, distinct
from tianfu.model.reader import InterestTag
from tianfu.model.recommendation import ReasonCode, Source
from tianfu.model.tag import TagKind

PER_SOURCE = 120
PER_UPPER = 30
MAX_TASTES = 6
PER_TASTE = 30
"""Stories of one interest tag, and how many tags speak."""
PER_OUTLET = 12
"""Most stories of one outlet in a source that is open to all."""
COVERAGE_PREFIX = "coverage:"
_EXPLORE_WITHIN_S = 48 * 3_600
_MAX_EXPLORED = 40


@dataclass(frozen=True, slots=True)
class Hits:
    """Stories that one voice of one source proposes.

    Attributes:
        rows: In the view, each once.
        strengths: 0..1 within the source.
        because: Number of the story that led here; 0 when none did.
    """

    source: Source
    reason: ReasonCode
    rows: Rows
    strengths: Floats
    because: int = 0


Gather = Callable[[FeedContext], Iterator[Hits]]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a scene's pipeline, as operators can read it.

    Attributes:
        says: What it proposes, for people.
    """

    source: Source
    gather: Gather
    says: str


def interests(context: FeedContext) -> Iterator[Hits]:
    """Near what the reader turned to, one voice an interest."""
    for voice in context.near:
        yield _known(voice, Source.INTEREST, ReasonCode.NEAR, context.view)


def tastes(context: FeedContext) -> Iterator[Hits]:
    """The newest of the topics and places that are the reader's interests; the score weighs the tags."""
    if context.reader is None:
        return
    now_s = context.now_s
    tags = sorted(context.reader.tags.values(), key=lambda tag: (-tag.weight_at(now_s), tag.code))
    for tag in tags[:MAX_TASTES]:
        weight = tag.weight_at(now_s)
        if weight > 0.0:
            rows = _of_tag(tag, context)[:PER_TASTE]
            yield _in_order(rows, Source.INTEREST, ReasonCode.INTEREST)


def _of_tag(tag: InterestTag, context: FeedContext) -> Rows:
    view = context.view
    if tag.kind is TagKind.TOPIC:
        return _newest(("topic", tag.code), view.of_topic(tag.code), context)
    return _newest(("area", tag.code), view.about(tag.code), context)


def related(context: FeedContext) -> Iterator[Hits]:
    """Near the story being read."""
    for voice in context.near:
        yield _known(voice, Source.RELATED, ReasonCode.RELATED, context.view)


def read_after(context: FeedContext) -> Iterator[Hits]:
    """Often read after what the reader read last."""
    for voice in context.read_after:
        yield _known(voice, Source.READ_AFTER, ReasonCode.READ_AFTER, context.view)


_HOT = {
    "outlet": ReasonCode.HOT_HERE,
    "city": ReasonCode.HOT_CITY,
    "province": ReasonCode.HOT_PROVINCE,
}


def hot(context: FeedContext) -> Iterator[Hits]:
    """Read much just now: here, in the city, in the province."""
    for scope, reason in _HOT.items():
        if scope in context.hot:
            yield _known(context.hot[scope], Source.HOT, reason, context.view)


def local(context: FeedContext) -> Iterator[Hits]:
    """About where the reader is."""
    rows = _newest(("area", context.area), context.view.about(context.area), context)
    yield _in_order(rows, Source.LOCAL, ReasonCode.LOCAL)


def own(context: FeedContext) -> Iterator[Hits]:
    """The outlet's own stories."""
    rows = _due(context.view.of_outlet(context.outlet.id), context)[:PER_SOURCE]
    yield _in_order(rows, Source.FRESH, ReasonCode.OWN_OUTLET)


def pool(context: FeedContext) -> Iterator[Hits]:
    """Mainstream content: what the province's and the city's own units publish."""
    for outlet_id in context.around.uppers:
        rows = _due(context.view.of_outlet(outlet_id), context)[:PER_UPPER]
        yield _in_order(rows, Source.POOL, ReasonCode.MAINSTREAM)


def fresh(context: FeedContext) -> Iterator[Hits]:
    """The newest of all outlets."""
    rows = _newest("all", np.arange(len(context.view), dtype=np.intp), context)
    yield _in_order(rows, Source.FRESH, ReasonCode.FRESH)


def explore(context: FeedContext) -> Iterator[Hits]:
    """The newest story of each outlet nearby that nobody reads just now, in an order that chance decides."""
    view = context.view
    read = set(view.outlet[_rows(context.hot.get("city"), view)[:PER_SOURCE]].tolist())
    newest = [
        rows[0]
        for outlet_id in context.around.nearby
        if view.outlet_code(outlet_id) not in read and len(rows := _due(view.of_outlet(outlet_id), context))
    ]
    found = np.array(newest, dtype=np.intp)
    found = found[view.published_s[found] > context.now_s - _EXPLORE_WITHIN_S]
    drawn = np.random.default_rng(context.chance).permutation(found)[:_MAX_EXPLORED]
    yield _in_order(drawn, Source.EXPLORE, ReasonCode.EXPLORE)


def subjects(context: FeedContext) -> Iterator[Hits]:
    """The newest stories of the channels, topics and places asked for."""
    view, wanted = context.view, context.request.wanted
    lists = [_of_channel(channel, context) for channel in asked_channels(context)]
    lists += [_newest(("topic", code), view.of_topic(code), context) for code in wanted.topics]
    lists += [_newest(("area", adcode), view.about(adcode), context) for adcode in wanted.places]
    for rows in lists:
        yield _in_order(rows, Source.CHANNEL, ReasonCode.FRESH)


def asked_channels(context: FeedContext) -> tuple[str, ...]:
    """Channels that the request names, the scene's own first."""
    own_channel = (context.request.channel,) if context.request.channel else ()
    return (*own_channel, *context.request.wanted.channels)


def _of_channel(channel: str, context: FeedContext) -> Rows:
    """The newest of a channel; those of a joint coverage in the order they are given."""
    view = context.view
    if channel.startswith(COVERAGE_PREFIX):
        rows = np.sort(view.rows_of(context.coverages.get(channel, np.zeros(0, dtype=np.int64))))
        return _due(rows[rows >= 0], context)[:PER_SOURCE]
    codes = context.topics_named.get(channel, ())
    found = distinct(np.concatenate([view.of_channel(channel), *(view.of_topic(code) for code in codes)]))
    return _newest(("channel", channel), found, context) if len(found) else found


def _due(rows: Rows, context: FeedContext) -> Rows:
    """Only what is published by now; stories dated ahead stand first in every list, and must not fill it."""
    return rows[rows.searchsorted(context.first_due) :]


def _newest(key: Hashable, rows: Rows, context: FeedContext) -> Rows:
    """The newest by now, few of any one outlet: nobody fills a source by sending much."""
    return context.view.few_of_each(key, rows, context.first_due, PER_OUTLET, PER_SOURCE)


def _rows(voice: Proposals | None, view: FeedView) -> Rows:
    if voice is None:
        return np.zeros(0, dtype=np.intp)
    rows = view.rows_of(voice.numbers)
    return rows[rows >= 0]


def _known(voice: Proposals, source: Source, reason: ReasonCode, view: FeedView) -> Hits:
    rows = view.rows_of(voice.numbers)
    held = rows >= 0
    return Hits(source, reason, rows[held], voice.strengths[held], voice.because)


def _in_order(rows: Rows, source: Source, reason: ReasonCode) -> Hits:
    """Strength falls evenly along the list, from 1 towards 0."""
    strengths = 1.0 - np.arange(len(rows), dtype=np.float32) / (len(rows) + 1)
    return Hits(source, reason, rows, strengths.astype(np.float32))


_TASTES = Part(Source.INTEREST, tastes, "读者关注的主题和地方的新稿")
_INTERESTS = Part(Source.INTEREST, interests, "与读者每个兴趣相近的稿件")
_RELATED = Part(Source.RELATED, related, "与正在看的稿件相近的稿件")
_READ_AFTER = Part(Source.READ_AFTER, read_after, "读过同一稿件的人接着读的稿件")
_HOT_PART = Part(Source.HOT, hot, "本地、全市、全省正在热读的稿件")
_LOCAL = Part(Source.LOCAL, local, "写读者所在地的稿件")
_OWN = Part(Source.FRESH, own, "本媒体的新稿")
_POOL = Part(Source.POOL, pool, "省、市主流媒体的新稿")
_FRESH = Part(Source.FRESH, fresh, "各媒体最新的稿件")
_EXPLORE = Part(Source.EXPLORE, explore, "附近近期少有人读的媒体的新稿，次序随机")
_SUBJECTS = Part(Source.CHANNEL, subjects, "所选频道、分类、地区的新稿")

PIPELINES: Mapping[Scene, tuple[Part, ...]] = {
    Scene.HOME: (
        _INTERESTS, _TASTES, _READ_AFTER, _HOT_PART, _LOCAL, _OWN, _POOL, _FRESH, _EXPLORE, _SUBJECTS,
    ),
    Scene.LOCAL: (_INTERESTS, _HOT_PART, _LOCAL, _OWN, _EXPLORE, _SUBJECTS),
    Scene.CHANNEL: (_INTERESTS, _HOT_PART, _SUBJECTS),
    Scene.RELATED: (_RELATED, _READ_AFTER, _SUBJECTS),
    Scene.PUSH: (_INTERESTS, _TASTES, _READ_AFTER, _HOT_PART, _LOCAL, _OWN, _POOL, _FRESH, _SUBJECTS),
}  # fmt: skip
"""The parts of each scene, in the order they are asked."""


def gather(context: FeedContext) -> list[Hits]:
    """Ask every part of the scene's pipeline."""
    parts = PIPELINES[context.request.scene]
    return [hits for part in parts for hits in part.gather(context) if len(hits.rows)]
