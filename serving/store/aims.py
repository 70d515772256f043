"""What outlets want of their scenes, and the hourly sums of what was measured."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from tianfu.model.aims import MEASURED, Aims
from tianfu.model.event import Scene
from tianfu.serving.store.schema import aim_measures, scene_aims
from tianfu.serving.store.upsert import upsert

SceneKey = tuple[str, Scene]
"""Outlet and scene."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What feeds of one scene showed on their first pages.

    Attributes:
        feeds: How many feeds were measured.
        means: Mean of each measured aim, 0..1; empty without feeds.
    """

    feeds: int
    means: Mapping[str, float]


class AimStore:
    """Aims by outlet and scene."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> dict[SceneKey, Aims]:
        """Every aim that was set."""
        rows = self._connection.execute(select(scene_aims))
        return {(row.outlet_id, Scene(row.scene)): Aims(**row.aims) for row in rows}

    def put(self, key: SceneKey, aims: Aims, *, set_by: str, now: datetime) -> None:
        """Set the aims of one scene."""
        outlet_id, scene = key
        row = {
            "outlet_id": outlet_id,
            "scene": scene.value,
            "aims": asdict(aims),
            "set_by": set_by,
            "set_at": now,
        }
        upsert(self._connection, scene_aims, [row])

    def count(self, key: SceneKey, hour: datetime, sums: Mapping[str, float], feeds: int) -> None:
        """Add what was measured on some feeds to the sums of an hour."""
        outlet_id, scene = key
        row = {"outlet_id": outlet_id, "scene": scene.value, "hour": hour, "feeds": feeds, **sums}
        upsert(self._connection, aim_measures, [row], grow=("feeds", *MEASURED))

    def measured(self, outlet_id: str, since: datetime) -> dict[Scene, Measured]:
        """Means of everything measured for an outlet since a moment, by scene."""
        c = aim_measures.c
        totals: Sequence[object] = [func.sum(c[name]).label(name) for name in MEASURED]
        query = (
            select(c.scene, func.sum(c.feeds).label("feeds"), *totals)
            .where(c.outlet_id == outlet_id, c.hour >= since)
            .group_by(c.scene)
        )
        return {
            Scene(row.scene): Measured(
                feeds=row.feeds, means={name: getattr(row, name) / row.feeds for name in MEASURED}
            )
            for row in self._connection.execute(query)
        }
