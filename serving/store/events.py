"""The event log."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, insert, select

from tianfu.model.brushing import BrushRule
from tianfu.model.event import EventType, Scene
from tianfu.serving.store.schema import events
from tianfu.serving.store.upsert import among, in_chunks

_TYPES = {kind.value: kind for kind in EventType}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEvent:
    """An event as kept.

    Attributes:
        reader_key: ``None`` when the reader had personalisation switched off.
        quarantine: The rule that holds it back; ``None`` for one that counts.
        newcomer: Whether nothing was known of the reader before.
        number: Given by the log; 0 before.
    """

    outlet_id: str
    event_id: str
    reader_key: str | None
    story_number: int
    type: EventType
    at: datetime
    received_at: datetime
    scene: Scene
    dwell_s: float | None = None
    trace_id: str | None = None
    position: int | None = None
    quarantine: BrushRule | None = None
    newcomer: bool = False
    number: int = 0


class Deed(NamedTuple):
    """What of an event matters to who is not told of the rest.

    Attributes:
        reader: Their key, ``None`` for one who is not to be known.
        at_s: Seconds since the epoch, UTC.
    """

    outlet_id: str
    reader: str | None
    story_number: int
    type: EventType
    at_s: float


def reader_or_stand_in(reader_key: str | None, outlet_id: str, event_id: str) -> str:
    """The reader, or an opaque stand-in for one who is not to be known."""
    return reader_key or f"anonymous-{outlet_id}-{event_id}"


class Events:
    """What readers did, once each."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known_ids(self, outlet_id: str, event_ids: Sequence[str]) -> set[str]:
        """Which of an outlet's event ids are in the log already."""
        found: set[str] = set()
        for chunk in in_chunks(event_ids):
            query = select(events.c.event_id).where(
                events.c.outlet_id == outlet_id, events.c.event_id.in_(chunk)
            )
            found.update(self._connection.execute(query).scalars())
        return found

    def add(self, logged: Sequence[LoggedEvent]) -> list[int]:
        """Append events that are not in the log yet; returns their numbers, in any order."""
        rows = [
            {
                "outlet_id": e.outlet_id,
                "event_id": e.event_id,
                "reader_key": e.reader_key,
                "story_number": e.story_number,
                "type": e.type.value,
                "at": e.at,
                "received_at": e.received_at,
                "scene": e.scene.value,
                "dwell_s": e.dwell_s,
                "trace_id": e.trace_id,
                "position": e.position,
                "quarantine": e.quarantine,
                "newcomer": e.newcomer,
            }
            for e in logged
        ]
        if not rows:
            return []
        return list(self._connection.execute(insert(events).returning(events.c.number), rows).scalars())

    def after(self, number: int, limit: int) -> list[LoggedEvent]:
        """Events with higher numbers, held back ones too, in order of number.

        A higher number may be there before a lower one: numbers are given before transactions commit.
        """
        query = select(events).where(events.c.number > number).order_by(events.c.number).limit(limit)
        return [_followed(row) for row in self._connection.execute(query)]

    def numbered(self, numbers: Sequence[int]) -> list[LoggedEvent]:
        """Those of some thousands of events that are there, held back ones too, in order of number."""
        found: list[LoggedEvent] = []
        for wanted in among(self._connection, events.c.number, sorted(numbers)):
            query = select(events).where(wanted).order_by(events.c.number)
            found += [_followed(row) for row in self._connection.execute(query)]
        return found

    def latest(self) -> int:
        """The highest number, 0 when there is none."""
        return int(self._connection.execute(select(func.max(events.c.number))).scalar_one() or 0)

    def since(
        self, start: datetime, *, types: Collection[EventType], most: int, batch: int = 20_000
    ) -> Iterator[list[Deed]]:
        """What readers did from ``start`` on and counts, in the order it came in, in batches.

        Args:
            start: From then on.
            types: Only such events.
            most: Look at no more than so many of the newest events of all types.
            batch: Of one query.
        """
        e = events.c
        last = max(0, self.latest() - most)
        while True:
            query = (
                select(e.number, e.outlet_id, e.reader_key, e.story_number, e.type, e.at)
                .where(
                    e.number > last,
                    e.at >= start,
                    e.type.in_(sorted(kind.value for kind in types)),
                    e.quarantine.is_(None),
                )
                .order_by(e.number)
                .limit(batch)
            )
            rows = self._connection.execute(query).all()
            if not rows:
                return
            last = rows[-1].number
            yield [
                Deed(outlet_id, key, story, _TYPES[kind], at.timestamp())
                for _, outlet_id, key, story, kind, at in rows
            ]


def _followed(row: Row[Any]) -> LoggedEvent:
    return logged_event(row, quarantine=BrushRule(row.quarantine) if row.quarantine else None)


def logged_event(row: Row[Any], *, quarantine: BrushRule | None) -> LoggedEvent:
    """Read a row of the log."""
    return LoggedEvent(
        outlet_id=row.outlet_id,
        event_id=row.event_id,
        reader_key=row.reader_key,
        story_number=row.story_number,
        type=EventType(row.type),
        at=row.at,
        received_at=row.received_at,
        scene=Scene(row.scene),
        dwell_s=row.dwell_s,
        trace_id=row.trace_id,
        position=row.position,
        quarantine=quarantine,
        newcomer=row.newcomer,
        number=row.number,
    )
