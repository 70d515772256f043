"""Recent stories in this process, every story in an archive: one vector index in two tiers.

Feeds, interests and the search for copies ask within a window of days; FAISS answers those without leaving
the process.  What asks beyond goes to the archive.  When that does not answer, writes are kept here and
handed over later, so that following the change sequence never waits for it.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.index.faiss_index import FaissIndex
from tianfu.embeddings.index.shapes import check_queries, check_rows
from tianfu.model.errors import IndexUnavailable
from tianfu.model.ports import FloatMatrix, IndexFacts, IndexFilter, Neighbour, VectorIndex

_HANDED_OVER = 500
_MOST_STALE = 1_000
"""So many hits of the archive may be older than what is here and still leave the best of the others."""
_EVERYTHING = IndexFilter()


class Archive(VectorIndex, Protocol):
    """A vector index outside this process.  Every call may raise ``IndexUnavailable``."""

    @property
    def fault(self) -> str | None:
        """Why it did not answer when it was asked last; ``None`` when it did."""
        ...


class TieredIndex:
    """The recent tier holds every story of the hot window; the archive holds every story.

    One writer at a time; readers never wait for it.

    Args:
        recent: Of this process.
        archive: Shared by all processes.
        folder: Name of the recent tier's folder in that of the snapshots: another one for each archive, since
            what one archive holds says nothing of another.
        hot_s: Length of the hot window, in seconds before now.
        now_s: Seconds since the epoch.
    """

    def __init__(
        self,
        recent: FaissIndex,
        archive: Archive,
        *,
        folder: str,
        hot_s: float,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self.dimension = recent.dimension
        self._recent = recent
        self._archive = archive
        self._folder = folder
        self._hot_s = hot_s
        self._now_s = now_s
        self._owed: Mapping[int, IndexFacts] = {}
        self._counted = recent.size

    @property
    def size(self) -> int:
        """How many stories can be found; as counted last while the archive does not answer."""
        try:
            self._counted = self._archive.size
        except IndexUnavailable:
            self._counted = max(self._counted, self._recent.size)
        return self._counted

    @property
    def owed(self) -> int:
        """How many stories still have to be handed over to the archive."""
        return len(self._owed)

    @property
    def fault(self) -> str | None:
        """Why a part of it cannot be asked at this moment."""
        if self._owed:
            return f"the archive lacks {len(self._owed)} stories, which are kept here meanwhile"
        return None if self._archive.fault is None else f"the archive {self._archive.fault}"

    def add(self, numbers: Sequence[int], vectors: FloatMatrix, facts: Sequence[IndexFacts]) -> None:
        """Add stories, or replace those whose number is known; the last of a repeated number counts.

        What the archive does not take now stays here and is handed over with a later call.

        Raises:
            DimensionMismatch: Nothing was added.
        """
        vectors = check_rows(numbers, vectors, facts, self.dimension)
        self.hand_over()
        last = {int(number): row for row, number in enumerate(numbers)}
        rows = list(last.values())
        try:
            self._archive.add(list(last), vectors[rows], [facts[row] for row in rows])
        except IndexUnavailable:
            self._recent.add(list(last), vectors[rows], [facts[row] for row in rows])
            self._owed = {**self._owed, **{number: facts[row] for number, row in last.items()}}
            return
        floor_s = self._floor_s
        hot = {number: row for number, row in last.items() if facts[row].published_at_s >= floor_s}
        rows = list(hot.values())
        self._recent.add(list(hot), vectors[rows], [facts[row] for row in rows])
        self._recent.remove([number for number in last if number not in hot])
        if self._owed:
            self._owed = {number: fact for number, fact in self._owed.items() if number not in last}

    def remove(self, numbers: Sequence[int]) -> int:
        """Forget stories; unknown numbers are ignored.  Returns how many were there.

        Raises:
            IndexUnavailable: The archive does not answer; nothing was removed here, doing it again is safe.
        """
        there = len(self.vectors(numbers))
        self._archive.remove(numbers)
        gone = {int(number) for number in numbers}
        self._owed = {number: fact for number, fact in self._owed.items() if number not in gone}
        self._recent.remove(numbers)
        return there

    def search(
        self, queries: FloatMatrix, count: int, where: IndexFilter | None = None
    ) -> list[list[Neighbour]]:
        """For each query row up to ``count`` neighbours, best first; ties by smaller number.

        Raises:
            DimensionMismatch: Queries of another length.
            IndexUnavailable: The question reaches beyond the hot window and the archive does not answer.
        """
        queries = check_queries(queries, self.dimension)
        where = where or _EVERYTHING
        if where.since_s is not None and where.since_s >= self._floor_s:
            return self._recent.search(queries, count, where)
        owed = self._owed
        found = self._archive.search(queries, count + min(len(owed), _MOST_STALE), where)
        if not owed:
            return found
        # What the archive lacks is here; the best of both hold the best of all.
        here = self._recent.search(queries, count, where)
        return [
            _best([hit for hit in there if hit.number not in owed], near, count)
            for there, near in zip(found, here, strict=True)
        ]

    def vectors(self, numbers: Sequence[int]) -> Mapping[int, npt.NDArray[np.float32]]:
        """The stored vectors of those numbers that are known.

        Raises:
            IndexUnavailable: Some are not here and the archive does not answer.
        """
        known = dict(self._recent.vectors(numbers))
        further = [number for number in numbers if number not in known]
        if further:
            known.update(self._archive.vectors(further))
        return known

    def hand_over(self) -> int:
        """Hand over what the archive still lacks, as far as it answers; returns how many it took."""
        waiting = list(self._owed.items())
        taken = 0
        try:
            for start in range(0, len(waiting), _HANDED_OVER):
                part = dict(waiting[start : start + _HANDED_OVER])
                vectors = self._recent.vectors(list(part))
                self._archive.add(list(part), np.stack([vectors[n] for n in part]), list(part.values()))
                taken += len(part)
        except IndexUnavailable:
            pass
        if taken:
            self._owed = dict(waiting[taken:])
        return taken

    def save(self, directory: Path, *, encoder_fingerprint: str, last_sequence: int) -> None:
        """Write the recent tier and where it stands, and let go of what is no longer recent.

        The archive keeps itself.  As long as it lacks something nothing is written, so that a restart follows
        the change sequence from a point at which it lacked nothing.

        Args:
            directory: Belongs to this index alone.
            encoder_fingerprint: Of the encoder that made the vectors.
            last_sequence: The last change of the database that both tiers hold.
        """
        self.hand_over()
        if self._owed:
            return
        self._recent.remove(self._recent.older_than(self._floor_s))
        self._recent.save(
            directory / self._folder, encoder_fingerprint=encoder_fingerprint, last_sequence=last_sequence
        )

    @property
    def _floor_s(self) -> int:
        return int(self._now_s() - self._hot_s)


def _best(one: Sequence[Neighbour], other: Sequence[Neighbour], count: int) -> list[Neighbour]:
    by_number = {hit.number: hit for hit in (*one, *other)}
    return sorted(by_number.values(), key=lambda hit: (-hit.score, hit.number))[:count]
