"""Rate limit per key: a moving window of this process, and what other processes counted a moment ago."""

import math
import threading
import time
from collections.abc import Mapping

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from tianfu.model.errors import RateLimited
from tianfu.serving.store.database import Database

_EXCHANGE_S = 1.0
_MINUTE_S = 60
_KEEP_MINUTES = 5


class Throttle:
    """Counts requests of each key over the last minute.  Safe to call from many threads.

    Attributes:
        per_minute: Requests taken; 0 switches the limit off.
    """

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._limit = RateLimitItemPerMinute(max(1, per_minute))
        self._lock = threading.Lock()
        self._own: dict[tuple[str, int], int] = {}  # by key and minute, as told to the others
        self._others: Mapping[tuple[str, int], int] = {}
        self._exchanged_s = -math.inf

    def take(self, key_id: str) -> None:
        """Count one request.

        Raises:
            RateLimited: The key has used up its minute.
        """
        if self.per_minute == 0:
            return
        elsewhere = self._elsewhere(key_id)
        if elsewhere and self._limiter.get_window_stats(self._limit, key_id).remaining <= elsewhere:
            raise RateLimited(retry_after_s=_MINUTE_S - int(time.time()) % _MINUTE_S)
        if not self._limiter.hit(self._limit, key_id):
            resets_at_s = self._limiter.get_window_stats(self._limit, key_id).reset_time
            raise RateLimited(retry_after_s=max(1, math.ceil(resets_at_s - time.time())))
        minute = int(time.time()) // _MINUTE_S
        with self._lock:
            self._own[key_id, minute] = self._own.get((key_id, minute), 0) + 1

    def exchange(self, database: Database, process: str) -> int:
        """Tell other processes what was counted here and take in what they counted; at most once a second.

        Returns:
            Always 0: there is never more to do at once.
        """
        if self.per_minute == 0 or time.monotonic() - self._exchanged_s < _EXCHANGE_S:
            return 0
        self._exchanged_s = time.monotonic()
        minute = int(time.time()) // _MINUTE_S
        with self._lock:
            self._own = {key: count for key, count in self._own.items() if key[1] >= minute - 1}
            told = dict(self._own)
        with database.write(()) as uow:
            uow.key_usage.put(process, told)
            uow.key_usage.drop_before(minute - _KEEP_MINUTES)
            others = uow.key_usage.of_others(process, minute - 1)
            uow.commit()
        self._others = others
        return 0

    def _elsewhere(self, key_id: str) -> int:
        """About how many requests other processes took within the last minute."""
        now_s = time.time()
        minute = int(now_s) // _MINUTE_S
        rest = 1.0 - (now_s % _MINUTE_S) / _MINUTE_S
        others = self._others
        return int(others.get((key_id, minute), 0) + rest * others.get((key_id, minute - 1), 0))
