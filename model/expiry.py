"""Dated stories: forecasts, warnings and notices that mislead once their time is over.

A story whose headline is of such a kind, and whose newsroom set no end, ends by itself: at the end of
the last day it speaks of, or after the usual life of its kind.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

BEIJING = timezone(timedelta(hours=8))
LATEST = timedelta(days=60)
"""A day further ahead is a plan, not the end of a notice."""
_READ_CHARS = 600


class DatedKind(StrEnum):
    """Kinds of stories that end by themselves."""

    WARNING = "warning"
    """A weather warning (预警信号): 24 hours."""
    FORECAST = "forecast"
    """A weather forecast: to the end of the next day."""
    OUTAGE = "outage"
    """Water, power or gas cut off, a road closed: to the end of the last day named, else three days."""
    CALL = "call"
    """Come, apply, register by: to the end of the last day named; without one it does not end."""


_TITLES = (
    (DatedKind.WARNING, re.compile(r"[蓝黄橙红]色预警|预警信号|(?:继续|升级)?发布(?:\w{1,12})预警")),
    (
        DatedKind.FORECAST,
        re.compile(
            r"(?:天气|气象)预报|一周天气"
            r"|(?:今[明日天]|[明后][日天]|周末|未来[一二两三四五六七十几\d]{1,2}[日天])\w{0,6}天气"
        ),
    ),
    (
        DatedKind.OUTAGE,
        re.compile(
            r"(?:停水|停电|停气|断水|断电|封路|断道|封闭施工|交通管制|限行|绕行)\w{0,12}(?:通知|公告|通告|提示|提醒|预告)"
            r"|(?:通知|公告|通告|提醒)\w{0,20}(?:停水|停电|停气|封路|断道|交通管制|限行|绕行)"
        ),
    ),
    (
        DatedKind.CALL,
        re.compile(
            r"报名\w{0,6}(?:通知|公告|开始|启动|截止)|招聘\w{0,4}(?:公告|启事|预告)|(?:活动|直播|演出)预告"
        ),
    ),
)
_DAY = re.compile(r"(?:(20\d{2})年)?(1[0-2]|0?[1-9])月(3[01]|[12]\d|0?[1-9])日")
_TO_DAY = re.compile(r"[至到—–~～\-]+\s*(3[01]|[12]\d|0?[1-9])日")
_SOONEST = {
    DatedKind.FORECAST: timedelta(days=-1),
    DatedKind.OUTAGE: timedelta(days=-1),
    DatedKind.CALL: timedelta(hours=12),
}
"""A day named before this is not the end: of a call it is where it begins."""
_DEFAULT_DAYS = {DatedKind.FORECAST: 1, DatedKind.OUTAGE: 3}


@dataclass(frozen=True, slots=True)
class DatedUntil:
    """When a dated story ends, and as what it was recognised.

    Attributes:
        at: UTC.
    """

    kind: DatedKind
    at: datetime


def dated_until(title: str, body: str, published_at: datetime) -> DatedUntil | None:
    """Tell when a story ends by itself, or ``None`` for one that does not.

    Args:
        title: Decides the kind; a report about a storm is not a warning of one.
        body: Clean text; its first 600 characters are read for days.
        published_at: Days without a year lie nearest to it.
    """
    kind = next((kind for kind, pattern in _TITLES if pattern.search(title)), None)
    if kind is None:
        return None
    if kind is DatedKind.WARNING:
        return DatedUntil(kind, published_at + timedelta(hours=24))
    local = published_at.astimezone(BEIJING)
    soonest = local + _SOONEST[kind]
    days = [day for day in _days(f"{title}\n{body[:_READ_CHARS]}", local) if day >= soonest]
    if days:
        return DatedUntil(kind, _end_of(max(days)))
    if kind not in _DEFAULT_DAYS:
        return None
    return DatedUntil(kind, _end_of(local + timedelta(days=_DEFAULT_DAYS[kind])))


def _days(text: str, near: datetime) -> Iterator[datetime]:
    """Days named in a text, a year where none is given, none further ahead than 60 days."""
    for found in _DAY.finditer(text):
        year, month, day = found.groups()
        ends = _TO_DAY.match(text, found.end())
        for number in (day, *(ends.groups() if ends else ())):
            named = _nearest(int(year) if year else None, int(month), int(number), near)
            if named is not None and named <= near + LATEST:
                yield named


def _nearest(year: int | None, month: int, day: int, near: datetime) -> datetime | None:
    years = (year,) if year is not None else (near.year - 1, near.year, near.year + 1)
    found = []
    for one in years:
        try:
            found.append(datetime(one, month, day, tzinfo=BEIJING))
        except ValueError:
            continue  # the 30th of February
    return min(found, key=lambda named: abs(named - near), default=None)


def _end_of(day: datetime) -> datetime:
    midnight = datetime(day.year, day.month, day.day, tzinfo=BEIJING) + timedelta(days=1)
    return midnight.astimezone(UTC)
