"""Heat over time and over the map: stories by day and class, and by county, in columns of a view."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from tianfu.model.expiry import BEIJING
from tianfu.model.feed.view import FeedView, Rows
from tianfu.model.outlet import Outlet, OutletLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of China's calendar; ``until`` is exclusive, and the last day ends now."""

    date: date
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicDays:
    """One class, day by day.

    Attributes:
        stories: How many stories of each day, in the days' order.
        outlets: How many outlets told it on each day.
    """

    topic: str
    stories: tuple[int, ...]
    outlets: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaHeat:
    """A county or city in a window.

    Attributes:
        stories: Of any outlet about a place in it.
        outlets: How many outlets told them.
        own_stories: Of the area's own newsrooms, about any place.
        leading: Its most told primary class; ``None`` where no story has one.
    """

    adcode: str
    stories: int
    outlets: int
    own_stories: int
    leading: str | None


def days_until(now: datetime, days: int) -> list[Day]:
    """The last days in China, oldest first, today included.

    Args:
        now: Any aware time.
        days: How many.
    """
    midnight = now.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    starts = [midnight - timedelta(days=back) for back in range(days - 1, -1, -1)]
    ends = [*starts[1:], now + timedelta(seconds=1)]
    return [
        Day(date=since.date(), since=since, until=until) for since, until in zip(starts, ends, strict=True)
    ]


def topic_days(view: FeedView, rows: Rows, days: Sequence[Day]) -> list[TopicDays]:
    """Primary classes day by day, most told first.

    Args:
        view: All stories that may be shown.
        rows: Stories to look at; those outside the days are left out.
        days: Consecutive, oldest first.
    """
    edges = np.array([*(int(day.since.timestamp()) for day in days), int(days[-1].until.timestamp())])
    day_of = np.searchsorted(edges, view.published_s[rows], side="right") - 1
    primary = view.topics[rows, 0]
    inside = (primary >= 0) & (day_of >= 0) & (day_of < len(days))
    kept, of, primary = rows[inside], day_of[inside], primary[inside]
    found = []
    for code in np.unique(primary).tolist():
        mine = primary == code
        told = np.unique(np.stack([of[mine], view.outlet[kept[mine]]], axis=1), axis=0)
        found.append(
            TopicDays(
                topic=f"{code:02d}",
                stories=tuple(np.bincount(of[mine], minlength=len(days)).tolist()),
                outlets=tuple(np.bincount(told[:, 0], minlength=len(days)).tolist()),
            )
        )
    return sorted(found, key=lambda one: (-sum(one.stories), one.topic))


def area_heat(
    view: FeedView, adcode: str, newsrooms: Iterable[str], *, since_s: int, until_s: int, topic: str | None
) -> AreaHeat:
    """Count a county's or city's stories in a window.

    Args:
        view: All stories that may be shown.
        adcode: Of the area.
        newsrooms: Ids of its own outlets.
        since_s: Inclusive.
        until_s: Inclusive.
        topic: Only stories of this class, as primary or further one.
    """
    rows = _in_window(view, view.about(adcode), since_s, until_s, topic)
    primary = view.topics[rows, 0]
    codes, counts = np.unique(primary[primary >= 0], return_counts=True)
    own = [_in_window(view, view.of_outlet(one), since_s, until_s, topic) for one in newsrooms]
    return AreaHeat(
        adcode=adcode,
        stories=len(rows),
        outlets=len(np.unique(view.outlet[rows])),
        own_stories=sum(len(one) for one in own),
        leading=f"{codes[np.argmax(counts)]:02d}" if len(codes) else None,
    )


def newsrooms_by_area(outlets: Iterable[Outlet]) -> dict[str, list[str]]:
    """Ids of the outlets of each city and county by its adcode; provincial units belong to none."""
    found: dict[str, list[str]] = {}
    for outlet in outlets:
        if outlet.level is not OutletLevel.PROVINCE:
            found.setdefault(outlet.adcode, []).append(outlet.id)
    return found


def _in_window(view: FeedView, rows: Rows, since_s: int, until_s: int, topic: str | None) -> Rows:
    published = view.published_s[rows]
    kept: Rows = rows[(published >= since_s) & (published <= until_s)]
    if topic is not None:
        kept = kept[np.any(view.topics[kept] == int(topic), axis=1)]
    return kept
