"""Stories a second: this process alone, beside actors of a Ray that is started for the run.

    python -m benchmarks.ray_encode [FILE.jsonl.gz] [--stories 4000] [--actors 1 2] [--encoder encoder]

Each way reads the same stories and stores them into a database of its own, as ``tianfu reindex --ray`` does.
What Ray takes to start and its actors to open the encoder is told apart from what they read.  Rows go to
``benchmarks/results/ray_encode.json``.
"""

import argparse
import gzip
import json
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import structlog
from rich.console import Console
from rich.table import Table

from tianfu.model.artifacts import shipped
from tianfu.model.story import Story, StoryText
from tianfu.serving.bulk.backfill import Backfill, BatchEngine, HereEngine
from tianfu.serving.bulk.bench import BatchRead, Recipe, open_bench
from tianfu.serving.bulk.on_ray import RayEngine
from tianfu.serving.bulk.ray_cluster import joined
from tianfu.serving.services.clock import SystemClock
from tianfu.serving.services.consortium import put_outlets_once
from tianfu.serving.services.ingest import StoryDraft, ingest
from tianfu.serving.store.database import Database

RESULTS = Path(__file__).parent / "results" / "ray_encode.json"
WARM = 2
"""Batches that come back before the clock is started."""


def texts(file: Path | None, count: int) -> Iterator[tuple[str, str]]:
    """Titles and bodies: of a file, or made up."""
    if file is None:
        for n in range(count):
            yield (
                f"利州区第{n}次农业通报",
                f"第{n}号：记者在宝轮镇看到，农户正抢抓农时整田育秧。" * (1 + n % 12),
            )
        return
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = (json.loads(line) for line in lines)
        told = ((str(row["title"])[:200], str(row.get("body", ""))) for row in rows)
        yield from islice(((title, body) for title, body in told if title and body), count)


def stored(folder: Path, given: Sequence[tuple[str, str]]) -> Database:
    """A database with these stories, marked as indexed."""
    database = Database(f"sqlite:///{folder / 'tianfu.db'}").open()
    clock = SystemClock()
    put_outlets_once(database, clock)
    with database.read() as uow:
        outlet = uow.outlets.all()[0].id
    began = datetime.now(UTC) - timedelta(days=300)
    for start in range(0, len(given), 500):
        ingest(
            [
                StoryDraft(
                    outlet_id=outlet,
                    external_id=f"b{start + n}",
                    text=StoryText(title=title, body=body, published_at=began + timedelta(minutes=start + n)),
                )
                for n, (title, body) in enumerate(given[start : start + 500])
            ],
            database=database,
            clock=clock,
        )
    with database.write() as uow:
        uow.stories.set_indexed(dict.fromkeys(range(1, uow.stories.count() + 1), 1))
        uow.commit()
    return database


class Timed:
    """An engine with a watch: when it began, was warm, and ended."""

    def __init__(self, engine: BatchEngine) -> None:
        self._engine = engine
        self.began = self.warm = time.perf_counter()
        self.before_warm = 0

    def run(self, batches: Iterator[Sequence[Story]]) -> Iterator[BatchRead]:
        self.began = time.perf_counter()
        for place, read in enumerate(self._engine.run(batches)):
            if place < WARM:
                self.warm, self.before_warm = time.perf_counter(), self.before_warm + read.stories
            yield read


def measured(
    name: str, engine: BatchEngine, given: Sequence[tuple[str, str]], encoder: str
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        database = stored(Path(folder), given)
        work, timed = Backfill(database=database, encoder=encoder, clock=SystemClock()), Timed(engine)
        work.run(timed)
        ended = time.perf_counter()
        with database.read() as uow:
            vectors = uow.vectors.count(encoder=encoder)
        database.close()
    return {
        "how": name,
        "stories": work.report.written,
        "vectors": vectors,
        "seconds": ended - timed.began,
        "until_warm_s": timed.warm - timed.began,
        "stories_per_s": (work.report.written - timed.before_warm) / (ended - timed.warm),
    }


def on_ray(recipe: Recipe, given: Sequence[tuple[str, str]], actors: int, encoder: str) -> dict[str, Any]:
    began = time.perf_counter()
    with joined("local", cpus=max(actors, os.cpu_count() or 1)) as ray:
        up_s = time.perf_counter() - began
        engine = RayEngine(ray, recipe, fingerprint=encoder, actors=actors)
        row = measured(f"ray, {actors} actors", engine, given, encoder)
        engine.close()
    return {**row, "ray_start_s": up_s}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?", help="rows with title and body; made-up ones else")
    parser.add_argument("--stories", type=int, default=4_000)
    parser.add_argument("--actors", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--encoder", default="encoder", help="encoder or encoder_province")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    given = list(texts(options.file, options.stories))
    recipe = Recipe(encoder_dir=shipped(options.encoder), judge_dir=shipped("pairs"))
    bench = open_bench(recipe)
    rows = [measured("this process", HereEngine(bench), given, bench.fingerprint)]
    rows += [on_ray(recipe, given, actors, bench.fingerprint) for actors in options.actors]
    older = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    told = {"source": "news" if options.file else "made up", "cores": os.cpu_count(), "results": rows}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({**older, options.encoder: told}, indent=1) + "\n", encoding="utf-8")
    columns = ["how", "stories", "stories_per_s", "seconds", "until_warm_s", "ray_start_s"]
    table = Table(*columns, title=f"Encoding in bulk by {options.encoder}, {os.cpu_count()} cores")
    for row in rows:
        cells = (row.get(column, "") for column in columns)
        table.add_row(*(f"{c:.1f}" if isinstance(c, float) else str(c) for c in cells))
    Console().print(table)


if __name__ == "__main__":
    main()
