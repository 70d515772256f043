"""What is hot, what is missing, and each outlet's month.

Stories are counted for everyone.  Readers are counted for their own outlet and for the platform, and
not at all where fewer than twenty known ones stand behind a number.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tianfu.model.coverage_board import LEAST_READERS
from tianfu.model.errors import NotFound
from tianfu.model.feed.context import surroundings
from tianfu.model.feed.view import FeedView, Rows
from tianfu.model.flow.balance import BlankSpot, TopicLine, place_spots, topic_lines, topic_spots
from tianfu.model.flow.grounds import Names
from tianfu.model.flow.report import ReaderCounts, Spread, month_bounds, spread_of, told_counts
from tianfu.model.flow.submission import SubmissionState
from tianfu.model.flow.trends import HotCluster, HotTopic, hot_clusters, hot_topics, rows_in
from tianfu.model.outlet import Outlet
from tianfu.model.ports import Clock
from tianfu.model.tag import TagKind
from tianfu.model.vocab.divisions import load_divisions
from tianfu.serving.services.access import Caller
from tianfu.serving.services.library import Library
from tianfu.serving.services.pickups import audience_of
from tianfu.serving.store.adoptions import AdoptionQuery
from tianfu.serving.store.database import Database

NOW_WINDOW = timedelta(hours=24)
PROVINCE = "510000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trends:
    """What is hot in an area, today and over some days.

    Attributes:
        clicks_of: Whose readers the clicks are of; ``None`` for all outlets together.
        view: What the rows of clusters refer to.
    """

    area: str
    clicks_of: str | None
    view: FeedView
    today: tuple[HotCluster, ...]
    lately: tuple[HotCluster, ...]
    topics: tuple[HotTopic, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """An outlet's classes, and what it misses.

    Attributes:
        neighbours: How many outlets around told anything.
    """

    lines: tuple[TopicLine, ...]
    spots: tuple[BlankSpot, ...]
    neighbours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletReport:
    """One month.

    Attributes:
        reprints: Stories copied from others; the rest are originals.
        readers: ``None`` where too few readers stand behind the counts.
    """

    since: datetime
    until: datetime
    output: int
    reprints: int
    topics: Mapping[str, int]
    places: Mapping[str, int]
    spread: Spread
    submissions: Mapping[SubmissionState, int]
    readers: ReaderCounts | None


class InsightDesk:
    """Counts."""

    def __init__(self, *, database: Database, library: Library, names: Names, clock: Clock) -> None:
        self._database = database
        self._library = library
        self._names = names
        self._clock = clock

    def hot(
        self, *, outlet_id: str | None, area: str | None, days: int, limit: int, caller: Caller
    ) -> Trends:
        """What is hot in an area now and over the last days.

        Args:
            outlet_id: Whose readers' clicks count, and whose area is looked at by default.  An
                outlet's key counts its own readers, whatever is left out here.
            area: Adcode; the outlet's, or the province's.
            days: Length of the longer window.
            limit: Most clusters of each window.
            caller: Who asks.

        Raises:
            NotFound: There is no such outlet.
            Forbidden: It is not the caller's.
        """
        whose = outlet_id or caller.key.outlet_id
        outlet = outlet_to_read(whose, self._library, caller) if whose is not None else None
        where = area or (outlet.adcode if outlet else PROVINCE)
        now = self._clock.now()
        until, today, start = now + timedelta(seconds=1), now - NOW_WINDOW, now - timedelta(days=days)
        with self._database.read() as uow:
            read = uow.readings
            clicks_today = read.by_cluster(whose, today, until, least_readers=LEAST_READERS)
            clicks_lately = read.by_cluster(whose, start, until, least_readers=LEAST_READERS)
            classes = read.by_code(TagKind.TOPIC, whose, start, until, least_readers=LEAST_READERS)
        view, now_s = self._library.view, int(now.timestamp())
        fresh = rows_in(view, where, int(today.timestamp()), now_s)
        rows = rows_in(view, where, int(start.timestamp()), now_s)
        return Trends(
            area=where,
            clicks_of=whose,
            view=view,
            today=tuple(hot_clusters(view, fresh, clicks_today, limit=limit)),
            lately=tuple(hot_clusters(view, rows, clicks_lately, limit=limit)),
            topics=tuple(hot_topics(view, rows, classes, now_s=now_s, days=days)),
        )

    def balance(self, outlet_id: str, *, days: int, caller: Caller) -> Balance:
        """What an outlet tells beside what its readers read and outlets around tell.

        Raises:
            NotFound: There is no such outlet.
            Forbidden: It is not the caller's.
        """
        outlet = outlet_to_read(outlet_id, self._library, caller)
        now = self._clock.now()
        start, until = now - timedelta(days=days), now + timedelta(seconds=1)
        with self._database.read() as uow:
            audience = audience_of(outlet_id, now, uow, days=days)
            read = uow.readings.by_code(TagKind.PLACE, outlet_id, start, until, least_readers=LEAST_READERS)
        view = self._library.view
        own = _since(view, view.of_outlet(outlet_id), start)
        around = [
            frozenset(_classes(view, _since(view, view.of_outlet(one), start)))
            for one in surroundings(outlet, self._library.outlets).nearby
        ]
        telling = [classes for classes in around if classes]
        lines = topic_lines(_classes(view, own), audience, telling)
        spots = topic_spots(lines, around=len(telling), names=self._names)
        spots += self._places(outlet, view, own, start, read)
        return Balance(lines=tuple(lines), spots=tuple(spots), neighbours=len(telling))

    def report(self, outlet_id: str, month: str, *, caller: Caller) -> OutletReport:
        """An outlet's month.

        Raises:
            NotFound: There is no such outlet.
            Forbidden: It is not the caller's.
            InvalidRequest: There is no such month.
        """
        outlet = outlet_to_read(outlet_id, self._library, caller)
        since, until = month_bounds(month)
        with self._database.read() as uow:
            copied = AdoptionQuery(since=since, until=until, adopters=(outlet_id,))
            taken = AdoptionQuery(since=since, until=until, source=outlet_id)
            totals = uow.readings.totals(outlet_id, since, until)
            return OutletReport(
                since=since,
                until=until,
                output=uow.reports.output(outlet_id, since, until),
                reprints=len(uow.adoptions.copies(copied)),
                topics=uow.reports.output_by(TagKind.TOPIC, outlet_id, since, until),
                places=uow.reports.output_by(TagKind.PLACE, outlet_id, since, until),
                spread=spread_of(outlet, uow.adoptions.read(taken), self._library.outlets),
                submissions=uow.reports.submissions(outlet_id, since, until),
                readers=told_counts(totals.exposures, totals.clicks, totals.readers),
            )

    def exposure(self, story_id: str, *, caller: Caller) -> dict[str, ReaderCounts | None]:
        """What readers made of a story, by outlet: the caller's own outlet, or all for the platform.

        Counts of few readers are ``None``.

        Raises:
            NotFound: There is no such story, or the caller may not know of it.
        """
        with self._database.read() as uow:
            story = uow.stories.by_id(story_id)
            if story is None or not (
                self._library.is_showable(story.number) or caller.may_act_for(story.outlet_id)
            ):
                raise NotFound("story", story_id)
            totals = uow.readings.of_story(story.number, caller.key.outlet_id)
        return {name: told_counts(one.exposures, one.clicks, one.readers) for name, one in totals.items()}

    def _places(
        self, outlet: Outlet, view: FeedView, own: Rows, start: datetime, read: Mapping[str, int]
    ) -> list[BlankSpot]:
        areas = [place.adcode for place in load_divisions().children(outlet.adcode)]
        told = {area: int(view.lies_in(own, area).sum()) for area in areas}
        all_told = {area: len(_since(view, view.about(area), start)) for area in areas}
        others = {area: all_told[area] - told[area] for area in areas}
        return place_spots(told, others, read, areas, names=self._names)


def outlet_to_read(outlet_id: str, library: Library, caller: Caller) -> Outlet:
    """Find an outlet whose own counts the caller may read.

    Raises:
        NotFound: There is no such outlet.
        Forbidden: It is not the caller's.
    """
    outlet = library.outlets.get(outlet_id)
    if outlet is None:
        raise NotFound("outlet", outlet_id)
    caller.must_read_for(outlet_id)
    return outlet


def _since(view: FeedView, rows: Rows, start: datetime) -> Rows:
    inside: Rows = rows[view.published_s[rows] >= int(start.timestamp())]
    return inside


def _classes(view: FeedView, rows: Rows) -> Mapping[str, int]:
    primary = view.topics[rows, 0]
    return Counter(f"{code:02d}" for code in primary[primary >= 0].tolist())
