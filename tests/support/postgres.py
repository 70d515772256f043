"""PostgreSQL for tests: a named server, or a private cluster in a folder; a fresh database for each test."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
from sqlalchemy import make_url
from sqlalchemy.engine import URL

from support.live import free_port
from tianfu.serving.store.database import Database

NAMED = "TIANFU_TEST_DATABASE_URL"
_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


class Cluster:
    """A private cluster that can be stopped and started again.

    PostgreSQL refuses to run as root, so a root's cluster runs as the user ``postgres``.
    """

    def __init__(self, folder: Path, *, settings: Sequence[str] = ()) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._settings = settings
        self.port = free_port()
        self.url = make_url(f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres")

    def create(self) -> None:
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self._folder, user.pw_uid, user.pw_gid)
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")

    def start(self) -> None:
        options = [
            f"-p {self.port}", "-k ''", "-h 127.0.0.1", *(f"-c {line}" for line in self._settings),
        ]  # fmt: skip
        log = self._folder / "log"
        self._run("pg_ctl", "-D", self._data, "-l", log, "-w", "-t", "60", "-o", " ".join(options), "start")

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-D", self._data, "-m", mode, "-w", "-t", "60", "stop")

    def _run(self, program: str, *given: object) -> None:
        command = [str(binary(program)), *map(str, given)]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
        done = subprocess.run(
            command, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            check=False, timeout=120, env={**os.environ, "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stdout.decode(errors='replace')[-2_000:]}")


def binary(program: str) -> Path | None:
    """Where a program of PostgreSQL is, the newest of several; ``None`` where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda p: int(p.parts[4]))
    named = shutil.which(program)
    return found[-1] if found else (Path(named) if named else None)


@contextlib.contextmanager
def private_cluster(*, settings: Sequence[str] = _QUICK) -> Iterator[Cluster]:
    """A running cluster in a folder of its own, not among pytest's, which only their owner may enter."""
    with tempfile.TemporaryDirectory(prefix="tianfu-postgres-") as folder:
        cluster = Cluster(Path(folder), settings=settings)
        cluster.create()
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop("immediate")


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


def plain(url: str) -> str:
    """The address as PostgreSQL's own programs write it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
