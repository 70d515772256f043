"""Rules for strings that come from outside, in one place.

Every check returns the value unchanged or raises the error class it is given, naming the field.
Nothing is repaired silently: an outlet's own text is stored as sent or refused.
"""

import re
from datetime import UTC, datetime, timedelta

from tianfu.model.errors import InvalidInput

MAX_ID_CHARS = 128
_OPAQUE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@~\-]*")
_MOBILE_NUMBER = re.compile(r"(?:\+?86)?1[3-9]\d{9}")
_IDENTITY_CARD = re.compile(r"\d{17}[\dXx]")
_ADCODE = re.compile(r"\d{6}|\d{9}")
_BAD_IN_LINE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_BAD_IN_LINES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
MAX_CLOCK_LEAD = timedelta(days=366)


def check_text(
    value: str, *, field: str, error: type[InvalidInput], low: int = 0, high: int, lines: bool = False
) -> str:
    """Check length and characters of a text.

    Args:
        value: The text as sent.
        field: The name the caller knows it by.
        error: Raised with ``field`` and ``why``.
        low: Fewest characters; with 1 or more, white space alone does not count as text.
        high: Most characters (Unicode code points).
        lines: Whether line breaks and tabs are allowed.
    """
    if len(value) > high:
        raise error(field=field, why=f"has {len(value)} characters, at most {high} are taken")
    if len(value) < low or (low and not value.strip()):
        raise error(field=field, why="must not be empty")
    bad = (_BAD_IN_LINES if lines else _BAD_IN_LINE).search(value)
    if bad:
        point = ord(bad.group())
        what = "half a surrogate pair" if point >= 0xD800 else f"the control character U+{point:04X}"
        raise error(field=field, why=f"has {what} at position {bad.start()}")
    return value


def check_id(value: str, *, field: str, error: type[InvalidInput]) -> str:
    """Check an id given by a caller: 1 to 128 of ``A-Z a-z 0-9 . _ : @ ~ -``, first a letter or digit."""
    if len(value) > MAX_ID_CHARS or not _OPAQUE_ID.fullmatch(value):
        raise error(
            field=field,
            why=f"must be 1 to {MAX_ID_CHARS} of A-Z a-z 0-9 . _ : @ ~ - and start with a letter or digit",
        )
    return value


def check_reader_id(value: str, *, field: str, error: type[InvalidInput]) -> str:
    """Check a reader's or device's id: opaque, never a telephone or identity-card number."""
    check_id(value, field=field, error=error)
    if _MOBILE_NUMBER.fullmatch(value) or _IDENTITY_CARD.fullmatch(value):
        raise error(
            field=field,
            why="looks like a telephone or identity-card number",
            advice="Send an opaque id, for example a keyed hash of your own user id.",
        )
    return value


def check_adcode(value: str, *, field: str, error: type[InvalidInput]) -> str:
    """Check the form of an administrative code: six digits, nine for a township."""
    if not _ADCODE.fullmatch(value):
        raise error(field=field, why="must be an adcode of six digits (nine for a township)")
    return value


def check_time(value: datetime, *, field: str, error: type[InvalidInput]) -> datetime:
    """Check that a time is aware and not absurd; return it in UTC."""
    if value.tzinfo is None or value.utcoffset() is None:
        raise error(field=field, why="must carry an offset, such as 2026-01-31T08:00:00+08:00")
    try:
        utc = value.astimezone(UTC)
    except OverflowError as bad:
        raise error(field=field, why="is out of range") from bad
    if utc < EARLIEST:
        raise error(field=field, why="lies before 1900")
    return utc


def check_url(value: str, *, field: str, error: type[InvalidInput]) -> str:
    """Check a link: http or https, at most 2,000 characters, no spaces or control characters."""
    check_text(value, field=field, error=error, low=1, high=2_000)
    if not re.fullmatch(r"https?://[^\s<>\"'\\]+", value):
        raise error(field=field, why="must be an http or https address")
    return value
