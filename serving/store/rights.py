"""Agreements of newsrooms and the list of sources."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from tianfu.model.rights import Agreement, Reuse
from tianfu.serving.store.schema import agreements, listed_sources
from tianfu.serving.store.upsert import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSource:
    """A source whose stories anybody may carry, and who put it on the list."""

    name: str
    added_by: str
    added_at: datetime


class Rights:
    """Who may show what, as people set it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def agreements(self) -> dict[str, Agreement]:
        """Every agreement that was set, by outlet."""
        return {
            row.outlet_id: Agreement(
                outlet_id=row.outlet_id,
                reuse=Reuse(row.reuse),
                exceptions={outlet_id: Reuse(reuse) for outlet_id, reuse in row.exceptions.items()},
            )
            for row in self._connection.execute(select(agreements))
        }

    def put_agreement(self, agreement: Agreement, *, set_by: str, now: datetime) -> None:
        """Set what an outlet lets others do."""
        row = {
            "outlet_id": agreement.outlet_id,
            "reuse": agreement.reuse.value,
            "exceptions": {name: reuse.value for name, reuse in sorted(agreement.exceptions.items())},
            "set_by": set_by,
            "set_at": now,
        }
        upsert(self._connection, agreements, [row])

    def sources(self) -> list[ListedSource]:
        """The listed sources, by name."""
        rows = self._connection.execute(select(listed_sources).order_by(listed_sources.c.name))
        return [ListedSource(name=row.name, added_by=row.added_by, added_at=row.added_at) for row in rows]

    def add_sources(self, names: Iterable[str], *, added_by: str, now: datetime) -> None:
        """Put sources on the list; those on it stay as they are."""
        rows = [{"name": name, "added_by": added_by, "added_at": now} for name in names]
        upsert(self._connection, listed_sources, rows, keep=True)

    def drop_source(self, name: str) -> bool:
        """Take a source off the list; False when it was not on it."""
        statement = delete(listed_sources).where(listed_sources.c.name == name)
        return self._connection.execute(statement).rowcount > 0
