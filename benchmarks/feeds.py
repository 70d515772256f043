"""What a feed costs in one process, over a large newsroom made up for it.

    python -m benchmarks.feeds [--stories N] [--readers N] [--feeds N] [--data DIR]

Readers with a past ask one after another, from the request to the first page; nothing else runs in the
process but its own background threads.  Prints a table and writes ``benchmarks/results/feeds.json``.
"""

import argparse
import cProfile
import json
import pstats
import random
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.encoder_cost import processor
from benchmarks.hot_newsroom import HotNewsroom, made, size_options
from tianfu.model.event import ReaderKind, ReaderRef
from tianfu.model.recommendation import FeedRequest
from tianfu.serving.process import one_thread_each, settle
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.wiring import build_newsroom

RESULTS = Path(__file__).parent / "results" / "feeds.json"


def measure(data_dir: Path, newsroom: HotNewsroom, feeds: int) -> dict[str, Any]:
    """Start a service without a worker, warm it up with as many feeds as are timed, and time."""
    one_thread_each()
    room = build_newsroom(ServiceSettings(data_dir=data_dir, worker=False))
    began = time.monotonic()
    room.start()
    started_s = time.monotonic() - began
    settle()
    one_thread_each()
    asked = random.Random(7)
    for _ in range(feeds):
        _ask(room, newsroom, asked)
    times_ms = np.array([_ask(room, newsroom, asked) for _ in range(feeds)])
    shares = steps(room, newsroom, min(feeds, 300))
    room.stop()
    return {
        "processor": processor(),
        "stories": newsroom.stories,
        "readers": len(newsroom.readers),
        "feeds": feeds,
        "start_s": round(started_s, 2),
        "median_ms": round(float(np.median(times_ms)), 2),
        "p95_ms": round(float(np.quantile(times_ms, 0.95)), 2),
        "p99_ms": round(float(np.quantile(times_ms, 0.99)), 2),
        "steps": shares,
    }


STEPS = {
    "reader from the database": "_reader",
    "stories near interests": "_near",
    "read after, hot, rights, orders in force": None,
    "orders": "resolve",
    "gather": "gather",
    "bring together, features": "united",
    "rules": "causes_of",
    "one version of each cluster": "one_per_cluster",
    "vary": "spread",
    "reasons and columns": "_items",
    "what is measured of the aims": "measured",
    "page, rights again, words": "_page",
}
"""Steps of a feed by the function that does them; ``None`` is what is left of making the context."""


def steps(room: Newsroom, newsroom: HotNewsroom, feeds: int) -> dict[str, float]:
    """Share of a feed's time by step, 0..1, as a profiler sees it, which makes short calls look longer."""
    asked = random.Random(8)
    profiler = cProfile.Profile()
    for _ in range(feeds):
        profiler.runcall(_ask, room, newsroom, asked)
    stats = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    spent: dict[str, float] = {}
    for (file, _, name), (_, _, _, cumulative, _) in stats.items():
        if "tianfu" in file or "/model/" in file or "/serving/" in file:
            spent[name] = spent.get(name, 0.0) + cumulative
    whole = spent["recommend"]
    shares = {step: spent.get(name, 0.0) / whole for step, name in STEPS.items() if name}
    left = spent["make"] / whole - shares["reader from the database"] - shares["stories near interests"]
    shares["read after, hot, rights, orders in force"] = left
    return {step: round(shares[step], 3) for step in STEPS}


def _ask(room: Newsroom, newsroom: HotNewsroom, asked: random.Random) -> float:
    """One feed; returns milliseconds."""
    outlet_id, name = asked.choice(newsroom.readers)
    who = ReaderRef(outlet_id=outlet_id, kind=ReaderKind.READER, id=name)
    began = time.perf_counter()
    page = room.feeds.recommend(FeedRequest(outlet_id=outlet_id, reader=who))
    taken_ms = 1_000 * (time.perf_counter() - began)
    if not page.items:
        raise RuntimeError("an empty feed")
    return taken_ms


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    size_options(parser, stories=20_000, readers=20_000)
    parser.add_argument("--feeds", type=int, default=500)
    options = parser.parse_args()
    with made(options) as (folder, newsroom):
        result = measure(folder, newsroom, options.feeds)
    table = Table("", "", title="One feed, in process")
    for name, value in result.items():
        table.add_row(name, str(value))
    Console().print(table)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
