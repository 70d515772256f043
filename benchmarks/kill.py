"""Kill the service with SIGKILL in the middle of an import, again and again, and count what is left.

    python -m benchmarks.kill FILE.jsonl.gz --kills 10

Starts ``tianfu serve`` on a fresh folder, imports the file over HTTP and kills the process at random
moments.  After each restart it checks that every acknowledged story is there exactly once; at the end
that the index equals the database and that nothing is stuck in the queue.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import httpx

from tianfu.model.access import Role
from tianfu.model.cluster import lead_story_id_of
from tianfu.serving.importers.formats import read_stories
from tianfu.serving.services.access import create_key
from tianfu.serving.services.clock import SystemClock
from tianfu.serving.services.consortium import put_outlets_once
from tianfu.serving.store.database import Database

OUTLET = "tianfu-platform"


@dataclass(kw_only=True)
class KillReport:
    """What was found."""

    stories_sent: int = 0
    acknowledged: int = 0
    kills: int = 0
    lost_after_restart: list[int] = field(default_factory=list)
    doubled_after_restart: list[int] = field(default_factory=list)
    restart_seconds: list[float] = field(default_factory=list)
    stored: int = 0
    indexed: int = 0
    queue_waiting: int = -1
    queue_stuck: int = -1
    not_indexed: int = -1
    clusters_astray: int = -1
    seconds: float = 0.0


class Service:
    """A ``tianfu serve`` process that can be killed and started again."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self.data_dir = data_dir
        self.address = f"http://127.0.0.1:{port}"
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, timeout_s: float = 180.0) -> float:
        """Start it; returns the seconds until it was ready."""
        began = time.monotonic()
        environment = {**os.environ, "TIANFU_DATA_DIR": str(self.data_dir), "TIANFU_LOG_LEVEL": "ERROR"}
        command = [sys.executable, "-m", "tianfu.cli", "serve", "--port", str(self._port)]
        self._process = subprocess.Popen(command, env=environment)
        while time.monotonic() - began < timeout_s:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.address}/readyz", timeout=5).status_code == 200:
                    return time.monotonic() - began
            if self._process.poll() is not None:
                raise RuntimeError("the service ended by itself")
            time.sleep(0.1)
        raise RuntimeError("the service did not become ready")

    @property
    def process_id(self) -> int:
        """Of the running process, 0 when there is none."""
        return self._process.pid if self._process is not None else 0

    def kill(self) -> None:
        """SIGKILL: no chance to tidy up."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        """Ask it to end."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=120)


def run(
    file: Path,
    *,
    kills: int,
    limit: int | None,
    seed: int = 1,
    batch: int = 100,
    pause_s: tuple[float, float] = (1.0, 4.0),
) -> KillReport:
    """Run the whole experiment; the process is killed after each pause, drawn in seconds."""
    rng = random.Random(seed)
    report = KillReport()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        secret = prepare(data_dir)
        service = Service(data_dir, free_port())
        service.start()
        rows = [row.story for row in islice(read_stories(file), limit) if row.story is not None]
        stories = [{"outlet_id": OUTLET, **row} for row in rows]
        report.stories_sent = len(stories)
        acknowledged: dict[str, str] = {}
        done = threading.Event()
        sender = threading.Thread(
            target=_send, args=(service.address, secret, stories, batch, acknowledged, done), daemon=True
        )
        sender.start()
        for _ in range(kills):
            time.sleep(rng.uniform(*pause_s))
            service.kill()
            report.kills += 1
            promised = dict(acknowledged)
            lost, doubled = _compare(data_dir, promised)
            report.lost_after_restart.append(lost)
            report.doubled_after_restart.append(doubled)
            report.restart_seconds.append(round(service.start(), 2))
        done.wait()
        report.acknowledged = len(acknowledged)
        _drain(service.address, len(acknowledged))
        _final(service, data_dir, report)
        service.stop()
    report.seconds = round(time.monotonic() - began, 1)
    return report


def prepare(data_dir: Path) -> str:
    """Make a database with the consortium's outlets; returns the secret of an operator's key."""
    with Database(f"sqlite:///{data_dir / 'tianfu.db'}") as database:
        clock = SystemClock()
        put_outlets_once(database, clock)
        _, secret = create_key(
            role=Role.OPERATOR,
            outlet_id=None,
            label="kill",
            actor="benchmark",
            database=database,
            clock=clock,
        )
    return secret


def _send(
    address: str,
    secret: str,
    stories: list[dict[str, Any]],
    batch: int,
    acknowledged: dict[str, str],
    done: threading.Event,
) -> None:
    headers = {"Authorization": f"Bearer {secret}"}
    with httpx.Client(base_url=address, headers=headers, timeout=60) as client:
        for start in range(0, len(stories), batch):
            part = stories[start : start + batch]
            while True:
                try:
                    answer = client.post("/v1/stories", json={"stories": part})
                except httpx.TransportError:
                    time.sleep(0.2)
                    continue
                if answer.status_code in (200, 201):
                    break
                time.sleep(0.2)
            for result in answer.json()["results"]:
                if result["error"] is None:
                    acknowledged[result["external_id"]] = result["story_id"]
            time.sleep(0.02)
    done.set()


def _compare(data_dir: Path, promised: dict[str, str]) -> tuple[int, int]:
    """How many acknowledged stories are missing, and how many external ids stand twice."""
    with Database(f"sqlite:///{data_dir / 'tianfu.db'}") as database, database.read() as uow:
        stored = uow.stories.by_external_ids(OUTLET, list(promised))
        total = uow.stories.count()
        numbers = uow.stories.by_numbers(range(1, 2 * total + 10))
    lost = sum(1 for name, story_id in promised.items() if name not in stored or stored[name].id != story_id)
    return lost, len(numbers) - len({story.external_id for story in numbers.values()})


def _drain(address: str, stories: int, *, timeout_s: float = 3_600.0) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        ready = httpx.get(f"{address}/readyz", timeout=30).json()
        if ready["queue_waiting"] == 0 and ready["indexed"] >= stories:
            return
        time.sleep(0.5)


def _final(service: Service, data_dir: Path, report: KillReport) -> None:
    ready = httpx.get(f"{service.address}/readyz", timeout=30).json()
    report.stored, report.indexed = ready["stories"], ready["indexed"]
    report.queue_waiting, report.queue_stuck = ready["queue_waiting"], ready["queue_stuck"]
    with Database(f"sqlite:///{data_dir / 'tianfu.db'}") as database, database.read() as uow:
        stories = uow.stories.by_numbers(range(1, 2 * report.stored + 10))
        report.not_indexed = sum(1 for story in stories.values() if not story.is_indexed)
        ids = {story.id for story in stories.values()}
        report.clusters_astray = sum(
            1 for story in stories.values() if lead_story_id_of(story.cluster_id) not in ids
        )


def free_port() -> int:
    """Find a port nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--json", type=Path, default=Path("benchmarks/results/kill.json"))
    given = parser.parse_args()
    report = run(given.file, kills=given.kills, limit=given.limit)
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(asdict(report), indent=2) + "\n", encoding="utf-8")
    for name, value in asdict(report).items():
        print(f"{name:>24}: {value}")


if __name__ == "__main__":
    main()
