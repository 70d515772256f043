"""Trials of rankers and what was counted of each arm."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from tianfu.model.event import EventType
from tianfu.model.trial import Arm, ArmCounts, Rails, Trial, TrialKind, TrialState
from tianfu.serving.store.schema import events
from tianfu.serving.store.trial_schema import trial_counts, trials

_COUNTED = tuple(ArmCounts.__dataclass_fields__)


class Trials:
    """Trials, newest first; at most one of each kind runs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, trial: Trial) -> None:
        """Record a new trial."""
        row = asdict(trial) | {"kind": trial.kind.value, "state": trial.state.value}
        self._connection.execute(insert(trials), [row])

    def all(self, limit: int = 50) -> list[Trial]:
        """Trials, newest first."""
        query = select(trials).order_by(trials.c.started_at.desc(), trials.c.id).limit(limit)
        return [_trial(row) for row in self._connection.execute(query)]

    def by_id(self, trial_id: str) -> Trial | None:
        """The trial with this id."""
        row = self._connection.execute(select(trials).where(trials.c.id == trial_id)).one_or_none()
        return _trial(row) if row else None

    def running(self) -> list[Trial]:
        """Trials that run."""
        query = select(trials).where(trials.c.state == TrialState.RUNNING.value).order_by(trials.c.id)
        return [_trial(row) for row in self._connection.execute(query)]

    def end(self, trial_id: str, state: TrialState, why: str, now: datetime) -> bool:
        """End a running trial; False when it does not run."""
        t = trials.c
        statement = update(trials).where(t.id == trial_id, t.state == TrialState.RUNNING.value)
        values = {"state": state.value, "why": why, "ended_at": now}
        return self._connection.execute(statement.values(values)).rowcount > 0

    def count(self, trial_id: str, arm: Arm, hour: datetime, counted: ArmCounts) -> None:
        """Add to the sums of an hour."""
        c = trial_counts.c
        known = update(trial_counts).where(c.trial_id == trial_id, c.arm == arm.value, c.hour == hour)
        values: Mapping[str, Any] = {name: c[name] + getattr(counted, name) for name in _COUNTED}
        if self._connection.execute(known.values(values)).rowcount == 0:
            row = {"trial_id": trial_id, "arm": arm.value, "hour": hour, **asdict(counted)}
            self._connection.execute(insert(trial_counts), [row])

    def counts(self, trial_id: str) -> dict[Arm, ArmCounts]:
        """Sums over a whole trial, by arm."""
        c = trial_counts.c
        sums: list[Any] = [func.sum(c[name]).label(name) for name in _COUNTED]
        query = select(c.arm, *sums).where(c.trial_id == trial_id).group_by(c.arm)
        found = {arm: ArmCounts() for arm in Arm}
        for row in self._connection.execute(query):
            found[Arm(row.arm)] = ArmCounts(*(getattr(row, name) for name in _COUNTED))
        return found

    def reads(self, since: datetime, until: datetime) -> dict[str, tuple[float, float]]:
        """For each reader with personalised feeds: stories exposed and stories clicked, events that count."""
        e = events.c
        wanted = [EventType.EXPOSE.value, EventType.CLICK.value]
        query = (
            select(e.reader_key, e.type, func.count())
            .where(e.at >= since, e.at < until, e.reader_key.is_not(None), e.quarantine.is_(None))
            .where(e.type.in_(wanted))
            .group_by(e.reader_key, e.type)
        )
        found: dict[str, tuple[float, float]] = {}
        for key, kind, count in self._connection.execute(query):
            shown, clicked = found.get(key, (0.0, 0.0))
            exposed = kind == EventType.EXPOSE.value
            found[key] = (shown + count, clicked) if exposed else (shown, clicked + count)
        return found


def _trial(row: Row[Any]) -> Trial:
    return Trial(
        id=row.id,
        kind=TrialKind(row.kind),
        model_id=row.model_id,
        share=row.share,
        rails=Rails(**row.rails),
        state=TrialState(row.state),
        started_at=row.started_at,
        started_by=row.started_by,
        ends_at=row.ends_at,
        ended_at=row.ended_at,
        why=row.why,
    )
