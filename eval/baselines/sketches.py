"""Well-known sketches of texts: sets of runs of five letters, MinHash, SimHash."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.text.wording import gram_hashes, wording
from tianfu.model.ports import PairText

GRAM = 5
PERMUTATIONS = 128
SIM_BITS = 64
_SHORT_LETTERS = 60

Runs = npt.NDArray[np.uint32]
_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def runs_of(text: PairText) -> Runs:
    """Hashes of all runs of five letters, with repeats; a body of a few words is taken with its headline."""
    letters = wording(text.body).letters
    if len(letters) < _SHORT_LETTERS:
        letters = wording(f"{text.title}\n{text.body}").letters
    return gram_hashes(letters, GRAM)


def containment(a: Runs, b: Runs) -> float:
    """Share of the distinct runs of the text with fewer that the other has too, 0..1."""
    one, other = np.unique(a), np.unique(b)
    return len(np.intersect1d(one, other, assume_unique=True)) / max(min(len(one), len(other)), 1)


def minhash_of(runs: Runs) -> Any:
    """A ``datasketch.MinHash`` of the set of runs (Broder 1997)."""
    from datasketch import MinHash

    sketch = MinHash(num_perm=PERMUTATIONS, hashfunc=int)
    sketch.update_batch(np.unique(runs).tolist())
    return sketch


def simhash_of(runs: Runs) -> np.uint64:
    """64 bits, each the majority of the runs' bits, counted as often as they stand (Charikar 2002)."""
    if not len(runs):
        return np.uint64(0)
    bits = np.unpackbits(_spread(runs).view(np.uint8).reshape(-1, 8), axis=1, bitorder="little")
    ones = bits.sum(axis=0, dtype=np.int64)
    packed = np.packbits(2 * ones > len(runs), bitorder="little")
    return np.uint64(packed.view(np.uint64)[0])


def simhash_likeness(a: np.uint64, others: npt.NDArray[np.uint64]) -> npt.NDArray[np.float64]:
    """Share of equal bits with each of the others, 0..1."""
    unlike: npt.NDArray[np.uint8] = np.bitwise_count(others ^ a)
    found: npt.NDArray[np.float64] = 1.0 - unlike / SIM_BITS
    return found


def simhashes_of(runs: Sequence[Runs]) -> npt.NDArray[np.uint64]:
    """One of each text, shape (texts,)."""
    return np.array([simhash_of(row) for row in runs], dtype=np.uint64)


def _spread(runs: Runs) -> npt.NDArray[np.uint64]:
    """64 well-mixed bits of each 32-bit hash (SplitMix64, Steele 2014)."""
    mixed = (runs.astype(np.uint64) + np.uint64(1)) * _STEP
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX[0]
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX[1]
    return np.ascontiguousarray(mixed ^ (mixed >> np.uint64(31)))
