"""Beginning, ending and reading trials of rankers."""

from dataclasses import asdict, dataclass
from datetime import timedelta

from tianfu.model.errors import Conflict, InvalidRequest, NotFound
from tianfu.model.ports import Clock
from tianfu.model.release import ModelKind
from tianfu.model.trial import (
    Arm,
    ArmCounts,
    Rails,
    Rate,
    Trial,
    TrialKind,
    TrialState,
    by_arm,
    difference,
    rate_of,
)
from tianfu.serving.services.clock import new_id
from tianfu.serving.services.model_desk import ModelDesk
from tianfu.serving.services.trials import end_trial
from tianfu.serving.store.changes import ChangeKind
from tianfu.serving.store.database import Database

MOST_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialReport:
    """What a trial has shown so far.

    Attributes:
        counts: Over feeds, by arm.
        clicks: Clicks by exposure over readers, by arm; of a split only.
        more: How much more the candidate's readers click.
    """

    trial: Trial
    counts: dict[Arm, ArmCounts]
    clicks: dict[Arm, Rate]
    more: Rate | None


class TrialDesk:
    """Writes trials; running processes follow within seconds."""

    def __init__(self, *, database: Database, models: ModelDesk, clock: Clock) -> None:
        self._database = database
        self._models = models
        self._clock = clock

    def begin(
        self, kind: TrialKind, wanted: str, *, share: float, days: float, rails: Rails, actor: str
    ) -> Trial:
        """Begin a trial of a ranker that passes the checks of publishing.

        Raises:
            NotFound: There is no such version.
            ModelRefused: It may not serve.
            Conflict: A trial of this kind runs.
            InvalidRequest: Share or days are out of range.
        """
        most = 1.0 if kind is TrialKind.SHADOW else 0.5
        if not 0.0 < share <= most:
            raise InvalidRequest(field="share", why=f"of a {kind} lies above 0 and up to {most:g}")
        if not 0.0 < days <= MOST_DAYS:
            raise InvalidRequest(field="days", why=f"lie above 0 and up to {MOST_DAYS}")
        version = self._models.checked(ModelKind.RANKER, wanted)
        now = self._clock.now()
        trial = Trial(
            id=new_id("x"),
            kind=kind,
            model_id=version.id,
            share=share,
            rails=rails,
            state=TrialState.RUNNING,
            started_at=now,
            started_by=actor,
            ends_at=now + timedelta(days=days),
        )
        with self._database.write() as uow:
            if any(one.kind is kind for one in uow.trials.running()):
                raise Conflict(f"A {kind} trial runs already.", advice="End it first.")
            uow.trials.add(trial)
            uow.changes.add(ChangeKind.TRIALS, [None], now)
            details = {"kind": kind.value, "model_id": version.id, "share": share, "rails": asdict(rails)}
            uow.audit.add(actor=actor, action="trial.begun", target=trial.id, now=now, details=details)
            uow.commit()
        return trial

    def end(self, trial_id: str, *, actor: str) -> Trial:
        """End a trial; every reader gets the ranker that serves from then on.

        Raises:
            NotFound: There is no such trial.
            Conflict: It has ended already.
        """
        now = self._clock.now()
        with self._database.write() as uow:
            trial = uow.trials.by_id(trial_id)
            if trial is None:
                raise NotFound("trial", trial_id)
            if not end_trial(trial, TrialState.ENDED, "ended by hand", uow, actor=actor, now=now):
                raise Conflict("This trial has ended already.")
            ended = uow.trials.by_id(trial_id)
            uow.commit()
        return ended or trial

    def all(self) -> list[Trial]:
        """Trials, newest first."""
        with self._database.read() as uow:
            return uow.trials.all()

    def report(self, trial_id: str) -> TrialReport:
        """What a trial has shown so far.

        Raises:
            NotFound: There is no such trial.
        """
        with self._database.read() as uow:
            trial = uow.trials.by_id(trial_id)
            if trial is None:
                raise NotFound("trial", trial_id)
            counts = uow.trials.counts(trial_id)
            if trial.kind is TrialKind.SHADOW:
                return TrialReport(trial=trial, counts=counts, clicks={}, more=None)
            until = trial.ended_at or self._clock.now()
            readers = uow.trials.reads(trial.started_at, until)
        clicks = {arm: rate_of(rows) for arm, rows in by_arm(trial, readers).items()}
        more = difference(clicks[Arm.CONTROL], clicks[Arm.CANDIDATE])
        return TrialReport(trial=trial, counts=counts, clicks=clicks, more=more)
