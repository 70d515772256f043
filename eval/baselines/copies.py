"""Simple ways to find the story that a text copies: MinHash with LSH, and SimHash."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tianfu.eval.baselines.cuts import named_out_of_fold
from tianfu.eval.baselines.sketches import (
    PERMUTATIONS,
    minhash_of,
    runs_of,
    simhash_likeness,
    simhashes_of,
)
from tianfu.model.ports import PairText

LSH_THRESHOLD = 0.3
"""Estimated Jaccard from which LSH proposes a story in about half of all cases."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nearest:
    """The likeliest source of each query.

    Attributes:
        rows: Row of the corpus, shape (queries,); -1 where none was proposed.
        likeness: 0..1, shape (queries,).
        seconds: Sketching, indexing and looking up together.
    """

    rows: npt.NDArray[np.int64]
    likeness: Floats
    seconds: float


def nearest_by_minhash(corpus: Sequence[PairText], queries: Sequence[PairText]) -> Nearest:
    """Propose by LSH, take the one with the highest estimated Jaccard, ties by row."""
    from datasketch import MinHashLSH

    began = time.perf_counter()
    index = MinHashLSH(threshold=LSH_THRESHOLD, num_perm=PERMUTATIONS)
    sketches = []
    for row, text in enumerate(corpus):
        runs = runs_of(text)
        sketches.append(minhash_of(runs))
        if len(runs):
            index.insert(row, sketches[-1], check_duplication=False)
    asked = [minhash_of(runs_of(query)) for query in queries]
    found = [(-1, 0.0) if a.is_empty() else _likest(a, index.query(a), sketches) for a in asked]
    return _nearest(found, began)


def nearest_by_simhash(corpus: Sequence[PairText], queries: Sequence[PairText]) -> Nearest:
    """Compare the 64 bits with those of every story; ties by row."""
    began = time.perf_counter()
    known = simhashes_of([runs_of(text) for text in corpus])
    found = []
    for asked in simhashes_of([runs_of(text) for text in queries]):
        likeness = simhash_likeness(asked, known)
        row = int(likeness.argmax())
        found.append((row, float(likeness[row])))
    return _nearest(found, began)


def named_sources(
    nearest: Nearest,
    sources: Sequence[str | None],
    ids: Sequence[str],
    same: Callable[[str, str], bool],
    groups: Sequence[str],
) -> list[str | None]:
    """The stories named, where the likeness reaches a cut-off chosen on other queries.

    Args:
        nearest: Of each query.
        sources: What each query copies, or ``None``.
        ids: Of the corpus, by row.
        same: Whether two ids are the same text, so that either will do.
        groups: Queries of one group help each other in nothing.
    """
    names = [None if row < 0 else ids[int(row)] for row in nearest.rows]
    pairs = list(zip(names, sources, strict=True))
    right = np.array([n is not None and s is not None and (n == s or same(n, s)) for n, s in pairs])
    wanted = np.array([source is not None for source in sources])
    named = named_out_of_fold(nearest.likeness, right, wanted, groups) & (nearest.rows >= 0)
    return [name if told else None for name, told in zip(names, named, strict=True)]


def _likest(sketch: Any, rows: Sequence[Any], sketches: Sequence[Any]) -> tuple[int, float]:
    """The row with the highest estimated Jaccard, and that; -1 and 0 without rows."""
    likeness = [(float(sketch.jaccard(sketches[row])), -row) for row in rows]
    best, row = max(likeness, default=(0.0, 1))
    return -row, best


def _nearest(found: Sequence[tuple[int, float]], began: float) -> Nearest:
    rows, likeness = zip(*found, strict=True)
    return Nearest(
        rows=np.array(rows, dtype=np.int64),
        likeness=np.array(likeness, dtype=np.float64),
        seconds=time.perf_counter() - began,
    )
