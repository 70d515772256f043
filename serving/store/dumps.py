"""The whole database as one file, and back, on either kind."""

from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from tianfu.serving.store import dump_postgresql, dump_sqlite
from tianfu.serving.store.database import MIGRATIONS
from tianfu.serving.store.engines import is_sqlite

SQLITE = "sqlite"
POSTGRESQL = "postgresql"


def kind_of(url: str) -> str:
    """``sqlite`` or ``postgresql``: a dump of one fits only the same."""
    return SQLITE if is_sqlite(url) else POSTGRESQL


def dump(url: str, to: Path) -> str:
    """Write what the database holds at one moment; returns the revision of its schema.

    Raises:
        BackupFailed: No dump was made.
        StoreUnavailable: The database does not answer.
    """
    take = dump_sqlite.dump_sqlite if is_sqlite(url) else dump_postgresql.dump_postgresql
    return take(url, to)


def holds_rows(url: str) -> bool:
    """Whether the database holds what cannot be made anew.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    return dump_sqlite.holds_rows(url) if is_sqlite(url) else dump_postgresql.holds_rows(url)


def restore(url: str, source: Path) -> None:
    """Put a dump in the place of the database, whole or not at all.

    Raises:
        BackupRefused: A process of the service is at work on it.
        BackupFailed: It could not be written and is as it was.
    """
    put = dump_sqlite.restore_sqlite if is_sqlite(url) else dump_postgresql.restore_postgresql
    put(url, source)


def is_known(schema: str) -> bool:
    """Whether this version can bring such a schema up to date."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return any(script.revision == schema for script in ScriptDirectory.from_config(config).walk_revisions())
