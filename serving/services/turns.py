"""How many calls of one kind may wait for each other in this process."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tianfu.model.errors import RateLimited

_AGAIN_S = 1


class Turns:
    """Lets a few callers of one name in at a time; further ones are sent away at once.

    Whoever waits for a lock holds a thread and a connection.  Without a bound the calls of one outlet, each
    waiting for the one before, would hold all of a replica's threads and end everybody's feeds.
    """

    def __init__(self, at_once: int, *, what: str) -> None:
        """Take the bound.

        Args:
            at_once: How many of one name may be inside.
            what: What there are too many of, for the error: ``batches of this outlet's events``.
        """
        self._at_once = at_once
        self._what = what
        self._lock = threading.Lock()
        self._inside: Counter[str] = Counter()

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Be inside for as long as the block takes; blocks within each other count twice.

        Raises:
            RateLimited: So many are inside already; nothing was done.
        """
        with self._lock:
            if self._inside[name] >= self._at_once:
                raise RateLimited(
                    retry_after_s=_AGAIN_S, what=f"Too many {self._what} are under way at this moment."
                )
            self._inside[name] += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside[name] -= 1
                if not self._inside[name]:
                    del self._inside[name]
