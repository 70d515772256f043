"""PostgreSQL for tests: a named server or a private cluster, and a fresh database for each test."""

import contextlib
import os
import time
from collections.abc import Iterator

import psycopg
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


class Databases:
    """Makes databases as copies of one that is migrated, which takes a tenth of the time."""

    def __init__(self, address: URL) -> None:
        self._address = address
        self._mark = f"tianfu_test_{os.getpid()}_{time.time_ns() % 1_000_000_000}"
        self._made = 0
        self._template = f"{self._mark}_template"

    def open(self) -> None:
        self._do(f'CREATE DATABASE "{self._template}" TEMPLATE template0')
        with Database(self.url_of(self._template)):
            pass

    def close(self) -> None:
        self._do(f'DROP DATABASE "{self._template}" WITH (FORCE)')

    @contextlib.contextmanager
    def fresh(self, *, migrated: bool = True) -> Iterator[str]:
        """The address of a database of one's own."""
        self._made += 1
        name = f"{self._mark}_{self._made}"
        template = f'"{self._template}"' if migrated else "template0"
        self._do(f'CREATE DATABASE "{name}" TEMPLATE {template} STRATEGY file_copy')
        try:
            yield self.url_of(name)
        finally:
            self._do(f'DROP DATABASE "{name}" WITH (FORCE)')

    def url_of(self, name: str, user: str | None = None) -> str:
        address = self._address.set(database=name)
        return (address.set(username=user) if user else address).render_as_string(hide_password=False)

    def _do(self, statement: str) -> None:
        with psycopg.connect(plain(self.url_of("postgres")), autocommit=True) as connection:
            connection.execute(statement)
