"""Proof that orders were shown: one row for each order, outlet and scene."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from tianfu.model.event import Scene
from tianfu.serving.store.schema import placement_receipts
from tianfu.serving.store.upsert import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """When and where an order was first shown in one scene of one outlet.

    Attributes:
        first_position: Zero-based.
        first_trace_id: The decision that showed it first.
        pages: How many pages have shown it.
    """

    placement_id: str
    outlet_id: str
    scene: Scene
    first_shown_at: datetime
    first_position: int
    first_trace_id: str
    last_shown_at: datetime
    pages: int

    @property
    def key(self) -> tuple[str, str, Scene]:
        """What one row stands for."""
        return self.placement_id, self.outlet_id, self.scene


class Receipts:
    """Receipts by order, outlet and scene."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, shown: Sequence[Receipt]) -> None:
        """Take down what was shown; a row that is there keeps its first and adds to its count."""
        rows = [
            {**{name: getattr(one, name) for name in Receipt.__slots__}, "scene": one.scene.value}
            for one in shown
        ]
        first = ("first_shown_at", "first_position", "first_trace_id")
        upsert(self._connection, placement_receipts, rows, grow=("pages",), stay=first)

    def of(self, placement_id: str) -> list[Receipt]:
        """Every receipt of an order, by outlet and scene."""
        c = placement_receipts.c
        query = (
            select(placement_receipts).where(c.placement_id == placement_id).order_by(c.outlet_id, c.scene)
        )
        return [
            Receipt(**{**dict(row._mapping), "scene": Scene(row.scene)})
            for row in self._connection.execute(query)
        ]
