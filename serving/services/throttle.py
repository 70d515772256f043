"""Rate limit per key: a moving window, kept in this process."""

import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from tianfu.model.errors import RateLimited


class Throttle:
    """Counts requests of each key over the last minute.

    Attributes:
        per_minute: Requests taken; 0 switches the limit off.
    """

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._limit = RateLimitItemPerMinute(max(1, per_minute))

    def take(self, key_id: str) -> None:
        """Count one request.

        Raises:
            RateLimited: The key has used up its minute.
        """
        if self.per_minute == 0 or self._limiter.hit(self._limit, key_id):
            return
        resets_at_s = self._limiter.get_window_stats(self._limit, key_id).reset_time
        raise RateLimited(retry_after_s=max(1, math.ceil(resets_at_s - time.time())))
