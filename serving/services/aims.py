"""What an outlet wants of each scene of its app, beside what its readers were shown."""

from dataclasses import dataclass
from datetime import timedelta

from tianfu.model.aims import Aims
from tianfu.model.errors import NotFound
from tianfu.model.event import Scene
from tianfu.model.ports import Clock
from tianfu.serving.services.access import Caller
from tianfu.serving.services.library import Library
from tianfu.serving.store.aims import Measured
from tianfu.serving.store.changes import ChangeKind
from tianfu.serving.store.database import Database

MEASURED_OVER = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneAims:
    """Wish and measure of one scene."""

    scene: Scene
    aims: Aims
    measured: Measured


class AimDesk:
    """Sets aims and tells what came of them."""

    def __init__(self, *, database: Database, library: Library, clock: Clock) -> None:
        self._database = database
        self._library = library
        self._clock = clock

    def look(self, outlet_id: str) -> list[SceneAims]:
        """Every scene's aims with what its feeds of the last day showed.

        Raises:
            NotFound: There is no such outlet.
        """
        self._must_exist(outlet_id)
        with self._database.read() as uow:
            measured = uow.aims.measured(outlet_id, self._clock.now() - MEASURED_OVER)
        return [
            SceneAims(
                scene=scene,
                aims=self._library.aims.get((outlet_id, scene), Aims()),
                measured=measured.get(scene, Measured(feeds=0, means={})),
            )
            for scene in Scene
        ]

    def set(self, outlet_id: str, scene: Scene, aims: Aims, *, caller: Caller) -> None:
        """Set the aims of one scene; the next feed follows them.

        Raises:
            NotFound: There is no such outlet.
        """
        self._must_exist(outlet_id)
        now = self._clock.now()
        with self._database.write() as uow:
            uow.aims.put((outlet_id, scene), aims, set_by=caller.key.id, now=now)
            uow.changes.add(ChangeKind.AIMS, [None], now)
            uow.audit.add(
                actor=caller.key.id, action="aims.set", target=f"{outlet_id}/{scene.value}", now=now
            )
            uow.commit()
        self._library.catch_up()

    def _must_exist(self, outlet_id: str) -> None:
        if outlet_id not in self._library.outlets:
            raise NotFound("outlet", outlet_id)
