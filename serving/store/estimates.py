"""How many rows there are, told in milliseconds however many they are."""

from sqlalchemy import Connection, Table, func, literal, select, text

_TOLD = text("SELECT CAST(reltuples AS bigint) FROM pg_class WHERE oid = CAST(:name AS regclass)")


def count_about(connection: Connection, table: Table, *, exact_to: int) -> int:
    """How many rows a table has: counted up to a bound, beyond it as PostgreSQL estimated last.

    Its estimate is of the last vacuum or analysis, which it makes by itself when a tenth has changed.  A
    box counts all: it has no such estimate, and not that many rows.
    """
    some = select(literal(1)).select_from(table).limit(exact_to + 1).subquery()
    counted = int(connection.execute(select(func.count()).select_from(some)).scalar_one())
    if counted <= exact_to:
        return counted
    if connection.dialect.name != "postgresql":
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())
    told = connection.execute(_TOLD, {"name": table.name}).scalar_one()
    return max(counted, int(told))
