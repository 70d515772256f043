"""A story as a weighted set of character pairs: what prototypes of topics are made of.

Values are whole numbers, so that sums over stories are exact and no order of arrival shows in them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.encoder.ngrams import Keys, ngram_keys
from tianfu.embeddings.pairs.rarity import BUCKETS, Rarity
from tianfu.embeddings.tagging.evidence import Source
from tianfu.embeddings.text.wording import gram_hashes

LEAD_CHARS = 400
TITLE_WEIGHT = 2.0
UNIT = 1024
"""The length of a story's vector of values."""
_BITS, _MASK = 21, 0x1FFFFF


@dataclass(frozen=True, slots=True, eq=False)
class Grams:
    """The distinct pairs of one story.

    Attributes:
        keys: Sorted, each once, int64, shape (n,); see :mod:`tianfu.embeddings.encoder.ngrams`.
        values: int16, shape (n,), 0..1024: rarity, twice as much for those of the title, at unit length.
    """

    keys: Keys
    values: npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True, eq=False)
class Occurrences:
    """Where pairs stand in the joined text.

    Attributes:
        text: Title and lead, with a break between that is in no pair.
        starts: int64, shape (m,): first character of each occurrence.
        where: int64, shape (m,): place of its pair among the story's distinct ones.
    """

    text: str
    starts: Keys
    where: Keys


def read_grams(title: Source, body: Source, rarity: Rarity) -> tuple[Grams, Occurrences]:
    """Read a story's pairs and where they stand."""
    text = f"{title.text}\n{body.text[:LEAD_CHARS]}"
    keys, starts, sizes = ngram_keys(text)
    keys, starts = keys[sizes == 2], starts[sizes == 2]
    distinct, where = np.unique(keys, return_inverse=True)
    emphasis = np.ones(len(distinct))
    emphasis[where[starts < len(title.text)]] = TITLE_WEIGHT
    weights = rarity_of(distinct, rarity) * emphasis
    norm = float(np.linalg.norm(weights))
    values = np.rint(weights * (UNIT / norm if norm else 0.0)).astype(np.int16)
    return Grams(distinct, values), Occurrences(text, starts, where)


def rarity_of(keys: Keys, rarity: Rarity) -> npt.NDArray[np.float64]:
    """Rarity of pairs, float64, shape (n,): the logarithm of how many stories there are to one with it."""
    letters = np.stack([keys >> _BITS, keys & _MASK], axis=1).astype(np.uint32).ravel()
    return rarity.weights[gram_hashes(letters, 2)[::2] % BUCKETS].astype(np.float64)
