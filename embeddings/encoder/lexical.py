"""Words as such: TF-IDF of characters and pairs of them, hashed into a short vector.

A learned vector blurs names it has seldom seen; this one does not know any name better than another.
Feature hashing with signs (Weinberger et al. 2009) keeps the dot product of two texts right on average.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.encoder.ngrams import Keys, ngram_keys
from tianfu.embeddings.text.normalise import normalise
from tianfu.model.ports import FloatMatrix

RARITY_CELLS = 1 << 18
RARITY_STEP = 0.05
"""Rarities are kept as whole steps of so much."""
LONGEST = 2
"""Characters in the longest n-gram."""
_ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True, eq=False)
class LexicalEncoder:
    """Texts to hashed TF-IDF vectors of unit length.  Safe to call from many threads.

    Attributes:
        rarity: uint8, shape (RARITY_CELLS,): see :func:`rarity_steps`.
        dimension: Length of a vector, a power of two.
        max_chars: Longer texts are cut.
        fingerprint: See :class:`tianfu.model.ports.Encoder`.
    """

    rarity: npt.NDArray[np.uint8]
    dimension: int
    max_chars: int
    fingerprint: str = ""

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        """Encode texts to shape (len(texts), dimension), in order.  An empty text gives a zero row."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            hashes, counts = np.unique(hashed_ngrams(text[: self.max_chars]), return_counts=True)
            weights = (1.0 + np.log(counts)) * (self.rarity[hashes % RARITY_CELLS] * RARITY_STEP)
            signs = np.where((hashes >> np.uint64(40)) & np.uint64(1), 1.0, -1.0)
            cells = ((hashes >> np.uint64(20)) % np.uint64(self.dimension)).astype(np.int64)
            vectors[row] = np.bincount(cells, weights=weights * signs, minlength=self.dimension)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: FloatMatrix = (vectors / np.maximum(lengths, np.float32(1e-12))).astype(np.float32)
        return unit


def hashed_ngrams(text: str) -> npt.NDArray[np.uint64]:
    """A well mixed number for each n-gram of a text, repeats kept (finaliser of MurmurHash3)."""
    keys, _, sizes = ngram_keys(normalise(text))
    mixed = _short(keys, sizes).astype(np.uint64) * _ODD
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(33)
    return mixed


def rarity_steps(texts: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Rarity of every cell, uint8, shape (RARITY_CELLS,): 1 + ln((n + 1) / (texts with it + 1)) in steps."""
    seen = np.zeros(RARITY_CELLS, dtype=np.int64)
    for text in texts:
        seen[np.unique(hashed_ngrams(text) % np.uint64(RARITY_CELLS)).astype(np.int64)] += 1
    rarity = 1.0 + np.log((len(texts) + 1) / (seen + 1))
    return np.rint(rarity / RARITY_STEP).clip(0, 255).astype(np.uint8)


def _short(keys: Keys, sizes: npt.NDArray[np.int8]) -> Keys:
    return keys[sizes <= LONGEST]
