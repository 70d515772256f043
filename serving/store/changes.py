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
    STORY_VECTORS = "story.vectors"
    """Vectors of the encoder whose fingerprint is the key; nothing else of the story changed."""
    STORY_STATE = "story.state"
    STORY_TAGS = "story.tags"
    STORY_CLUSTER = "story.cluster"
    STORY_COPIES = "story.copies"
    OUTLETS = "outlets"
    PLACEMENTS = "placements"
    AIMS = "aims"
    RIGHTS = "rights"
    COVERAGES = "coverages"
    MODELS = "models"
    TRIALS = "trials"
    KEYS = "keys"


@dataclass(frozen=True, slots=True)
class Change:
    """One step of the sequence; ``story_number`` and ``key`` where its kind has them."""

    sequence: int
    kind: ChangeKind
    story_number: int | None
    key: str | None = None


class Changes:
    """Appended in the transaction that makes the change, read in order by everyone."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self, kind: ChangeKind, numbers: Iterable[int | None], now: datetime, *, key: str | None = None
    ) -> None:
        """Append one change for each story number, or one for ``[None]``."""
        rows = [{"kind": kind.value, "story_number": number, "key": key, "at": now} for number in numbers]
        if rows:
            self._connection.execute(insert(changes), rows)

    def since(self, sequence: int, limit: int = 5_000) -> list[Change]:
        """Changes after a point, in order."""
        query = (
            select(changes.c.sequence, changes.c.kind, changes.c.story_number, changes.c.key)
            .where(changes.c.sequence > sequence)
            .order_by(changes.c.sequence)
            .limit(limit)
        )
        return [Change(row[0], ChangeKind(row[1]), row[2], row[3]) for row in self._connection.execute(query)]

    def latest(self) -> int:
        """The last sequence number, 0 when nothing ever changed."""
        return int(self._connection.execute(select(func.max(changes.c.sequence))).scalar_one() or 0)
