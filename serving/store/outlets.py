"""Outlets."""

from collections.abc import Iterable

from sqlalchemy import Connection, Row, select

from tianfu.model.outlet import Outlet, OutletLevel
from tianfu.serving.store.schema import outlets
from tianfu.serving.store.upsert import upsert


class Outlets:
    """The consortium's newsrooms."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, newsrooms: Iterable[Outlet]) -> None:
        """Add newsrooms, or bring them up to date."""
        rows = [
            {
                "id": o.id,
                "name": o.name,
                "level": o.level.value,
                "adcode": o.adcode,
                "parent_id": o.parent_id,
                "kind": o.kind,
            }
            for o in newsrooms
        ]
        upsert(self._connection, outlets, rows)

    def all(self) -> list[Outlet]:
        """Every newsroom, by id."""
        return [_outlet(row) for row in self._connection.execute(select(outlets).order_by(outlets.c.id))]


def _outlet(row: Row[tuple[object, ...]]) -> Outlet:
    return Outlet(
        id=row.id,
        name=row.name,
        level=OutletLevel(row.level),
        adcode=row.adcode,
        parent_id=row.parent_id,
        kind=row.kind,
    )
