"""How rare pairs of letters are in the news: a small hashed table, part of the artefact."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.artefact import Artefact
from tianfu.embeddings.text.wording import gram_hashes
from tianfu.model.errors import ArtefactInvalid

GRAM = 2
BUCKETS = 1 << 18
RARITY_FILE = "rarity.npy"
RARITY_STEP = 0.05
"""Rarities are kept as whole steps of so much."""

Buckets = npt.NDArray[np.int64]
"""Ascending, each once: the buckets of a text's pairs of letters."""


def buckets_of(letters: npt.NDArray[np.uint32]) -> Buckets:
    """Buckets of the distinct pairs of letters of one text."""
    return np.unique(gram_hashes(letters, GRAM) % BUCKETS).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Rarity:
    """Weights of buckets.

    Attributes:
        weights: float32, shape (BUCKETS,): the logarithm of how many stories there are to one that has
            the pair, 0 for pairs that all have.
    """

    weights: npt.NDArray[np.float32]

    def mass(self, buckets: Buckets) -> float:
        """Sum of the weights."""
        return float(self.weights[buckets].sum())


def rarity_of(steps: npt.NDArray[np.uint8]) -> Rarity:
    """Weights from whole steps, uint8, shape (BUCKETS,)."""
    return Rarity(steps.astype(np.float32) * np.float32(RARITY_STEP))


def read_rarity(artefact: Artefact) -> Rarity:
    """Read the table out of the pair judge's artefact.

    Raises:
        ArtefactInvalid: The file is no plain array, or has another length.
    """
    try:
        steps = np.load(artefact.file(RARITY_FILE), allow_pickle=False)
    except ValueError as bad:
        raise ArtefactInvalid(f"{RARITY_FILE} of {artefact.version} is not a plain array.") from bad
    if steps.shape != (BUCKETS,):
        raise ArtefactInvalid(f"{RARITY_FILE} of {artefact.version} has the wrong length.")
    return rarity_of(steps)


def shared(a: Buckets, b: Buckets) -> Buckets:
    """Buckets that both have."""
    if not len(a) or not len(b):
        return a[:0]
    at = np.minimum(np.searchsorted(b, a), len(b) - 1)
    both: Buckets = a[b[at] == a]
    return both


def apart(a: Buckets, b: Buckets) -> Buckets:
    """Buckets that only ``a`` has."""
    if not len(b):
        return a
    at = np.minimum(np.searchsorted(b, a), len(b) - 1)
    own: Buckets = a[b[at] != a]
    return own
