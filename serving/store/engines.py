"""Connections to both databases, set up so that the same units of work mean the same on each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from tianfu.model.errors import StoreUnavailable

_POOL = 16
MOST_CONNECTIONS = 3 * _POOL
"""Of one process to PostgreSQL: some are kept, the others opened while many callers come at once."""
_CONNECT_S = 3
_STATEMENT_MS = 60_000
_LOCK_MS = 15_000
"""Longest wait for somebody else's lock: longer than any step holds one, shorter than a caller's patience."""


def _to_json(value: Any) -> str:
    return orjson.dumps(value).decode()


_JSON: dict[str, Any] = {"json_serializer": _to_json, "json_deserializer": orjson.loads}


@dataclass(frozen=True, slots=True)
class Engines:
    """One way in for each kind of unit of work.

    Attributes:
        writers: Transactions that change things.
        readers: Transactions that see one moment of the database.
        glancers: Single queries, each by itself.
    """

    writers: Engine
    readers: Engine
    glancers: Engine

    def dispose(self) -> None:
        """Let go of every connection."""
        for engine in (self.writers, self.readers, self.glancers):
            engine.dispose()


def is_sqlite(url: str) -> bool:
    """Whether an address is that of a box's embedded database.

    Raises:
        StoreUnavailable: It is no address of a database.
    """
    try:
        return make_url(url).get_backend_name() == "sqlite"
    except (ArgumentError, ValueError) as bad:
        raise _no_address() from bad


def sqlite_engines(url: str) -> Engines:
    """One file in WAL mode: readers never wait, one writer at a time."""
    return Engines(
        writers=_sqlite_engine(url, begin="BEGIN IMMEDIATE", pool_size=2),
        readers=_sqlite_engine(url, begin="BEGIN", pool_size=16),
        glancers=_sqlite_engine(url, begin=None, pool_size=16),
    )


def postgresql_engines(url: str) -> Engines:
    """One pool for all.  A reader's queries see one snapshot (REPEATABLE READ), as SQLite's do.

    Compiling a query (``jit``) takes longer than any of those here.

    Raises:
        StoreUnavailable: The driver is not installed, or the address names another one.
    """
    if make_url(url).drivername != "postgresql+psycopg":
        raise _no_address()
    try:
        engine = create_engine(
            url,
            pool_size=_POOL,
            max_overflow=MOST_CONNECTIONS - _POOL,
            pool_timeout=10,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": _CONNECT_S,
                **_ALIVE,
                "application_name": "tianfu",
                "options": f"-c statement_timeout={_STATEMENT_MS} -c lock_timeout={_LOCK_MS} -c timezone=UTC"
                f" -c idle_in_transaction_session_timeout={_STATEMENT_MS} -c jit=off",
            },
            **_JSON,
        )
    except ImportError as missing:
        raise _no_driver() from missing
    return Engines(
        writers=engine,
        readers=engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True),
        glancers=engine.execution_options(isolation_level="AUTOCOMMIT"),
    )


@contextmanager
def look_at(url: str, *, failed: str) -> Iterator[Connection]:
    """A connection of its own, whatever the schema; it is closed at the end and nothing is kept.

    Args:
        url: Of the database.
        failed: What did not happen, for the message of an error.

    Raises:
        StoreUnavailable: The database does not answer, or its driver is missing.
    """
    try:
        with create_engine(url, poolclass=NullPool).connect() as connection:
            yield connection
    except ImportError as missing:
        raise _no_driver() from missing
    except DBAPIError as down:
        raise StoreUnavailable(
            f"The database does not answer; {failed}.", advice="Check TIANFU_DATABASE_URL."
        ) from down


def _no_driver() -> StoreUnavailable:
    return StoreUnavailable(
        "The driver of PostgreSQL is not installed.", advice="pip install 'tianfu[province]'"
    )


def take_ones_time(connection: Connection) -> None:
    """Let the statements of this transaction run as long as they need, as those over whole tables may."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")


_ALIVE = {"keepalives_idle": 30, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
"""A host that is gone without a word is noticed within a minute (seconds; the last in milliseconds)."""
_AWAY = ("08", "53", "57P", "58")
"""SQLSTATE classes of PostgreSQL: connection, resources, shutdown, system."""
_RACED = ("23505", "40001", "40P01", "55P03")
_UNDEFINED_TABLE = "42P01"
"""Somebody else was quicker: unique violation, serialisation, deadlock, lock not available."""


def _no_address() -> StoreUnavailable:
    return StoreUnavailable(
        "The database's address must begin with sqlite:/// or postgresql+psycopg://.",
        advice="Correct TIANFU_DATABASE_URL.",
    )


def is_away(error: DBAPIError) -> bool:
    """Whether the database as a whole does not answer, rather than refuse one statement."""
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or (
        state.startswith(_AWAY) if state is not None else type(error.orig).__name__ == "OperationalError"
    )


def is_table_missing(error: DBAPIError) -> bool:
    """Whether PostgreSQL lacks a table; SQLite's driver says of that that it cannot operate."""
    return getattr(error.orig, "sqlstate", None) == _UNDEFINED_TABLE


def is_raced(error: DBAPIError) -> bool:
    """Whether a transaction lost against another one; the same again will see what the other did."""
    return getattr(error.orig, "sqlstate", None) in _RACED


def _sqlite_engine(url: str, *, begin: str | None, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=32,
        **_JSON,
        connect_args={"timeout": 30, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        # The driver's own transaction handling is off: BEGIN is ours, so that readers see one snapshot.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "cache_size=-32768",
            "mmap_size=67108864",
            "wal_autocheckpoint=4000",
            "secure_delete=ON",  # what is erased of a reader is not to be read from the file's free pages
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    if begin is not None:

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

    return engine
