"""A province made up for measuring: a PostgreSQL of its own, a large newsroom in it, processes over it."""

import argparse
import contextlib
import os
import platform
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.encoder_cost import processor
from benchmarks.fleet import Fleet, Member, fleet, seconds_until
from benchmarks.hot_newsroom import HotNewsroom, fill
from benchmarks.postgres import Cluster, private_cluster
from benchmarks.watch import Processes
from tianfu.serving.store.database import Database

RESULTS = Path(__file__).parent / "results"
SETTINGS = ("shared_buffers=512MB", "max_connections=300", "max_wal_size=4GB", "effective_cache_size=2GB")
"""PostgreSQL as it comes, durable, with room for the replicas' connections."""
_MEMBERS: Mapping[str, str] = {"TIANFU_REQUESTS_PER_MINUTE": "0"}


@dataclass(frozen=True, slots=True)
class Province:
    """What is there to be loaded."""

    cluster: Cluster
    newsroom: HotNewsroom
    fleet: Fleet

    @property
    def url(self) -> str:
        """Of the database."""
        return self.cluster.url.render_as_string()

    def wait_for_worker(self, replica: Member) -> None:
        """Send a story and wait until a worker has read it and the replica knows it."""
        story = {
            "external_id": f"first-{time.time_ns()}",
            "outlet_id": "lizhou",
            "title": "利州区春耕备耕全面展开",
            "body": "利州区春耕备耕全面展开。",
            "published_at": datetime.now(UTC).isoformat(),
        }
        self.fleet.ask(replica, "POST", "/v1/stories", story).raise_for_status()
        self.wait_until_settled(replica)

    def wait_until_settled(self, replica: Member) -> None:
        """Wait until no story waits in the queue and a replica knows all of them."""

        def settled() -> bool:
            return is_settled(self.fleet.ask(replica, "GET", "/readyz").json())

        seconds_until(settled, timeout_s=600, every_s=0.5)

    def processes(self, members: Mapping[str, Member]) -> Processes:
        """Members by name and PostgreSQL, to be watched."""
        return Processes({name: one.process_id for name, one in members.items()}, self.cluster.process_id)


@contextlib.contextmanager
def province(stories: int, readers: int) -> Iterator[Province]:
    """A filled database and no processes yet; nothing is left of it afterwards."""
    with private_cluster(settings=SETTINGS) as cluster:
        url = cluster.url.render_as_string()
        began = time.monotonic()
        with Database(url) as database:
            newsroom = fill(database, story_count=stories, reader_count=readers)
        say(f"{stories:,} stories and {readers:,} readers written in {time.monotonic() - began:.0f} s")
        with fleet(url, settings=_MEMBERS) as found:
            yield Province(cluster, newsroom, found)


def is_settled(ready: Mapping[str, Any]) -> bool:
    """Whether, as ``/readyz`` tells, no story waits and a replica has followed every change.

    How many stories there are does not tell: beyond 50,000 that is the database's estimate.
    """
    return bool(ready["queue_waiting"] == 0 and ready["behind"] == 0)


def size_options(parser: argparse.ArgumentParser) -> None:
    """Let the command line say how large the newsroom is."""
    parser.add_argument("--stories", type=int, default=100_000)
    parser.add_argument("--readers", type=int, default=100_000)


def machine() -> dict[str, Any]:
    """What all this ran on."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
    }


def told(on: Mapping[str, Any]) -> str:
    """A line about the machine, and how busy others kept it when a run ended."""
    return f"{on['cores']} cores of {on['processor']}; load when it ended: {on['load']:.1f}."


def results(name: str) -> Path:
    """Where figures of a benchmark are kept."""
    return RESULTS / f"{name}.json"


def say(line: str) -> None:
    """Tell how far it is."""
    Console(stderr=True).print(line, style="dim")
