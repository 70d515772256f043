"""The event log as a stream: every event once to this process's signals, whichever process recorded it."""

import threading
import time
from collections.abc import Iterable
from datetime import timedelta

from tianfu.model.ports import Clock
from tianfu.serving.services.brushing import EventGate
from tianfu.serving.services.library import Library
from tianfu.serving.services.signals import COUNTED, Signals
from tianfu.serving.store.database import Database
from tianfu.serving.store.events import Deed, LoggedEvent, reader_or_stand_in

SIGNAL_DAYS = 3
MOST_EVENTS = 1_000_000
_BATCH = 5_000
_TAIL = 5_000
"""Numbers below the highest at start that may still be missing because their transactions run."""
GAP_S = 30.0
"""How long a missing number is waited for; whoever was given it has committed or given up by then."""


class EventStream:
    """Follows the log by number, and waits for numbers that are given but not committed yet.

    Attributes:
        signals: What it feeds.
    """

    def __init__(
        self, *, database: Database, library: Library, signals: Signals, gate: EventGate, clock: Clock
    ) -> None:
        self._database = database
        self._library = library
        self.signals = signals
        self._gate = gate
        self._clock = clock
        self._lock = threading.Lock()
        self._low = 0  # every number up to here is done
        self._seen: set[int] = set()  # numbers above it that are done
        self._judged: set[int] = set()  # numbers that this process's gate has judged
        self._gap: tuple[int, float] | None = None  # the highest number when one was missing, and when

    def load(self) -> int:
        """Rebuild the signals from the last days of the log; returns how many events were counted.

        Of more events than :data:`MOST_EVENTS` the newest count, so that a start takes seconds however
        much is read in the province: what is hot halves every six hours, and is about now.
        """
        since = self._clock.now() - timedelta(days=SIGNAL_DAYS)
        count = 0
        with self._lock, self._database.read() as uow:
            for batch in uow.events.since(since, types=COUNTED, most=MOST_EVENTS):
                for deed in batch:
                    self._signal(deed)
                count += len(batch)
            self._low = max(0, uow.events.latest() - _TAIL)
            self._seen = {event.number for event in uow.events.after(self._low, _TAIL)}
            self._settle()
        return count

    def judged_here(self, numbers: Iterable[int]) -> None:
        """Say, before they are committed, which events the gate of this process has counted already."""
        with self._lock:
            self._judged.update(numbers)

    def catch_up(self) -> int:
        """Take in every event since the last; returns how many there were."""
        count = 0
        with self._lock:
            last = self._low
            while True:
                with self._database.glance() as uow:
                    rows = uow.events.after(last, _BATCH)
                fresh = [event for event in rows if event.number not in self._seen]
                for event in fresh:
                    self._take_in(event)
                self._seen.update(event.number for event in fresh)
                count += len(fresh)
                if len(rows) < _BATCH:
                    break
                last = rows[-1].number
            self._settle()
        return count

    @property
    def waits_for(self) -> int:
        """How many events are done beyond a number that is still missing."""
        with self._lock:
            return len(self._seen)

    def _take_in(self, event: LoggedEvent) -> None:
        if event.number in self._judged:
            self._judged.discard(event.number)
        else:
            self._gate.note(event, reader=_who(event))
        if event.quarantine is None:
            at_s = event.at.timestamp()
            self._signal(Deed(event.outlet_id, event.reader_key, event.story_number, event.type, at_s))

    def _signal(self, deed: Deed) -> None:
        outlet = self._library.outlets.get(deed.outlet_id)
        if outlet is not None:
            self.signals.add(outlet, deed.reader, deed.story_number, deed.type, deed.at_s)

    def _settle(self) -> None:
        """Move on over what is done, and over gaps that were waited for long enough.

        All gaps below what was the highest number when the first of them was met are waited for together.  A
        box gives numbers and commits in one order: what is missing there is gone.
        """
        while True:
            while self._low + 1 in self._seen:
                self._low += 1
                self._seen.discard(self._low)
            if self._gap is not None and self._low >= self._gap[0]:
                self._gap = None
            if not self._seen:
                break
            if self._gap is None:
                self._gap = (max(self._seen), time.monotonic())
            if not self._database.is_sqlite and time.monotonic() - self._gap[1] < GAP_S:
                break
            self._low = self._gap[0]
            self._seen = {number for number in self._seen if number > self._low}
        self._judged = {number for number in self._judged if number > self._low}


def _who(event: LoggedEvent) -> str:
    return reader_or_stand_in(event.reader_key, event.outlet_id, event.event_id)
