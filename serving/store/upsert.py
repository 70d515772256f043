"""What both databases say differently: INSERT … ON CONFLICT, and one of many values."""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from sqlalchemy import ARRAY, ColumnElement, Connection, Table, any_, bindparam
from sqlalchemy.dialects import postgresql, sqlite

_Item = TypeVar("_Item")


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[dict[str, Any]],
    *,
    keep: bool = False,
    grow: Collection[str] = (),
    stay: Collection[str] = (),
    unless_above: str | None = None,
) -> None:
    """Insert rows; where the primary key is taken, replace the other columns.

    Rows are written in order of their keys, so that two writers never wait for each other crosswise.

    Args:
        connection: Inside a transaction.
        table: Any table of the schema.
        rows: All with the same columns.
        keep: Leave rows that are there as they are.
        grow: Columns that are added to what is there.
        stay: Columns that keep what is there.
        unless_above: A row is left as it is where this column is above the new one.
    """
    if not rows:
        return
    build = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = build(table)
    keys = [column.name for column in table.primary_key]
    rows = sorted(rows, key=lambda row: tuple(row[name] for name in keys))
    rest = {
        name: table.c[name] + statement.excluded[name] if name in grow else statement.excluded[name]
        for name in rows[0]
        if name not in keys and name not in stay
    }
    if keep or not rest:
        connection.execute(statement.on_conflict_do_nothing(), rows)
    else:
        only = None if unless_above is None else table.c[unless_above] <= statement.excluded[unless_above]
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=rest, where=only), rows)


def in_chunks(values: Sequence[_Item], size: int = 500) -> list[Sequence[_Item]]:
    """Cut a sequence so that no statement has more parameters than SQLite takes."""
    return [values[start : start + size] for start in range(0, len(values), size)]


_ARRAY = 5_000


def among(
    connection: Connection, column: ColumnElement[_Item], values: Sequence[_Item]
) -> list[ColumnElement[bool]]:
    """Conditions that together say that a column holds one of many values, for one statement each.

    PostgreSQL takes thousands of values as one array.  Written out one by one they cost more than the
    query itself: each is named, put into the text of the statement, looked for there and bound.
    """
    if connection.dialect.name != "postgresql":
        return [column.in_(chunk) for chunk in in_chunks(values)]
    return [
        column == any_(bindparam(None, list(chunk), type_=ARRAY(column.type)))
        for chunk in in_chunks(values, _ARRAY)
    ]
