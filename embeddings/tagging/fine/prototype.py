"""What editors' decisions say of a topic: exact sums over stories, and a line drawn through them.

The score of a story is linear in its grams, pairs of characters, so every gram's share in it is known.
A gram speaks for the topic by the share of accepted stories that have it, cubed, times its rarity.
Grams that rejected stories have speak less, those that mostly rejected stories have speak against it.
Only the loudest grams count.  A score of 1 is what the accepted stories have themselves on average.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.encoder.ngrams import Keys
from tianfu.embeddings.pairs.rarity import Rarity
from tianfu.embeddings.tagging.fine.grams import Grams, rarity_of

LEAST_ACCEPTED = 3
"""A topic is not suggested by likeness to fewer stories."""
SPEAKING, OPPOSING = 10, 20
"""How many grams speak for a topic, and how many against it."""
_PATIENCE = 2.0
"""As if two more stories stood behind every word on the other side: no single rejection settles it."""

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Sums over a set of stories; whole numbers, the same in whatever order stories came and went.

    Attributes:
        stories: How many.
        keys: Sorted, int64, shape (n,).
        counts: int32, shape (n,): how many stories have the gram.
        values: int32, shape (n,): sum of its values over them.
    """

    stories: int = 0
    keys: Keys = field(default_factory=lambda: np.zeros(0, np.int64))
    counts: Whole = field(default_factory=lambda: np.zeros(0, np.int32))
    values: Whole = field(default_factory=lambda: np.zeros(0, np.int32))

    def changed(self, *, added: Sequence[Grams] = (), removed: Sequence[Grams] = ()) -> "Sums":
        """The sums with some stories more and some less."""
        if not added and not removed:
            return self
        parts = [(1, grams) for grams in added] + [(-1, grams) for grams in removed]
        keys = np.concatenate([self.keys, *(grams.keys for _, grams in parts)])
        counts = [self.counts, *(np.full(len(grams.keys), sign, np.int32) for sign, grams in parts)]
        values = [self.values, *(sign * grams.values.astype(np.int32) for sign, grams in parts)]
        distinct, where = np.unique(keys, return_inverse=True)
        count = _sum_by(where, np.concatenate(counts), len(distinct))
        value = _sum_by(where, np.concatenate(values), len(distinct))
        kept = count > 0
        stories = self.stories + len(added) - len(removed)
        return Sums(stories, distinct[kept], count[kept], value[kept])

    def counts_of(self, keys: Keys) -> Whole:
        """How many stories have each of some grams."""
        if not len(self.keys):
            return np.zeros(len(keys), np.int32)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        found: Whole = np.where(self.keys[at] == keys, self.counts[at], 0).astype(np.int32)
        return found


def _sum_by(where: Keys, numbers: Whole, size: int) -> Whole:
    found = np.zeros(size, np.int32)
    np.add.at(found, where, numbers)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Weights of a topic's grams: the score of a story is the sum of value times weight.

    Attributes:
        keys: Sorted, each once, int64, shape (n,).
        weights: float64, shape (n,); below 0 for grams that speak against the topic.
    """

    keys: Keys
    weights: Floats


def line_of(accepted: Sums, rejected: Sums, rarity: Rarity) -> Line:
    """Draw the line; empty while there is neither a rejection nor enough accepted stories."""
    speaking, for_it = _speaking(accepted, rejected, rarity)
    opposing, against = _opposing(accepted, rejected, rarity)
    keys, where = np.unique(np.concatenate([speaking, opposing]), return_inverse=True)
    weights = np.zeros(len(keys))
    np.add.at(weights, where, np.concatenate([for_it, -against]))
    return Line(keys, weights)


def _speaking(accepted: Sums, rejected: Sums, rarity: Rarity) -> tuple[Keys, Floats]:
    if accepted.stories < LEAST_ACCEPTED:
        return np.zeros(0, np.int64), np.zeros(0)
    share = (accepted.counts - 1) / (accepted.stories - 1)
    keys, weights, mean = _loudest(share**3, accepted, rarity, SPEAKING)
    against, in_favour = rejected.counts_of(keys), accepted.counts_of(keys)
    return keys, weights * (1.0 - against / (against + in_favour + _PATIENCE)) / mean


def _opposing(accepted: Sums, rejected: Sums, rarity: Rarity) -> tuple[Keys, Floats]:
    if not rejected.stories:
        return np.zeros(0, np.int64), np.zeros(0)
    own = rejected.counts / rejected.stories - accepted.counts_of(rejected.keys) / max(accepted.stories, 1)
    keys, weights, mean = _loudest(np.maximum(own, 0.0) ** 2, rejected, rarity, OPPOSING)
    return keys, weights * (rejected.stories / (rejected.stories + _PATIENCE)) / mean


def _loudest(share: Floats, sums: Sums, rarity: Rarity, count: int) -> tuple[Keys, Floats, float]:
    """The loudest grams, their weights, and the mean score that the summed stories have by them.

    Ties go to the smaller key, so that the choice never hangs on an order.
    """
    heard = np.flatnonzero(share > 0)
    loudness = share[heard] * rarity_of(sums.keys[heard], rarity)
    first = np.lexsort((sums.keys[heard], -loudness))[:count]
    first = first[loudness[first] > 0]
    weights = loudness[first]
    mean = float(sums.values[heard[first]] @ weights) / max(sums.stories, 1)
    return sums.keys[heard[first]], weights, mean or 1.0
