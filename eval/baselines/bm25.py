"""BM25 over characters and pairs of characters (Robertson and Zaragoza 2009)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tianfu.embeddings.text.normalise import normalise
from tianfu.eval.measures import Ranks, sparse_partner_ranks

K1 = 1.2
B = 0.75


def bm25_partner_ranks(queries: Sequence[str], documents: Sequence[str]) -> Ranks:
    """Rank of each query's own document among all, shape (len(queries),); frequencies are the documents'."""
    counted, weights = bm25_weights(documents)
    return sparse_partner_ranks(counted.transform(queries), weights)


def bm25_weights(documents: Sequence[str], *, sizes: tuple[int, int] = (1, 2)) -> tuple[Any, Any]:
    """The vectoriser that counts terms, and what each term of a document adds to its score.

    A document's score is the sum over the query's terms, as often as they stand there, of
    ``ln(1 + (N - n + 0.5) / (n + 0.5)) * f * (k1 + 1) / (f + k1 * (1 - b + b * length / mean length))``.

    Returns:
        A fitted ``CountVectorizer``, and a sparse matrix of shape (documents, terms).
    """
    from scipy import sparse
    from sklearn.feature_extraction.text import CountVectorizer

    counted: Any = CountVectorizer(analyzer="char", ngram_range=sizes, preprocessor=normalise)
    counts = counted.fit_transform(documents).tocoo()
    lengths = np.bincount(counts.row, counts.data, minlength=len(documents))
    holding = np.bincount(counts.col, minlength=counts.shape[1])
    rarity = np.log1p((len(documents) - holding + 0.5) / (holding + 0.5))
    norm = K1 * (1 - B + B * lengths / max(float(lengths.mean()), 1e-9))
    values = rarity[counts.col] * counts.data * (K1 + 1) / (counts.data + norm[counts.row])
    return counted, sparse.csr_matrix((values, (counts.row, counts.col)), shape=counts.shape)
