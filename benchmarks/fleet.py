"""Several processes of the service over one database, to be asked, killed and started again."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from benchmarks.kill import free_port
from tianfu.model.access import Role
from tianfu.serving.services.access import create_key
from tianfu.serving.services.clock import SystemClock
from tianfu.serving.services.consortium import put_outlets_once
from tianfu.serving.store.database import Database


class Member:
    """One ``tianfu serve`` or ``tianfu worker`` with a folder of its own."""

    def __init__(
        self, command: str, url: str, folder: Path, *, settings: Mapping[str, str] | None = None
    ) -> None:
        self._command = command
        self.port = free_port()
        self._environment = {
            **os.environ,
            **(settings or {}),
            "TIANFU_DATABASE_URL": url,
            "TIANFU_DATA_DIR": str(folder),
            "TIANFU_LOG_LEVEL": "ERROR",
            "TIANFU_PORT": str(self.port),
        }
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"http://127.0.0.1:{self.port}"
        self.started_s = 0.0

    def start(self, timeout_s: float = 180.0) -> float:
        """Start it; returns the seconds until it answers (a worker is not waited for)."""
        began = time.monotonic()
        command = [sys.executable, "-m", "tianfu.cli", self._command]
        self._process = subprocess.Popen(command, env=self._environment)
        while self._command == "serve":
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.address}/readyz", timeout=5).status_code == 200:
                    break
            if self._process.poll() is not None or time.monotonic() - began > timeout_s:
                raise RuntimeError("the service did not become ready")
            time.sleep(0.05)
        self.started_s = round(time.monotonic() - began, 2)
        return self.started_s

    @property
    def process_id(self) -> int:
        """Of the running process, 0 when there is none."""
        return self._process.pid if self._process is not None else 0

    def freeze(self) -> None:
        """SIGSTOP: it lives on and does nothing."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT: it goes on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL: no chance to tidy up."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end; returns its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(how)
        return self._process.wait(timeout=120)


class Fleet:
    """Members over one database, and an operator's key.

    Args:
        url: Of the database.
        folder: Each member gets one of its own inside.
        settings: ``TIANFU_…`` variables of every member.
    """

    def __init__(self, url: str, folder: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self.url = url
        self._settings = settings
        self._folder = folder
        self._members: list[Member] = []
        with Database(url) as database:
            clock = SystemClock()
            put_outlets_once(database, clock)
            _, secret = create_key(
                role=Role.OPERATOR,
                outlet_id=None,
                label="fleet",
                actor="benchmark",
                database=database,
                clock=clock,
            )
        self._client = httpx.Client(headers={"Authorization": f"Bearer {secret}"}, timeout=30)

    def add(self, command: str) -> Member:
        """Start one more member."""
        folder = self._folder / f"{command}{len(self._members)}"
        member = Member(command, self.url, folder, settings=self._settings)
        self._members.append(member)
        member.start()
        return member

    def ask(self, member: Member, method: str, path: str, body: Any = None) -> httpx.Response:
        """Send one request with the operator's key."""
        return self._client.request(method, member.address + path, json=body)

    def stop(self) -> list[int]:
        """Stop all that still run; returns their exit codes."""
        self._client.close()
        return [member.stop() for member in self._members]


@contextlib.contextmanager
def fleet(url: str, *, settings: Mapping[str, str] | None = None) -> Iterator[Fleet]:
    """A fleet without members yet; all are gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        found = Fleet(url, Path(folder), settings=settings)
        try:
            yield found
        finally:
            found.stop()


def seconds_until(check: Callable[[], bool], *, timeout_s: float = 120.0, every_s: float = 0.02) -> float:
    """Seconds until something is so.

    Raises:
        TimeoutError: It never was.
    """
    began = time.monotonic()
    while not check():
        if time.monotonic() - began > timeout_s:
            raise TimeoutError
        time.sleep(every_s)
    return round(time.monotonic() - began, 2)
