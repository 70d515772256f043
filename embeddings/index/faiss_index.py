"""The vector index of one process: :class:`tianfu.model.ports.VectorIndex` on FAISS."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.index import snapshot
from tianfu.embeddings.index.building import merged
from tianfu.embeddings.index.columns import Codebook, Longs
from tianfu.embeddings.index.live import LivePart, LiveRows
from tianfu.embeddings.index.merging import Merge, plan_merge
from tianfu.embeddings.index.parts import SealedPart, Tuning
from tianfu.embeddings.index.shapes import check_queries, check_rows
from tianfu.embeddings.index.view import Segment, View
from tianfu.model.ports import FloatMatrix, IndexFacts, IndexFilter, Neighbour

_EVERYTHING = IndexFilter()


class FaissIndex:
    """Immutable parts beside a small live part.  Vectors are kept in half precision.

    Writers take a lock and, at the end, replace one immutable view; readers take that view once and never
    wait, so a replaced story is seen either old or new, never missing or twice.  Parts are merged aside,
    in a thread of their own, and swapped in.

    Args:
        dimension: Length of a vector.
        tuning: Sizes at which parts change kind.
        merge_aside: False leaves merging to :meth:`merge`, for tests and bulk loads.
    """

    def __init__(self, dimension: int, *, tuning: Tuning | None = None, merge_aside: bool = True) -> None:
        self.dimension = dimension
        self._tuning = tuning or Tuning()
        self._merge_aside = merge_aside
        self._writing = threading.Lock()
        self._merging = threading.Lock()
        self._saving = threading.Lock()
        self._book = Codebook()
        self._live = LivePart(dimension, self._tuning.live_rows)
        self._view = View((), Segment.whole(self._live.view()))

    @property
    def size(self) -> int:
        """How many stories can be found."""
        return self._view.size

    @property
    def parts(self) -> tuple[int, ...]:
        """Living rows of each sealed part, oldest first, then of the live one."""
        return tuple(segment.living for segment in self._view.segments)

    def add(self, numbers: Sequence[int], vectors: FloatMatrix, facts: Sequence[IndexFacts]) -> None:
        """Add stories, or replace those whose number is known; the last of a repeated number counts.

        Raises:
            DimensionMismatch: Nothing was added.
        """
        vectors = check_rows(numbers, vectors, facts, self.dimension)
        last = sorted({number: row for row, number in enumerate(numbers)}.values())
        with self._writing:
            for start in range(0, len(last), self._tuning.live_rows):
                rows = last[start : start + self._tuning.live_rows]
                self._append(
                    np.asarray([numbers[r] for r in rows], np.int64), vectors[rows], [facts[r] for r in rows]
                )
            due = self._merge_aside and self._plan() is not None
        if due and not self._merging.locked():
            threading.Thread(target=self.merge, name="index-merge", daemon=True).start()

    def remove(self, numbers: Sequence[int]) -> int:
        """Forget stories; unknown numbers are ignored.  Returns how many were there."""
        if not len(numbers):
            return 0
        with self._writing:
            before = self._view.size
            self._view = self._view.without(np.unique(np.asarray(numbers, np.int64)))
            return before - self._view.size

    def search(
        self, queries: FloatMatrix, count: int, where: IndexFilter | None = None
    ) -> list[list[Neighbour]]:
        """For each query row up to ``count`` neighbours, best first; ties by smaller number.

        Exact where up to ``coarse_rows`` stories meet the filter.  Among more, bits pick whose vectors are
        compared: of the ten nearest none is missed in practice.  Approximate in parts above ``flat_rows``.

        Raises:
            DimensionMismatch: Queries of another length.
        """
        queries = check_queries(queries, self.dimension)
        if count < 1 or not len(queries):
            return [[] for _ in queries]
        return self._view.search(queries, count, where or _EVERYTHING, self._book)

    def vectors(self, numbers: Sequence[int]) -> Mapping[int, npt.NDArray[np.float32]]:
        """The stored vectors of those numbers that are known, rounded to half precision."""
        if not len(numbers):
            return {}
        return self._view.vectors(np.unique(np.asarray(numbers, np.int64)))

    @property
    def fault(self) -> str | None:
        """Why a part of it cannot be asked at this moment; it is all in this process, so never."""
        return None

    def older_than(self, until_s: int) -> list[int]:
        """Numbers of the stories published before a moment, in no order."""
        found: list[int] = []
        for segment in self._view.segments:
            columns = segment.part.columns
            found += columns.numbers[segment.alive & (columns.published_at_s < until_s)].tolist()
        return found

    def merge(self) -> None:
        """Merge parts that are many, small or full of tombstones, until none is due.

        Searches and writes go on meanwhile; what is removed or replaced meanwhile stays so.
        """
        with self._merging:
            while True:
                with self._writing:
                    due, sealed_parts = self._plan(), self._view.sealed
                if due is None:
                    return
                taken = sealed_parts[due.start : due.stop]
                self._swap(taken, self._merged(taken))

    def save(self, directory: Path, *, encoder_fingerprint: str, last_sequence: int) -> None:
        """Write a snapshot atomically; searching and writing go on meanwhile.

        Args:
            directory: Belongs to this index alone; parts it already holds are not written again.
            encoder_fingerprint: Of the encoder that made the vectors.
            last_sequence: The last change of the database that this index holds.
        """
        with self._saving:
            view = self._view
            segments = [segment for segment in view.sealed if segment.living]
            if view.live.living:
                segments.append(Segment.whole(self._sealed_copy(view.live)))
            snapshot.write(
                directory,
                snapshot.Contents(dimension=self.dimension, segments=segments, names=self._book.names),
                encoder_fingerprint=encoder_fingerprint,
                last_sequence=last_sequence,
            )

    @classmethod
    def load(
        cls,
        directory: Path,
        *,
        encoder_fingerprint: str,
        tuning: Tuning | None = None,
        merge_aside: bool = True,
    ) -> tuple["FaissIndex", int]:
        """Read a snapshot; returns the index and the last change it holds.

        Raises:
            SnapshotInvalid: Missing, torn, altered, of another format or encoder.
        """
        contents, last_sequence = snapshot.read(
            directory, encoder_fingerprint=encoder_fingerprint, tuning=tuning or Tuning()
        )
        index = cls(contents.dimension, tuning=tuning, merge_aside=merge_aside)
        index._book = Codebook(contents.names)
        index._view = View(tuple(contents.segments), index._view.live)
        return index, last_sequence

    def _append(self, numbers: Longs, vectors: FloatMatrix, facts: Sequence[IndexFacts]) -> None:
        if self._live.room < len(numbers):
            self._seal()
        view = self._view.without(numbers)
        self._live.append(numbers, vectors, facts, self._book)
        alive = np.concatenate([view.live.alive, np.ones(len(numbers), np.bool_)])
        live = Segment(self._live.view(), alive, view.live.living + len(numbers))
        self._view = View(view.sealed, live)

    def _seal(self) -> None:
        """Turn the living rows of the live part into a sealed one."""
        live = self._view.live
        fresh = (Segment.whole(self._sealed_copy(live)),) if live.living else ()
        self._live = LivePart(self.dimension, self._tuning.live_rows)
        self._view = View((*self._view.sealed, *fresh), Segment.whole(self._live.view()))

    def _sealed_copy(self, live: Segment[LiveRows]) -> SealedPart:
        return merged([(live.part, live.alive)], self._tuning, self.dimension)

    def _plan(self) -> Merge | None:
        return plan_merge([(len(s.part), s.living) for s in self._view.sealed])

    def _merged(self, taken: Sequence[Segment[SealedPart]]) -> SealedPart | None:
        parts = [(segment.part, segment.alive) for segment in taken if segment.living]
        return merged(parts, self._tuning, self.dimension) if parts else None

    def _swap(self, taken: Sequence[Segment[SealedPart]], part: SealedPart | None) -> None:
        """Put a merged part in the place of those it was made of, with the tombstones set meanwhile."""
        with self._writing:
            all_now = self._view.sealed
            at = next(i for i, s in enumerate(all_now) if s.part is taken[0].part)
            current = all_now[at : at + len(taken)]
            fresh: tuple[Segment[SealedPart], ...] = ()
            if part is not None:
                gone = [
                    s.part.columns.numbers[t.alive & ~s.alive] for t, s in zip(taken, current, strict=True)
                ]
                fresh = (Segment.whole(part).without(np.concatenate(gone)),)
            self._view = View((*all_now[:at], *fresh, *all_now[at + len(taken) :]), self._view.live)
