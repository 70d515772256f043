"""Trials in a running process: who gets which ranker, what is counted, when one ends by itself."""

import queue
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import structlog

from tianfu.model.errors import TianfuError
from tianfu.model.feed.assemble import AssembledFeed, assemble
from tianfu.model.feed.context import FeedContext
from tianfu.model.feed.line import PLACERS
from tianfu.model.feed.scoring import Scorer
from tianfu.model.outlet import OutletLevel
from tianfu.model.ports import Clock
from tianfu.model.recommendation import FeedRequest, PlacedBy
from tianfu.model.release import ModelKind
from tianfu.model.trial import SLOW_S, Arm, ArmCounts, Trial, TrialKind, TrialState, arm_of, breach_of
from tianfu.serving.services.live_models import LiveModels
from tianfu.serving.store.changes import Change, ChangeKind
from tianfu.serving.store.database import Database, UnitOfWork

log = structlog.get_logger(__name__)

_FLUSH_S = 2.0
_MOST_WAITING = 64
_TRIALS = "trials"
"""Held while counts are added to the sums of an hour."""
GUARD = "guard"
"""Who ends a trial in the audit trail when a rail broke."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A reader's arm in a running split."""

    trial: Trial
    arm: Arm
    scorer: Scorer

    @property
    def label(self) -> str:
        """As decisions record it."""
        return f"{self.trial.id}/{self.arm}"


class TrialRunner:
    """Follows trials.  The feed asks :meth:`pick` and tells :meth:`saw`; both cost microseconds.

    Someone unknown, a minor, or a reader who switched personalisation off is in no trial.
    """

    def __init__(self, *, database: Database, models: LiveModels, clock: Clock) -> None:
        self._database = database
        self._models = models
        self._clock = clock
        self._running: tuple[tuple[Trial, Scorer], ...] = ()
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, Arm], ArmCounts] = {}
        self._waiting: queue.Queue[tuple[Trial, Scorer, FeedContext, AssembledFeed, float]] = queue.Queue(
            maxsize=_MOST_WAITING
        )
        self._stale = True
        self._flush_at = 0.0

    def load(self, uow: UnitOfWork) -> None:
        """Start from the trials that run."""
        self._reload(uow)

    def apply(self, changes: Sequence[Change], uow: UnitOfWork) -> None:
        """Note that a trial began or ended."""
        if any(change.kind is ChangeKind.TRIALS for change in changes):
            self._stale = True

    def pick(self, request: FeedRequest) -> Pick | None:
        """The arm and ranker of whoever asks; ``None`` outside any split."""
        reader = request.personal_reader
        for trial, candidate in self._running:
            if trial.kind is TrialKind.SPLIT and reader is not None:
                arm = arm_of(trial.id, trial.share, reader.key)
                scorer = candidate if arm is Arm.CANDIDATE else self._models.now.scorer
                return Pick(trial, arm, scorer)
        return None

    def saw(
        self, pick: Pick | None, context: FeedContext, feed: AssembledFeed, *, seconds: float, degraded: bool
    ) -> None:
        """Count a feed that was made, and have some ranked unseen."""
        if pick is not None:
            self._count(pick.trial, pick.arm, counts_of(context, feed, seconds, degraded=degraded))
        for trial, candidate in self._running:
            drawn = (context.chance % 10_007) / 10_007
            if trial.kind is TrialKind.SHADOW and drawn < trial.share:
                with suppress(queue.Full):
                    self._waiting.put_nowait((trial, candidate, context, feed, seconds))

    def step(self) -> int:
        """Follow what began and ended, rank unseen what waits, write counts, look at the rails."""
        if self._stale:
            with self._database.read() as uow:
                self._reload(uow)
        worked = self._rank_unseen()
        if time.monotonic() >= self._flush_at:
            self._flush_at = time.monotonic() + _FLUSH_S
            worked += self.flush()
        return worked

    def flush(self) -> int:
        """Write what was counted and end what is due; returns how many arms had counts."""
        with self._lock:
            counts, self._counts = self._counts, {}
        if not counts and not self._running:
            return 0
        now = self._clock.now()
        hour = now.replace(minute=0, second=0, microsecond=0)
        try:
            with self._database.write([_TRIALS]) as uow:
                for (trial_id, arm), counted in counts.items():
                    uow.trials.count(trial_id, arm, hour, counted)
                for trial in uow.trials.running():
                    self._end_if_due(trial, uow, now)
                uow.commit()
        except TianfuError:
            with self._lock:
                for key, counted in counts.items():
                    self._counts[key] = self._counts.get(key, ArmCounts()) + counted
            raise
        return len(counts)

    def _rank_unseen(self) -> int:
        with suppress(queue.Empty):
            trial, candidate, context, shown, seconds = self._waiting.get_nowait()
            began = time.perf_counter()
            unseen = assemble(replace(context, scorer=candidate))
            took = time.perf_counter() - began
            overlap = overlap_of(shown, unseen, context.request.count)
            self._count(trial, Arm.CONTROL, counts_of(context, shown, seconds, degraded=False))
            found = counts_of(context, unseen, took, degraded=False)
            self._count(trial, Arm.CANDIDATE, replace(found, overlap=overlap))
            log.info("shadow.compared", trial_id=trial.id, overlap=round(overlap, 3))
            return 1
        return 0

    def _count(self, trial: Trial, arm: Arm, counted: ArmCounts) -> None:
        with self._lock:
            key = (trial.id, arm)
            self._counts[key] = self._counts.get(key, ArmCounts()) + counted

    def _reload(self, uow: UnitOfWork) -> None:
        self._stale = False
        found = []
        for trial in uow.trials.running():
            try:
                models = self._models.with_model(ModelKind.RANKER, trial.model_id, self._models.shipped)
            except (TianfuError, OSError):
                log.exception("trial.not_loaded", trial_id=trial.id, model_id=trial.model_id)
            else:
                found.append((trial, models.scorer))
        self._running = tuple(found)

    def _end_if_due(self, trial: Trial, uow: UnitOfWork, now: datetime) -> None:
        counts = uow.trials.counts(trial.id)
        rails = trial.rails
        if trial.kind is TrialKind.SHADOW:
            rails = replace(rails, slow=1.0)  # an unseen feed waits for no reader
        broken = breach_of(rails, counts[Arm.CONTROL], counts[Arm.CANDIDATE])
        if broken is not None:
            end_trial(trial, TrialState.BREACHED, broken, uow, actor=GUARD, now=now)
        elif trial.ends_at <= now:
            end_trial(trial, TrialState.ENDED, "its time is over", uow, actor=GUARD, now=now)


def end_trial(
    trial: Trial, state: TrialState, why: str, uow: UnitOfWork, *, actor: str, now: datetime
) -> bool:
    """End a trial, tell every process and the audit trail; False when it ran no more."""
    if not uow.trials.end(trial.id, state, why, now):
        return False
    details = {"state": state.value, "why": why, "model_id": trial.model_id}
    uow.audit.add(actor=actor, action="trial.ended", target=trial.id, now=now, details=details)
    uow.changes.add(ChangeKind.TRIALS, [None], now)
    log.warning("trial.ended", trial_id=trial.id, state=state.value, why=why)
    return True


def counts_of(context: FeedContext, feed: AssembledFeed, seconds: float, *, degraded: bool) -> ArmCounts:
    """What one feed adds to the sums."""
    first = min(context.request.count, len(feed.items))
    placed = feed.items.placed_by[:first]
    filled = bool((placed == PLACERS.index(PlacedBy.FALLBACK)).any())
    small = sum(_is_county(context, number) for number in feed.items.number[:first].tolist())
    return ArmCounts(
        feeds=1,
        fallback=int(filled or degraded),
        slow=int(seconds > SLOW_S),
        seconds=seconds,
        varied=feed.measured.get("varied", 0.0),
        small=small / first if first else 0.0,
    )


def overlap_of(one: AssembledFeed, other: AssembledFeed, count: int) -> float:
    """Share of the first ``count`` stories that two feeds have in common, 0..1."""
    a, b = one.items.number[:count], other.items.number[:count]
    return len(np.intersect1d(a, b)) / max(1, len(a), len(b))


def _is_county(context: FeedContext, number: int) -> bool:
    card = context.view.card_of(number)
    outlet = context.outlets.get(card.outlet_id) if card is not None else None
    return outlet is not None and outlet.level is OutletLevel.COUNTY
