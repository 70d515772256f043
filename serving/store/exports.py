"""What the tables hold of one reader, for the reader."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from tianfu.model.event import EventType, ReaderRef, Scene
from tianfu.model.recommendation import Decision
from tianfu.serving.store.decisions import unpacked
from tianfu.serving.store.schema import decisions, events, stories


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnEvent:
    """One event as its reader may take it along."""

    event_id: str
    story_id: str
    title: str
    type: EventType
    at: datetime
    scene: Scene
    dwell_s: float | None


class Exports:
    """Reads what is kept of one reader, newest first."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def events(self, ref: ReaderRef, limit: int) -> list[OwnEvent]:
        """Events of a reader with the headlines of their stories."""
        e, s = events.c, stories.c
        query = (
            select(e.event_id, s.id.label("story_id"), s.title, e.type, e.at, e.scene, e.dwell_s)
            .join(stories, s.number == e.story_number)
            .where(e.reader_key == ref.key)
            .order_by(e.number.desc())
            .limit(limit)
        )
        return [
            OwnEvent(
                **{**dict(row._mapping), "type": EventType(row.type), "scene": Scene(row.scene)},
            )
            for row in self._connection.execute(query)
        ]

    def decisions(self, ref: ReaderRef, limit: int) -> list[Decision]:
        """Feeds that were made with features of a reader."""
        query = (
            select(decisions.c.record, decisions.c.reader_key)
            .where(decisions.c.reader_key == ref.key)
            .order_by(decisions.c.made_at.desc())
            .limit(limit)
        )
        return [unpacked(row.record, row.reader_key) for row in self._connection.execute(query)]
