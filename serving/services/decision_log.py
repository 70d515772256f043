"""The decision log: feeds are answered at once and written down within half a second."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from tianfu.model.aims import MEASURED
from tianfu.model.errors import StoreUnavailable
from tianfu.model.recommendation import Decision
from tianfu.serving.services.forgetting import reader_digest
from tianfu.serving.services.meters import Meters
from tianfu.serving.services.receipts import ReceiptBook
from tianfu.serving.store.aims import SceneKey
from tianfu.serving.store.database import Database
from tianfu.serving.store.receipts import Receipt

log = structlog.get_logger(__name__)

_FLUSH_S = 0.5
_OTHERS_WRITE_S = 1.5
_LOOK_AGAIN_S = 0.1
_FRESH_S = 5.0
_RECENT = 2_000
"""Some 10 KB each; a page that follows later than a minute or so is cut from the database."""
_MAX_WAITING = 20_000
_IN_THE_MAKING_S = 60.0
"""Longer than any feed takes that began before its reader was erased."""


@dataclass
class _Batch:
    """What one transaction writes, and tries again as one: perhaps its answer was all that was lost."""

    decisions: list[Decision]
    shown: list[Receipt]
    forgotten: set[str]
    tried: bool = False


class DecisionLog:
    """Keeps recent decisions in memory and writes all to the database in the background.

    While the database is away decisions wait in memory, the oldest give way beyond 20,000.  A process
    killed outright loses at most half a second of them: their cursors answer ``cursor_expired``.
    """

    def __init__(self, database: Database, receipts: ReceiptBook, meters: Meters | None = None) -> None:
        self._database = database
        self._meters = meters or Meters()
        self._receipts = receipts
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._recent: OrderedDict[str, Decision] = OrderedDict()
        self._waiting: list[Decision] = []
        self._writing: _Batch | None = None
        self._forgotten: set[str] = set()
        self._gone: dict[str, float] = {}  # digests of readers forgotten lately, and when
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin writing in the background."""
        self._thread = threading.Thread(target=self._run, name="decision-log", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what waits and end the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        self.flush()

    def add(self, decision: Decision, *, began_s: float) -> None:
        """Take a decision; it can be found at once.

        Args:
            decision: One whose reader was erased while it was in the making is kept as nobody's.
            began_s: When its making began, by the monotonic clock.
        """
        self._meters.made(decision)
        with self._lock:
            if self._gone and decision.reader_key:
                gone_s = self._gone.get(reader_digest(decision.reader_key), -math.inf)
                key = None if began_s <= gone_s else decision.reader_key
                decision = replace(decision, reader_key=key)
            self._recent[decision.trace_id] = decision
            if len(self._recent) > _RECENT:
                self._recent.popitem(last=False)
            self._waiting.append(decision)
            del self._waiting[:-_MAX_WAITING]

    def find(self, trace_id: str, *, wait: bool = False) -> Decision | None:
        """Find a decision: of this process, or written by any.

        Args:
            trace_id: Perhaps of a decision that another process made a moment ago and has not written yet.
            wait: Whether that is waited for.  Only for ids that this service has signed: with ids that
                anybody may make up, a few callers a second would hold every thread.
        """
        with self._lock:
            known = self._recent.get(trace_id) or self._unwritten(trace_id)
        until = time.monotonic() + (_OTHERS_WRITE_S if wait and _is_fresh(trace_id) else 0.0)
        while known is None:
            with self._database.glance() as uow:
                known = uow.decisions.by_trace_id(trace_id)
            if known is None and time.monotonic() >= until:
                return None
            if known is None:
                time.sleep(_LOOK_AGAIN_S)
        return known

    def _unwritten(self, trace_id: str) -> Decision | None:
        """One not written yet: while the database is away more of them wait than are recent."""
        return next((d for d in self._all_unwritten() if d.trace_id == trace_id), None)

    def _all_unwritten(self) -> list[Decision]:
        return self._waiting if self._writing is None else self._writing.decisions + self._waiting

    def reader_keys(self) -> set[str]:
        """Readers of whom decisions are in memory."""
        with self._lock:
            held = (*self._recent.values(), *self._all_unwritten())
            return {decision.reader_key for decision in held if decision.reader_key}

    def forget(self, reader_key: str) -> None:
        """Drop a reader's decisions: those in memory, and with the next writing what was just written."""
        with self._lock:
            self._note_gone([reader_digest(reader_key)])
            self._forgotten.add(reader_key)
            self._waiting = [d for d in self._waiting if d.reader_key != reader_key]
            if self._writing is not None:
                kept = [d for d in self._writing.decisions if d.reader_key != reader_key]
                self._writing.decisions = kept
            for trace_id in [t for t, d in self._recent.items() if d.reader_key == reader_key]:
                del self._recent[trace_id]

    def are_gone(self, digests: Collection[str]) -> None:
        """Say by their digests which readers were erased: feeds that began before are nobody's."""
        with self._lock:
            self._note_gone(digests)

    def _note_gone(self, digests: Collection[str]) -> None:
        now_s = time.monotonic()
        self._gone = {one: at for one, at in self._gone.items() if now_s - at < _IN_THE_MAKING_S}
        self._gone.update(dict.fromkeys(digests, now_s))

    def flush(self) -> None:
        """Write what waits; when the database is away, keep it for the next time.

        What another thread is writing at this moment is waited for.
        """
        with self._turn:
            if self._writing is not None and not self._written(self._writing):
                return
            with self._lock:
                batch = self._writing = _Batch(self._waiting, self._receipts.take(), self._forgotten)
                self._waiting, self._forgotten = [], set()
            self._written(batch)

    def _written(self, batch: _Batch) -> bool:
        """Write a batch, or find that it was written though nobody said so; False while nobody can say."""
        try:
            if batch.decisions or batch.shown or batch.forgotten:
                self._write(batch)
        except StoreUnavailable:
            batch.tried = True
            log.warning("decisions.waiting", decisions=len(batch.decisions))
            return False
        except Exception:  # what the database will never take must not hold up all that follows
            log.exception("decisions.lost", decisions=len(batch.decisions))
            self._meters.broke()
            with self._lock:
                self._forgotten |= batch.forgotten
        with self._lock:
            self._writing = None
        return True

    def _write(self, batch: _Batch) -> None:
        made = batch.decisions
        with self._database.write(()) as uow:
            there = batch.tried and any(uow.decisions.by_trace_id(one.trace_id) for one in made[:1])
            uow.decisions.erase(batch.forgotten)
            if not there:
                uow.decisions.add(made)
                uow.receipts.add(batch.shown)
                for (key, hour), (feeds, sums) in sorted(hourly_sums(made).items()):
                    uow.aims.count(key, hour, sums, feeds)
            uow.commit()

    def _run(self) -> None:
        while not self._stop.wait(_FLUSH_S):
            self.flush()


def _is_fresh(trace_id: str) -> bool:
    """Whether a trace id was made just now, as its UUIDv7 tells; clocks of two machines differ a little."""
    try:
        made_s = int(trace_id[1:13], 16) / 1_000
    except ValueError:
        return False
    return abs(time.time() - made_s) < _FRESH_S


def hourly_sums(batch: Iterable[Decision]) -> dict[tuple[SceneKey, datetime], tuple[int, dict[str, float]]]:
    """Add up what decisions measured, by outlet, scene and hour: count of feeds and sum of each aim."""
    found: dict[tuple[SceneKey, datetime], tuple[int, dict[str, float]]] = {}
    for decision in batch:
        if not decision.measured:
            continue
        key = (decision.request.outlet_id, decision.request.scene)
        hour = decision.made_at.replace(minute=0, second=0, microsecond=0)
        feeds, sums = found.get((key, hour), (0, dict.fromkeys(MEASURED, 0.0)))
        found[key, hour] = (feeds + 1, {name: sums[name] + decision.measured[name] for name in MEASURED})
    return found
