"""How the service has been lately: a sample a minute of the queue, the index and what came in."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from tianfu.model.ports import Clock
from tianfu.serving.services.library import Library
from tianfu.serving.store.database import Database

KEPT_MINUTES = 180
_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One look at the database and the caches.

    Attributes:
        stories: Stored in all, taken down or not; an estimate when they are many.
        indexed: In this process's index.
        waiting: Rows in the queue that will be tried.
        stuck: Rows that were given up.
        oldest_s: Age of the oldest waiting row, seconds.
        behind: Changes that this process has not followed yet.
    """

    at: datetime
    stories: int
    indexed: int
    waiting: int
    stuck: int
    oldest_s: float
    behind: int


class Vitals:
    """Samples of the last three hours, kept in this process.  Safe to call from many threads."""

    def __init__(self, *, database: Database, library: Library, clock: Clock) -> None:
        self._database = database
        self._library = library
        self._clock = clock
        self._lock = Lock()
        self._samples: deque[Sample] = deque(maxlen=KEPT_MINUTES)
        self.started_at = clock.now()

    def step(self) -> int:
        """Take a sample when a minute has passed since the last; never counts as work done.

        Raises:
            StoreUnavailable: The database does not answer; no sample was taken.
        """
        now = self._clock.now()
        with self._lock:
            last = self._samples[-1].at if self._samples else None
        if last is None or now - last >= _EVERY:
            sample = self.look()
            with self._lock:
                self._samples.append(sample)
        return 0

    def look(self) -> Sample:
        """How it is at this moment.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        now = self._clock.now()
        with self._database.read() as uow:
            depth = uow.queue.depth()
            stories = uow.stories.count_about()
            latest = uow.changes.latest()
        oldest_s = (now - depth.oldest_at).total_seconds() if depth.oldest_at else 0.0
        return Sample(
            at=now,
            stories=stories,
            indexed=self._library.index.size,
            waiting=depth.waiting,
            stuck=depth.stuck,
            oldest_s=round(max(0.0, oldest_s), 1),
            behind=latest - self._library.sequence,
        )

    def samples(self) -> list[Sample]:
        """Every sample kept, oldest first."""
        with self._lock:
            return list(self._samples)
