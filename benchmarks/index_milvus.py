"""The archive in Milvus beside the index of one process: recall, time of a query, memory, filling.

    python -m benchmarks.index_milvus [--rows 20000 50000] [--vectors FILE.npy] [--uri http://HOST:PORT]

Without ``--uri`` Milvus Lite is measured, which runs inside the measured process; with it a server, whose
memory is its own.  "hot" searches only the newest twentieth of the rows, as feeds do.  Each index is filled
in a process of its own.  Rows go to ``benchmarks/results/index_milvus.json``.
"""

import argparse
import json
import multiprocessing
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import faiss
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.index_compare import COUNT, QUERIES, clustered, own_memory_mb, recall, timed_ms, truth
from benchmarks.index_life import facts_of
from benchmarks.index_variants import Floats, Longs, first_hot
from tianfu.embeddings.index.faiss_index import FaissIndex
from tianfu.embeddings.index.milvus.link import MilvusLink
from tianfu.embeddings.index.milvus.milvus_index import MilvusIndex
from tianfu.embeddings.index.tiered import TieredIndex
from tianfu.model.ports import IndexFilter, VectorIndex

RESULTS = Path(__file__).parent / "results" / "index_milvus.json"
ONE_PROCESS, ARCHIVE, TIERS = "one process", "milvus", "recent before milvus"
NAMES = (ONE_PROCESS, ARCHIVE, TIERS)
CHUNK = 2_000


class Target:
    """An index under measurement; row n is story n, published at second n."""

    def __init__(self, index: VectorIndex, rows: int) -> None:
        self.index = index
        self.rows = rows

    def fill(self, base: Floats) -> None:
        for start in range(0, self.rows, CHUNK):
            stop = min(start + CHUNK, self.rows)
            self.index.add(
                range(start, stop), np.asarray(base[start:stop], np.float32), facts_of(start, stop)
            )

    def search(self, queries: Floats, count: int, effort: int, *, hot: bool = False) -> Longs:
        where = IndexFilter(since_s=first_hot(self.rows)) if hot else None
        hits = self.index.search(queries, count, where)
        return np.asarray([[hit.number for hit in row] for row in hits], np.int64).reshape(len(queries), -1)


def made(name: str, link: MilvusLink, dimension: int, rows: int) -> VectorIndex:
    if name == ONE_PROCESS:
        return FaissIndex(dimension, merge_aside=False)
    archive = MilvusIndex(link, f"bench_{uuid4().hex}", dimension)
    if name == ARCHIVE:
        return archive
    hot_s = rows - first_hot(rows)
    return TieredIndex(FaissIndex(dimension), archive, folder="recent", hot_s=hot_s, now_s=lambda: rows)


def settle(index: VectorIndex, link: MilvusLink) -> None:
    """Let everything be where it is after a while: merged, or in a sealed segment with its inverted file."""
    if isinstance(index, FaissIndex):
        index.merge()
        return
    with link.asked() as client:
        for name in client.list_collections():
            client.flush(name)


def measure(name: str, uri: str, path: str, rows: int, floors: tuple[Floats, Floats]) -> dict[str, Any]:
    faiss.omp_set_num_threads(1)
    vectors = np.load(path, mmap_mode="r")
    base, queries = vectors[:rows], np.asarray(vectors[-QUERIES:], np.float32)
    link = MilvusLink(uri, read_s=60.0)
    before, began = own_memory_mb(), time.perf_counter()
    target = Target(made(name, link, vectors.shape[1], rows), rows)
    target.fill(base)
    filled_s = time.perf_counter() - began
    settle(target.index, link)
    settled_s = time.perf_counter() - began
    memory_mb = own_memory_mb() - before
    began = time.perf_counter()
    target.fill(base)
    again_s = time.perf_counter() - began
    p50, p99 = timed_ms(target, queries, 0, hot=False)
    hot50, hot99 = timed_ms(target, queries[:200], 0, hot=True)
    hits, hot_hits = (target.search(queries, COUNT, 0, hot=hot) for hot in (False, True))
    link.close()
    return {
        "index": name,
        "rows": rows,
        "dimension": int(vectors.shape[1]),
        "recall_at_10": recall(base, queries, floors[0], hits),
        "hot_recall_at_10": recall(base, queries, floors[1], hot_hits),
        "p50_ms": p50,
        "p99_ms": p99,
        "hot_p50_ms": hot50,
        "hot_p99_ms": hot99,
        "memory_mb": memory_mb,
        "fill_s": filled_s,
        "settle_s": settled_s,
        "fill_again_s": again_s,
    }


def show(results: list[dict[str, Any]], title: str) -> None:
    table = Table(title=title)
    columns = [key for key in results[0] if key not in ("index", "dimension")]
    table.add_column("index")
    for column in columns:
        table.add_column(column.replace("_", " "), justify="right")
    for row in results:
        cells = (row[column] for column in columns)
        table.add_row(row["index"], *(f"{c:,.3f}" if isinstance(c, float) else f"{c:,}" for c in cells))
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000, 50_000])
    parser.add_argument("--vectors", type=Path, help="made by benchmarks.index_vectors; else synthetic ones")
    parser.add_argument("--uri", default="", help="of a Milvus server; Milvus Lite when left out")
    options = parser.parse_args()
    needed = max(options.rows) + QUERIES
    vectors = np.load(options.vectors, mmap_mode="r") if options.vectors else clustered(needed, 256)
    if len(vectors) < needed:
        parser.error(f"{options.vectors} holds {len(vectors)} vectors, {needed} are needed.")
    vectors = vectors[np.random.default_rng(7).permutation(len(vectors))[:needed]]
    results: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "vectors.npy")
        np.save(path, vectors)
        queries = np.asarray(vectors[-QUERIES:], np.float32)
        for rows in options.rows:
            base = vectors[:rows]
            floors = truth(base, queries), truth(base, queries, first_hot(rows))
            for name in NAMES:
                uri = options.uri or str(Path(folder) / f"{name.replace(' ', '-')}-{rows}.db")
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    results.append(pool.apply(measure, (name, uri, path, rows, floors)))
    what = "a Milvus server" if options.uri else "Milvus Lite"
    source = "encoded news" if options.vectors else "synthetic clusters"
    RESULTS.parent.mkdir(exist_ok=True)
    told = {"milvus": what, "vectors": source, "results": results}
    RESULTS.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    show(results, f"One process beside {what}, single queries; {source}")


if __name__ == "__main__":
    main()
