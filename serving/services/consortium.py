"""The consortium's outlets in the database."""

from tianfu.model.ports import Clock
from tianfu.model.vocab.outlets import load_outlets
from tianfu.serving.store.changes import ChangeKind
from tianfu.serving.store.database import Database


def put_outlets_once(database: Database, clock: Clock) -> None:
    """Write the 210 outlets of the vocabulary where some are missing or out of date."""
    wanted = {outlet.id: outlet for outlet in load_outlets()}
    with database.write() as uow:
        known = {outlet.id: outlet for outlet in uow.outlets.all()}
        fresh = [outlet for name, outlet in sorted(wanted.items()) if known.get(name) != outlet]
        if fresh:
            uow.outlets.put(fresh)
            uow.changes.add(ChangeKind.OUTLETS, [None], clock.now())
            uow.commit()
