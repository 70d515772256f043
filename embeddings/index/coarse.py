"""A coarse look at all rows of a part, so that only few vectors are compared in full.

One bit of each number (RaBitQ, Gao and Long, SIGMOD 2024), after a fast rotation that spreads what a vector
says evenly over its numbers.  A scan of half-precision vectors waits for memory; bits are an eleventh of it.
"""

from collections.abc import Iterator
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from tianfu.model.ports import FloatMatrix

_SEED = 7
_QUERY_BITS = 4
_PIECE = 4_096
_SAMPLE = 4_096
_TIMES = 8
_LEAST = 288
"""So many candidates are compared in full for each hit asked for, and at least so many in all.  Of the 68
nearest of 100,000 stories 99.97 in 100 are found, of the ten nearest all (docs/decisions/0035)."""


class CoarseFirst:
    """The bits of every row pick candidates, whole vectors decide among them.

    Args:
        coarse: Made by :func:`build_coarse`.
        exact: The vectors, in the same order.
    """

    def __init__(self, coarse: Any, exact: Any) -> None:
        self.coarse = coarse
        self._both = faiss.IndexRefine(coarse, exact)
        self._exact = exact

    def suits(self, count: int, matching: int) -> bool:
        """Whether a search compares fewer vectors in full than a scan of what meets the filter."""
        return _TIMES * count < matching

    def search(
        self, queries: FloatMatrix, count: int, selector: Any
    ) -> tuple[FloatMatrix, npt.NDArray[np.int64]]:
        """Scores and rows of the best that the selector lets through (``None``: all), shape (q, count)."""
        bits = faiss.RaBitQSearchParameters()
        bits.qb, bits.sel = _QUERY_BITS, selector
        rotated = faiss.SearchParametersPreTransform()
        rotated.index_params = bits
        both = faiss.IndexRefineSearchParameters()
        both.k_factor, both.base_index_params = max(_TIMES, _LEAST / count), rotated
        scores, rows = self._both.search(queries, count, params=both)
        return scores, rows


def build_coarse(exact: Any) -> Any:
    """The bits of all vectors of a scanned index; the same vectors always give the same bits."""
    rotation = faiss.HadamardRotation(exact.d, _SEED)
    bits = faiss.IndexRaBitQ(rotation.d_out, faiss.METRIC_INNER_PRODUCT)
    coarse = faiss.IndexPreTransform(rotation, bits)
    coarse.train(exact.reconstruct_batch(np.arange(0, exact.ntotal, max(1, exact.ntotal // _SAMPLE))))
    for piece in _pieces(exact):
        coarse.add(piece)
    return coarse


def _pieces(exact: Any) -> Iterator[FloatMatrix]:
    for start in range(0, exact.ntotal, _PIECE):
        yield exact.reconstruct_n(start, min(_PIECE, exact.ntotal - start))
