"""The vector index of one process: :class:`tianfu.model.ports.VectorIndex` on FAISS."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.index import snapshot
from tianfu.embeddings.index.columns import FactColumns
from tianfu.embeddings.index.parts import LivePart, Part
from tianfu.model.errors import DimensionMismatch
from tianfu.model.ports import FloatMatrix, IndexFacts, IndexFilter, Neighbour

LIVE_ROWS = 8_192
MAX_PARTS = 6
_EVERYTHING = IndexFilter()


class FaissIndex:
    """Immutable parts beside a small live part.

    One writer at a time (a lock); readers take the tuple of parts once and never wait.  A replaced
    story is written to the live part before its old row becomes a tombstone, so that no reader misses it;
    for a moment it may stand in both, and the newer wins.
    """

    def __init__(self, dimension: int, *, live_rows: int = LIVE_ROWS) -> None:
        self.dimension = dimension
        self._live_rows = live_rows
        self._writing = threading.Lock()
        self._live = LivePart(dimension, live_rows)
        self._sealed: tuple[Part, ...] = ()
        self._parts: tuple[Part, ...] = (self._live.frozen,)

    @property
    def size(self) -> int:
        """How many stories can be found."""
        return sum(part.living for part in self._parts)

    def add(self, numbers: Sequence[int], vectors: FloatMatrix, facts: Sequence[IndexFacts]) -> None:
        """Add stories, or replace those whose number is known; the last of a repeated number counts.

        Raises:
            DimensionMismatch: Nothing was added.
        """
        vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        if vectors.shape != (len(numbers), self.dimension) or len(facts) != len(numbers):
            raise DimensionMismatch(
                f"Vectors of shape {vectors.shape} do not fit {len(numbers)} stories of dimension "
                f"{self.dimension}.",
                advice="Rebuild the index with the encoder that made the vectors.",
            )
        last = sorted({number: row for row, number in enumerate(numbers)}.values())
        with self._writing:
            for start in range(0, len(last), self._live_rows):
                rows = last[start : start + self._live_rows]
                self._add([numbers[r] for r in rows], vectors[rows], [facts[r] for r in rows])

    def remove(self, numbers: Sequence[int]) -> int:
        """Forget stories; unknown numbers are ignored.  Returns how many were there."""
        wanted = np.unique(np.asarray(numbers, dtype=np.int64))
        with self._writing:
            return sum(part.bury(wanted) for part in self._parts)

    def search(
        self, queries: FloatMatrix, count: int, where: IndexFilter | None = None
    ) -> list[list[Neighbour]]:
        """For each query row up to ``count`` neighbours, best first; ties by smaller number.

        Raises:
            DimensionMismatch: Queries of another length.
        """
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        if queries.ndim != 2 or queries.shape[1] != self.dimension:
            raise DimensionMismatch(f"Queries of shape {queries.shape} do not fit {self.dimension}.")
        if count < 1:
            return [[] for _ in queries]
        found: list[dict[int, float]] = [{} for _ in queries]
        for part in self._parts:
            for best, hits in zip(found, part.search(queries, count, where or _EVERYTHING), strict=True):
                best.update((number, score) for score, number in hits)
        return [
            [
                Neighbour(number, score)
                for number, score in sorted(best.items(), key=lambda hit: (-hit[1], hit[0]))[:count]
            ]
            for best in found
        ]

    def vectors(self, numbers: Sequence[int]) -> Mapping[int, npt.NDArray[np.float32]]:
        """The stored vectors of those numbers that are known."""
        wanted = np.asarray(numbers, dtype=np.int64)
        found: dict[int, npt.NDArray[np.float32]] = {}
        for part in self._parts:
            found.update(part.of(wanted))
        return found

    def save(self, directory: Path, *, encoder_fingerprint: str, last_sequence: int) -> None:
        """Write a snapshot atomically; searching and writing go on meanwhile."""
        with self._writing:
            vectors, columns = _in_time_order(self._parts)
        snapshot.write(
            directory,
            snapshot.Contents(numbers=columns.numbers, vectors=vectors, facts=columns.facts),
            encoder_fingerprint=encoder_fingerprint,
            last_sequence=last_sequence,
        )

    @classmethod
    def load(cls, directory: Path, *, encoder_fingerprint: str) -> tuple["FaissIndex", int]:
        """Read a snapshot; returns the index and the last change it holds.

        Raises:
            SnapshotInvalid: Missing, torn, altered, of another format or encoder.
        """
        contents, last_sequence = snapshot.read(directory, encoder_fingerprint=encoder_fingerprint)
        index = cls(contents.vectors.shape[1])
        if len(contents.numbers):
            index._sealed = (Part(contents.vectors, FactColumns(contents.numbers.tolist(), contents.facts)),)
            index._publish()
        return index, last_sequence

    def _add(self, numbers: Sequence[int], vectors: FloatMatrix, facts: Sequence[IndexFacts]) -> None:
        if self._live.room < len(numbers):
            self._seal()
        before = self._parts
        self._live.add(numbers, vectors, facts)
        self._publish()
        wanted = np.asarray(numbers, dtype=np.int64)
        for part in before[:-1]:
            part.bury(wanted)
        self._bury_older_live_rows(wanted, len(numbers))

    def _bury_older_live_rows(self, wanted: npt.NDArray[np.int64], fresh: int) -> None:
        live = self._live.frozen
        older = np.flatnonzero(np.isin(live.columns.numbers[: len(live) - fresh], wanted))
        live.alive[older] = False

    def _seal(self) -> None:
        """Turn the live part into an immutable one; merge when there are too many."""
        self._sealed = (*self._sealed, _living(self._live.frozen))
        self._live = LivePart(self.dimension, self._live_rows)
        if len(self._sealed) > MAX_PARTS:
            self._sealed = (_merged(self._sealed),)
        self._publish()

    def _publish(self) -> None:
        self._parts = (*self._sealed, self._live.frozen)


def _living(part: Part) -> Part:
    """A copy without tombstones, in order of publication, so that a time window is one stretch."""
    return Part(*_in_time_order([part]), build=False)


def _merged(parts: Sequence[Part]) -> Part:
    return Part(*_in_time_order(parts))


def _in_time_order(parts: Sequence[Part]) -> tuple[FloatMatrix, FactColumns]:
    rows = [np.flatnonzero(part.alive) for part in parts]
    vectors = np.concatenate([part.vectors[at] for part, at in zip(parts, rows, strict=True)])
    numbers = np.concatenate([part.columns.numbers[at] for part, at in zip(parts, rows, strict=True)])
    facts = [part.columns.facts[row] for part, at in zip(parts, rows, strict=True) for row in at]
    times = np.fromiter((fact.published_at_s for fact in facts), np.int64, len(facts))
    order = np.argsort(times, kind="stable")
    columns = FactColumns(numbers[order].tolist(), [facts[row] for row in order])
    return np.ascontiguousarray(vectors[order]), columns
