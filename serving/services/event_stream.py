"""The event log as a stream: every event once to this process's signals, whichever process recorded it."""

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from tianfu.model.ports import Clock
from tianfu.serving.services.brushing import EventGate
from tianfu.serving.services.library import Library
from tianfu.serving.services.number_gaps import NumberGaps
from tianfu.serving.services.signals import COUNTED, Signals
from tianfu.serving.store.database import Database
from tianfu.serving.store.events import Deed, LoggedEvent, reader_or_stand_in

SIGNAL_DAYS = 3
MOST_EVENTS = 1_000_000
_BATCH = 5_000
_TAIL = 5_000
"""Numbers below the highest at start that may still be missing because their transactions run."""


class EventStream:
    """Follows the log by number, and looks again for numbers that were given but not committed yet.

    Every event is read once, whatever is missing before it.

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
        self._gaps = NumberGaps()
        self._judged: set[int] = set()  # numbers that this process's gate has judged

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
            self._gaps.highest = max(0, uow.events.latest() - _TAIL)
            self._passed(uow.events.after(self._gaps.highest, _TAIL))
        return count

    def judged_here(self, numbers: Iterable[int]) -> None:
        """Say, before they are committed, which events the gate of this process has counted already."""
        with self._lock:
            self._judged.update(numbers)

    def catch_up(self) -> int:
        """Take in every event since the last; returns how many there were."""
        count = 0
        now_s = time.monotonic()
        with self._lock:
            for rows in self._fresh(now_s):
                for event in rows:
                    self._take_in(event)
                self._passed(rows)
                count += len(rows)
            self._gaps.give_up(now_s)
            self._judged = {number for number in self._judged if self._gaps.awaits(number)}
        return count

    @property
    def waits_for(self) -> int:
        """How many numbers below the highest are still missing."""
        with self._lock:
            return len(self._gaps)

    def _fresh(self, now_s: float) -> Iterator[Sequence[LoggedEvent]]:
        """What has come for missing numbers, then what is above the highest."""
        due = self._gaps.due(now_s)
        if due:
            with self._database.glance() as uow:
                late = uow.events.numbered(due)
            yield late
        while True:
            with self._database.glance() as uow:
                rows = uow.events.after(self._gaps.highest, _BATCH)
            yield rows
            if len(rows) < _BATCH:
                break

    def _passed(self, rows: Sequence[LoggedEvent]) -> None:
        """Go on.  A box gives numbers and commits in one order: what is missing there is gone."""
        numbers = [event.number for event in rows]
        self._gaps.saw(numbers, time.monotonic(), waits=not self._database.is_sqlite)

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


def _who(event: LoggedEvent) -> str:
    return reader_or_stand_in(event.reader_key, event.outlet_id, event.event_id)
