"""What readers read, in counts.  No reader's id ever leaves these queries."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, distinct, func, select

from tianfu.model.event import EventType
from tianfu.model.tag import TagKind, TagState
from tianfu.serving.store.schema import events, tags


class Readings:
    """Counts over the event log, by outlet or over all."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def readers(self, outlet_id: str | None, since: datetime, until: datetime) -> int:
        """How many different known readers clicked anything; over all outlets for ``None``."""
        query = select(func.count(distinct(events.c.reader_key))).where(_clicked(outlet_id, since, until))
        return int(self._connection.execute(query).scalar_one())

    def topics(self, outlet_id: str | None, since: datetime, until: datetime) -> dict[str, int]:
        """Clicks by primary class of the story, most first."""
        count = func.count().label("clicks")
        query = (
            select(tags.c.code, count)
            .select_from(events.join(tags, tags.c.story_number == events.c.story_number))
            .where(
                _clicked(outlet_id, since, until),
                tags.c.kind == TagKind.TOPIC.value,
                tags.c.is_primary,
                tags.c.state != TagState.REJECTED.value,
            )
            .group_by(tags.c.code)
            .order_by(count.desc(), tags.c.code)
        )
        return {row.code: row.clicks for row in self._connection.execute(query)}


def _clicked(outlet_id: str | None, since: datetime, until: datetime) -> ColumnElement[bool]:
    e = events.c
    conditions: Sequence[ColumnElement[bool]] = [
        e.type == EventType.CLICK.value,
        e.at >= since,
        e.at < until,
        *([e.outlet_id == outlet_id] if outlet_id is not None else []),
    ]
    return and_(*conditions)
