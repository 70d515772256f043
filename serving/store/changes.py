"""The change sequence: what every in-memory cache follows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, func, insert, select

from tianfu.serving.store.schema import changes


class ChangeKind(StrEnum):
    """What changed."""

    STORY_INDEXED = "story.indexed"
    STORY_STATE = "story.state"
    STORY_TAGS = "story.tags"
    STORY_CLUSTER = "story.cluster"
    STORY_COPIES = "story.copies"
    OUTLETS = "outlets"
    PLACEMENTS = "placements"
    AIMS = "aims"
    RIGHTS = "rights"
    COVERAGES = "coverages"
    KEYS = "keys"


@dataclass(frozen=True, slots=True)
class Change:
    """One step of the sequence; ``story_number`` where it concerns a story."""

    sequence: int
    kind: ChangeKind
    story_number: int | None


class Changes:
    """Appended in the transaction that makes the change, read in order by everyone."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, kind: ChangeKind, numbers: Iterable[int | None], now: datetime) -> None:
        """Append one change for each story number, or one for ``[None]``."""
        rows = [{"kind": kind.value, "story_number": number, "key": None, "at": now} for number in numbers]
        if rows:
            self._connection.execute(insert(changes), rows)

    def since(self, sequence: int, limit: int = 5_000) -> list[Change]:
        """Changes after a point, in order."""
        query = (
            select(changes.c.sequence, changes.c.kind, changes.c.story_number)
            .where(changes.c.sequence > sequence)
            .order_by(changes.c.sequence)
            .limit(limit)
        )
        return [Change(row[0], ChangeKind(row[1]), row[2]) for row in self._connection.execute(query)]

    def latest(self) -> int:
        """The last sequence number, 0 when nothing ever changed."""
        return int(self._connection.execute(select(func.max(changes.c.sequence))).scalar_one() or 0)
