"""The real models, the real command line, real processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from support.live import Demo, Live, free_port

from tianfu.serving.demo.load import load_demo
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.wiring import build_newsroom


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    data_dir = tmp_path_factory.mktemp("demo")
    room: Newsroom = build_newsroom(ServiceSettings(data_dir=data_dir, worker=False))
    room.start()
    notes = load_demo(room, data_dir, datetime.now(UTC), lambda _name, _done, _total: None)
    room.stop()
    return Demo(data_dir, notes.keys, notes.outlet_id, notes.reader_id, notes.stories)


@pytest.fixture(scope="session")
def live(demo: Demo) -> Iterator[Live]:
    port = free_port()
    environment = {**os.environ, "TIANFU_DATA_DIR": str(demo.data_dir), "TIANFU_LOG_LEVEL": "WARNING"}
    command = [sys.executable, "-m", "tianfu.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment)
    address = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            if httpx.get(f"{address}/readyz", timeout=5).status_code == 200:
                break
        except httpx.TransportError:
            time.sleep(0.1)
    yield Live(address, demo)
    process.terminate()
    assert process.wait(timeout=60) in (0, -signal.SIGTERM)
