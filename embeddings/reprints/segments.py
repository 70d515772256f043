"""Immutable sorted postings, merged as they pile up (a log-structured merge tree in memory)."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Postings = npt.NDArray[np.uint64]
"""Ascending; each the hash in the upper 32 bits and the row in the lower."""

_RATIO = 4
_WORD = np.uint64(32)
_ROW = np.uint64(0xFFFFFFFF)


def postings(hashes: npt.NDArray[np.uint32], rows: npt.NDArray[np.int64]) -> Postings:
    """Pack and sort hashes with the rows they belong to; shapes (n,) and (n,)."""
    packed = (hashes.astype(np.uint64) << _WORD) | rows.astype(np.uint64)
    packed.sort()
    return packed


def with_segment(
    segments: tuple[Postings, ...], new: Postings, alive: npt.NDArray[np.bool_]
) -> tuple[Postings, ...]:
    """Add a segment, merging smaller neighbours so that sizes keep a ratio of four.

    Merged segments lose the postings of rows no longer alive.
    """
    stack = [*segments, new]
    while len(stack) > 1 and len(stack[-2]) < _RATIO * len(stack[-1]):
        last, before = stack.pop(), stack.pop()
        stack.append(_merged(before, last, alive))
    return tuple(segment for segment in stack if len(segment))


def ranges(
    segments: Sequence[Postings], hashes: npt.NDArray[np.uint32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Where each hash begins and ends in each segment; two arrays of shape (segments, hashes)."""
    low = hashes.astype(np.uint64) << _WORD
    high = low | _ROW
    shape = (len(segments), len(hashes))
    starts, ends = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for place, segment in enumerate(segments):
        starts[place] = np.searchsorted(segment, low, side="left")
        ends[place] = np.searchsorted(segment, high, side="right")
    return starts, ends


def rows_within(
    segment: Postings, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Rows of the postings in half-open ranges of one segment, one range after the other."""
    counts = ends - starts
    total = int(counts.sum())
    if not total:
        return np.zeros(0, dtype=np.int64)
    offsets = np.repeat(starts - np.concatenate(([0], np.cumsum(counts)[:-1])), counts)
    picked = segment[offsets + np.arange(total)]
    rows: npt.NDArray[np.int64] = (picked & _ROW).astype(np.int64)
    return rows


def _merged(a: Postings, b: Postings, alive: npt.NDArray[np.bool_]) -> Postings:
    both = np.concatenate((a, b))
    both = both[alive[(both & _ROW).astype(np.int64)]]
    both.sort(kind="stable")
    return both
