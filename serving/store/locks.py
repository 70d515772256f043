"""Names that one unit of work at a time holds, in whichever process it runs."""

from collections.abc import Iterable

from sqlalchemy import Connection, text

DESK = "desk"
"""Held by whatever people do: they are few, and mostly read before they write."""
INDEX = "index"
"""Held while a batch of stories is stored, so that each batch sees all before it."""
TAKEDOWNS = "takedowns"
"""Held apart from the desk, so that no takedown waits for a long step of somebody else."""

_HOLD = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) "
    "FROM (SELECT unnest(CAST(:names AS text[])) AS name ORDER BY name) AS wanted"
)


def stories_of(outlet_id: str) -> str:
    """Held while an outlet's stories are taken in."""
    return f"stories:{outlet_id}"


def readers_of(outlet_id: str) -> str:
    """Held while what is remembered of an outlet's readers changes."""
    return f"readers:{outlet_id}"


def hold(connection: Connection, names: Iterable[str]) -> None:
    """Wait for these names, in one order for all, and hold them until the transaction ends.

    SQLite has one writer at a time anyway.
    """
    wanted = sorted(set(names))
    if wanted and connection.dialect.name == "postgresql":
        connection.execute(_HOLD, {"names": wanted})
