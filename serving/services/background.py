"""A thread that takes small steps until told to stop."""

import threading
from collections.abc import Callable, Sequence

import structlog

from tianfu.model.errors import StoreUnavailable

log = structlog.get_logger(__name__)

_IDLE_S = 0.2
_AFTER_ERROR_S = 2.0


class Background:
    """Runs steps in turn; each returns how much was done.  An error of one step never ends it.

    Each error is told to ``failed``, but for a database that is away, of which everybody tells.
    """

    def __init__(self, name: str, steps: Sequence[Callable[[], int]], *, failed: Callable[[], None]) -> None:
        self._name = name
        self._steps = tuple(steps)
        self._failed = failed
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the step at hand and end."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=60)

    def _run(self) -> None:
        while not self._stop.is_set():
            if not sum(self._one(step) for step in self._steps):
                self._stop.wait(_IDLE_S)

    def _one(self, step: Callable[[], int]) -> int:
        try:
            return step()
        except StoreUnavailable as down:
            log.warning("background.waiting", thread=self._name, code=down.code)
        except Exception:
            log.exception("background.step_failed", thread=self._name)
            self._failed()
        self._stop.wait(_AFTER_ERROR_S)
        return 0
