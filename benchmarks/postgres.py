"""A private PostgreSQL cluster in a folder, to measure and to test with; it may be stopped at will."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import make_url

QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")
"""Settings for tests that never cut the power."""


class Cluster:
    """A private cluster that can be stopped and started again.

    PostgreSQL refuses to run as root, so a root's cluster runs as the user ``postgres``.
    """

    def __init__(self, folder: Path, *, settings: Sequence[str] = ()) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._settings = settings
        self.port = _free_port()
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

    @property
    def process_id(self) -> int:
        """Of the first of its processes."""
        return int((self._data / "postmaster.pid").read_text().split()[0])

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
def private_cluster(*, settings: Sequence[str] = QUICK) -> Iterator[Cluster]:
    """A running cluster in a folder of its own, not among pytest's, which only their owner may enter."""
    with tempfile.TemporaryDirectory(prefix="tianfu-postgres-") as folder:
        cluster = Cluster(Path(folder), settings=settings)
        cluster.create()
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop("immediate")


def plain(url: str) -> str:
    """The address as PostgreSQL's own programs write it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
