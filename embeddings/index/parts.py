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
        low, high = self.columns.span(where)
        if high <= low:
            return [[] for _ in queries]
        mask = self.columns.mask(where, low, high)
        alive = self.alive[low:high]
        mask = alive.copy() if mask is None else mask & alive
        matching = int(mask.sum())
        if matching == 0:
            return [[] for _ in queries]
        if self._faiss is None or matching <= BRUTE_ROWS:
            rows = None if matching == high - low else np.flatnonzero(mask) + low
            return self._brute(queries, count, low, high, rows)
        whole = np.zeros(len(self), np.bool_)
        whole[low:high] = mask
        return self._filtered(queries, count, whole)

    def of(self, numbers: Rows) -> dict[int, FloatMatrix]:
        """Vectors of those numbers that live here."""
        rows = self.columns.rows_of(numbers)
        rows = rows[self.alive[rows]]
        return {int(self.columns.numbers[row]): self.vectors[row] for row in rows}

    def _brute(self, queries: FloatMatrix, count: int, low: int, high: int, rows: Rows | None) -> list[Hits]:
        pool = self.vectors[low:high] if rows is None else self.vectors[rows]
        numbers = self.columns.numbers[low:high] if rows is None else self.columns.numbers[rows]
        found = []
        for scores in queries @ pool.T:
            if len(numbers) > count:
                # Everything at least as good as the count-th, so that ties are broken by number later.
                floor = np.partition(scores, len(numbers) - count)[len(numbers) - count]
                found.append(_hits(scores[scores >= floor], numbers[scores >= floor]))
            else:
                found.append(_hits(scores, numbers))
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
