"""Sealed parts: vectors inside a FAISS index that never changes, beside the facts of each row."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import faiss
import numpy as np
import numpy.typing as npt

from tianfu.embeddings.index.coarse import CoarseFirst
from tianfu.embeddings.index.columns import Codebook, FactColumns, Longs, Mask, excluded_by
from tianfu.model.ports import FloatMatrix, IndexFilter

SPARE = 8
"""So many more hits than asked for, so that ties at the border are broken by number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """When a part is of which kind.  The defaults come from ``benchmarks/index_compare.py``.

    Attributes:
        live_rows: Rows that the growing part takes before it is sealed.
        coarse_rows: Of fewer rows that meet the filter all are compared, which is exact; of more, in a part
            that is scanned whole, a look at one bit of each number picks those that are.
        flat_rows: Up to so many rows a part is scanned whole.
        exact_rows: In larger parts, up to so many rows that meet the filter are all compared.
        probes: Lists looked into in larger parts, of about ``4 * sqrt(n)``.
    """

    live_rows: int = 8_192
    coarse_rows: int = 4_096
    flat_rows: int = 300_000
    exact_rows: int = 131_072
    probes: int = 256


@dataclass(frozen=True, slots=True)
class Hits:
    """Hits of q queries, k each, in no order.

    Attributes:
        scores: Shape (q, k); minus infinity where there is no hit.
        numbers: Story numbers, shape (q, k).
    """

    scores: FloatMatrix
    numbers: Longs


class SealedPart:
    """Rows that never change.  Which of them are still alive, the view says.

    Attributes:
        name: Unique, so that a snapshot can tell parts it already holds.
        columns: Facts, in order of publication.
        faiss_index: Half-precision vectors; position is the row.
        coarse: Bits of the same rows, ``None`` in a part that is small or in lists.
    """

    def __init__(
        self, faiss_index: Any, columns: FactColumns, tuning: Tuning, *, coarse: Any = None, name: str = ""
    ) -> None:
        self.name = name or uuid4().hex
        self.columns = columns
        self.faiss_index = faiss_index
        self.coarse = coarse
        self._coarse_first = CoarseFirst(coarse, faiss_index) if coarse is not None else None
        self._tuning = tuning
        self._order = np.argsort(columns.numbers, kind="stable").astype(np.int32)
        self._sorted = columns.numbers[self._order]
        self._lists = int(faiss_index.nlist) if isinstance(faiss_index, faiss.IndexIVF) else 0

    def __len__(self) -> int:
        return len(self.columns)

    def rows_of(self, numbers: Longs) -> Longs:
        """Rows of those numbers that are here, in the order of the numbers."""
        at = np.minimum(np.searchsorted(self._sorted, numbers), len(self) - 1)
        rows: Longs = self._order[at[self._sorted[at] == numbers]].astype(np.int64)
        return rows

    def vectors(self, rows: Longs) -> FloatMatrix:
        """Vectors of rows, shape (len(rows), dimension)."""
        vectors: FloatMatrix = self.faiss_index.reconstruct_batch(rows)
        return vectors

    def search(
        self, queries: FloatMatrix, count: int, where: IndexFilter, book: Codebook, alive: Mask, living: int
    ) -> Hits | None:
        """The best of the living rows that meet the filter; ``None`` when there are none."""
        low, high = self.columns.span(where)
        excluded = self.rows_of(excluded_by(where)) if where.exclude else None
        mask = self.columns.mask(where, book, low, high, excluded)
        if living < len(self):
            mask = alive[low:high] if mask is None else mask & alive[low:high]
        matching = high - low if mask is None else int(np.count_nonzero(mask))
        if matching == 0:
            return None
        selector, bits = self._selector(low, high, mask)
        wanted = min(count + SPARE, matching)
        scores, rows = self._best(queries, count, wanted, selector, matching)
        del bits
        scores[rows < 0] = -np.inf
        return Hits(scores, self.columns.numbers[rows])

    def _best(
        self, queries: FloatMatrix, count: int, wanted: int, selector: Any, matching: int
    ) -> tuple[FloatMatrix, Longs]:
        coarse = self._coarse_first
        if coarse is not None and matching > self._tuning.coarse_rows and coarse.suits(wanted, matching):
            return coarse.search(queries, wanted, selector)
        exact = matching <= self._tuning.exact_rows
        scores, rows = self._run(queries, wanted, selector, self._lists if exact else self._tuning.probes)
        if not exact and self._lists and (rows[:, min(count, wanted) - 1] < 0).any():
            # The lists looked into hold too few rows that meet the filter.
            scores, rows = self._run(queries, wanted, selector, self._lists)
        return scores, rows

    def _selector(self, low: int, high: int, mask: Mask | None) -> tuple[Any, npt.NDArray[np.uint8] | None]:
        """What tells FAISS the rows; the bits must outlive it."""
        if mask is None:
            return (None if high - low == len(self) else faiss.IDSelectorRange(low, high, True)), None
        whole = np.zeros(len(self), np.bool_)
        whole[low:high] = mask
        bits = np.packbits(whole, bitorder="little")
        return faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits)), bits

    def _run(self, queries: FloatMatrix, count: int, selector: Any, probes: int) -> tuple[FloatMatrix, Longs]:
        parameters: Any = faiss.SearchParametersIVF if self._lists else faiss.SearchParameters
        options = {"nprobe": min(probes, self._lists)} if self._lists else {}
        if selector is not None:
            options["sel"] = selector
        scores, rows = self.faiss_index.search(queries, count, params=parameters(**options))
        return scores, rows
