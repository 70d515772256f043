"""Building sealed parts from the living rows of other parts."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import faiss
import numpy as np

from tianfu.embeddings.index.coarse import build_coarse
from tianfu.embeddings.index.columns import FactColumns, Longs, Mask, joined
from tianfu.embeddings.index.parts import SealedPart, Tuning
from tianfu.model.ports import FloatMatrix

_PIECE = 32_768


class VectorRows(Protocol):
    """Rows with vectors and facts."""

    columns: FactColumns

    def vectors(self, rows: Longs) -> FloatMatrix:
        """Vectors of rows, shape (len(rows), dimension)."""
        ...


class Rows:
    """Chosen rows of several parts as one matrix that is read piece by piece, never whole.

    Args:
        taken: Parts and which of their rows.
        order: Positions in the taken rows strung together.
    """

    def __init__(self, taken: Sequence[tuple[VectorRows, Longs]], order: Longs) -> None:
        self._taken = taken
        self._order = order
        self._ends = np.cumsum([len(rows) for _, rows in taken])

    def __len__(self) -> int:
        return len(self._order)

    def take(self, places: slice) -> FloatMatrix:
        """Some rows, in order."""
        positions = self._order[places]
        owner = np.searchsorted(self._ends, positions, side="right")
        first = self._taken[0][0].vectors(self._taken[0][1][:1])
        found = np.empty((len(positions), first.shape[1]), np.float32)
        for at, (part, rows) in enumerate(self._taken):
            mine = owner == at
            found[mine] = part.vectors(rows[positions[mine] - (self._ends[at] - len(rows))])
        return found

    def pieces(self) -> Iterator[FloatMatrix]:
        """All rows, piece by piece."""
        for start in range(0, len(self), _PIECE):
            yield self.take(slice(start, start + _PIECE))


def merged(parts: Sequence[tuple[VectorRows, Mask]], tuning: Tuning, dimension: int) -> SealedPart:
    """One sealed part of the living rows of several; seconds for many rows, so call it without a lock."""
    taken = [(part, np.flatnonzero(alive)) for part, alive in parts if alive.any()]
    columns, order = joined([(part.columns, rows) for part, rows in taken])
    rows = Rows(taken, order)
    if len(columns) > tuning.flat_rows:
        return SealedPart(build_lists(rows, dimension), columns, tuning)
    flat = build_flat(rows, dimension)
    return SealedPart(flat, columns, tuning, coarse=coarse_if_due(flat, tuning))


def coarse_if_due(index: Any, tuning: Tuning) -> Any:
    """The bits of a part that is scanned whole and has many rows, else ``None``."""
    due = index.ntotal > tuning.coarse_rows and not isinstance(index, faiss.IndexIVF)
    return build_coarse(index) if due else None


def build_flat(rows: Rows, dimension: int) -> Any:
    """All rows in half precision."""
    index = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    for piece in rows.pieces():
        index.add(piece)
    return index


def build_lists(rows: Rows, dimension: int) -> Any:
    """An inverted file of half-precision rows, trained on an even sample so that it is repeatable."""
    lists = list_count(len(rows))
    quantiser = faiss.IndexFlatIP(dimension)
    index = faiss.IndexIVFScalarQuantizer(
        quantiser, dimension, lists, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT, False
    )
    index.cp.niter = 8
    index.cp.seed = 1234
    index.cp.min_points_per_centroid = 1
    index.train(rows.take(slice(None, None, max(1, len(rows) // (48 * lists)))))
    for piece in rows.pieces():
        index.add(piece)
    index.make_direct_map()
    return index


def list_count(rows: int) -> int:
    """How many lists an inverted file of so many rows has."""
    return max(1, min(int(4 * rows**0.5), rows // 8))
