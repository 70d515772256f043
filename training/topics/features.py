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
Bag = tuple[Keys, npt.NDArray[np.int64]]
"""Distinct n-grams of a story, sorted, and how often each stands in it."""


def bag_of(story: LabelledStory) -> Bag:
    """Read one story."""
    text = joined_text(normalise(story.title), normalise(story.body[:LEAD_CHARS]))
    keys, counts = np.unique(ngram_keys(text)[0], return_counts=True)
    return keys, counts


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
        columns, values, starts = [], [], [0]
        for keys, counts in bags:
            rows = rows_of(keys, self.vocabulary, 0)
            known = rows >= 0
            line = (1.0 + np.log(counts[known])) * self.idf[rows[known]]
            norm = np.linalg.norm(line)
            columns.append(rows[known])
            values.append(line / norm if norm else line)
            starts.append(starts[-1] + int(known.sum()))
        shape = (len(bags), len(self.vocabulary))
        return sparse.csr_matrix((np.concatenate(values), np.concatenate(columns), starts), shape=shape)


def space_of(bags: Sequence[Bag], *, least_texts: int) -> Space:
    """All n-grams that stand in ``least_texts`` of the texts or more."""
    keys, texts = np.unique(np.concatenate([keys for keys, _ in bags]), return_counts=True)
    kept = texts >= least_texts
    return Space(keys[kept], np.log((1 + len(bags)) / (1 + texts[kept])) + 1.0)
