"""PostgreSQL for tests: a named server or a private cluster, and a fresh database for each test."""

import contextlib
import os
import time
from collections.abc import Iterator

import psycopg
from psycopg import sql
from sqlalchemy import make_url
from sqlalchemy.engine import URL

from benchmarks.postgres import binary, plain, private_cluster
from tianfu.serving.store.database import Database

NAMED = "TIANFU_TEST_DATABASE_URL"


@contextlib.contextmanager
def server() -> Iterator[URL | None]:
    """The address of a server to make databases on; ``None`` where there is none and no way to start one.

    A named server that does not answer is an error, so that nobody leaves these tests out unknowingly.
    """
    named = os.environ.get(NAMED)
    if named:
        yield make_url(named)
        return
    if binary("initdb") is None:
        yield None
        return
    with private_cluster() as cluster:
        yield cluster.url


_LOOK = """
SELECT md5(string_agg(concat_ws(' ', relname, relkind, relacl, triggers), ',' ORDER BY relname))
FROM pg_class
LEFT JOIN (SELECT tgrelid, string_agg(format('%s %s', tgname, tgenabled), ' ' ORDER BY tgname) AS triggers
           FROM pg_trigger GROUP BY tgrelid) AS pulled ON tgrelid = oid
WHERE relnamespace = 'public'::regnamespace AND relname !~ '^(events|decisions)_2026_0[2-5]'
"""
"""What a database has beside rows: tables, indexes, triggers, and who may do what with them.

Months of the two logs around the tests' own time are left out: a service makes them whenever it starts.
"""

_EMPTY = """
SET session_replication_role = replica;  -- no triggers, no foreign keys: everything goes
DO $$
DECLARE
    name text;
    held boolean;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', name) INTO held;
        IF held THEN EXECUTE format('DELETE FROM %I', name); END IF;
    END LOOP;
    FOR name IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL
    LOOP
        PERFORM setval(quote_ident(name)::regclass, 1, false);
    END LOOP;
END $$;
"""
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
_HANG_UP = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()
"""


class Databases:
    """Makes migrated databases as copies of one, and gives a used one again when its rows are gone.

    To make one and to drop it PostgreSQL writes everything it holds to disk, each time; to delete the rows of
    a test takes a fraction of that.  One that a test changed otherwise is dropped.
    """

    def __init__(self, address: URL) -> None:
        self._address = address
        self._mark = f"tianfu_test_{os.getpid()}_{time.time_ns() % 1_000_000_000}"
        self._made = 0
        self._template = f"{self._mark}_template"
        self._look = ""
        self._rows: dict[str, str] = {}
        self._empty: list[str] = []

    def open(self) -> None:
        self._do(f'CREATE DATABASE "{self._template}" TEMPLATE template0')
        with Database(self.url_of(self._template)):
            pass
        with self._in(self._template) as connection:
            self._look = _look(connection)
            self._rows = _rows(connection)

    def close(self) -> None:
        for name in (*self._empty, self._template):
            self._drop(name)

    @contextlib.contextmanager
    def fresh(self, *, migrated: bool = True) -> Iterator[str]:
        """The address of a database of one's own, as the last migration leaves it or with nothing in it."""
        name = self._empty.pop() if migrated and self._empty else self._new(migrated=migrated)
        try:
            yield self.url_of(name)
        finally:
            if migrated and self._emptied(name):
                self._empty.append(name)
            else:
                self._drop(name)

    def _new(self, *, migrated: bool) -> str:
        self._made += 1
        name = f"{self._mark}_{self._made}"
        template = self._template if migrated else "template0"
        self._do(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def _emptied(self, name: str) -> bool:
        """Whether a database is again as it was made."""
        with self._in(name) as connection:
            connection.execute(_HANG_UP, [name])
            if _look(connection) != self._look:
                return False
            connection.execute(_EMPTY)
            for table, rows in self._rows.items():
                filled = sql.SQL("INSERT INTO {0} SELECT * FROM json_populate_recordset(NULL::{0}, %s)")
                connection.execute(filled.format(sql.Identifier(table)), [rows])
        return True

    def _drop(self, name: str) -> None:
        self._do(f'DROP DATABASE "{name}" WITH (FORCE)')

    def url_of(self, name: str, user: str | None = None) -> str:
        address = self._address.set(database=name)
        return (address.set(username=user) if user else address).render_as_string(hide_password=False)

    def _do(self, statement: str) -> None:
        with self._in("postgres") as connection:
            connection.execute(statement)

    def _in(self, name: str) -> psycopg.Connection:
        return psycopg.connect(plain(self.url_of(name)), autocommit=True)


def _look(connection: psycopg.Connection) -> str:
    row = connection.execute(_LOOK).fetchone()
    assert row is not None
    return str(row[0])


def _rows(connection: psycopg.Connection) -> dict[str, str]:
    """What migrations write into tables, as JSON by table."""
    found = {}
    for (table,) in connection.execute(_TABLES).fetchall():
        query = sql.SQL("SELECT json_agg(t)::text FROM {} AS t").format(sql.Identifier(table))
        row = connection.execute(query).fetchone()
        if row is not None and row[0] is not None:
            found[table] = str(row[0])
    return found
