"""Checks of what callers hand in, the same for every vector index."""

from collections.abc import Sequence

import numpy as np

from tianfu.model.errors import DimensionMismatch
from tianfu.model.ports import FloatMatrix, IndexFacts


def check_rows(
    numbers: Sequence[int], vectors: FloatMatrix, facts: Sequence[IndexFacts], dimension: int
) -> FloatMatrix:
    """The vectors as contiguous float32, one row per number.

    Raises:
        DimensionMismatch: Vectors of another length, or not as many as numbers and facts.
    """
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    if vectors.shape != (len(numbers), dimension) or len(facts) != len(numbers):
        raise DimensionMismatch(
            f"Vectors of shape {vectors.shape} and {len(facts)} facts do not fit {len(numbers)} stories of "
            f"dimension {dimension}.",
            advice="Rebuild the index with the encoder that made the vectors.",
        )
    return vectors


def check_queries(queries: FloatMatrix, dimension: int) -> FloatMatrix:
    """The queries as contiguous float32.

    Raises:
        DimensionMismatch: Queries of another length.
    """
    queries = np.ascontiguousarray(queries, dtype=np.float32)
    if queries.ndim != 2 or queries.shape[1] != dimension:
        raise DimensionMismatch(
            f"Queries of shape {queries.shape} do not fit an index of dimension {dimension}.",
            advice="Ask with vectors of the encoder that filled the index.",
        )
    return queries
