"""Placements."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, or_, select, update

from tianfu.model.event import Scene
from tianfu.model.outlet import OutletLevel
from tianfu.model.placement import Authority, Placement, PlacementAction
from tianfu.serving.store.schema import placements


class Placements:
    """Orders of editors and operators."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, placement: Placement) -> None:
        """Record an order."""
        self._connection.execute(insert(placements), [{**_values(placement), "id": placement.id}])

    def replace(self, placement: Placement) -> None:
        """Change an order that stands."""
        self._connection.execute(
            update(placements).where(placements.c.id == placement.id).values(_values(placement))
        )

    def withdraw(self, placement_id: str, now: datetime) -> bool:
        """End an order; the row stays for the record.  False when there is none standing."""
        statement = (
            update(placements)
            .where(placements.c.id == placement_id, placements.c.deleted_at.is_(None))
            .values(deleted_at=now)
        )
        return self._connection.execute(statement).rowcount > 0

    def by_id(self, placement_id: str) -> Placement | None:
        """Find an order that was not withdrawn."""
        found = self.record(placement_id)
        return found[0] if found is not None and found[1] is None else None

    def record(self, placement_id: str) -> tuple[Placement, datetime | None] | None:
        """Any order that was ever given, with the time it was withdrawn."""
        query = select(placements).where(placements.c.id == placement_id)
        row = self._connection.execute(query).one_or_none()
        return (_placement(row), row.deleted_at) if row else None

    def standing(self, now: datetime) -> list[Placement]:
        """Orders in force now or later, oldest first."""
        query = (
            select(placements)
            .where(placements.c.deleted_at.is_(None), placements.c.ends_at > now)
            .order_by(placements.c.created_at, placements.c.id)
        )
        return [_placement(row) for row in self._connection.execute(query)]

    def ended(self, since: datetime, now: datetime) -> list[tuple[Placement, datetime | None]]:
        """Orders that ended since a moment, each with the time it was withdrawn, latest given first."""
        c = placements.c
        query = (
            select(placements)
            .where(or_(c.deleted_at >= since, and_(c.deleted_at.is_(None), c.ends_at.between(since, now))))
            .order_by(c.created_at.desc(), c.id.desc())
        )
        return [(_placement(row), row.deleted_at) for row in self._connection.execute(query)]


def _values(placement: Placement) -> dict[str, Any]:
    return {
        "story_id": placement.story_id,
        "action": placement.action.value,
        "position": placement.position,
        "outlet_ids": sorted(placement.outlet_ids),
        "adcode": placement.adcode,
        "scenes": sorted(scene.value for scene in placement.scenes),
        "levels": sorted(level.value for level in placement.levels),
        "channels": sorted(placement.channels),
        "priority": placement.priority,
        "strength": placement.strength,
        "authority": placement.authority.value,
        "starts_at": placement.starts_at,
        "ends_at": placement.ends_at,
        "note": placement.note,
        "created_by": placement.created_by,
        "created_at": placement.created_at,
    }


def _placement(row: Row[Any]) -> Placement:
    return Placement(
        id=row.id,
        story_id=row.story_id,
        action=PlacementAction(row.action),
        position=row.position,
        outlet_ids=frozenset(row.outlet_ids),
        adcode=row.adcode,
        scenes=frozenset(Scene(scene) for scene in row.scenes),
        levels=frozenset(OutletLevel(level) for level in row.levels),
        channels=frozenset(row.channels),
        priority=row.priority,
        strength=row.strength,
        authority=Authority(row.authority),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        note=row.note,
        created_by=row.created_by,
        created_at=row.created_at,
    )
