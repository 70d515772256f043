"""The decision log: feeds are answered at once and written down within half a second."""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime

import structlog

from tianfu.model.aims import MEASURED
from tianfu.model.errors import StoreUnavailable
from tianfu.model.recommendation import Decision
from tianfu.serving.services.meters import Meters
from tianfu.serving.services.receipts import ReceiptBook
from tianfu.serving.store.aims import SceneKey
from tianfu.serving.store.database import Database

log = structlog.get_logger(__name__)

_FLUSH_S = 0.5
_OTHERS_WRITE_S = 1.5
_LOOK_AGAIN_S = 0.1
_FRESH_S = 5.0
_RECENT = 2_000
"""Some 10 KB each; a page that follows later than a minute or so is cut from the database."""
_MAX_WAITING = 20_000


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
        self._writing: list[Decision] = []
        self._forgotten: set[str] = set()
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

    def add(self, decision: Decision) -> None:
        """Take a decision; it can be found at once."""
        self._meters.made(decision)
        with self._lock:
            self._recent[decision.trace_id] = decision
            if len(self._recent) > _RECENT:
                self._recent.popitem(last=False)
            self._waiting.append(decision)
            del self._waiting[:-_MAX_WAITING]

    def find(self, trace_id: str) -> Decision | None:
        """Find a decision: of this process, or written by any.

        One that another process made a moment ago is waited for until that process has written it.
        """
        with self._lock:
            known = self._recent.get(trace_id) or self._unwritten(trace_id)
        until = time.monotonic() + (_OTHERS_WRITE_S if _is_fresh(trace_id) else 0.0)
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
        return next((d for d in (*self._waiting, *self._writing) if d.trace_id == trace_id), None)

    def reader_keys(self) -> set[str]:
        """Readers of whom decisions are in memory."""
        with self._lock:
            held = (*self._recent.values(), *self._waiting, *self._writing)
            return {decision.reader_key for decision in held if decision.reader_key}

    def forget(self, reader_key: str) -> None:
        """Drop a reader's decisions: those in memory, and with the next writing what was just written."""
        with self._lock:
            self._forgotten.add(reader_key)
            self._waiting = [d for d in self._waiting if d.reader_key != reader_key]
            self._writing = [d for d in self._writing if d.reader_key != reader_key]
            for trace_id in [t for t, d in self._recent.items() if d.reader_key == reader_key]:
                del self._recent[trace_id]

    def flush(self) -> None:
        """Write what waits; when the database is away, keep it for the next time.

        What another thread is writing at this moment is waited for.
        """
        with self._turn:
            self._flush()

    def _flush(self) -> None:
        with self._lock:
            batch = self._writing = self._waiting
            self._waiting = []
            forgotten, self._forgotten = self._forgotten, set()
        shown = self._receipts.take()
        if not batch and not shown and not forgotten:
            return
        try:
            with self._database.write(()) as uow:
                uow.decisions.erase(forgotten)
                uow.decisions.add(batch)
                uow.receipts.add(shown)
                for (key, hour), (feeds, sums) in sorted(hourly_sums(batch).items()):
                    uow.aims.count(key, hour, sums, feeds)
                uow.commit()
        except StoreUnavailable:
            log.warning("decisions.waiting", decisions=len(batch))
            self._receipts.put_back(shown)
            with self._lock:  # less what was forgotten meanwhile
                self._waiting = (self._writing + self._waiting)[-_MAX_WAITING:]
                self._forgotten |= forgotten
        finally:
            with self._lock:
                self._writing = []

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
