"""The real clock and real ids; tests bring their own."""

from datetime import UTC, datetime

from uuid_utils import uuid7


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)


def new_id(prefix: str) -> str:
    """Make an opaque id that sorts by time: a short prefix and a UUIDv7 (RFC 9562) in hexadecimal."""
    return f"{prefix}{uuid7().hex}"


def new_short_id(prefix: str) -> str:
    """Make an id as :func:`new_id` does, 26 digits long: the time and 56 of the random bits."""
    drawn = uuid7().hex
    return f"{prefix}{drawn[:12]}{drawn[-14:]}"
