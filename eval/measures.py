"""Pure measures of ranking, classification and correlation."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tianfu.model.ports import FloatMatrix

Ranks = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Names = npt.NDArray[np.str_]
_BLOCK = 1_024


def partner_ranks(queries: FloatMatrix, documents: FloatMatrix) -> Ranks:
    """Rank of each query's own document among all, 1 is best; ties count against it.

    Args:
        queries: Shape (n, dimension).
        documents: Shape (n, dimension), row i belongs to query i.
    """
    ranks = np.empty(len(queries), dtype=np.int64)
    for start in range(0, len(queries), _BLOCK):
        block = slice(start, start + _BLOCK)
        scores = queries[block] @ documents.T
        own = scores[np.arange(len(scores)), np.arange(start, start + len(scores))]
        ranks[block] = (scores >= own[:, None]).sum(axis=1)
    return ranks


def sparse_partner_ranks(queries: Any, documents: Any) -> Ranks:
    """The same for sparse matrices of shape (n, terms), block by block."""
    ranks = np.empty(queries.shape[0], dtype=np.int64)
    turned = documents.T.tocsr()
    for start in range(0, len(ranks), _BLOCK):
        scores = (queries[start : start + _BLOCK] @ turned).toarray()
        own = scores[np.arange(len(scores)), np.arange(start, start + len(scores))]
        ranks[start : start + _BLOCK] = (scores >= own[:, None]).sum(axis=1)
    return ranks


def recall_at(ranks: Ranks, k: int) -> Floats:
    """1 where the own document is among the first k, else 0; shape of ``ranks``."""
    return (ranks <= k).astype(np.float64)


def reciprocal_rank_at(ranks: Ranks, k: int) -> Floats:
    """One over the rank, 0 beyond k; the mean is MRR@k."""
    return np.where(ranks <= k, 1.0 / ranks, 0.0)


def accuracy(truth: Sequence[str] | Names, guess: Sequence[str] | Names) -> float:
    """Share of items whose guess is right."""
    return float(np.mean(np.asarray(truth) == np.asarray(guess)))


def macro_f1(truth: Sequence[str] | Names, guess: Sequence[str] | Names) -> float:
    """Mean over the classes, of truth or guess, of F1 = 2TP / (2TP + FP + FN)."""
    right, said = np.asarray(truth), np.asarray(guess)
    values = []
    for name in np.union1d(right, said):
        hits = int(((right == name) & (said == name)).sum())
        values.append(2 * hits / int((right == name).sum() + (said == name).sum()))
    return float(np.mean(values))


def spearman(a: Sequence[float] | Floats, b: Sequence[float] | Floats) -> float:
    """Spearman's rank correlation, -1..1; ties share their mean rank; 0 when one side is constant."""
    ranks_a, ranks_b = mean_ranks(np.asarray(a)), mean_ranks(np.asarray(b))
    ranks_a -= ranks_a.mean()
    ranks_b -= ranks_b.mean()
    spread = float(np.sqrt((ranks_a**2).sum() * (ranks_b**2).sum()))
    return float((ranks_a * ranks_b).sum() / spread) if spread > 0 else 0.0


def mean_ranks(values: Floats) -> Floats:
    """Rank of each value, the lowest 1; equal values share the mean of their ranks."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    means: Floats = (last - (counts - 1) / 2.0)[inverse]
    return means
