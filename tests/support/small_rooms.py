"""A newsroom on a copy of an empty database, without threads or a web framework: cheap to make anew."""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.builders import FakeClock
from support.fakes import fake_parts
from tianfu.model.access import ApiKey, Role
from tianfu.serving.services.access import Caller
from tianfu.serving.services.machine import Machine
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.wiring import build_newsroom


@contextmanager
def small_room(mould: Path, clock: FakeClock) -> Iterator[Newsroom]:
    """Nothing happens behind it but by ``work_off``; no tick is near another, so nothing is kept a moment."""
    ticks = itertools.count(0, 3_600)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(mould, folder)
        room = build_newsroom(
            ServiceSettings(
                data_dir=Path(folder), database_url=f"sqlite:///{folder}/{mould.name}", worker=False
            ),
            parts=fake_parts(),
            clock=clock,
            machine=Machine(background=False, ticks_s=lambda: float(next(ticks))),
        )
        room.start()
        try:
            yield room
        finally:
            room.stop()


def caller(outlet_id: str | None = None) -> Caller:
    """An editor of an outlet, or an operator of the platform."""
    role = Role.OPERATOR if outlet_id is None else Role.EDITOR
    made_at = FakeClock().now()
    return Caller(key=ApiKey(id="k-1", role=role, outlet_id=outlet_id, label="t", created_at=made_at))
