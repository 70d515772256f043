"""Memory of what many readers do together, as events come in and until it is full.

    python -m benchmarks.crowd_memory

Every process that makes feeds keeps what is hot, what is read after what, lists of stories near those that
were read, and what the guard against brushing looks at.  Each has a bound.  Events of a province's readers,
drawn as under mixed load, fill them; the table shows where memory levels off.  Prints it and writes
``benchmarks/results/crowd_memory.json``.
"""

import argparse
import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.hot_newsroom import popular
from benchmarks.traffic import KINDS_OF_EVENT
from benchmarks.watch import memory_mb
from tianfu.model.brushing import BrushGuard
from tianfu.model.event import EventType
from tianfu.model.feed.context import Proposals
from tianfu.model.outlet import Outlet
from tianfu.model.vocab.outlets import load_outlets
from tianfu.serving.services.signals import Signals

RESULTS = Path(__file__).parent / "results" / "crowd_memory.json"
READERS, STORIES = 100_000, 100_000
LISTS, NEIGHBOURS = 50_000, 60
"""As many lists as :class:`tianfu.serving.services.interests.InterestFinder` keeps at most."""


Take = Callable[[Outlet, str, int, EventType, float], object]


def guarded(guard: BrushGuard) -> Take:
    """The guard as something that takes events of readers who have been there before."""

    def take(_outlet: Outlet, reader: str, number: int, kind: EventType, at_s: float) -> object:
        return guard.judge(reader, number, kind, at_s, newcomer=False, group=None)

    return take


def tell(take: Take, outlets: tuple[Outlet, ...], calls: int, rng: random.Random) -> None:
    """Let the events of so many calls be taken in; a reader always reads with one outlet."""
    for _ in range(calls):
        place = popular(READERS, rng)
        outlet = outlets[place % len(outlets)]
        for kind in KINDS_OF_EVENT:
            reader = f"{outlet.id}/reader-{place:016x}"  # a text of its own, as it comes from a call
            take(outlet, reader, popular(STORIES, rng), EventType(kind), time.time())


def measure(steps: int, calls: int) -> list[dict[str, Any]]:
    """Megabytes after each step of so many calls with events, and at the end with the lists."""
    process = psutil.Process()
    outlets = load_outlets()
    found: list[dict[str, Any]] = []
    for what, take in (
        ("what is hot, what is read after what", Signals().add),
        ("the guard", guarded(BrushGuard())),
    ):
        rng, before = random.Random(5), memory_mb(process)
        for step in range(1, steps + 1):
            tell(take, outlets, calls, rng)
            events = step * calls * len(KINDS_OF_EVENT)
            found.append({"kept": what, "events": events, "memory_mb": round(memory_mb(process) - before, 1)})
            print(f"{what}: {events:,} events {found[-1]['memory_mb']:.1f} MB", flush=True)
    before = memory_mb(process)
    lists = {n: Proposals(np.arange(NEIGHBOURS), np.ones(NEIGHBOURS, np.float32), n) for n in range(LISTS)}
    grown = round(memory_mb(process) - before, 1)
    found.append({"kept": "lists of neighbours", "lists": len(lists), "memory_mb": grown})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--steps", type=int, default=15)
    parser.add_argument("--calls", type=int, default=50_000, help="calls with six events in a step")
    options = parser.parse_args()
    found = measure(options.steps, options.calls)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    table = Table("what is remembered", "MB", title="Memory of what many readers do together")
    for row in found:
        after = f"{row['lists']:,}" if "lists" in row else f"{row['events']:,} events"
        table.add_row(f"{row['kept']}: {after}", f"{row['memory_mb']:,.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
