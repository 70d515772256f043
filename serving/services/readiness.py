"""Whether this process can do its work: each part is asked, none is taken at its word."""

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from tianfu.model.errors import StoreUnavailable
from tianfu.model.ports import Clock
from tianfu.serving.services.library import Library
from tianfu.serving.services.live_models import LiveModels, versions
from tianfu.serving.services.worker import Worker
from tianfu.serving.store.database import Database, UnitOfWork
from tianfu.serving.store.queue import QueueDepth

MAX_BEHIND = timedelta(seconds=30)
"""How long the caches may lag behind the database."""
MAX_QUEUE_AGE = timedelta(minutes=15)
"""How long a story may wait to be indexed before that is told."""
_PROBE_LIFE = timedelta(seconds=30)
_COUNT_LIFE = timedelta(minutes=1)
_MANY = 200_000
_PROBE = "天府荐闻自检：利州区春耕备耕全面展开。"


@dataclass(frozen=True, slots=True)
class Check:
    """What was found of one part.

    Attributes:
        ok: Whether it does what it should.
        needed: Whether without it this process should get no requests.
        detail: One sentence.
    """

    ok: bool
    needed: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What was found of all parts; numbers are ``None`` while the database does not answer."""

    checks: Mapping[str, Check]
    stories: int | None
    indexed: int
    depth: QueueDepth | None
    queue_age_s: float | None
    sequence: int
    behind: int | None
    behind_s: float

    @property
    def ready(self) -> bool:
        """Whether every part that is needed does what it should."""
        return all(check.ok for check in self.checks.values() if check.needed)


@dataclass(frozen=True, slots=True)
class _Counts:
    stories: int
    latest: int
    depth: QueueDepth


@dataclass(slots=True, kw_only=True)
class ReadinessDesk:
    """Asks the parts.  A long queue is told, and leaves a process ready: its feeds are as good as ever."""

    database: Database
    library: Library
    live: LiveModels
    worker: Worker
    clock: Clock
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _probed: tuple[datetime, Check] | None = None
    _counted: tuple[datetime, int] = (datetime.min.replace(tzinfo=UTC), 0)

    @property
    def models(self) -> Mapping[str, str]:
        """Name and version of every model that serves at this moment, by part."""
        return versions(self.live.now, self.library.meaning)

    def look(self) -> Readiness:
        """Ask every part now; the encoder at most every 30 s."""
        now = self.clock.now()
        counts, database = self._database()
        behind = None if counts is None else max(0, counts.latest - self.library.sequence)
        behind_s = (now - self.library.caught_up_at).total_seconds() if behind or counts is None else 0.0
        age_s = None if counts is None else _age_s(counts.depth, now)
        return Readiness(
            checks={
                "database": database,
                "index": self._index(behind, behind_s),
                "models": self._models(now),
                "worker": self._worker(),
                "queue": _queue(counts, age_s),
            },
            stories=None if counts is None else counts.stories,
            indexed=self.library.index.size,
            depth=None if counts is None else counts.depth,
            queue_age_s=age_s,
            sequence=self.library.sequence,
            behind=behind,
            behind_s=round(max(0.0, behind_s), 1),
        )

    def _database(self) -> tuple[_Counts | None, Check]:
        try:
            with self.database.read() as uow:
                counts = _Counts(self._stories(uow), uow.changes.latest(), uow.queue.depth())
        except StoreUnavailable as down:
            return None, Check(ok=False, needed=True, detail=down.message)
        return counts, Check(ok=True, needed=True, detail="answers")

    def _stories(self, uow: UnitOfWork) -> int:
        """About how many stories there are; many are asked for once a minute."""
        now = self.clock.now()
        counted_at, found = self._counted
        if found < _MANY or now - counted_at > _COUNT_LIFE:
            found = uow.stories.count_about()
            self._counted = now, found
        return found

    def _index(self, behind: int | None, behind_s: float) -> Check:
        if behind is None:
            return Check(ok=False, needed=True, detail="cannot be compared with the database")
        if behind and behind_s > MAX_BEHIND.total_seconds():
            return Check(ok=False, needed=True, detail=f"{behind} changes behind for {behind_s:.0f} s")
        fault = self.library.index.fault
        if fault is not None:  # recent stories are found all the same, so requests may go on coming
            return Check(ok=False, needed=False, detail=fault)
        return Check(ok=True, needed=True, detail=f"{behind} changes behind")

    def _models(self, now: datetime) -> Check:
        with self._lock:
            if self._probed is None or now - self._probed[0] > _PROBE_LIFE:
                self._probed = now, self._probe()
            return self._probed[1]

    def _probe(self) -> Check:
        missing = sorted(name for name, version in self.models.items() if not version)
        if missing:
            return Check(ok=False, needed=True, detail=f"not loaded: {', '.join(missing)}")
        try:
            encoder = self.library.meaning.encoder
            rows = encoder.encode([_PROBE])
        except Exception as broke:  # noqa: BLE001 - whatever breaks an encoder, this process cannot work
            return Check(ok=False, needed=True, detail=f"the encoder fails: {type(broke).__name__}")
        length = float(np.linalg.norm(rows))
        if rows.shape != (1, encoder.dimension) or not math.isclose(length, 1.0, abs_tol=0.01):
            return Check(ok=False, needed=True, detail="the encoder gives no vector of unit length")
        return Check(ok=True, needed=True, detail="loaded, and the encoder encodes")

    def _worker(self) -> Check:
        alive = self.worker.is_alive
        says = "runs" if alive else "has ended: what changes is not followed any more"
        return Check(ok=alive, needed=True, detail=says)


def _age_s(depth: QueueDepth, now: datetime) -> float:
    return round(max(0.0, (now - depth.oldest_at).total_seconds()), 1) if depth.oldest_at else 0.0


def _queue(counts: _Counts | None, age_s: float | None) -> Check:
    if counts is None or age_s is None:
        return Check(ok=False, needed=False, detail="cannot be counted")
    depth = counts.depth
    late = age_s > MAX_QUEUE_AGE.total_seconds()
    says = f"{depth.waiting} waiting, the oldest for {age_s:.0f} s; {depth.stuck} given up"
    return Check(ok=not late and depth.stuck == 0, needed=False, detail=says)
