"""Counting over moving windows: in this process, or in Redis for all replicas together."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.errors import ConfigurationError, StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from tianfu.model.errors import InvalidSetting

log = structlog.get_logger(__name__)

_REST_S = 5.0
"""After the shared store did not answer, for so long nobody asks it."""
_TIMEOUT_S = 0.25
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a window leaves.

    Attributes:
        limit: Hits that the window takes.
        remaining: How many more it takes now.
        resets_s: Seconds until the oldest hit leaves it.
        taken: Whether the hit at hand was taken.
    """

    limit: int
    remaining: int
    resets_s: int
    taken: bool


class Counters:
    """Counts hits.  While the shared store is away this process counts for itself, and says so in the log."""

    def __init__(self, url: str = "") -> None:
        """Take the address of the shared store; nothing is connected yet.

        Args:
            url: ``redis://…``, ``rediss://…`` or ``redis+unix://…``; empty counts in this process alone.

        Raises:
            InvalidSetting: It is no such address, or the client for Redis is not installed.
        """
        self._local = MovingWindowRateLimiter(MemoryStorage())
        self._shared = _shared(url) if url else None
        self._lock = threading.Lock()
        self._away_until = 0.0

    def hit(self, limit: RateLimitItem, key: str) -> Allowance:
        """Count one hit, if the window takes it."""
        return self._ask(lambda limiter: _hit(limiter, limit, key))

    def once(self, key: str, within_s: int) -> bool:
        """Whether something happens for the first time within a number of seconds."""
        return self._ask(lambda limiter: limiter.hit(RateLimitItemPerSecond(1, within_s), key))

    def _ask(self, question: Callable[[MovingWindowRateLimiter], _T]) -> _T:
        if self._shared is None or time.monotonic() < self._away_until:
            return question(self._local)
        try:
            answer = question(self._shared)
        except StorageError as away:
            self._note_away(away)
            return question(self._local)
        self._note_back()
        return answer

    def _note_away(self, away: StorageError) -> None:
        with self._lock:
            first = self._away_until == 0.0
            self._away_until = time.monotonic() + _REST_S
        if first:
            log.warning("counters.counting_alone", why=type(away.storage_error).__name__)

    def _note_back(self) -> None:
        if self._away_until == 0.0:
            return
        with self._lock:
            was_away, self._away_until = self._away_until != 0.0, 0.0
        if was_away:
            log.info("counters.shared_again")


def _hit(limiter: MovingWindowRateLimiter, limit: RateLimitItem, key: str) -> Allowance:
    taken = limiter.hit(limit, key)
    stats = limiter.get_window_stats(limit, key)
    resets_s = max(1, math.ceil(stats.reset_time - time.time()))
    return Allowance(limit=limit.amount, remaining=stats.remaining, resets_s=resets_s, taken=taken)


def _shared(url: str) -> MovingWindowRateLimiter:
    try:
        storage = storage_from_string(
            url,
            wrap_exceptions=True,
            socket_timeout=_TIMEOUT_S,
            socket_connect_timeout=_TIMEOUT_S,
        )
        return MovingWindowRateLimiter(storage)
    except (ConfigurationError, ValueError, NotImplementedError) as bad:
        raise InvalidSetting(
            field="TIANFU_RATE_LIMIT_URL",
            why="is not the address of a Redis, or its client is missing",
            advice="Write redis://HOST:PORT/NUMBER and install tianfu[redis].",
        ) from bad
