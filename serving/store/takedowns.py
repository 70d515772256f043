"""Takedowns and restores, with what each reached."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from tianfu.serving.store.schema import takedowns


class TakedownScope(StrEnum):
    """How far a takedown reaches."""

    STORY = "story"
    CLUSTER = "cluster"


@dataclass(frozen=True, slots=True, kw_only=True)
class Takedown:
    """One order and its receipt: the stories it took out of sight."""

    id: str
    story_number: int
    scope: TakedownScope
    story_numbers: tuple[int, ...]
    reason: str
    taken_by: str
    taken_at: datetime
    restored_by: str | None = None
    restored_at: datetime | None = None


class Takedowns:
    """Who took what down, why, and who put it back."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, order: Takedown) -> None:
        """Record an order."""
        values = {
            "id": order.id,
            "story_number": order.story_number,
            "scope": order.scope.value,
            "story_numbers": list(order.story_numbers),
            "reason": order.reason,
            "taken_by": order.taken_by,
            "taken_at": order.taken_at,
            "restored_by": order.restored_by,
            "restored_at": order.restored_at,
        }
        self._connection.execute(insert(takedowns), [values])

    def standing(self) -> list[Takedown]:
        """Orders not lifted yet, oldest first."""
        query = select(takedowns).where(takedowns.c.restored_at.is_(None)).order_by(takedowns.c.taken_at)
        return [_takedown(row) for row in self._connection.execute(query)]

    def of_cluster(self, numbers: Sequence[int]) -> list[Takedown]:
        """Orders given on any of these stories, lifted or not, oldest first."""
        query = (
            select(takedowns)
            .where(takedowns.c.story_number.in_(numbers))
            .order_by(takedowns.c.taken_at, takedowns.c.id)
        )
        return [_takedown(row) for row in self._connection.execute(query)]

    def lift(self, takedown_id: str, *, by: str, now: datetime) -> None:
        """Mark an order as lifted."""
        self._connection.execute(
            update(takedowns).where(takedowns.c.id == takedown_id).values(restored_by=by, restored_at=now)
        )

    def release(self, order: Takedown, number: int, *, part_id: str, by: str, now: datetime) -> None:
        """Lift an order for one of its stories, so that it stands against the others only.

        Args:
            order: As it stands.
            number: The story that is let go.
            part_id: Id of the lifted order that from now on tells what became of this story.
            by: Key id of the person.
            now: UTC.
        """
        rest = [one for one in order.story_numbers if one != number]
        if not rest:
            self.lift(order.id, by=by, now=now)
            return
        self._connection.execute(
            update(takedowns).where(takedowns.c.id == order.id).values(story_numbers=rest)
        )
        self.add(
            replace(
                order,
                id=part_id,
                story_number=number,
                story_numbers=(number,),
                restored_by=by,
                restored_at=now,
            )
        )


def _takedown(row: Row[Any]) -> Takedown:
    return Takedown(
        id=row.id,
        story_number=row.story_number,
        scope=TakedownScope(row.scope),
        story_numbers=tuple(row.story_numbers),
        reason=row.reason,
        taken_by=row.taken_by,
        taken_at=row.taken_at,
        restored_by=row.restored_by,
        restored_at=row.restored_at,
    )
