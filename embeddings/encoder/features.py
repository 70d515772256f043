"""A text as a weighted bag of character n-grams: what the static encoder reads."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.encoder.ngrams import Keys, ngram_keys, rows_of
from tianfu.embeddings.text.normalise import normalise


@dataclass(frozen=True, slots=True, eq=False)
class NgramFeatures:
    """Turns a text into table rows and weights.

    Attributes:
        vocabulary: Keys with a row of their own, sorted, without repeats.
        buckets: Rows shared by all other keys; a power of two.
        unknown_weight: Weight of a key outside the vocabulary; one inside has 1.
    """

    vocabulary: Keys
    buckets: int
    unknown_weight: float

    def __call__(self, text: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Rows and weights of one text, of one shape; both empty for a text without letters or digits.

        A key that stands n times weighs 1 + ln n, as in sublinear TF-IDF.
        """
        keys, counts = np.unique(ngram_keys(normalise(text))[0], return_counts=True)
        rows = rows_of(keys, self.vocabulary, self.buckets)
        weights = 1.0 + np.log(counts)
        weights[rows >= len(self.vocabulary)] *= self.unknown_weight
        return rows, weights.astype(np.float32)
