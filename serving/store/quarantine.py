"""Events held back by a rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from tianfu.model.brushing import BrushRule
from tianfu.serving.store.events import Events, LoggedEvent, logged_event
from tianfu.serving.store.schema import events


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """How many events of one story one rule holds back in one outlet."""

    story_number: int
    outlet_id: str
    rule: BrushRule
    events: int
    first_at: datetime
    last_at: datetime


class Quarantine:
    """What was held back, and its release."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def since(self, start: datetime, limit: int) -> Sequence[HeldBack]:
        """Counts by story, outlet and rule of what came in since a moment, most first."""
        c = events.c
        count = func.count().label("events")
        query = (
            select(
                c.story_number, c.outlet_id, c.quarantine.label("rule"), count,
                func.min(c.at).label("first_at"), func.max(c.at).label("last_at"),
            )
            .where(c.quarantine.is_not(None), c.received_at >= start)
            .group_by(c.story_number, c.outlet_id, c.quarantine)
            .order_by(count.desc(), c.story_number)
            .limit(limit)
        )  # fmt: skip
        return [
            HeldBack(**{**dict(row._mapping), "rule": BrushRule(row.rule)})
            for row in self._connection.execute(query)
        ]

    def release(self, story_number: int) -> list[LoggedEvent]:
        """Count a story's events after all; returns them, as they now stand.

        They are written anew with new numbers, so that whoever follows the log comes by them again.
        """
        c = events.c
        held = (c.story_number == story_number) & c.quarantine.is_not(None)
        rows = self._connection.execute(select(events).where(held).order_by(c.at)).all()
        released = [logged_event(row, quarantine=None) for row in rows]
        self._connection.execute(delete(events).where(held))
        Events(self._connection).add(released)
        return released
