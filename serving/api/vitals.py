"""How the service does, in numbers with a short history, for the people who run it."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from tianfu import __version__
from tianfu.serving.api.context import NewsroomDep, RunningCaller
from tianfu.serving.api.forms import Out
from tianfu.serving.api.request_history import RequestHistory

router = APIRouter(tags=["operations"])


def request_history(request: Request) -> RequestHistory:
    """What this app answered lately."""
    history: RequestHistory = request.app.state.history
    return history


class SampleOut(Out):
    """One look at the queue and the index.  `stories` are stored, `indexed` in this process's index."""

    at: datetime
    stories: int
    indexed: int
    waiting: int
    stuck: int
    oldest_s: float
    behind: int


class AnswersOut(Out):
    """Answers counted together: `refused` had a status of 4xx, `broken` of 5xx; durations to a fifth."""

    requests: int
    refused: int
    broken: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


class MinuteOut(AnswersOut):
    """One minute's answers."""

    at: datetime


class RouteOut(AnswersOut):
    """One route's answers since the start."""

    method: str
    route: str


class BrokenOut(Out):
    """One answer with a status of 5xx."""

    at: datetime
    method: str
    route: str
    status: int


class VitalsOut(Out):
    """One process since it started: how it is now, a sample and a count a minute for three hours.

    With several processes each tells of its own answers; queue and stories are the database's.
    """

    version: str
    started_at: datetime
    models: dict[str, str]
    now: SampleOut
    samples: list[SampleOut]
    minutes: list[MinuteOut]
    routes: list[RouteOut]
    broken: list[BrokenOut]


@router.get("/vitals")
def get_vitals(
    room: NewsroomDep, _known: RunningCaller, history: Annotated[RequestHistory, Depends(request_history)]
) -> VitalsOut:
    """How the service does: what comes in, the queue, the index, models, errors, durations."""
    return VitalsOut(
        version=__version__,
        started_at=room.vitals.started_at,
        models=dict(room.models),
        now=SampleOut.model_validate(room.vitals.look()),
        samples=[SampleOut.model_validate(one) for one in room.vitals.samples()],
        minutes=[
            MinuteOut(at=datetime.fromtimestamp(at, UTC), **AnswersOut.model_validate(one).model_dump())
            for at, one in history.minutes()
        ],
        routes=[
            RouteOut(method=method, route=route, **AnswersOut.model_validate(one).model_dump())
            for method, route, one in history.routes()
        ],
        broken=[
            BrokenOut(
                at=datetime.fromtimestamp(one.at_s, UTC),
                method=one.method,
                route=one.route,
                status=one.status,
            )
            for one in history.broken()
        ],
    )
