"""Stories that are easily mixed up: the hard negatives of a batch."""

from collections.abc import Sequence

import faiss
import numpy as np
import numpy.typing as npt

from tianfu.model.ports import FloatMatrix

Indices = npt.NDArray[np.int64]
COPY = 0.9
"""At this cosine and above, two stories may be one; they are never put against each other."""


def nearest_stories(vectors: FloatMatrix, count: int) -> Indices:
    """For each story its nearest others that are no copies, shape (n, count); -1 where there are fewer."""
    index = faiss.IndexHNSWFlat(vectors.shape[1], 16, faiss.METRIC_INNER_PRODUCT)
    index.add(vectors)
    index.hnsw.efSearch = 64
    cosines, found = index.search(vectors, 2 * count)
    chosen = np.full((len(vectors), count), -1, dtype=np.int64)
    for row, (near, scores) in enumerate(zip(found, cosines, strict=True)):
        kept = [int(i) for i, s in zip(near, scores, strict=True) if i not in (row, -1) and s < COPY][:count]
        chosen[row, : len(kept)] = kept
    return chosen


def mixed_batch(near: Indices, *, size: int, seeds: int, rng: np.random.Generator) -> Indices:
    """Draw ``seeds`` stories and fill up to ``size`` with their neighbours; no story twice."""
    each = size // seeds - 1
    chosen: dict[int, None] = {}
    for seed in rng.choice(len(near), seeds, replace=False):
        chosen[int(seed)] = None
        around = near[seed][near[seed] >= 0]
        for other in rng.permutation(around)[:each]:
            chosen[int(other)] = None
    while len(chosen) < size:
        chosen[int(rng.integers(len(near)))] = None
    return np.fromiter(chosen, dtype=np.int64)[:size]


def group_numbers(names: Sequence[str]) -> Indices:
    """A number for each distinct name."""
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.array([numbers[name] for name in names], dtype=np.int64)
