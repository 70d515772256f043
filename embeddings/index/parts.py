"""Parts of the index.  A part never changes but for its tombstones, which only ever fall."""

from collections.abc import Sequence
from typing import Any

import faiss
import numpy as np

from tianfu.embeddings.index.columns import FactColumns, Mask, Rows
from tianfu.model.ports import FloatMatrix, IndexFacts, IndexFilter

BRUTE_ROWS = 12_000
"""Up to so many matching rows a product over just those rows beats a filtered FAISS search."""
IVF_ROWS = 40_000
"""From so many rows on a part is an inverted file; below, exact search is fast enough."""
IVF_PROBES = 24

Hits = list[tuple[float, int]]


class Part:
    """n vectors with facts and tombstones.

    Attributes:
        vectors: Unit rows, shape (n, dimension), float32.
        alive: False for rows removed or replaced; set in place, never raised again.
    """

    def __init__(
        self, vectors: FloatMatrix, columns: FactColumns, alive: Mask | None = None, *, build: bool = True
    ) -> None:
        self.columns = columns
        self.alive: Mask = np.ones(len(columns), np.bool_) if alive is None else alive
        self.vectors = vectors
        self._faiss: Any = build_faiss(vectors) if build and len(columns) >= IVF_ROWS else None
        self._oldest = int(columns.published_at_s.min()) if len(columns) else 0
        self._newest = int(columns.published_at_s.max()) if len(columns) else 0

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def living(self) -> int:
        """How many rows are not tombstones."""
        return int(self.alive.sum())

    def bury(self, numbers: Rows) -> int:
        """Set tombstones; returns how many rows were alive."""
        rows = self.columns.rows_of(numbers)
        count = int(self.alive[rows].sum())
        self.alive[rows] = False
        return count

    def search(self, queries: FloatMatrix, count: int, where: IndexFilter) -> list[Hits]:
        """Best ``count`` living rows that meet the filter, for each query."""
        if not len(self) or self._out_of_time(where):
            return [[] for _ in queries]
        mask = self.columns.mask(where)
        mask = self.alive.copy() if mask is None else mask & self.alive
        matching = int(mask.sum())
        if matching == 0:
            return [[] for _ in queries]
        if self._faiss is None or matching <= BRUTE_ROWS:
            return self._brute(queries, count, np.flatnonzero(mask))
        return self._filtered(queries, count, mask)

    def of(self, numbers: Rows) -> dict[int, FloatMatrix]:
        """Vectors of those numbers that live here."""
        rows = self.columns.rows_of(numbers)
        rows = rows[self.alive[rows]]
        return {int(self.columns.numbers[row]): self.vectors[row] for row in rows}

    def _out_of_time(self, where: IndexFilter) -> bool:
        return (where.since_s is not None and self._newest < where.since_s) or (
            where.until_s is not None and self._oldest >= where.until_s
        )

    def _brute(self, queries: FloatMatrix, count: int, rows: Rows) -> list[Hits]:
        pool = self.vectors if len(rows) == len(self) else self.vectors[rows]
        found = []
        for scores in queries @ pool.T:
            best = np.arange(len(rows))
            if len(rows) > count:
                # Everything at least as good as the count-th, so that ties are broken by number below.
                floor = np.partition(scores, len(rows) - count)[len(rows) - count]
                best = np.flatnonzero(scores >= floor)
            found.append(_hits(scores[best], self.columns.numbers[rows[best]]))
        return found

    def _filtered(self, queries: FloatMatrix, count: int, mask: Mask) -> list[Hits]:
        bits = np.packbits(mask, bitorder="little")
        selector = faiss.IDSelectorBitmap(len(mask), faiss.swig_ptr(bits))
        parameters: Any = faiss.SearchParametersIVF
        params = parameters(sel=selector, nprobe=IVF_PROBES)
        scores, rows = self._faiss.search(queries, min(count + 8, len(mask)), params=params)
        found = []
        for line, at in zip(scores, rows, strict=True):
            real = at >= 0
            found.append(_hits(line[real], self.columns.numbers[at[real]]))
        return found


def _hits(scores: FloatMatrix, numbers: Rows) -> Hits:
    return list(zip((float(s) for s in scores), (int(n) for n in numbers), strict=True))


def build_faiss(vectors: FloatMatrix) -> Any:
    """Build an inverted file over exact vectors, trained on a fixed sample so that it is repeatable."""
    rows, dimension = vectors.shape
    lists = max(64, int(4 * rows**0.5) // 64 * 64)
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dimension),
        dimension,
        lists,
        faiss.ScalarQuantizer.QT_fp16,
        faiss.METRIC_INNER_PRODUCT,
    )
    index.cp.niter = 8
    index.cp.seed = 1234
    step = max(1, rows // (48 * lists))
    index.train(np.ascontiguousarray(vectors[::step]))
    index.add(vectors)
    return index


class LivePart:
    """A small part that grows: rows are written first and counted afterwards, so readers see whole rows."""

    def __init__(self, dimension: int, capacity: int) -> None:
        self.capacity = capacity
        self._vectors = np.zeros((capacity, dimension), np.float32)
        self._numbers: list[int] = []
        self._facts: list[IndexFacts] = []
        self.frozen = Part(self._vectors[:0], FactColumns((), ()), build=False)

    @property
    def room(self) -> int:
        """How many rows still fit."""
        return self.capacity - len(self._numbers)

    def add(self, numbers: Sequence[int], vectors: FloatMatrix, facts: Sequence[IndexFacts]) -> None:
        """Append rows and publish a new frozen view of all; tombstones are carried over."""
        start = len(self._numbers)
        self._vectors[start : start + len(numbers)] = vectors
        self._numbers.extend(numbers)
        self._facts.extend(facts)
        alive = np.concatenate([self.frozen.alive, np.ones(len(numbers), np.bool_)])
        columns = FactColumns(self._numbers, self._facts)
        self.frozen = Part(self._vectors[: len(self._numbers)], columns, alive, build=False)
