"""Character n-grams as 64-bit keys, vectorised: what the static encoder and the topic tagger read.

A key packs one to three code points of 21 bits each.  N-grams never cross anything that is neither a
letter nor a digit.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.int64]
MAX_N = 3
_PLANES = 0x30000


@cache
def _word_characters() -> npt.NDArray[np.bool_]:
    return np.array([chr(point).isalnum() for point in range(_PLANES)], dtype=np.bool_)


def code_points(text: str) -> Keys:
    """Code points of a text, shape (len(text),)."""
    raw = np.frombuffer(text.encode("utf-32-le", "replace"), dtype="<u4")
    return raw.astype(np.int64)


def ngram_keys(text: str) -> tuple[Keys, Keys, npt.NDArray[np.int8]]:
    """Return the n-grams of a normalised text in order of size.

    Returns:
        Keys, start of each in characters, and length of each in characters; all of one shape.
    """
    points = code_points(text)
    word = _word_characters()[np.minimum(points, _PLANES - 1)] & (points < _PLANES)
    keys, starts, sizes = [], [], []
    packed, inside = points, word
    for n in range(1, MAX_N + 1):
        if n > 1:
            if len(points) < n:
                break
            packed = (packed[:-1] << 21) | points[n - 1 :]
            inside = inside[:-1] & word[n - 1 :]
        at = np.flatnonzero(inside)
        keys.append(packed[at])
        starts.append(at.astype(np.int64))
        sizes.append(np.full(len(at), n, dtype=np.int8))
    if not keys:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int8)
    return np.concatenate(keys), np.concatenate(starts), np.concatenate(sizes)


def key_text(key: int) -> str:
    """The characters of a key."""
    points = []
    while key:
        points.append(key & 0x1FFFFF)
        key >>= 21
    return "".join(chr(point) for point in reversed(points))


def rows_of(keys: Keys, vocabulary: Keys, buckets: int) -> Keys:
    """Table rows of keys: the vocabulary's own rows, then ``buckets`` shared rows for all other keys.

    Args:
        keys: Any shape (n,).
        vocabulary: Sorted, without repeats.
        buckets: A power of two; 0 gives -1 for unknown keys.
    """
    at = np.minimum(np.searchsorted(vocabulary, keys), max(0, len(vocabulary) - 1))
    known = vocabulary[at] == keys if len(vocabulary) else np.zeros(len(keys), np.bool_)
    if buckets == 0:
        return np.where(known, at, -1).astype(np.int64)
    mixed = (keys.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)
    shared = (mixed & np.uint64(buckets - 1)).astype(np.int64)
    return np.where(known, at, len(vocabulary) + shared).astype(np.int64)
