"""How often a call is sent, and how long to wait in between."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

PASSING = (502, 503, 504)
"""Statuses of a service that may be back in a moment."""
TOO_MANY = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Attempts and pauses.

    Attributes:
        attempts: How often a call is sent at most; 1 never repeats.
        first_s: Pause before the second attempt; it doubles from one to the next.
        longest_s: No pause by ourselves is longer.
        longest_asked_s: A ``Retry-After`` beyond this is not waited for: the error is raised at once.
    """

    attempts: int = 4
    first_s: float = 0.25
    longest_s: float = 8.0
    longest_asked_s: float = 60.0

    def pause_s(self, attempt: int, asked_s: float | None, luck: float) -> float | None:
        """Seconds before the next attempt, or ``None`` when there is none.

        Args:
            attempt: Attempts made so far, from 1.
            asked_s: What ``Retry-After`` asks for.
            luck: 0..1, drawn anew each time, so that many clients do not come back at one moment.
        """
        if attempt >= self.attempts or (asked_s or 0.0) > self.longest_asked_s:
            return None
        pause = min(self.longest_s, self.first_s * 2.0 ** (attempt - 1))
        return (asked_s or 0.0) + pause * (0.5 + luck / 2)


def asked_pause_s(header: str | None, now: datetime) -> float | None:
    """Read ``Retry-After``: seconds or a date; what cannot be read counts as not sent."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.utcoffset() is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())
