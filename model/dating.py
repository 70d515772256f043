"""What an outlet's word for the time of a story is worth: for being first, and for being fresh.

``published_at`` is shown as the outlet wrote it.  What feeds and first publishers count by is settled here
from that word and from when the story came in, so that no story gains by being dated.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

LATE = timedelta(hours=2)
"""How long before its arrival a story may count as told: feeds are pushed at once or fetched every hour."""
ARCHIVE = timedelta(days=7)
"""A story that came in longer after its date than this is from an archive."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dating:
    """The times that count.  All UTC.

    Attributes:
        received_at: When its first revision came in.
        fresh_at: Feeds take it for published then; never later than it first was.
        first_at: It counts as told then, when it is asked who was first.
    """

    received_at: datetime
    fresh_at: datetime
    first_at: datetime

    @property
    def is_archive(self) -> bool:
        """Whether it came in long after its date."""
        return self.received_at - self.fresh_at > ARCHIVE


def dated(published_at: datetime, received_at: datetime) -> Dating:
    """Settle the times of a story that comes in for the first time."""
    return Dating(
        received_at=received_at, fresh_at=published_at, first_at=max(published_at, received_at - LATE)
    )


def redated(known: Dating, published_at: datetime, now: datetime) -> Dating:
    """Settle them again after an edit.

    What is not due yet may be moved freely.  What has been told stays told when it was; it may be dated
    back, or forward as far as its arrival, which is what sending it anew would have given it.

    Args:
        known: As settled so far.
        published_at: What the outlet says now.
        now: When the edit came in.
    """
    if now < known.fresh_at:
        moved = dated(published_at, known.received_at)
        return Dating(
            received_at=known.received_at, fresh_at=moved.fresh_at, first_at=max(moved.first_at, now - LATE)
        )
    latest = max(known.received_at, known.fresh_at)
    return Dating(received_at=known.received_at, fresh_at=min(published_at, latest), first_at=known.first_at)


def first_told(
    items: Iterable[Item], *, dating: Callable[[Item], Dating], number: Callable[[Item], int]
) -> list[Item]:
    """Put stories that tell the same in order, first publisher first.

    By the time each counts as told, then by its date, then by its number.  Stories that all come from
    archives can prove nothing against each other, and go by their dates alone.
    """
    found = list(items)
    archives = all(dating(item).is_archive for item in found)

    def order(item: Item) -> tuple[datetime, datetime, int]:
        times = dating(item)
        return times.fresh_at if archives else times.first_at, times.fresh_at, number(item)

    return sorted(found, key=order)
