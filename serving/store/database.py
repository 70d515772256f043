"""Connections, transactions and migrations.  The database is the truth; everything else is a cache."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog
from alembic import command
from alembic.config import Config
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Connection, Executable, make_url
from sqlalchemy.exc import DataError, DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tianfu.model.errors import InvalidRequest, StoreNewer, StoreOutdated, StoreUnavailable
from tianfu.serving.store.adoptions import Adoptions
from tianfu.serving.store.aims import AimStore
from tianfu.serving.store.audit import Audit
from tianfu.serving.store.cards import Cards
from tianfu.serving.store.changes import Changes
from tianfu.serving.store.claims import Claims
from tianfu.serving.store.clusters import Clusters
from tianfu.serving.store.coverage_stories import CoverageStories
from tianfu.serving.store.coverages import Coverages
from tianfu.serving.store.decisions import Decisions
from tianfu.serving.store.engines import (
    Engines,
    is_away,
    is_raced,
    is_sqlite,
    is_table_missing,
    postgresql_engines,
    sqlite_engines,
    take_ones_time,
)
from tianfu.serving.store.events import Events
from tianfu.serving.store.exports import Exports
from tianfu.serving.store.governance import Keys, Settings
from tianfu.serving.store.labels import Labels
from tianfu.serving.store.locks import DESK, hold
from tianfu.serving.store.models import Models
from tianfu.serving.store.outlets import Outlets
from tianfu.serving.store.placements import Placements
from tianfu.serving.store.quarantine import Quarantine
from tianfu.serving.store.queue import WorkQueue
from tianfu.serving.store.readers import Readers
from tianfu.serving.store.readings import Readings
from tianfu.serving.store.receipts import Receipts
from tianfu.serving.store.reports import Reports
from tianfu.serving.store.retention import Retention
from tianfu.serving.store.rights import Rights
from tianfu.serving.store.snapshots import Snapshots
from tianfu.serving.store.stories import Stories
from tianfu.serving.store.submissions import Submissions
from tianfu.serving.store.tags import Tags
from tianfu.serving.store.takedowns import Takedowns
from tianfu.serving.store.trials import Trials
from tianfu.serving.store.vectors import Vectors

log = structlog.get_logger(__name__)

MIGRATIONS = Path(__file__).with_name("migrations")
_REST_S = 0.5
"""After a database did not answer, for so long nobody waits for it again."""


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
        self.retention = Retention(connection)
        self.keys = Keys(connection)
        self.audit = Audit(connection)
        self.settings = Settings(connection)

    def run(self, statement: Executable) -> None:
        """Run a statement that belongs to no repository, such as one about accounts."""
        self._connection.execute(statement)

    def commit(self) -> None:
        """Make everything since the last commit last.

        Raises:
            StoreUnavailable: Nothing was stored; trying again is safe.
        """
        # Both are waited for by other writers, so they come last, and always in this order.
        self.changes.write()
        head = self.audit.seal()
        self._connection.commit()
        if head is not None:
            # Whoever keeps logs elsewhere can prove with these lines that the trail was not written anew.
            log.info("audit.sealed", sequence=head.sequence, hash=head.hash)


class Database:
    """Hands out units of work.  :meth:`open` connects, :meth:`close` lets go.

    Writers exclude each other as far as they say so, see :meth:`write`.  SQLite takes one at a time anyway:
    those of this process queue on a lock instead of on the database's busy handler, so that none starves.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._write_lock = threading.Lock()
        self._engines: Engines | None = None
        self._away_until = 0.0

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the box's embedded database."""
        return is_sqlite(self.url)

    def open(self) -> Self:
        """Connect and bring the schema up to date.  A box's file is made for its own account alone.

        Raises:
            StoreUnavailable: The database does not answer.
            StoreOutdated: The schema is older than this version, and this account may not change it.
            StoreNewer: A later version changed the schema.
        """
        if self.is_sqlite:
            path = make_url(self.url).database
            if path:
                Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                if not Path(path).exists():
                    Path(path).touch(mode=0o600)
            self._engines = sqlite_engines(self.url)
        else:
            self._engines = postgresql_engines(self.url)
        try:
            self.upgrade()
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """Let go of every connection."""
        if self._engines is not None:
            self._engines.dispose()
        self._engines = None

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def upgrade(self, revision: str = "head") -> None:
        """Apply migrations up to a revision, one process at a time; nothing when they are there.

        Raises:
            StoreOutdated: This account may not change the schema.
            StoreNewer: A later version changed the schema.
        """
        try:
            self._migrate(command.upgrade, revision)
        except ProgrammingError as refused:
            raise StoreOutdated from refused
        except CommandError as unknown:
            if isinstance(unknown.__cause__, ResolutionError):
                raise StoreNewer from unknown
            raise

    def downgrade(self, revision: str) -> None:
        """Undo migrations down to a revision."""
        self._migrate(command.downgrade, revision)

    @contextmanager
    def write(self, holding: Sequence[str] = (DESK,)) -> Iterator[UnitOfWork]:
        """Open a unit of work that may change things.

        Args:
            holding: Names that no two units of work hold at one time, in any process.  What people do holds
                one name for all of it, so that whoever reads first and then writes needs no further thought.
                Work of great volume names something narrower, or nothing.

        Raises:
            StoreUnavailable: The database does not answer; nothing was stored.
        """
        lock = self._write_lock if self.is_sqlite else nullcontext()
        with lock, self._translated(), self._opened.writers.connect() as connection:
            hold(connection, holding)
            yield UnitOfWork(connection)

    @contextmanager
    def glance(self) -> Iterator[UnitOfWork]:
        """Open a view for one single query: no transaction is begun, so two queries may see two states.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        with self._translated(), self._opened.glancers.connect() as connection:
            yield UnitOfWork(connection)

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """Open a consistent view that changes nothing; never waits for writers.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        with self._translated(), self._opened.readers.connect() as connection:
            yield UnitOfWork(connection)

    def drain(self) -> None:
        """Bring what a box wrote ahead into its file and empty that log; PostgreSQL recycles its own.

        While somebody reads an older state of the file the log stays, until it is drained the next time.
        """
        if not self.is_sqlite:
            return
        with self._translated(), self._opened.glancers.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 200")
            try:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.exec_driver_sql("PRAGMA busy_timeout = 30000")

    @property
    def _opened(self) -> Engines:
        if self._engines is None:
            raise RuntimeError("the database is not open")
        return self._engines

    def _migrate(self, step: Callable[[Config, str], None], revision: str) -> None:
        with self._translated(), self._opened.writers.connect() as connection:
            hold(connection, ["migrations"])
            take_ones_time(connection)
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.attributes["connection"] = connection
            step(config, revision)
            connection.commit()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        if time.monotonic() < self._away_until:
            raise _unavailable()
        try:
            yield
        except PoolTimeout as down:
            raise _unavailable() from down
        except DataError as bad:
            raise InvalidRequest(
                field="request",
                why="holds what no text or number of the database can be, such as a zero byte",
                advice="Remove it.",
            ) from bad
        except DBAPIError as bad:
            if is_raced(bad):
                raise StoreUnavailable(
                    "Somebody else wrote the same at this moment; nothing was stored.",
                    advice="Try again at once.",
                ) from bad
            if not isinstance(bad, OperationalError) and not is_away(bad) and not is_table_missing(bad):
                raise
            if is_away(bad) and not self.is_sqlite:
                self._away_until = time.monotonic() + _REST_S
            raise _unavailable() from bad


def _unavailable() -> StoreUnavailable:
    return StoreUnavailable(
        "The database does not answer; nothing was stored.", advice="Try again in a moment."
    )
