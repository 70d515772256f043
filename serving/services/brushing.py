"""Holding back events that look made, and letting people release them."""

import hashlib
import hmac
import math
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from tianfu.model.brushing import BrushGuard, BrushRule, address_group
from tianfu.model.errors import NotFound
from tianfu.model.event import Event
from tianfu.model.ports import Clock
from tianfu.serving.services.access import Caller
from tianfu.serving.store.database import Database
from tianfu.serving.store.events import LoggedEvent
from tianfu.serving.store.quarantine import HeldBack

LOOK_BACK = timedelta(days=7)
_REST_S = 10.0
_REST_SHARE = 20.0
"""After a sweep that took t seconds the next comes this many times t later, and not before the least rest."""


class EventGate:
    """Judges events as they come in.  Safe to call from many threads.

    Addresses never leave this object: they are turned into keyed hashes of their group at once, with a key
    that is made anew in every process and kept nowhere.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._guard = BrushGuard()
        self._next_s = -math.inf
        self._secret = secrets.token_bytes(32)

    def judge(self, event: Event, number: int, *, newcomer: bool, unnamed: bool) -> BrushRule | None:
        """Which rule holds an event back, if any."""
        group = None
        if event.client_address is not None:
            network = address_group(event.client_address).encode()
            group = hmac.new(self._secret, network, hashlib.sha256).hexdigest()[:16]
        with self._lock:
            return self._guard.judge(
                event.reader.key,
                number,
                event.type,
                event.at.timestamp(),
                newcomer=newcomer,
                group=group,
                unnamed=unnamed,
            )

    def note(self, event: LoggedEvent, *, reader: str) -> None:
        """Count what another process judged, so that the next one is judged alike here.

        Its address is not known here: of the rules about addresses every process keeps its own count.
        """
        with self._lock:
            self._guard.judge(
                reader,
                event.story_number,
                event.type,
                event.at.timestamp(),
                newcomer=event.newcomer,
                group=None,
            )

    def reader_keys(self) -> set[str]:
        """Readers of whom anything is remembered."""
        with self._lock:
            return self._guard.readers()

    def forget(self, reader_key: str) -> None:
        """Drop what could be traced to a reader, as far as that is quick; :meth:`step` drops the rest."""
        with self._lock:
            self._guard.forget(reader_key)

    def step(self) -> int:
        """Drop what else could be traced to readers who were forgotten; never counts as work done.

        That looks through all that is remembered, and so is done for many at once: now for the first of
        them, some seconds later for those after.
        """
        began_s = time.monotonic()
        if began_s < self._next_s:
            return 0
        with self._lock:
            swept = self._guard.sweep()
        if swept:
            ended_s = time.monotonic()
            self._next_s = ended_s + max(_REST_S, _REST_SHARE * (ended_s - began_s))
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldStory:
    """A story with what is held back of it."""

    held: HeldBack
    story_id: str
    title: str


class QuarantineDesk:
    """Shows operators what is held back, without naming readers, and releases it."""

    def __init__(self, *, database: Database, follow: Callable[[], int], clock: Clock) -> None:
        """Take what it works with; ``follow`` takes in what was added to the log of events."""
        self._database = database
        self._follow = follow
        self._clock = clock

    def look(self, limit: int) -> Sequence[HeldStory]:
        """What came in during the last seven days and is held back, most first."""
        with self._database.read() as uow:
            held = uow.quarantine.since(self._clock.now() - LOOK_BACK, limit)
            stories = uow.stories.by_numbers([one.story_number for one in held])
        return [
            HeldStory(
                held=one, story_id=stories[one.story_number].id, title=stories[one.story_number].text.title
            )
            for one in held
        ]

    def release(self, story_id: str, *, caller: Caller) -> int:
        """Count what was held back of a story after all, in every process; returns how many events.

        Readers' memories stay as they are: only what is hot and what is read after what changes.

        Raises:
            NotFound: There is no such story, or nothing of it is held back.
        """
        with self._database.write() as uow:
            story = uow.stories.by_id(story_id)
            released = [] if story is None else uow.quarantine.release(story.number)
            if not released:
                raise NotFound("held back story", story_id)
            uow.audit.add(
                actor=caller.key.id,
                action="quarantine.released",
                target=story_id,
                now=self._clock.now(),
                details={"events": len(released)},
            )
            uow.commit()
        self._follow()
        return len(released)
