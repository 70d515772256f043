"""Connections, transactions and migrations.  The database is the truth; everything else is a cache."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tianfu.model.errors import StoreUnavailable
from tianfu.serving.store.adoptions import Adoptions
from tianfu.serving.store.aims import AimStore
from tianfu.serving.store.cards import Cards
from tianfu.serving.store.changes import Changes
from tianfu.serving.store.claims import Claims
from tianfu.serving.store.clusters import Clusters
from tianfu.serving.store.coverage_stories import CoverageStories
from tianfu.serving.store.coverages import Coverages
from tianfu.serving.store.decisions import Decisions
from tianfu.serving.store.events import Events
from tianfu.serving.store.exports import Exports
from tianfu.serving.store.governance import Audit, Keys, Settings
from tianfu.serving.store.labels import Labels
from tianfu.serving.store.models import Models
from tianfu.serving.store.outlets import Outlets
from tianfu.serving.store.placements import Placements
from tianfu.serving.store.quarantine import Quarantine
from tianfu.serving.store.queue import WorkQueue
from tianfu.serving.store.readers import Readers
from tianfu.serving.store.readings import Readings
from tianfu.serving.store.receipts import Receipts
from tianfu.serving.store.reports import Reports
from tianfu.serving.store.rights import Rights
from tianfu.serving.store.snapshots import Snapshots
from tianfu.serving.store.stories import Stories
from tianfu.serving.store.submissions import Submissions
from tianfu.serving.store.tags import Tags
from tianfu.serving.store.takedowns import Takedowns
from tianfu.serving.store.trials import Trials
from tianfu.serving.store.vectors import Vectors

MIGRATIONS = Path(__file__).with_name("migrations")


def _to_json(value: Any) -> str:
    return orjson.dumps(value).decode()


_JSON: dict[str, Any] = {"json_serializer": _to_json, "json_deserializer": orjson.loads}


class UnitOfWork:
    """One transaction over every repository.  Leaving it without :meth:`commit` undoes everything."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.outlets = Outlets(connection)
        self.stories = Stories(connection)
        self.cards = Cards(connection)
        self.vectors = Vectors(connection)
        self.queue = WorkQueue(connection)
        self.changes = Changes(connection)
        self.tags = Tags(connection)
        self.clusters = Clusters(connection)
        self.takedowns = Takedowns(connection)
        self.readers = Readers(connection)
        self.events = Events(connection)
        self.quarantine = Quarantine(connection)
        self.exports = Exports(connection)
        self.snapshots = Snapshots(connection)
        self.readings = Readings(connection)
        self.decisions = Decisions(connection)
        self.placements = Placements(connection)
        self.receipts = Receipts(connection)
        self.aims = AimStore(connection)
        self.rights = Rights(connection)
        self.coverages = Coverages(connection)
        self.coverage_stories = CoverageStories(connection)
        self.claims = Claims(connection)
        self.submissions = Submissions(connection)
        self.adoptions = Adoptions(connection)
        self.reports = Reports(connection)
        self.models = Models(connection)
        self.trials = Trials(connection)
        self.labels = Labels(connection)
        self.keys = Keys(connection)
        self.audit = Audit(connection)
        self.settings = Settings(connection)

    def commit(self) -> None:
        """Make everything since the last commit last.

        Raises:
            StoreUnavailable: Nothing was stored; trying again is safe.
        """
        self._connection.commit()


class Database:
    """Hands out units of work.  :meth:`open` connects, :meth:`close` lets go.

    SQLite takes one writer at a time: writers of this process queue on a lock instead of on the
    database's busy handler, so that none starves.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._write_lock = threading.Lock()
        self._readers: Engine | None = None
        self._writers: Engine | None = None
        self._glancers: Engine | None = None

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the box's embedded database."""
        return make_url(self.url).get_backend_name() == "sqlite"

    def open(self) -> Self:
        """Connect and bring the schema up to date."""
        if self.is_sqlite:
            path = make_url(self.url).database
            if path:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            self._writers = _sqlite_engine(self.url, begin="BEGIN IMMEDIATE", pool_size=2)
            self._readers = _sqlite_engine(self.url, begin="BEGIN", pool_size=16)
            self._glancers = _sqlite_engine(self.url, begin=None, pool_size=16)
        else:
            self._writers = self._readers = self._glancers = create_engine(
                self.url, pool_size=16, pool_pre_ping=True, **_JSON
            )
        self.upgrade()
        return self

    def close(self) -> None:
        """Let go of every connection."""
        for engine in (self._readers, self._writers, self._glancers):
            if engine is not None:
                engine.dispose()
        self._readers = self._writers = self._glancers = None

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def upgrade(self, revision: str = "head") -> None:
        """Apply migrations up to a revision; does nothing when they are there."""
        with self._translated(), _opened(self._writers).connect() as connection:
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            connection.commit()

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """Open a unit of work that may change things.

        Raises:
            StoreUnavailable: The database does not answer; nothing was stored.
        """
        lock = self._write_lock if self.is_sqlite else _no_lock()
        with lock, self._translated(), _opened(self._writers).connect() as connection:
            yield UnitOfWork(connection)

    @contextmanager
    def glance(self) -> Iterator[UnitOfWork]:
        """Open a view for one single query: no transaction is begun, so two queries may see two states.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        with self._translated(), _opened(self._glancers).connect() as connection:
            yield UnitOfWork(connection)

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """Open a consistent view that changes nothing; never waits for writers.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        with self._translated(), _opened(self._readers).connect() as connection:
            yield UnitOfWork(connection)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, PoolTimeout) as down:
            raise StoreUnavailable(
                "The database does not answer; nothing was stored.", advice="Try again in a moment."
            ) from down


def _opened(engine: Engine | None) -> Engine:
    if engine is None:
        raise RuntimeError("the database is not open")
    return engine


@contextmanager
def _no_lock() -> Iterator[None]:
    yield


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
            "mmap_size=268435456",
            "wal_autocheckpoint=4000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    if begin is not None:

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

    return engine
