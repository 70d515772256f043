"""Trends, blank spots and monthly reports: counts only."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from tianfu.model.errors import InvalidRequest
from tianfu.model.feed.view import FeedView
from tianfu.model.flow.balance import BlankSpot, SpotKind
from tianfu.model.flow.grounds import name_of_topic
from tianfu.model.flow.report import Spread, month_of
from tianfu.model.flow.trends import HotCluster
from tianfu.model.outlet import OutletLevel
from tianfu.model.rules import check_adcode, check_id
from tianfu.model.tag import TagKind
from tianfu.serving.api.context import NewsCaller, NewsroomDep
from tianfu.serving.api.forms import Out
from tianfu.serving.api.pickups import GroundOut, ground_out
from tianfu.serving.services.newsroom import Newsroom

router = APIRouter(tags=["flow"])

MAX_CARRIED = 20
_OutletId = Annotated[str | None, Query(max_length=40, description="The key's own by default.")]
_Days = Annotated[int, Query(ge=1, le=30)]


class HotClusterOut(Out):
    """An event; `clicks` is null where fewer than 20 known readers stand behind it."""

    cluster_id: str
    story_id: str
    outlet_id: str
    title: str
    first_published_at: datetime
    outlets: int
    stories: int
    clicks: int | None
    score: float


class HotTopicOut(Out):
    """A class; `pace` is today's stories over the daily mean of the window."""

    topic: str
    name: str
    outlets: int
    stories: int
    pace: float
    clicks: int | None


class HotOut(Out):
    """What is hot in an area; `clicks_of` names the outlet whose readers are counted, null for all."""

    area: str
    days: int
    clicks_of: str | None
    now: list[HotClusterOut]
    lately: list[HotClusterOut]
    topics: list[HotTopicOut]


class TopicLineOut(Out):
    """A class; shares 0..1, `reading_share` null where too few readers stand behind it."""

    topic: str
    name: str
    stories: int
    output_share: float
    reading_share: float | None
    gap: float | None
    neighbours_telling: int


class BlankSpotOut(Out):
    """Something missing."""

    why: SpotKind
    kind: TagKind
    code: str
    name: str
    others: int
    reason: GroundOut


class BalanceOut(Out):
    """An outlet's classes, most told first, and its blank spots."""

    outlet_id: str
    days: int
    neighbours: int
    topics: list[TopicLineOut]
    blank_spots: list[BlankSpotOut]


class CountOut(Out):
    """How many of one code."""

    code: str
    name: str
    stories: int


class CarriedOut(Out):
    """A story that others took over."""

    story_id: str
    title: str
    outlets: int
    highest_level: OutletLevel


class SpreadOut(Out):
    """How far the outlet's stories went; `carried` holds the most carried ones."""

    adoptions: int
    by_higher_levels: int
    by_level: dict[str, int]
    stories_carried: int
    carried: list[CarriedOut]


class ReadersOut(Out):
    """What the readers of the outlet's app saw."""

    exposures: int
    clicks: int
    readers: int


class ReportOut(Out):
    """An outlet's month; `readers` is null where fewer than 20 known ones stand behind the counts."""

    outlet_id: str
    outlet: str
    month: str
    since: datetime
    until: datetime
    output: int
    originals: int
    reprints: int
    spread: SpreadOut
    submissions: dict[str, int]
    topics: list[CountOut]
    places: list[CountOut]
    readers: ReadersOut | None


@router.get("/insights/hot")
def get_hot(
    room: NewsroomDep,
    known: NewsCaller,
    outlet_id: _OutletId = None,
    adcode: Annotated[str | None, Query(max_length=9, description="The outlet's area by default.")] = None,
    days: _Days = 3,
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
) -> HotOut:
    """Tell what is hot in an area now and over the last days; readers are the own outlet's, in counts."""
    check_outlet(outlet_id)
    if adcode is not None:
        check_adcode(adcode, field="adcode", error=InvalidRequest)
    found = room.insights.hot(outlet_id=outlet_id, area=adcode, days=days, limit=limit, caller=known)
    return HotOut(
        area=found.area,
        days=days,
        clicks_of=found.clicks_of,
        now=[_cluster_out(one, found.view) for one in found.today],
        lately=[_cluster_out(one, found.view) for one in found.lately],
        topics=[
            HotTopicOut(
                topic=one.topic,
                name=name_of_topic(one.topic, room.names),
                outlets=one.outlets,
                stories=one.stories,
                pace=one.pace,
                clicks=one.clicks,
            )
            for one in found.topics
        ],
    )


@router.get("/insights/topics")
def get_balance(
    room: NewsroomDep, known: NewsCaller, outlet_id: _OutletId = None, days: _Days = 7
) -> BalanceOut:
    """Tell what an outlet tells beside what its readers read, and its blank spots."""
    check_outlet(outlet_id)
    whose = outlet_id or known.key.outlet_id
    if whose is None:
        raise InvalidRequest(field="outlet_id", why="is needed with a platform key")
    found = room.insights.balance(whose, days=days, caller=known)
    return BalanceOut(
        outlet_id=whose,
        days=days,
        neighbours=found.neighbours,
        topics=[
            TopicLineOut(
                topic=line.topic,
                name=name_of_topic(line.topic, room.names),
                stories=line.stories,
                output_share=round(line.output_share, 4),
                reading_share=_rounded(line.reading_share),
                gap=None if line.reading_share is None else round(line.reading_share - line.output_share, 4),
                neighbours_telling=line.neighbours,
            )
            for line in found.lines
        ],
        blank_spots=[_spot_out(spot, room) for spot in found.spots],
    )


@router.get("/outlets/{outlet_id}/report")
def get_report(
    outlet_id: str,
    room: NewsroomDep,
    known: NewsCaller,
    month: Annotated[
        str | None, Query(max_length=7, description="Such as `2026-03`; this one by default.")
    ] = None,
) -> ReportOut:
    """Report an outlet's month, by China's calendar: made, taken over by others, seen by its readers."""
    check_outlet(outlet_id)
    wanted = month or month_of(room.clock.now())
    found = room.insights.report(outlet_id, wanted, caller=known)
    return ReportOut(
        outlet_id=outlet_id,
        outlet=room.library.outlets[outlet_id].name,
        month=wanted,
        since=found.since,
        until=found.until,
        output=found.output,
        originals=found.output - found.reprints,
        reprints=found.reprints,
        spread=_spread_out(found.spread),
        submissions={state.value: count for state, count in found.submissions.items()},
        topics=_counts(TagKind.TOPIC, dict(found.topics), room),
        places=_counts(TagKind.PLACE, dict(found.places), room),
        readers=None if found.readers is None else ReadersOut.model_validate(found.readers),
    )


def check_outlet(outlet_id: str | None) -> None:
    """Refuse what is no id."""
    if outlet_id is not None:
        check_id(outlet_id, field="outlet_id", error=InvalidRequest)


def _cluster_out(found: HotCluster, view: FeedView) -> HotClusterOut:
    card = view.card(found.row)
    return HotClusterOut(
        cluster_id=card.cluster_id,
        story_id=card.story_id,
        outlet_id=card.outlet_id,
        title=card.title,
        first_published_at=datetime.fromtimestamp(card.published_at_s, UTC),
        outlets=found.outlets,
        stories=found.stories,
        clicks=found.clicks,
        score=found.score,
    )


def _spot_out(spot: BlankSpot, room: Newsroom) -> BlankSpotOut:
    return BlankSpotOut(
        why=spot.why,
        kind=spot.kind,
        code=spot.code,
        name=room.names.get((spot.kind, spot.code), spot.code),
        others=spot.others,
        reason=ground_out(spot.ground),
    )


def _spread_out(spread: Spread) -> SpreadOut:
    return SpreadOut(
        adoptions=spread.adoptions,
        by_higher_levels=spread.higher,
        by_level={level.value: count for level, count in spread.by_level.items()},
        stories_carried=len(spread.carried),
        carried=[
            CarriedOut(story_id=one.story_id, title=one.title, outlets=one.outlets, highest_level=one.highest)
            for one in spread.carried[:MAX_CARRIED]
        ],
    )


def _counts(kind: TagKind, counts: dict[str, int], room: Newsroom) -> list[CountOut]:
    return [
        CountOut(code=code, name=room.names.get((kind, code), code), stories=told)
        for code, told in counts.items()
    ]


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
