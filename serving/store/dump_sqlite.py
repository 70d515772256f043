"""Copies of a box's database: taken while it serves, put back while it does not."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import make_url

from tianfu.model.errors import BackupFailed, BackupRefused

KEPT = ("stories", "readers", "events", "api_keys", "audit", "placements", "models")
"""Tables that hold what cannot be made anew; a database with a row in any of them is not empty."""
_SIDES = ("-wal", "-shm", "-journal")


def file_of(url: str) -> Path:
    """The file behind the address of a SQLite database."""
    return Path(make_url(url).database or ":memory:")


def dump_sqlite(url: str, to: Path) -> str:
    """Copy the database as it is at one moment into one file, without making anybody wait.

    Returns:
        The revision of its schema.

    Raises:
        BackupFailed: There is no database, it is damaged, or the disk is full.
    """
    source = file_of(url)
    if not source.is_file():
        raise BackupFailed(f"There is no database at {source}.", advice="Name its folder with --data-dir.")
    with (
        _told("copied"),
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=rw", uri=True)) as live,
        closing(sqlite3.connect(to)) as copy,
    ):
        live.backup(copy)  # in one step: under WAL it reads one moment, and writers go on
        copy.execute("PRAGMA journal_mode=DELETE")
        found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise BackupFailed(
                f"The database is damaged: {found}.", advice="Keep its file; restore the last good backup."
            )
        row = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0])


def holds_rows(url: str) -> bool:
    """Whether a SQLite database holds what cannot be made anew; one that cannot be read counts as holding."""
    file = file_of(url)
    if not file.is_file() or not file.stat().st_size:
        return False
    try:
        with closing(sqlite3.connect(file)) as connection:
            there = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
            asked = [f"SELECT EXISTS (SELECT 1 FROM {name})" for name in KEPT if name in there]  # noqa: S608 - ours
            return any(connection.execute(query).fetchone()[0] for query in asked)
    except sqlite3.DatabaseError:
        return True


def restore_sqlite(url: str, source: Path) -> None:
    """Put a copy in the place of the database, whole or not at all.

    Raises:
        BackupRefused: A process has the database open.
        BackupFailed: The disk is full, or the folder may not be written.
    """
    file = file_of(url)
    _refuse_if_open(file)
    with _told("written"):
        file.parent.mkdir(parents=True, exist_ok=True)
        making = file.with_name(f".{file.name}.restoring")
        making.unlink(missing_ok=True)
        with closing(sqlite3.connect(source)) as copy, closing(sqlite3.connect(making)) as target:
            copy.backup(target)
        making.chmod(0o600)
        _sync(making)
        for side in _SIDES:  # what was committed stands in the file itself since it was found closed
            file.with_name(file.name + side).unlink(missing_ok=True)
        making.replace(file)
        _sync(file.parent)


def _refuse_if_open(file: Path) -> None:
    """Leaving WAL needs the file to oneself and writes the log into it; a damaged file nobody has open."""
    if not file.is_file():
        return
    try:
        with closing(sqlite3.connect(file, timeout=1.0)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as busy:
        raise BackupRefused(
            f"A process has {file} open.", advice="Stop tianfu serve and tianfu worker, then restore."
        ) from busy
    except sqlite3.DatabaseError:
        return


@contextmanager
def _told(done: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as bad:
        raise BackupFailed(
            f"The database could not be {done}: {bad}.", advice="See to the disk's space and rights."
        ) from bad


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
