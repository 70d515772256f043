"""Sealed parts: vectors inside a FAISS index that never changes, beside the facts of each row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import faiss
import numpy as np
import numpy.typing as npt

from tianfu.embeddings.index.columns import Codebook, FactColumns, Longs, Mask, excluded_by, joined
from tianfu.model.ports import FloatMatrix, IndexFilter

SPARE = 8
"""So many more hits than asked for, so that ties at the border are broken by number."""

_CHUNK = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """When a part is of which kind.  The defaults come from ``benchmarks/index_compare.py``.

    Attributes:
        live_rows: Rows that the growing part takes before it is sealed.
        flat_rows: Up to so many rows a part is scanned whole, which is exact.
        exact_rows: In larger parts, up to so many rows that meet the filter are all compared.
        probes: Lists looked into in larger parts, of about ``4 * sqrt(n)``.
    """

    live_rows: int = 8_192
    flat_rows: int = 131_072
    exact_rows: int = 32_768
    probes: int = 64


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
    """

    def __init__(self, faiss_index: Any, columns: FactColumns, tuning: Tuning, *, name: str = "") -> None:
        self.name = name or uuid4().hex
        self.columns = columns
        self.faiss_index = faiss_index
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
        exact = matching <= self._tuning.exact_rows
        scores, rows = self._run(queries, wanted, selector, self._lists if exact else self._tuning.probes)
        if not exact and self._lists and (rows[:, min(count, wanted) - 1] < 0).any():
            # The lists looked into hold too few rows that meet the filter.
            scores, rows = self._run(queries, wanted, selector, self._lists)
        del bits
        scores[rows < 0] = -np.inf
        return Hits(scores, self.columns.numbers[rows])

    def _selector(self, low: int, high: int, mask: Mask | None) -> tuple[Any, npt.NDArray[np.uint8] | None]:
        """What tells FAISS the rows; the bits must outlive it."""
        if mask is None:
            return (None if high - low == len(self) else faiss.IDSelectorRange(low, high)), None
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


def sealed(vectors: FloatMatrix, columns: FactColumns, tuning: Tuning) -> SealedPart:
    """Make a part; ``columns`` in order of publication, vectors row by row."""
    build = build_flat if len(columns) <= tuning.flat_rows else build_lists
    return SealedPart(build(vectors), columns, tuning)


def build_flat(vectors: FloatMatrix) -> Any:
    """All rows in half precision, scanned whole."""
    dimension = vectors.shape[1]
    index = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.add(vectors)
    return index


def build_lists(vectors: FloatMatrix) -> Any:
    """An inverted file of half-precision rows, trained on an even sample so that it is repeatable."""
    rows, dimension = vectors.shape
    lists = list_count(rows)
    quantiser = faiss.IndexFlatIP(dimension)
    index = faiss.IndexIVFScalarQuantizer(
        quantiser, dimension, lists, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    index.by_residual = False
    index.cp.niter = 8
    index.cp.seed = 1234
    index.cp.min_points_per_centroid = 1
    index.train(np.ascontiguousarray(vectors[:: max(1, rows // (48 * lists))]))
    for start in range(0, rows, _CHUNK):
        index.add(vectors[start : start + _CHUNK])
    index.make_direct_map()
    return index


def list_count(rows: int) -> int:
    """How many lists an inverted file of so many rows has."""
    return max(1, min(int(4 * rows**0.5), rows // 8))


def merged(parts: Sequence[tuple[SealedPart, Mask]], tuning: Tuning) -> SealedPart:
    """One part of the living rows of several; takes seconds for many, so call it without a lock."""
    living = [(part, np.flatnonzero(alive)) for part, alive in parts]
    columns, order = joined([(part.columns, rows) for part, rows in living])
    vectors = np.concatenate([part.vectors(rows) for part, rows in living])
    return sealed(vectors[order], columns, tuning)
