"""How much room rows take in PostgreSQL, with their indexes, and how much is written ahead for them."""

from collections.abc import Mapping

from sqlalchemy import func, select, table, text

from tianfu.serving.store.database import Database

STORY_TABLES = ("stories", "revisions", "story_vectors", "tags", "edges", "changes", "work_queue")
OTHER_TABLES = ("events", "decisions", "readers")

_SIZE = text("""
    SELECT coalesce(sum(pg_total_relation_size(relid)), pg_total_relation_size(CAST(:name AS regclass)))
    FROM pg_partition_tree(CAST(:name AS regclass)) WHERE isleaf
""")
_CONNECTIONS = text("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'tianfu%'")
_WAL = text("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")


def sizes(url: str, tables: tuple[str, ...] = (*STORY_TABLES, *OTHER_TABLES)) -> dict[str, int]:
    """Bytes by table, all months and indexes of it together."""
    with Database(url) as database, database.glance() as uow:
        run = uow._connection.execute
        return {name: int(run(_SIZE, {"name": name}).scalar_one()) for name in tables}


def rows(url: str, tables: tuple[str, ...] = OTHER_TABLES) -> dict[str, int]:
    """Rows by table."""
    with Database(url) as database, database.glance() as uow:
        run = uow._connection.execute
        return {name: int(run(select(func.count()).select_from(table(name))).scalar_one()) for name in tables}


def written_ahead(url: str) -> int:
    """Bytes of write-ahead log so far."""
    with Database(url) as database, database.glance() as uow:
        return int(uow._connection.execute(_WAL).scalar_one())


def connections(url: str) -> int:
    """How many connections the service's processes hold."""
    with Database(url) as database, database.glance() as uow:
        return int(uow._connection.execute(_CONNECTIONS).scalar_one()) - 1  # this one


def bytes_a_row(sizes: Mapping[str, int], rows: Mapping[str, int]) -> dict[str, float]:
    """Bytes of a row with its share of the indexes; nothing for an empty table."""
    return {name: round(sizes[name] / count, 1) for name, count in rows.items() if count}
