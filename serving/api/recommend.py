"""Feeds for county apps."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Response
from pydantic import Field

from tianfu.model.errors import Forbidden, InvalidRequest
from tianfu.model.event import ReaderKind, ReaderRef, Scene
from tianfu.model.feed.reasons import VERSIONS, Version
from tianfu.model.recommendation import (
    MAX_COUNT,
    MAX_EXCLUDE,
    MAX_SUBJECTS,
    FeedRequest,
    Outcome,
    PlacedBy,
    ReasonCode,
    Subjects,
)
from tianfu.model.rules import check_text
from tianfu.model.tag import TagKind
from tianfu.serving.api.context import AppCaller, NewsroomDep, ReadingCaller
from tianfu.serving.api.forms import In, Out, RightsOut
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.services.recommend import FeedPage, Replay, ReplayedItem, ShownItem

router = APIRouter(tags=["recommend"])

_Id = Annotated[str, Field(min_length=1, max_length=128)]
_Subject = Annotated[str, Field(min_length=1, max_length=60)]


def _several(description: str) -> Any:
    return Field(max_length=MAX_SUBJECTS, default_factory=list, description=description)


class RecommendIn(In):
    """What an app asks for.  `reader_id` names a signed-in reader, `device_id` a device; both may miss."""

    outlet_id: Annotated[
        str | None, Field(max_length=40, description="The key's own outlet when left out.")
    ] = None
    reader_id: _Id | None = None
    device_id: _Id | None = None
    scene: Scene = Scene.HOME
    channel: Annotated[str | None, Field(description="For scene `channel`: section or topic.")] = None
    story_id: Annotated[str | None, Field(description="For scene `related`: the story being read.")] = None
    adcode: Annotated[str | None, Field(description="Where the reader is: six digits.")] = None
    count: Annotated[int, Field(ge=1, le=MAX_COUNT)] = 10
    cursor: Annotated[str | None, Field(max_length=400, description="`cursor` of the page before.")] = None
    personalise: bool = True
    minor: bool = False
    exclude: Annotated[
        list[_Id],
        Field(
            max_length=MAX_EXCLUDE,
            default_factory=list,
            description="Stories not to show, nor any other version of them.",
        ),
    ]
    channels: Annotated[list[_Subject], _several("Only stories of one of these channels.")]
    topics: Annotated[list[_Subject], _several("Only stories of one of these GB/T 20093 classes.")]
    places: Annotated[list[_Subject], _several("Only stories about one of these adcodes.")]
    without_channels: Annotated[list[_Subject], _several("No story of these channels.")]
    without_topics: Annotated[list[_Subject], _several("No story of these classes.")]
    without_places: Annotated[list[_Subject], _several("No story about these adcodes.")]

    def reader(self, outlet_id: str) -> ReaderRef | None:
        """Who is asking, as far as the app says.

        Raises:
            InvalidRequest: Both ids are given.
        """
        if self.reader_id is not None and self.device_id is not None:
            raise InvalidRequest(field="device_id", why="cannot be sent together with reader_id")
        if self.reader_id is not None:
            return ReaderRef(outlet_id=outlet_id, kind=ReaderKind.READER, id=self.reader_id)
        if self.device_id is not None:
            return ReaderRef(outlet_id=outlet_id, kind=ReaderKind.DEVICE, id=self.device_id)
        return None


class ReasonOut(Out):
    """Why an item is shown, in plain Chinese; `code` is stable."""

    code: ReasonCode
    text: str


class TopicOut(Out):
    """A topic class."""

    code: str
    label: str


class FeedOutletOut(Out):
    """Who published it."""

    id: str
    name: str


class Display(StrEnum):
    """Whether the story may be shown whole, or only its headline with a link to its own page."""

    WHOLE = "whole"
    LINK = "link"


class VersionOut(Out):
    """Which of several versions of a story is shown, in plain Chinese."""

    code: Version
    text: str


class FeedItemOut(Out):
    """One item of a feed.  Title, author and source stand as their outlet wrote them."""

    story_id: str
    title: str
    url: str | None
    image_url: str | None
    outlet: FeedOutletOut
    published_at: datetime
    position: int
    placed_by: PlacedBy
    reasons: list[ReasonOut]
    cluster_id: str
    cluster_size: int
    topics: list[TopicOut]
    author: str
    source: str
    ai_generated: bool
    rights: RightsOut
    display: Display
    version: VersionOut


class FeedOut(Out):
    """One page of a feed."""

    trace_id: str
    cursor: str | None
    personalised: bool
    degraded: list[str]
    items: list[FeedItemOut]


@router.post("/recommend", response_model=FeedOut)
def recommend(asked: RecommendIn, room: NewsroomDep, known: AppCaller) -> Response:
    """Return a page of a feed.

    Never empty while any showable story exists.  The same `cursor` gives the same page, less what was
    taken down since; it lives 24 hours, and ends at once when personalisation is switched off or minors' mode
    on.  When a part is down, `degraded` names it and the feed is simpler.  Only a further page may be refused
    then (503 `store_unavailable`), where the database is away and another process made the feed, or this one
    long ago: the same cursor works again afterwards.
    """
    outlet_id = asked.outlet_id or known.key.outlet_id
    if outlet_id is None:
        raise InvalidRequest(field="outlet_id", why="is needed with a platform key")
    check_text(outlet_id, field="outlet_id", error=InvalidRequest, low=1, high=40)
    known.must_act_for(outlet_id)
    if asked.cursor is not None:
        page = room.feeds.next_page(
            asked.cursor,
            outlet_id=outlet_id,
            count=asked.count,
            personalise=asked.personalise,
            minor=asked.minor,
        )
        return _answer(page, room)
    request = FeedRequest(
        outlet_id=outlet_id,
        reader=asked.reader(outlet_id),
        scene=asked.scene,
        channel=asked.channel,
        story_id=asked.story_id,
        adcode=asked.adcode,
        count=asked.count,
        personalise=asked.personalise,
        minor=asked.minor,
        exclude=tuple(asked.exclude),
        wanted=Subjects(
            channels=tuple(asked.channels), topics=tuple(asked.topics), places=tuple(asked.places)
        ),
        unwanted=Subjects(
            channels=tuple(asked.without_channels),
            topics=tuple(asked.without_topics),
            places=tuple(asked.without_places),
        ),
    )
    return _answer(room.feeds.recommend(request), room)


class DecisionItemOut(Out):
    """One item as it was decided.

    `parts` is what each feature added to the score; `propensity` the probability that it stood there.
    """

    story_id: str
    title: str
    position: int
    placed_by: PlacedBy
    placement_id: str | None
    score: float
    parts: dict[str, float]
    sources: list[str]
    reasons: list[ReasonOut]
    cluster_size: int
    propensity: float


class PassedOverOut(Out):
    """A candidate that the feed did not show, with the sources that proposed it.

    `why` names the rule that took it out; `vary`: variety put others before it; `below`: its score is below
    that of the last item.
    """

    story_id: str
    title: str
    score: float
    sources: list[str]
    why: str


class OrderOut(Out):
    """What became of one order; `because` names another order or a rule."""

    placement_id: str
    outcome: Outcome
    position: int | None
    because: str


class DecisionOut(Out):
    """The record that explains a feed.

    `candidates` counts what each source proposed, `filtered` what each rule took out, `weights` what each
    feature counted, `measured` what the first page showed of each aim.  `passed_over` are the best candidates
    that are not among the items, best first, at most 30, each event once; what the reader has seen or wished
    away, what is like that, and what the app left out, is counted and not listed.
    """

    trace_id: str
    made_at: datetime
    outlet_id: str
    scene: Scene
    personalised: bool
    degraded: list[str]
    candidates: dict[str, int]
    filtered: dict[str, int]
    weights: dict[str, float]
    measured: dict[str, float]
    models: dict[str, str]
    orders: list[OrderOut]
    items: list[DecisionItemOut]
    passed_over: list[PassedOverOut]


@router.get("/decisions/{trace_id}")
def get_decision(trace_id: str, room: NewsroomDep, known: ReadingCaller) -> DecisionOut:
    """Replay why a feed looked as it did.  Kept for 180 days unless set otherwise; readers are not named."""
    found = room.feeds.replay(trace_id)
    if not known.may_read_for(found.decision.request.outlet_id):
        raise Forbidden("This decision is another outlet's.")
    return decision_out(found)


def decision_out(found: Replay) -> DecisionOut:
    """Translate a decision."""
    decision = found.decision
    return DecisionOut(
        trace_id=decision.trace_id,
        made_at=decision.made_at,
        outlet_id=decision.request.outlet_id,
        scene=decision.request.scene,
        personalised=decision.personalised,
        degraded=list(decision.degraded),
        candidates=dict(decision.candidates),
        filtered=dict(decision.filtered),
        weights=dict(decision.weights),
        measured=dict(decision.measured),
        models=dict(decision.models),
        orders=[OrderOut.model_validate(order) for order in decision.orders],
        items=[_decided(one) for one in found.items],
        passed_over=[
            PassedOverOut(
                story_id=one.story_id,
                title=one.title,
                score=one.passed.score,
                sources=[source.value for source in one.passed.sources],
                why=one.passed.why,
            )
            for one in found.passed_over
        ],
    )


def _decided(one: ReplayedItem) -> DecisionItemOut:
    item = one.item
    return DecisionItemOut(
        story_id=one.story_id,
        title=one.title,
        position=item.position,
        placed_by=item.placed_by,
        placement_id=item.placement_id,
        score=item.score,
        parts=dict(item.parts),
        sources=[source.value for source in item.sources],
        reasons=[ReasonOut(code=r.code, text=r.text) for r in one.reasons],
        cluster_size=item.cluster_size,
        propensity=item.propensity,
    )


def _answer(page: FeedPage, room: Newsroom) -> Response:
    """A page as :class:`FeedOut` describes it, written straight from what is known.

    Checking every field of our own answer against the model would take as long as choosing the stories; a
    test holds the two together.
    """
    room.meters.shown(one.item for one in page.items)
    return Response(
        orjson.dumps(page_answer(page, room), option=orjson.OPT_UTC_Z), media_type="application/json"
    )


def page_answer(page: FeedPage, room: Newsroom) -> dict[str, Any]:
    """The fields of :class:`FeedOut`."""
    return {
        "trace_id": page.trace_id,
        "cursor": page.cursor,
        "personalised": page.personalised,
        "degraded": page.degraded,
        "items": [_item(one, room) for one in page.items],
    }


def _item(one: ShownItem, room: Newsroom) -> dict[str, Any]:
    item, card = one.item, one.card
    outlet = room.library.outlets.get(card.outlet_id)
    return {
        "story_id": card.story_id,
        "title": card.title,
        "url": card.url,
        "image_url": card.image_url,
        "outlet": {"id": card.outlet_id, "name": outlet.name if outlet else card.outlet_id},
        "published_at": datetime.fromtimestamp(card.published_at_s, UTC),
        "position": item.position,
        "placed_by": item.placed_by,
        "reasons": [{"code": r.code, "text": r.text} for r in one.reasons],
        "cluster_id": card.cluster_id,
        "cluster_size": item.cluster_size,
        "topics": [
            {"code": code, "label": room.names.get((TagKind.TOPIC, code), code)} for code in card.topics
        ],
        "author": card.author,
        "source": card.source,
        "ai_generated": card.ai_generated,
        "rights": {
            "code": one.permission,
            "text": room.rights.say(one.permission, card.outlet_id, card.source),
        },
        "display": Display.WHOLE if one.permission.shows_whole else Display.LINK,
        "version": {"code": one.version, "text": VERSIONS[one.version]},
    }
