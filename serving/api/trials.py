"""Trials of rankers: unseen beside the one that serves, or before a share of the readers."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from tianfu.model.errors import InvalidRequest
from tianfu.model.rules import check_id
from tianfu.model.trial import Arm, ArmCounts, Rails, Rate, Trial, TrialKind, TrialState
from tianfu.serving.api.context import NewsroomDep, ScientistCaller
from tianfu.serving.api.forms import In, Out
from tianfu.serving.services.trial_desk import MOST_DAYS, TrialReport

router = APIRouter(prefix="/trials", tags=["models"])

_Worse = Annotated[float, Field(ge=0.0, le=1.0)]
_DEFAULT = Rails()


class RailsIn(In):
    """How much worse than without it the candidate's feeds may be before the trial ends by itself.

    `fallback`: share of feeds filled up or without a part; `slow`: share of feeds over 150 ms;
    `varied`: variety of first pages; `small`: share of county outlets on them.
    """

    fallback: _Worse = _DEFAULT.fallback
    slow: _Worse = _DEFAULT.slow
    varied: _Worse = _DEFAULT.varied
    small: _Worse = _DEFAULT.small
    least_feeds: Annotated[
        int, Field(ge=1, le=1_000_000, description="Of each arm, before anything is judged.")
    ] = _DEFAULT.least_feeds


class TrialIn(In):
    """A trial of a ranker in the registry."""

    kind: TrialKind
    version: Annotated[str, Field(min_length=1, max_length=130, description="Id or `name@version`.")]
    share: Annotated[
        float,
        Field(gt=0.0, le=1.0, description="Of readers in a split, 0.5 at most; of feeds in the shadow."),
    ]
    days: Annotated[float, Field(gt=0.0, le=MOST_DAYS)] = 7.0
    rails: RailsIn = RailsIn()


class TrialOut(Out):
    """A trial; `why` tells what ended it."""

    id: str
    kind: TrialKind
    model_id: str
    share: float
    rails: dict[str, float]
    state: TrialState
    started_at: datetime
    started_by: str
    ends_at: datetime
    ended_at: datetime | None
    why: str


class TrialsOut(Out):
    """Trials, newest first."""

    items: list[TrialOut]


class ArmOut(Out):
    """Means over the feeds of one arm; `overlap` with what was shown, of a candidate in the shadow."""

    arm: Arm
    feeds: int
    fallback: float
    slow: float
    seconds: float
    varied: float
    small: float
    overlap: float


class RateOut(Out):
    """A ratio over readers with its 95 % interval."""

    readers: int
    value: float
    low: float
    high: float


class TrialReportOut(Out):
    """What a trial has shown so far; clicks by exposure only of a split, over readers."""

    trial: TrialOut
    arms: list[ArmOut]
    clicks: dict[str, RateOut]
    more_clicks: RateOut | None


@router.post("", status_code=201)
def begin_trial(given: TrialIn, room: NewsroomDep, known: ScientistCaller) -> TrialOut:
    """Begin a trial.  At most one of each kind runs; a broken guard rail ends it and is audited.

    In a split a reader always gets the same ranker.  Whoever is unknown, a minor, or has switched
    personalisation off is in no trial.
    """
    trial = room.trial_desk.begin(
        given.kind,
        given.version,
        share=given.share,
        days=given.days,
        rails=Rails(**given.rails.model_dump()),
        actor=known.key.id,
    )
    room.library.catch_up()
    room.trial_runner.step()
    return _trial_out(trial)


@router.get("")
def list_trials(room: NewsroomDep, _known: ScientistCaller) -> TrialsOut:
    """List trials, newest first."""
    return TrialsOut(items=[_trial_out(trial) for trial in room.trial_desk.all()])


@router.get("/{trial_id}")
def get_trial(trial_id: str, room: NewsroomDep, _known: ScientistCaller) -> TrialReportOut:
    """What a trial has shown so far."""
    check_id(trial_id, field="trial_id", error=InvalidRequest)
    return _report_out(room.trial_desk.report(trial_id))


@router.post("/{trial_id}/end")
def end_trial(trial_id: str, room: NewsroomDep, known: ScientistCaller) -> TrialOut:
    """End a trial; the ranker that serves goes on for everybody."""
    check_id(trial_id, field="trial_id", error=InvalidRequest)
    ended = room.trial_desk.end(trial_id, actor=known.key.id)
    room.library.catch_up()
    room.trial_runner.step()
    return _trial_out(ended)


def _trial_out(trial: Trial) -> TrialOut:
    return TrialOut.model_validate(asdict(trial))


def _report_out(report: TrialReport) -> TrialReportOut:
    return TrialReportOut(
        trial=_trial_out(report.trial),
        arms=[_arm_out(arm, counted) for arm, counted in report.counts.items()],
        clicks={arm.value: _rate_out(rate) for arm, rate in report.clicks.items()},
        more_clicks=_rate_out(report.more) if report.more is not None else None,
    )


def _arm_out(arm: Arm, counted: ArmCounts) -> ArmOut:
    names = ("fallback", "slow", "seconds", "varied", "small", "overlap")
    return ArmOut(arm=arm, feeds=counted.feeds, **{name: round(counted.mean(name), 4) for name in names})


def _rate_out(rate: Rate) -> RateOut:
    return RateOut(
        readers=rate.readers,
        value=round(rate.value, 4),
        low=round(rate.low, 4),
        high=round(rate.high, 4),
    )
