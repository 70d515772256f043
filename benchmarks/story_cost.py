"""What stories cost in memory and time, from 50,000 to 2,000,000: those in feeds, and those in the archive.

    python -m benchmarks.story_cost [--sizes 50000 200000 …] [--feeds 50000 200000] [--quick]

Every story ever indexed stands in the vector index and the index of copies (the archive).  Those of the hot
window (30 days) stand beside that as cards in the view that feeds are made of.  Each size of each is built in
a process of its own: vectors are synthetic clusters, fingerprints those of made-up texts and replicas of
them with other hashes, cards are made up.  Feeds are timed in process over a whole newsroom on SQLite, up to
the sizes of ``--feeds``: a database of two million would take the better part of an hour to write.
Writes ``benchmarks/results/story_cost.json``.
"""

import argparse
import ctypes
import gc
import json
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.copies import renumbered
from benchmarks.feeds import measure as measure_feeds
from benchmarks.generated import DOCS, renew, table
from benchmarks.hot_newsroom import build
from benchmarks.index_compare import own_memory_mb
from benchmarks.index_life import facts_of
from benchmarks.made_texts import TextMill
from benchmarks.province_newsroom import machine, results, say, told
from tianfu.embeddings.encoder.loading import load_encoder
from tianfu.embeddings.index.faiss_index import FaissIndex
from tianfu.embeddings.pairs.judge import load_pair_judge
from tianfu.embeddings.reprints.copy_index import ReprintIndex
from tianfu.model.artifacts import shipped
from tianfu.model.feed.card import StoryCard
from tianfu.model.feed.table import StoryTable
from tianfu.model.feed.view import SKETCH
from tianfu.model.ports import PairText
from tianfu.model.vocab.divisions import load_divisions
from tianfu.model.vocab.outlets import load_outlets
from tianfu.model.vocab.topics import load_topics
from tianfu.serving.process import one_thread_each

Floats = npt.NDArray[np.float32]
SIZES = (50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000)
FEEDS = (50_000, 100_000, 200_000)
_CENTRES = 4_000
_QUERIES = 300
_BATCH = 5_000
_TEXTS = 5_000


def vector_index(stories: int) -> dict[str, float]:
    """Memory, building, searching, saving and loading of the vector index."""
    one_thread_each()
    dimension = load_encoder(shipped("encoder")).dimension
    draw = np.random.default_rng(11)
    centres = draw.standard_normal((_CENTRES, dimension)).astype(np.float32)
    before, began, drawing_s = _held_mb(), time.perf_counter(), 0.0
    index = FaissIndex(dimension, merge_aside=False)
    for start in range(0, stories, _BATCH):
        drawn = time.perf_counter()
        stop = min(start + _BATCH, stories)
        vectors = _around(centres, stop - start, draw)
        drawing_s += time.perf_counter() - drawn
        index.add(range(start, stop), vectors, facts_of(start, stop))
    index.merge()
    built_s, memory_mb = time.perf_counter() - began - drawing_s, _held_mb() - before
    queries = _around(centres, _QUERIES, draw)
    times = _timed(lambda place: index.search(queries[place : place + 1], 50))
    with tempfile.TemporaryDirectory() as folder:
        index.save(Path(folder) / "index", encoder_fingerprint="e", last_sequence=1)
        size = sum(file.stat().st_size for file in (Path(folder) / "index").iterdir())
        began = time.perf_counter()
        FaissIndex.load(Path(folder) / "index", encoder_fingerprint="e")
        load_s = time.perf_counter() - began
    return {
        "memory_mb": memory_mb,
        "build_s": built_s,
        **times,
        "snapshot_mb": size / 2**20,
        "load_s": load_s,
    }


def _around(centres: Floats, rows: int, draw: np.random.Generator) -> Floats:
    """Vectors of unit length around centres drawn at random, shape (rows, dimension)."""
    block = centres[draw.integers(0, len(centres), rows)]
    block = block + 0.9 * draw.standard_normal(block.shape, dtype=np.float32)
    made: Floats = block / np.linalg.norm(block, axis=1, keepdims=True)
    return made


def copy_index(stories: int) -> dict[str, float]:
    """Memory, building and asking of the index of copies."""
    judge, mill = load_pair_judge(shipped("pairs")), TextMill(5)
    made = [mill.new() for _ in range(_TEXTS + _QUERIES)]
    prints = [judge.fingerprint(PairText(title=one.title, body=one.body)) for one in made]
    before, began = _held_mb(), time.perf_counter()
    index = ReprintIndex()
    for start in range(0, stories, _TEXTS):
        batch = [renumbered(data, start // _TEXTS) for data in prints[: min(_TEXTS, stories - start)]]
        index.add(range(start, start + len(batch)), batch)
    built_s, memory_mb = time.perf_counter() - began, _held_mb() - before
    times = _timed(lambda place: index.candidates(prints[_TEXTS + place], 40))
    mean = float(np.mean([len(data) for data in prints]))
    return {"memory_mb": memory_mb, "build_s": built_s, **times, "fingerprint_bytes": mean}


def feed_view(stories: int) -> dict[str, float]:
    """Memory of cards with their table and one view, and the time to make a view."""
    one_thread_each()
    outlets = sorted(load_outlets(), key=lambda outlet: outlet.id)
    codes = [topic.code for topic in load_topics().all]
    places = [place.adcode for place in load_divisions().counties]
    sketch = np.full(SKETCH, 0.1, np.float16)
    before, began = _held_mb(), time.perf_counter()
    shelf = StoryTable()
    for number in range(1, stories + 1):
        outlet = outlets[number % len(outlets)]
        card = StoryCard(
            number=number,
            story_id=f"s{number:032d}",
            title=f"第{number}条：{outlet.name}本地新闻的最新进展情况",
            url=f"https://example.org/{outlet.id}/{number}",
            image_url=None,
            outlet_id=outlet.id,
            channel="要闻",
            published_at_s=1_750_000_000 + number,
            expires_at_s=None,
            topics=(codes[number % len(codes)],),
            places=(places[number % len(places)],),
            cluster_id=f"c-s{number:032d}",
            ai_generated=False,
            body_chars=450,
            author=f"记者{number % 997}",
            source=outlet.name,
            fresh_from_s=1_750_000_000 + number,
        )
        shelf.put(card, sketch)
    filled_s = time.perf_counter() - began
    view = shelf.view()
    memory_mb = _held_mb() - before
    times = []
    for _ in range(3):
        began = time.perf_counter()
        view = shelf.view()
        times.append(time.perf_counter() - began)
    return {"memory_mb": memory_mb, "fill_s": filled_s, "view_s": min(times), "rows": float(len(view))}


def feeds(stories: int) -> dict[str, float]:
    """A feed in process, over a newsroom of so many hot stories on SQLite, and the start of one."""
    with tempfile.TemporaryDirectory() as folder:
        newsroom = build(Path(folder), story_count=stories, reader_count=20_000)
        found = measure_feeds(Path(folder), newsroom, 300)
    return {name: float(found[name]) for name in ("start_s", "median_ms", "p95_ms", "p99_ms")}


def _held_mb() -> float:
    """Memory in use, without what was given back and kept for next time."""
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    return own_memory_mb()


def _timed(ask: Callable[[int], object]) -> dict[str, float]:
    times = []
    for place in range(_QUERIES):
        began = time.perf_counter()
        ask(place)
        times.append(1_000 * (time.perf_counter() - began))
    return {"p50_ms": float(np.quantile(times, 0.5)), "p99_ms": float(np.quantile(times, 0.99))}


def alone(work: Callable[[int], dict[str, float]], stories: int) -> dict[str, float]:
    """Do it in a process of its own, whose memory holds nothing else."""
    say(f"{work.__name__}, {stories:,} stories")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.apply(work, (stories,))
    return {"stories": stories, **{name: round(value, 3) for name, value in found.items()}}


def lines(report: dict[str, Any]) -> list[str]:
    """The section of ``docs/benchmarks.md``."""
    copies = {row["stories"]: row for row in report["copy_index"]}
    views = {row["stories"]: row for row in report["feed_view"]}
    rows = []
    for row in report["vector_index"]:
        size = row["stories"]
        copy, view = copies[size], views[size]
        rows.append(
            [
                f"{size:,}",
                row["memory_mb"],
                copy["memory_mb"],
                row["p50_ms"],
                row["p99_ms"],
                copy["p99_ms"],
                row["load_s"],
                view["memory_mb"],
                view["view_s"],
            ]
        )
    head = [
        "stories",
        "archive: vectors MB",
        "copies MB",
        "search p50 ms",
        "p99 ms",
        "copies p99 ms",
        "load snapshot s",
        "in feeds: cards MB",
        "new view s",
    ]
    return [
        told(report["machine"]),
        "",
        *table(head, rows),
        "",
        *table(
            ["stories in feeds", "feed p50 ms", "p95", "p99", "start s"],
            [
                [f"{r['stories']:,}", r["median_ms"], r["p95_ms"], r["p99_ms"], r["start_s"]]
                for r in report["feeds"]
            ],
        ),
    ]


def main(given: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--feeds", type=int, nargs="*", default=FEEDS)
    parser.add_argument("--quick", action="store_true", help="5,000 and 20,000 stories.")
    parser.add_argument("--json", type=Path, default=results("story_cost"))
    asked = parser.parse_args(given)
    sizes, feed_sizes = ((5_000, 20_000), (5_000,)) if asked.quick else (asked.sizes, asked.feeds)
    report: dict[str, Any] = {"machine": machine(), "dimension": load_encoder(shipped("encoder")).dimension}
    for work in (vector_index, copy_index, feed_view):
        report[work.__name__] = [alone(work, size) for size in sizes]
    report["feeds"] = [alone(feeds, size) for size in feed_sizes]
    asked.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print("\n".join(lines(report)))
    if not asked.quick:
        renew(DOCS / "benchmarks.md", "story-cost", lines(report))


if __name__ == "__main__":
    main()
