"""What readers read, in counts.  No reader's id ever leaves these queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Subquery, and_, distinct, func, select

from tianfu.model.event import EventType
from tianfu.model.tag import TagKind, TagState
from tianfu.serving.store.schema import events, stories, tags


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Counts of one outlet's app; ``readers`` are different known ones."""

    exposures: int
    clicks: int
    readers: int


class Readings:
    """Counts over the event log, by outlet or over all."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def readers(self, outlet_id: str | None, since: datetime, until: datetime) -> int:
        """How many different known readers clicked anything; over all outlets for ``None``."""
        query = select(func.count(distinct(events.c.reader_key))).where(_clicked(outlet_id, since, until))
        return int(self._connection.execute(query).scalar_one())

    def by_code(
        self,
        kind: TagKind,
        outlet_id: str | None,
        since: datetime,
        until: datetime,
        *,
        least_readers: int = 0,
    ) -> dict[str, int]:
        """Clicks by the primary topic or place of the story, most first.

        Args:
            kind: Of tag.
            outlet_id: In this outlet's app; in all for ``None``.
            since: From then on.
            until: And before then.
            least_readers: Codes with fewer known readers are left out.
        """
        seen = _seen(_clicked(outlet_id, since, until))
        count = func.sum(seen.c.clicks).label("clicks")
        query = (
            select(tags.c.code, count)
            .select_from(seen.outerjoin(tags, _primary(kind, seen.c.story_number)))
            .group_by(tags.c.code)
            .having(func.count(distinct(seen.c.reader_key)) >= least_readers)
            .order_by(count.desc(), tags.c.code)
        )
        return {row.code: int(row.clicks) for row in self._connection.execute(query) if row.code}

    def by_cluster(
        self, outlet_id: str | None, since: datetime, until: datetime, *, least_readers: int
    ) -> dict[str, int]:
        """Clicks by cluster, without those that fewer known readers than this clicked."""
        query = (
            select(stories.c.cluster_id, func.count().label("clicks"))
            .select_from(events.join(stories, stories.c.number == events.c.story_number))
            .where(_clicked(outlet_id, since, until))
            .group_by(stories.c.cluster_id)
            .having(func.count(distinct(events.c.reader_key)) >= least_readers)
        )
        return {row.cluster_id: row.clicks for row in self._connection.execute(query)}

    def by_county(
        self,
        outlet_id: str | None,
        since: datetime,
        until: datetime,
        *,
        topic: str | None,
        least_readers: int,
    ) -> dict[str, int]:
        """Clicks by the county of the story's primary place, without those of fewer known readers.

        Args:
            outlet_id: In this outlet's app; in all for ``None``.
            since: From then on.
            until: And before then.
            topic: Only stories with this class.
            least_readers: Counties with fewer known readers are left out.
        """
        conditions = [_clicked(outlet_id, since, until)]
        if topic is not None:
            t = tags.c
            about = select(t.story_number).where(
                t.kind == TagKind.TOPIC.value, t.code == topic, t.state != TagState.REJECTED.value
            )
            conditions.append(events.c.story_number.in_(about))
        seen = _seen(*conditions)
        county = func.substr(tags.c.code, 1, 6).label("county")
        query = (
            select(county, func.sum(seen.c.clicks).label("clicks"))
            .select_from(seen.outerjoin(tags, _primary(TagKind.PLACE, seen.c.story_number)))
            .group_by("county")
            .having(func.count(distinct(seen.c.reader_key)) >= least_readers)
        )
        return {row.county: int(row.clicks) for row in self._connection.execute(query) if row.county}

    def totals(self, outlet_id: str, since: datetime, until: datetime) -> Totals:
        """What was shown and clicked in one outlet's app."""
        e = events.c
        query = select(
            func.count().filter(e.type == EventType.EXPOSE.value),
            func.count().filter(e.type == EventType.CLICK.value),
            func.count(distinct(e.reader_key)),
        ).where(e.outlet_id == outlet_id, e.at >= since, e.at < until)
        exposures, clicks, readers = self._connection.execute(query).one()
        return Totals(exposures=exposures, clicks=clicks, readers=readers)

    def of_story(self, number: int, outlet_id: str | None) -> dict[str, Totals]:
        """What readers made of one story, by outlet id; in this outlet's app alone unless ``None``."""
        e = events.c
        query = (
            select(
                e.outlet_id,
                func.count().filter(e.type == EventType.EXPOSE.value),
                func.count().filter(e.type == EventType.CLICK.value),
                func.count(distinct(e.reader_key)),
            )
            .where(e.story_number == number, *([e.outlet_id == outlet_id] if outlet_id is not None else []))
            .group_by(e.outlet_id)
            .order_by(e.outlet_id)
        )
        return {
            row[0]: Totals(exposures=row[1], clicks=row[2], readers=row[3])
            for row in self._connection.execute(query)
        }


def _seen(*conditions: ColumnElement[bool]) -> Subquery:
    """Clicks by story and reader.

    Grouped here and joined outward, so that tags are looked up for the stories clicked: without statistics
    SQLite goes through every tag of a kind instead, and for each through the outlet's whole window.
    """
    e = events.c
    grouped = select(e.story_number, e.reader_key, func.count().label("clicks")).where(*conditions)
    return grouped.group_by(e.story_number, e.reader_key).subquery("seen")


def _primary(kind: TagKind, story: ColumnElement[int]) -> ColumnElement[bool]:
    t = tags.c
    return and_(
        t.story_number == story, t.kind == kind.value, t.is_primary, t.state != TagState.REJECTED.value
    )


def _clicked(outlet_id: str | None, since: datetime, until: datetime) -> ColumnElement[bool]:
    e = events.c
    conditions: Sequence[ColumnElement[bool]] = [
        e.type == EventType.CLICK.value,
        e.at >= since,
        e.at < until,
        *([e.outlet_id == outlet_id] if outlet_id is not None else []),
    ]
    return and_(*conditions)
