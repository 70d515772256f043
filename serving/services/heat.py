"""Heat over time and over the map: stories for everyone, readers for their own outlet and the platform.

As everywhere, no count is told that fewer than twenty known readers stand behind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from tianfu.model.coverage_board import LEAST_READERS
from tianfu.model.flow.heat import (
    AreaHeat,
    Day,
    TopicDays,
    area_heat,
    days_until,
    newsrooms_by_area,
    topic_days,
)
from tianfu.model.flow.trends import rows_in
from tianfu.model.ports import Clock
from tianfu.model.tag import TagKind
from tianfu.model.vocab.divisions import load_divisions
from tianfu.serving.services.access import Caller
from tianfu.serving.services.insights import PROVINCE, outlet_to_read
from tianfu.serving.services.library import Library
from tianfu.serving.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatByDay:
    """Classes of an area day by day.

    Attributes:
        clicks_of: Whose readers the clicks are of; ``None`` for all outlets together.
        clicks: For each day, by class; one that is missing has too few readers to be told.
    """

    area: str
    clicks_of: str | None
    days: tuple[Day, ...]
    topics: tuple[TopicDays, ...]
    clicks: tuple[Mapping[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatByArea:
    """Every city and county in a window.

    Attributes:
        clicks_of: Whose readers the clicks are of; ``None`` for all outlets together.
        areas: By adcode, cities and counties.
        clicks: By county; one that is missing has too few readers to be told.
        topics: Stories of the province by primary class, most told first.
    """

    clicks_of: str | None
    areas: Mapping[str, AreaHeat]
    clicks: Mapping[str, int]
    topics: Mapping[str, int]


class HeatDesk:
    """Counts by day and by area."""

    def __init__(self, *, database: Database, library: Library, clock: Clock) -> None:
        self._database = database
        self._library = library
        self._clock = clock

    def by_day(self, *, outlet_id: str | None, area: str | None, days: int, caller: Caller) -> HeatByDay:
        """Count an area's stories by class on each of the last days of China's calendar, today included.

        Args:
            outlet_id: Whose readers' clicks count, and whose area is looked at by default.  An
                outlet's key counts its own readers, whatever is left out here.
            area: Adcode; the outlet's, or the province's.
            days: How many.
            caller: Who asks.

        Raises:
            NotFound: There is no such outlet.
            Forbidden: It is not the caller's.
        """
        whose = outlet_id or caller.key.outlet_id
        outlet = outlet_to_read(whose, self._library, caller) if whose is not None else None
        where = area or (outlet.adcode if outlet else PROVINCE)
        found = days_until(self._clock.now(), days)
        with self._database.read() as uow:
            clicks = tuple(
                uow.readings.by_code(TagKind.TOPIC, whose, day.since, day.until, least_readers=LEAST_READERS)
                for day in found
            )
        view = self._library.view
        rows = rows_in(view, where, int(found[0].since.timestamp()), int(found[-1].until.timestamp()))
        return HeatByDay(
            area=where,
            clicks_of=whose,
            days=tuple(found),
            topics=tuple(topic_days(view, rows, found)),
            clicks=clicks,
        )

    def by_area(self, *, outlet_id: str | None, days: int, topic: str | None, caller: Caller) -> HeatByArea:
        """Count stories of the last days in every city and county.

        Args:
            outlet_id: Whose readers' clicks count; an outlet's key counts its own readers.
            days: Times 24 hours back from now.
            topic: Only stories with this class.
            caller: Who asks.

        Raises:
            NotFound: There is no such outlet.
            Forbidden: It is not the caller's.
        """
        whose = outlet_id or caller.key.outlet_id
        if whose is not None:
            outlet_to_read(whose, self._library, caller)
        now = self._clock.now()
        start, until = now - timedelta(days=days), now + timedelta(seconds=1)
        with self._database.read() as uow:
            clicks = uow.readings.by_county(whose, start, until, topic=topic, least_readers=LEAST_READERS)
        view, divisions = self._library.view, load_divisions()
        window = {"since_s": int(start.timestamp()), "until_s": int(now.timestamp())}
        newsrooms = newsrooms_by_area(self._library.outlets.values())
        areas = {
            place.adcode: area_heat(
                view, place.adcode, newsrooms.get(place.adcode, ()), topic=topic, **window
            )
            for place in (*divisions.cities, *divisions.counties)
        }
        whole = Day(date=now.date(), since=start, until=until)
        lines = topic_days(view, rows_in(view, PROVINCE, **window), [whole])
        return HeatByArea(
            clicks_of=whose,
            areas=areas,
            clicks=clicks,
            topics={line.topic: line.stories[0] for line in lines},
        )
