"""A PostgreSQL whose tables lie on a disk of some megabytes, which can be filled to the last byte."""

import contextlib
import os
import pwd
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg

from benchmarks.postgres import plain, private_cluster

_SIZE = "48m"


class SmallDisk:
    """Where the tables of one database lie.

    Attributes:
        url: Of the database.
    """

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self.url = url

    @contextlib.contextmanager
    def full(self) -> Iterator[None]:
        """Leave no byte free for a while."""
        filler = self._folder / "filler"
        try:
            with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
                while True:
                    file.write(bytes(65_536))
            assert os.statvfs(self._folder).f_bavail == 0
            yield
        finally:
            filler.unlink()


@contextlib.contextmanager
def small_disk() -> Iterator[SmallDisk | None]:
    """A cluster of its own with one database on such a disk; ``None`` where nobody may mount one."""
    with tempfile.TemporaryDirectory(prefix="tianfu-disk-") as name:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", name], capture_output=True, check=False
        )
        if mounted.returncode:
            yield None
            return
        try:
            with private_cluster() as cluster:
                yield SmallDisk(Path(name), _database_on(Path(name), cluster.url.render_as_string()))
        finally:
            subprocess.run(["umount", name], check=True)


def _database_on(disk: Path, server: str) -> str:
    tables = disk / "tables"
    tables.mkdir()
    user = pwd.getpwnam("postgres")
    for folder in (disk, tables):
        os.chown(folder, user.pw_uid, user.pw_gid)
    with psycopg.connect(plain(server), autocommit=True) as connection:
        connection.execute(f"CREATE TABLESPACE small LOCATION '{tables}'")
        connection.execute("CREATE DATABASE small TABLESPACE small")
    return server.rsplit("/", 1)[0] + "/small"
