"""Dumps of a province's database through PostgreSQL's own programs, pg_dump and pg_restore."""

import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, Self, cast

from sqlalchemy import inspect, make_url, text

from tianfu.model.errors import BackupFailed, BackupRefused
from tianfu.serving.store.dump_sqlite import KEPT
from tianfu.serving.store.engines import look_at

_UNCHANGED = "nothing was changed"
_EMPTIED = (
    b"BEGIN; DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public AUTHORIZATION pg_database_owner; "
    b"GRANT USAGE ON SCHEMA public TO PUBLIC;\n"
)


def dump_postgresql(url: str, to: Path) -> str:
    """Write the database as it is at one moment, in pg_dump's custom format; nobody waits.

    Accounts and their rights are not in it: they belong to the server, `tianfu db roles` makes them.

    Returns:
        The revision of its schema.

    Raises:
        StoreUnavailable: The database does not answer.
        BackupFailed: pg_dump is missing or gave up; its own words say why.
    """
    program = _program("pg_dump")
    with look_at(url, failed=_UNCHANGED) as connection:
        if not inspect(connection).has_table("alembic_version"):
            raise BackupFailed(
                "The database holds no tables of tianfu.", advice="Correct TIANFU_DATABASE_URL."
            )
        schema = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
    given = ["--format=custom", "--no-owner", "--no-acl", f"--file={to}", f"--dbname={_address(url)}"]
    with _Program(program, given, url) as dumping:
        dumping.finish()
    return schema


def holds_rows(url: str) -> bool:
    """Whether a PostgreSQL database holds what cannot be made anew.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    with look_at(url, failed=_UNCHANGED) as connection:
        there = set(inspect(connection).get_table_names())
        asked = [text(f"SELECT EXISTS (SELECT 1 FROM {name})") for name in KEPT if name in there]  # noqa: S608 - ours
        return any(connection.execute(query).scalar_one() for query in asked)


def restore_postgresql(url: str, source: Path) -> None:
    """Put a dump in the place of everything in the schema ``public``, in one transaction.

    Raises:
        StoreUnavailable: The database does not answer.
        BackupRefused: A process of the service is connected.
        BackupFailed: A program of PostgreSQL is missing or gave up; the database is as it was.
    """
    reader, writer = _program("pg_restore"), _program("psql")
    _refuse_if_open(url)
    reading = ["--no-owner", "--no-acl", "--file=-", str(source)]
    writing = [
        "--no-psqlrc",
        "--quiet",
        "--output=/dev/null",
        "--set=ON_ERROR_STOP=1",
        f"--dbname={_address(url)}",
    ]
    with _Program(writer, writing, url) as written, _Program(reader, reading, url) as read:
        with suppress(BrokenPipeError), written.input as sink:  # its own words tell why it gave up
            sink.write(_EMPTIED)
            shutil.copyfileobj(read.output, sink)
            read.finish()
            sink.write(b"COMMIT;\n")  # without this line psql leaves everything undone
        written.finish()


class _Program:
    """A program of PostgreSQL, ended at the latest when its block is."""

    def __init__(self, program: str, given: list[str], url: str) -> None:
        self._name = Path(program).name
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the program
        secret = make_url(url).password
        self._process = subprocess.Popen(  # noqa: S603 - no shell, and the words are ours
            [program, *given],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, **({"PGPASSWORD": str(secret)} if secret else {})},
        )

    @property
    def input(self) -> IO[bytes]:
        """What it reads."""
        return cast("IO[bytes]", self._process.stdin)

    @property
    def output(self) -> IO[bytes]:
        """What it writes."""
        return cast("IO[bytes]", self._process.stdout)

    def finish(self) -> None:
        """Wait for its end.

        Raises:
            BackupFailed: It gave up.
        """
        self._end()
        if self._process.returncode:
            self._errors.seek(0)
            words = self._errors.read().decode(errors="replace").strip().splitlines()
            raise BackupFailed(
                f"{self._name} gave up: {words[0] if words else self._process.returncode}",
                advice="Its version must be that of the server or newer, and the account the owner.",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        self._end()
        self._errors.close()

    def _end(self) -> None:
        with suppress(BrokenPipeError):
            self.input.close()
        self.output.close()
        self._process.wait()


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BackupFailed(
            f"{name} is not installed.", advice="Install the clients of PostgreSQL, as postgresql-client."
        )
    return found


def _address(url: str) -> str:
    """The address as PostgreSQL's programs read it, without the password, which others could see."""
    plain = make_url(url).set(drivername="postgresql")
    return plain._replace(password=None).render_as_string()


def _refuse_if_open(url: str) -> None:
    others = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = 'tianfu' AND pid <> pg_backend_pid()"
    )
    with look_at(url, failed=_UNCHANGED) as connection:
        if connection.execute(others).scalar_one():
            raise BackupRefused(
                "A process of the service is connected to the database.",
                advice="Stop every tianfu serve and tianfu worker, then restore.",
            )
