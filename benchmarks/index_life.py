"""The product's index through a day: filling, single writes, snapshots, a restart, searches meanwhile.

    python -m benchmarks.index_life [--rows 200000] [--vectors FILE.npy]

Adds to ``benchmarks/results/index_life.json``, one row for each size.
"""

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.index_compare import QUERIES, clustered
from benchmarks.index_variants import Floats
from tianfu.embeddings.index.faiss_index import FaissIndex
from tianfu.model.ports import IndexFacts

RESULTS = Path(__file__).parent / "results" / "index_life.json"
BATCH = 500
SINGLES = 300


def facts_of(start: int, stop: int) -> list[IndexFacts]:
    """Facts as varied as those of a consortium of 210 outlets."""
    return [
        IndexFacts(
            published_at_s=n, outlet_id=f"o{n % 210}", places=frozenset({f"51{n % 183}", f"c{n % 21}"})
        )
        for n in range(start, stop)
    ]


def add(index: FaissIndex, vectors: Floats, start: int, stop: int) -> None:
    index.add(range(start, stop), np.asarray(vectors[start:stop], np.float32), facts_of(start, stop))


def mean_ms(work: Callable[[int], object]) -> float:
    began = time.perf_counter()
    for turn in range(SINGLES):
        work(turn)
    return (time.perf_counter() - began) * 1000 / SINGLES


@contextmanager
def searching(index: FaissIndex, queries: Floats) -> Iterator[list[float]]:
    """Search without pause in another thread; gives the milliseconds of each query."""
    done, times = threading.Event(), list[float]()

    def run() -> None:
        while not done.is_set():
            row = len(times) % len(queries)
            began = time.perf_counter()
            index.search(queries[row : row + 1], 10)
            if index.size:
                times.append((time.perf_counter() - began) * 1000)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield times
    finally:
        done.set()
        thread.join()


def measure(vectors: Floats, rows: int) -> dict[str, float]:
    queries = np.asarray(vectors[-QUERIES:], np.float32)
    index = FaissIndex(vectors.shape[1])
    found: dict[str, float] = {"rows": rows}
    began = time.perf_counter()
    with searching(index, queries) as times:
        for start in range(0, rows, BATCH):
            add(index, vectors, start, min(start + BATCH, rows))
        found["fill_while_searching_s"] = time.perf_counter() - began
        index.merge()
        found["fill_and_merge_s"] = time.perf_counter() - began
    found["search_while_filling_p50_ms"], found["search_while_filling_p99_ms"] = np.percentile(
        times, [50, 99]
    )
    found["parts"] = len(index.parts)
    found["replace_one_ms"] = mean_ms(lambda n: add(index, vectors, n, n + 1))
    found["remove_one_ms"] = mean_ms(lambda n: index.remove([n * 7]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        for name in ("save_s", "save_again_s"):
            began = time.perf_counter()
            index.save(path, encoder_fingerprint="e", last_sequence=1)
            found[name] = time.perf_counter() - began
            index.remove([rows - 1])
        found["snapshot_mb"] = sum(file.stat().st_size for file in path.iterdir()) / 1e6
        began = time.perf_counter()
        FaissIndex.load(path, encoder_fingerprint="e")
        found["load_s"] = time.perf_counter() - began
    return {name: float(value) for name, value in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--vectors", type=Path, help="made by benchmarks.index_vectors; else synthetic ones")
    options = parser.parse_args()
    needed = options.rows + QUERIES
    vectors = np.load(options.vectors, mmap_mode="r") if options.vectors else clustered(needed, 256)
    if len(vectors) < needed:
        parser.error(f"{options.vectors} holds {len(vectors)} vectors, {needed} are needed.")
    found = measure(vectors, options.rows)
    older = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    rows = sorted([*(r for r in older if r["rows"] != found["rows"]), found], key=lambda row: row["rows"])
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    table = Table("measure", "value", title=f"A day of an index of {options.rows:,} stories")
    for name, value in found.items():
        table.add_row(name, f"{value:,.3f}")
    Console().print(table)


if __name__ == "__main__":
    main()
