"""Compare kinds of vector index: recall, time of a query, memory, building, removing.

    python -m benchmarks.index_compare [--sizes 50000 200000] [--vectors FILE.npy] [--only NAME …]

Queries are rows kept out of the index; "hot" searches only the newest twentieth of the rows.  Recall@10
counts a hit whose exact score reaches that of the true tenth neighbour, so ties cost nothing.  Each kind is
built in a process of its own; memory is what it adds to that process's own pages.  Rows are added to
``benchmarks/results/index.json``, replacing older ones of the same kind and size.
"""

import argparse
import json
import multiprocessing
import os
import platform
import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.index_variants import NAMES, Floats, build, first_hot, settings_of

RESULTS = Path(__file__).parent / "results" / "index.json"
QUERIES = 500
COUNT = 10
REMOVALS = 20
_EPSILON = 1e-6


def clustered(rows: int, dimension: int) -> Floats:
    """Rows in clusters of uneven size around centres that themselves stand in groups."""
    rng = np.random.default_rng(11)
    groups = rng.standard_normal((60, dimension)).astype(np.float32)
    centres = groups[rng.integers(0, 60, 4_000)] + 0.8 * rng.standard_normal((4_000, dimension)).astype("f4")
    weights = rng.pareto(1.1, 4_000) + 0.1
    made = np.empty((rows, dimension), np.float16)
    for start in range(0, rows, 50_000):
        stop = min(start + 50_000, rows)
        at = rng.choice(4_000, stop - start, p=weights / weights.sum())
        block = centres[at] + 0.7 * rng.standard_normal((stop - start, dimension)).astype(np.float32)
        made[start:stop] = block / np.linalg.norm(block, axis=1, keepdims=True)
    return made


def truth(base: Floats, queries: Floats, first: int = 0) -> Floats:
    """The exact score of each query's tenth neighbour among rows from the first on."""
    best = np.full((len(queries), COUNT), -np.inf, np.float32)
    for start in range(first, len(base), 50_000):
        scores = queries @ np.asarray(base[start : start + 50_000], np.float32).T
        both = np.concatenate([best, scores], axis=1)
        best = -np.partition(-both, COUNT - 1, axis=1)[:, :COUNT]
    return best.min(axis=1)


def recall(base: Floats, queries: Floats, floor: Floats, found: np.ndarray) -> float:
    rows = np.asarray(base[np.maximum(found, 0)], np.float32)
    scores = np.einsum("qd,qkd->qk", queries, rows)
    return float(((scores >= floor[:, None] - _EPSILON) & (found >= 0)).sum() / (COUNT * len(queries)))


def own_memory_mb() -> float:
    """Anonymous pages of this process, in megabytes."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"RssAnon:\s+(\d+) kB", status)[0]) / 1024


def timed_ms(target: Any, queries: Floats, effort: int, *, hot: bool) -> tuple[float, float]:
    """p50 and p99 of single queries, in milliseconds."""
    for row in range(10):
        target.search(queries[row : row + 1], COUNT, effort, hot=hot)
    times = []
    for row in range(len(queries)):
        began = time.perf_counter()
        target.search(queries[row : row + 1], COUNT, effort, hot=hot)
        times.append((time.perf_counter() - began) * 1000)
    return float(np.percentile(times, 50)), float(np.percentile(times, 99))


def measure(name: str, path: str, rows: int, floors: tuple[Floats, Floats]) -> list[dict[str, Any]]:
    """Build one kind and measure it at each setting."""
    faiss.omp_set_num_threads(1)
    vectors = np.load(path, mmap_mode="r")
    base = vectors[:rows]
    queries = np.asarray(vectors[-QUERIES:], np.float32)
    before, began = own_memory_mb(), time.perf_counter()
    target = build(name, base)
    build_s, memory_mb = time.perf_counter() - began, own_memory_mb() - before
    found = []
    for effort in settings_of(name):
        p50, p99 = timed_ms(target, queries, effort, hot=False)
        hot50, hot99 = timed_ms(target, queries[:200], effort, hot=True)
        hits, hot_hits = (target.search(queries, COUNT, effort, hot=hot) for hot in (False, True))
        found.append(
            {
                "index": name,
                "rows": rows,
                "dimension": base.shape[1],
                "effort": effort,
                "recall_at_10": recall(base, queries, floors[0], hits),
                "hot_recall_at_10": recall(base, queries, floors[1], hot_hits),
                "p50_ms": p50,
                "p99_ms": p99,
                "hot_p50_ms": hot50,
                "hot_p99_ms": hot99,
                "memory_mb": memory_mb,
                "build_s": build_s,
            }
        )
    chosen = np.random.default_rng(3).choice(rows, REMOVALS, replace=False)
    remove_ms = target.remove_one_ms(chosen)
    return [{**row, "remove_one_ms": remove_ms} for row in found]


def compare(sizes: Sequence[int], names: Sequence[str], vectors: Floats, console: Console) -> list[Any]:
    """Measure every kind at every size, each in a fresh process."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "vectors.npy")
        np.save(path, vectors)
        queries = np.asarray(vectors[-QUERIES:], np.float32)
        for rows in sizes:
            base = vectors[:rows]
            floors = truth(base, queries), truth(base, queries, first_hot(rows))
            for name in names:
                console.print(f"{rows:>9,}  {name} …")
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    results += pool.apply(measure, (name, path, rows, floors))
    return results


def show(results: Sequence[dict[str, Any]], console: Console) -> None:
    """Print a table."""
    table = Table(title="Vector indexes, single queries, one thread")
    for heading in ("rows", "index", "effort", "recall@10", "p50 ms", "p99 ms", "hot recall", "hot p50"):
        table.add_column(heading, justify="left" if heading == "index" else "right")
    for heading in ("memory MB", "build s", "remove one, ms"):
        table.add_column(heading, justify="right")
    for row in results:
        removal = row["remove_one_ms"]
        table.add_row(
            f"{row['rows']:,}",
            row["index"],
            str(row["effort"] or "–"),
            f"{row['recall_at_10']:.3f}",
            f"{row['p50_ms']:.2f}",
            f"{row['p99_ms']:.2f}",
            f"{row['hot_recall_at_10']:.3f}",
            f"{row['hot_p50_ms']:.2f}",
            f"{row['memory_mb']:.0f}",
            f"{row['build_s']:.1f}",
            "rebuild" if removal is None else f"{removal:.3f}",
        )
    console.print(table)


def keep(results: Sequence[dict[str, Any]], source: str) -> list[dict[str, Any]]:
    """Add rows to the results file, in place of older ones of the same index, size and length of vectors."""
    older = json.loads(RESULTS.read_text())["results"] if RESULTS.exists() else []
    fresh = {_kind(row) for row in results}
    rows = [row for row in older if _kind(row) not in fresh]
    rows += [{**row, "vectors": source} for row in results]
    rows.sort(key=lambda row: (row["dimension"], row["rows"], NAMES.index(row["index"]), row["effort"]))
    machine = {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "faiss": faiss.__version__,
        "faiss_options": faiss.get_compile_options().strip(),
        "threads": 1,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    text = json.dumps({"machine": machine, "results": rows}, indent=1, ensure_ascii=False)
    RESULTS.write_text(text + "\n", encoding="utf-8")
    return rows


def _kind(row: Mapping[str, Any]) -> tuple[str, int, int]:
    return row["index"], row["rows"], row["dimension"]


def _cpu() -> str:
    found = re.findall(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    return str(found[0]) if found else platform.processor()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[50_000, 200_000])
    parser.add_argument("--only", nargs="+", choices=NAMES, default=list(NAMES))
    parser.add_argument("--skip", nargs="+", choices=NAMES, default=[])
    parser.add_argument("--vectors", type=Path, help="made by benchmarks.index_vectors; else synthetic ones")
    parser.add_argument("--dimension", type=int, default=256, help="of synthetic vectors")
    options = parser.parse_args()
    console = Console(width=140)
    needed = max(options.sizes) + QUERIES
    vectors = np.load(options.vectors) if options.vectors else clustered(needed, options.dimension)
    if len(vectors) < needed:
        parser.error(f"{options.vectors} holds {len(vectors)} vectors, {needed} are needed.")
    if options.vectors:
        # The same mixture at every size: stories first in the file would else be all of a small index.
        vectors = vectors[np.random.default_rng(7).permutation(len(vectors))[:needed]]
    source = "encoded news" if options.vectors else "synthetic clusters"
    names = [name for name in options.only if name not in options.skip]
    results = compare(options.sizes, names, vectors, console)
    keep(results, source)
    show(results, console)
    console.print(f"Vectors: {source}. Written to {RESULTS}.")


if __name__ == "__main__":
    main()
