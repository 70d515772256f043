"""The change sequence: what every in-memory cache follows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, text

from tianfu.serving.store.locks import hold
from tianfu.serving.store.schema import changes

CHANNEL = "tianfu_changes"
"""What PostgreSQL notifies of with every commit that changes something."""
_NOTIFY = text(f"NOTIFY {CHANNEL}")


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
    READER_FORGOTTEN = "reader.forgotten"


@dataclass(frozen=True, slots=True)
class Change:
    """One step of the sequence; ``story_number`` where it concerns a story, ``key`` where something else."""

    sequence: int
    kind: ChangeKind
    story_number: int | None
    key: str | None = None


class Changes:
    """Told of in the transaction that makes the change, read in order by everyone.

    Numbers are given and committed one transaction after another: a number that can be read has all lower
    ones before it, so nobody who follows ever misses one.  To keep that wait short, changes are written last
    of all, by :meth:`write`.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._told: list[dict[str, Any]] = []

    def add(
        self, kind: ChangeKind, numbers: Iterable[int | None], now: datetime, *, key: str | None = None
    ) -> None:
        """Tell of one change for each story number, or of one for ``[None]``; written with the commit."""
        self._told += [
            {"kind": kind.value, "story_number": number, "key": key, "at": now} for number in numbers
        ]

    def write(self) -> None:
        """Append what was told, and let nobody else append until the transaction ends."""
        if not self._told:
            return
        hold(self._connection, ["changes"])
        self._connection.execute(insert(changes), self._told)
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(_NOTIFY)
        self._told = []

    def since(self, sequence: int, limit: int = 5_000) -> list[Change]:
        """Changes after a point, in order."""
        c = changes.c
        query = (
            select(c.sequence, c.kind, c.story_number, c.key)
            .where(c.sequence > sequence)
            .order_by(c.sequence)
            .limit(limit)
        )
        return [Change(row[0], ChangeKind(row[1]), row[2], row[3]) for row in self._connection.execute(query)]

    def reach_back_to(self, sequence: int) -> bool:
        """Whether every change after this one is still kept."""
        first = self._connection.execute(select(func.min(changes.c.sequence))).scalar_one()
        return first is None or sequence >= int(first) - 1

    def let_go(self, before: datetime, *, rows: int = 5_000, keep: int = 10_000) -> int:
        """Remove some of the oldest of those before a time; returns how many, 0 when there is nothing to do.

        The last of them stays, so that the first one kept tells how far back the sequence is whole.

        Args:
            before: What is younger stays.
            rows: How many go at most.
            keep: As many numbers, counted from the latest, stay whatever their age, so that a wrong clock
                leaves no process behind that follows.
        """
        c = changes.c
        oldest = select(c.sequence, c.at).order_by(c.sequence).limit(rows + 1).subquery()
        keep_from = select(func.max(oldest.c.sequence)).where(oldest.c.at < before)
        last = self._connection.execute(keep_from).scalar_one()
        last = min(last or 0, self.latest() - keep)
        if last <= 0:
            return 0
        return self._connection.execute(delete(changes).where(c.sequence < last)).rowcount

    def latest(self) -> int:
        """The last sequence number, 0 when nothing ever changed."""
        return int(self._connection.execute(select(func.max(changes.c.sequence))).scalar_one() or 0)
