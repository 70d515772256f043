"""Stories as TF-IDF rows over character n-grams, the same as the tagger computes when it serves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from tianfu.embeddings.encoder.ngrams import Keys, ngram_keys, rows_of
from tianfu.embeddings.tagging.topics import LEAD_CHARS, joined_text
from tianfu.embeddings.text.normalise import normalise
from tianfu.training.topics.data import LabelledStory

Floats = npt.NDArray[np.float64]
_AT_ONCE = 2_000
_WIDE = 2**31
"""So many cells need wider numbers."""
Bag = tuple[Keys, npt.NDArray[np.int32]]
"""Distinct n-grams of a story, sorted, and how often each stands in it."""


def bag_of(story: LabelledStory) -> Bag:
    """Read one story."""
    text = joined_text(normalise(story.title), normalise(story.body[:LEAD_CHARS]))
    keys, counts = np.unique(ngram_keys(text)[0], return_counts=True)
    return keys, counts.astype(np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """What the columns stand for.

    Attributes:
        vocabulary: Sorted n-gram keys, shape (n,).
        idf: Inverse document frequency, shape (n,).
    """

    vocabulary: Keys
    idf: Floats

    def matrix(self, bags: Sequence[Bag]) -> sparse.csr_matrix:
        """TF-IDF with 1 + ln of counts, rows of unit length, shape (len(bags), n)."""
        most = sum(len(keys) for keys, _ in bags)
        columns, values = np.empty(most, dtype=np.int32), np.empty(most)
        starts = np.zeros(len(bags) + 1, dtype=np.int32 if most < _WIDE else np.int64)
        for row, (keys, counts) in enumerate(bags):
            at = rows_of(keys, self.vocabulary, 0)
            known = at >= 0
            line = (1.0 + np.log(counts[known])) * self.idf[at[known]]
            norm = np.linalg.norm(line)
            begin, end = starts[row], starts[row] + len(line)
            columns[begin:end], values[begin:end] = at[known], line / norm if norm else line
            starts[row + 1] = end
        shape = (len(bags), len(self.vocabulary))
        return sparse.csr_matrix((values[: starts[-1]], columns[: starts[-1]], starts), shape=shape)


def space_of(bags: Sequence[Bag], *, least_texts: int) -> Space:
    """All n-grams that stand in ``least_texts`` of the texts or more."""
    keys, texts = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    for start in range(0, len(bags), _AT_ONCE):
        part = np.concatenate([own for own, _ in bags[start : start + _AT_ONCE]])
        keys, texts = _added(keys, texts, *np.unique(part, return_counts=True))
    kept = texts >= least_texts
    return Space(keys[kept], np.log((1 + len(bags)) / (1 + texts[kept])) + 1.0)


def _added(
    keys: Keys, counts: npt.NDArray[np.int64], others: Keys, theirs: npt.NDArray[np.int64]
) -> tuple[Keys, npt.NDArray[np.int64]]:
    """Two counts as one, keys rising."""
    every, of = np.unique(np.concatenate([keys, others]), return_inverse=True)
    found = np.zeros(len(every), dtype=np.int64)
    found[of[: len(keys)]] += counts
    found[of[len(keys) :]] += theirs
    return every, found
