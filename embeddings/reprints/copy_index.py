"""Finds stories that share much of their wording, among a million, in milliseconds."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.reprints.fingerprint import Hashes, read_fingerprints
from tianfu.embeddings.reprints.segments import Postings, postings, ranges, rows_within, with_segment
from tianfu.model.ports import CopyCandidate

FEWEST_SHARED = 3
LEAST_CONTAINMENT = 0.14
_CAP_LEAST = 600
_CAP_SHARE = 0.005
_RAREST = 12


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """What readers see; replaced whole by the writer.  ``alive`` alone changes in place.

    Attributes:
        numbers: int64, story number of each row.
        sizes: float32, how many hashes each row has.
        limits: float64, limit of each row's fingerprint.
        count: How many rows are in use; the arrays are longer.
    """

    segments: tuple[Postings, ...]
    numbers: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.float32]
    limits: npt.NDArray[np.float64]
    alive: npt.NDArray[np.bool_]
    count: int

    def with_room(self, more: int) -> "_State":
        """The same with space for more rows."""
        if self.count + more <= len(self.numbers):
            return self
        pad = max(more, len(self.numbers), 1024)
        return replace(
            self,
            numbers=np.pad(self.numbers, (0, pad)),
            sizes=np.pad(self.sizes, (0, pad)),
            limits=np.pad(self.limits, (0, pad)),
            alive=np.pad(self.alive, (0, pad)),
        )


class ReprintIndex:
    """An index of fingerprints in memory.  One writer at a time; readers never wait for it.

    Hashes that a large part of all stories share (page furniture, stock phrases) do not propose
    anything, so boilerplate never joins unlike stories.
    """

    def __init__(self) -> None:
        nothing = np.zeros(0, dtype=np.int64)
        self._state = _State(
            (), nothing, np.zeros(0, np.float32), np.zeros(0, np.float64), np.zeros(0, np.bool_), 0
        )
        self._rows: dict[int, int] = {}
        self._writing = threading.Lock()

    @property
    def size(self) -> int:
        """How many stories can be found."""
        return len(self._rows)

    def add(self, numbers: Sequence[int], fingerprints: Sequence[bytes]) -> None:
        """Add stories by their stored fingerprints, or replace those whose number is known.

        Where a number comes twice, the last one counts.
        """
        latest = dict(zip(numbers, fingerprints, strict=True))
        if not latest:
            return
        limits, hashes, sizes = read_fingerprints(list(latest.values()))
        with self._writing:
            self._forget(latest)
            state = self._state.with_room(len(latest))
            first, last = state.count, state.count + len(latest)
            rows = np.arange(first, last, dtype=np.int64)
            state.numbers[first:last] = list(latest)
            state.sizes[first:last] = sizes
            state.limits[first:last] = limits
            state.alive[first:last] = True
            fresh = postings(hashes, np.repeat(rows, sizes))
            segments = with_segment(state.segments, fresh, state.alive)
            self._rows.update(zip(latest, rows.tolist(), strict=True))
            self._state = replace(state, segments=segments, count=last)

    def remove(self, numbers: Sequence[int]) -> int:
        """Forget stories; unknown numbers are ignored.  Returns how many were there."""
        with self._writing:
            return self._forget(numbers)

    def candidates(self, fingerprint: bytes, count: int) -> list[CopyCandidate]:
        """Up to ``count`` stories that may be copies, likeliest first, ties by smaller number."""
        limits, hashes, _ = read_fingerprints([fingerprint])
        state = self._state
        if not len(hashes) or not state.segments:
            return []
        telling, rows = _matches(state, hashes)
        found, shared = _counted(rows, state.count)
        enough = (shared >= min(FEWEST_SHARED, len(telling))) & state.alive[found]
        found, shared = found[enough], shared[enough]
        containment = _containment(state, found, shared, telling, float(limits[0]))
        close = np.flatnonzero(containment >= LEAST_CONTAINMENT)
        order = close[np.lexsort((state.numbers[found[close]], -shared[close], -containment[close]))]
        return [CopyCandidate(int(state.numbers[found[i]]), float(containment[i])) for i in order[:count]]

    def _forget(self, numbers: Sequence[int] | dict[int, bytes]) -> int:
        rows = [self._rows.pop(number) for number in numbers if number in self._rows]
        self._state.alive[rows] = False
        return len(rows)


def _matches(state: _State, hashes: Hashes) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """The hashes that tell something, and the rows of all their postings."""
    starts, ends = ranges(state.segments, hashes)
    spread = (ends - starts).sum(axis=0)
    cap = max(_CAP_LEAST, int(_CAP_SHARE * state.count))
    telling = spread <= cap
    if int(telling.sum()) < min(_RAREST, len(hashes)):
        # a text copied more often than the cap: its rarest hashes must do, each to the cap
        telling[np.argsort(spread, kind="stable")[:_RAREST]] = True
        ends = np.minimum(ends, starts + cap)
    found = [
        rows_within(segment, starts[place, telling], ends[place, telling])
        for place, segment in enumerate(state.segments)
    ]
    return hashes[telling], np.concatenate(found)


def _counted(rows: npt.NDArray[np.int64], count: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Distinct rows and how often each occurs."""
    if 8 * len(rows) > count:
        tally = np.bincount(rows, minlength=1)
        found = np.flatnonzero(tally)
        return found, tally[found]
    found, tally = np.unique(rows, return_counts=True)
    return found, tally


def _containment(
    state: _State,
    found: npt.NDArray[np.int64],
    shared: npt.NDArray[np.int64],
    telling: Hashes,
    limit: float,
) -> npt.NDArray[np.float64]:
    """Estimate the shared part of the shorter of the two texts, 0..1.

    Both sketches are compared up to the smaller of the two limits; a row's size below that limit is
    its share of the row's size, for hashes are spread evenly.
    """
    limits = state.limits[found]
    common = np.minimum(limits, limit)
    own = np.searchsorted(telling, common.astype(np.uint32), side="right")
    theirs = state.sizes[found] * common / np.maximum(limits, 1.0)
    least = np.maximum(np.minimum(own, theirs), 1.0)
    estimate: npt.NDArray[np.float64] = np.minimum(shared / least, 1.0)
    return estimate
