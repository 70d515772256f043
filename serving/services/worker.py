"""The background thread of a box: follows changes, works through the queue, saves snapshots."""

import threading
import time
from collections.abc import Callable, Sequence

import structlog

from tianfu.model.errors import StoreUnavailable
from tianfu.serving.services.indexing import Indexer
from tianfu.serving.services.library import Library
from tianfu.serving.services.meters import Meters

log = structlog.get_logger(__name__)

_AFTER_ERROR_S = 2.0
_SNAPSHOT_S = 300.0
_FULL = 128
"""A round that did so much is followed by the next at once."""
_REST_SHARE = 2.0
_LONGEST_REST_S = 0.4
"""After a round that did something in t seconds, the next waits this many times t, but no longer: what comes
in meanwhile is then done together, in as many statements as one story takes."""


class Worker:
    """Runs until told to stop; an error of one round never ends it.

    Attributes:
        rounds: Finished rounds, so that someone waiting for a story knows when to look again.
    """

    def __init__(
        self,
        *,
        library: Library,
        indexer: Indexer | None,
        chores: Sequence[Callable[[], int]] = (),
        idle_s: float = 0.2,
        meters: Meters | None = None,
    ) -> None:
        """Take the work.

        Args:
            library: Follows the change sequence.
            indexer: Works through the queue; ``None`` only to follow.
            chores: One small step each of further work; returns how much was done.
            idle_s: How long to wait when there was nothing to do and nobody calls.
            meters: Counts failed rounds.
        """
        self._library = library
        self._indexer = indexer
        self._chores = tuple(chores)
        self._idle_s = idle_s
        self._meters = meters or Meters()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._round = threading.Condition()
        self.rounds = 0

    @property
    def indexes(self) -> bool:
        """Whether it works through the queue, or only follows changes."""
        return self._indexer is not None

    @property
    def is_alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the round at hand and end."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=60)

    def join(self) -> None:
        """Wait until it ends."""
        while self._thread is not None and self._thread.is_alive():
            self._thread.join(timeout=1.0)

    def wake(self) -> None:
        """Say that there is something to do."""
        self._wake.set()

    def wait_round(self, timeout_s: float) -> None:
        """Wait until a round has ended, or the time is up."""
        with self._round:
            self._round.wait(timeout=timeout_s)

    def _run(self) -> None:
        saved_at = time.monotonic()
        saved_sequence = self._library.sequence
        while not self._stop.is_set():
            began = time.monotonic()
            worked = self._one_round()
            took_s = time.monotonic() - began
            if time.monotonic() - saved_at > _SNAPSHOT_S and self._library.sequence != saved_sequence:
                self._save()
                saved_at, saved_sequence = time.monotonic(), self._library.sequence
            if not worked:
                self._wake.wait(self._idle_s)
                self._wake.clear()
            elif worked < _FULL:
                self._stop.wait(min(_REST_SHARE * took_s, _LONGEST_REST_S))

    def _one_round(self) -> int:
        first = self._indexer.step if self._indexer is not None else self._library.catch_up
        done = [self._attempt(step) for step in (first, *self._chores)]
        if None in done:
            self._stop.wait(_AFTER_ERROR_S)
        with self._round:
            self.rounds += 1
            self._round.notify_all()
        return 0 if None in done else sum(step or 0 for step in done)

    def _attempt(self, step: Callable[[], int]) -> int | None:
        """How much a step did; ``None`` when it failed, which keeps no other step from its turn."""
        try:
            return step()
        except StoreUnavailable as down:
            log.warning("worker.waiting", code=down.code)
        except Exception:
            log.exception("worker.round_failed")
            self._meters.broke()
        return None

    def _save(self) -> None:
        try:
            self._library.save_snapshot()
        except Exception:  # a full disk has many names, and the index is a cache
            log.exception("index.not_saved")
            self._meters.broke()
