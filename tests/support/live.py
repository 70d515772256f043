"""A demo newsroom in a folder, and a service running over it."""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from tianfu.serving.demo.load import DemoNotes, load_demo, standing_demo
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.wiring import build_newsroom


@dataclass(frozen=True)
class Demo:
    """A demo newsroom in a folder, stopped."""

    data_dir: Path
    keys: dict[str, str]
    outlet_id: str
    reader_id: str
    stories: int


@dataclass(frozen=True)
class Live:
    """A running service over the demo."""

    address: str
    demo: Demo

    def post(self, path: str, role: str, body: Any) -> Any:
        return self.call("POST", path, role, body)

    def call(self, method: str, path: str, role: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.demo.keys[role]}"}
        answer = httpx.request(method, self.address + path, json=body, headers=headers, timeout=60)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()


def make_demo(data_dir: Path, **smaller: int) -> Demo:
    """Make a demo; ``smaller`` are the limits of :func:`load_demo`."""
    room: Newsroom = build_newsroom(ServiceSettings(data_dir=data_dir, worker=False))
    room.start()
    notes = load_demo(room, data_dir, datetime.now(UTC), lambda _name, _done, _total: None, **smaller)
    room.stop()
    return _demo(data_dir, notes)


def demo_in(data_dir: Path, now: datetime) -> Demo | None:
    """The demo that stands in this folder, when it is still fresh."""
    notes = standing_demo(data_dir, now)
    return None if notes is None else _demo(data_dir, notes)


def copy_of(demo: Demo, data_dir: Path) -> Demo:
    """A copy that a test may change."""
    shutil.copytree(demo.data_dir, data_dir, dirs_exist_ok=True)
    return Demo(data_dir, demo.keys, demo.outlet_id, demo.reader_id, demo.stories)


@contextmanager
def serving(demo: Demo) -> Iterator[Live]:
    """Serve a demo by the real command line until the block ends."""
    process, address = _started(demo)
    try:
        yield Live(address, demo)
    finally:
        process.terminate()
        code = process.wait(timeout=60)
    assert code in (0, -signal.SIGTERM)


def _started(demo: Demo) -> tuple[subprocess.Popen[bytes], str]:
    """A process that says it is ready.  Somebody else may take the free port first: then on another one."""
    environment = {**os.environ, "TIANFU_DATA_DIR": str(demo.data_dir), "TIANFU_LOG_LEVEL": "WARNING"}
    for _ in range(3):
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "tianfu.cli", "serve", "--port", str(port)], env=environment
        )
        address = f"http://127.0.0.1:{port}"
        if _ready(process, address):
            return process, address
        process.kill()
        process.wait()
    raise AssertionError("no service over the demo became ready; what it printed stands above")


def _ready(process: subprocess.Popen[bytes], address: str, patience_s: float = 90) -> bool:
    deadline = time.monotonic() + patience_s
    with httpx.Client(base_url=address, timeout=5) as client:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                if client.get("/readyz").status_code == 200:
                    return True
            except httpx.TransportError:
                pass
            time.sleep(0.1)
    return False


def free_port() -> int:
    """A port that nobody listens on, below those that the system gives to connections going out."""
    for port in random.sample(range(18_000, 32_000), 50):
        with suppress(OSError), socket.socket() as found:
            found.bind(("127.0.0.1", port))
            return port
    raise AssertionError("fifty ports in a row were taken")


def _demo(data_dir: Path, notes: DemoNotes) -> Demo:
    return Demo(data_dir, notes.keys, notes.outlet_id, notes.reader_id, notes.stories)
