"""The live part: the newest rows, in arrays with room to grow."""

from collections.abc import Sequence

import numpy as np

from tianfu.embeddings.index.columns import (
    Codebook,
    FactColumns,
    Longs,
    Mask,
    columns_of,
    excluded_by,
    is_among,
)
from tianfu.embeddings.index.parts import SPARE, Hits
from tianfu.model.ports import FloatMatrix, IndexFacts, IndexFilter


class LiveRows:
    """The first n rows of a live part, as a reader sees them.  Never changes."""

    def __init__(self, vectors: FloatMatrix, columns: FactColumns) -> None:
        self._vectors = vectors
        self.columns = columns

    def __len__(self) -> int:
        return len(self.columns)

    def rows_of(self, numbers: Longs) -> Longs:
        """Every row of those numbers, older ones too, ascending."""
        return np.flatnonzero(is_among(self.columns.numbers, numbers))

    def vectors(self, rows: Longs) -> FloatMatrix:
        """Vectors of rows, shape (len(rows), dimension)."""
        return self._vectors[rows]

    def search(
        self, queries: FloatMatrix, count: int, where: IndexFilter, book: Codebook, alive: Mask, living: int
    ) -> Hits | None:
        """The best of the living rows that meet the filter; ``None`` when there are none."""
        excluded = self.rows_of(excluded_by(where)) if where.exclude else None
        mask = self.columns.mask(where, book, 0, len(self), excluded)
        if living < len(self):
            mask = alive if mask is None else mask & alive
        rows = np.arange(len(self)) if mask is None else np.flatnonzero(mask)
        if not len(rows):
            return None
        scores = self._scores(queries, rows)
        wanted = min(count + SPARE, len(rows))
        best = np.argpartition(scores, len(rows) - wanted, axis=1)[:, -wanted:]
        return Hits(np.take_along_axis(scores, best, axis=1), self.columns.numbers[rows[best]])

    def _scores(self, queries: FloatMatrix, rows: Longs) -> FloatMatrix:
        """Scores of chosen rows.  Comparing a row too many costs less than copying half of them."""
        if 2 * len(rows) < len(self):
            return queries @ self._vectors[rows].T
        scores: FloatMatrix = (queries @ self._vectors.T)[:, rows]
        return scores


class LivePart:
    """Grows by one writer.  Rows are written beyond what readers see and published afterwards.

    Vectors are rounded to half precision like those of sealed parts, so that sealing changes no score.
    """

    def __init__(self, dimension: int, capacity: int) -> None:
        self._vectors = np.zeros((capacity, dimension), np.float32)
        self._numbers = np.zeros(capacity, np.int64)
        self._times = np.zeros(capacity, np.int64)
        self._outlets = np.zeros(capacity, np.int32)
        self._place_rows = np.zeros(capacity, np.int32)
        self._places = np.zeros(capacity, np.int32)
        self._filled = 0
        self._pairs = 0

    @property
    def room(self) -> int:
        """How many rows still fit."""
        return len(self._numbers) - self._filled

    def view(self) -> LiveRows:
        """The rows so far."""
        rows, pairs = self._filled, self._pairs
        columns = FactColumns(
            numbers=self._numbers[:rows],
            published_at_s=self._times[:rows],
            outlets=self._outlets[:rows],
            place_rows=self._place_rows[:pairs],
            places=self._places[:pairs],
        )
        return LiveRows(self._vectors[:rows], columns)

    def append(
        self, numbers: Longs, vectors: FloatMatrix, facts: Sequence[IndexFacts], book: Codebook
    ) -> None:
        """Write rows; there must be room."""
        fresh = columns_of(numbers, facts, book)
        start, end = self._filled, self._filled + len(numbers)
        self._vectors[start:end] = vectors.astype(np.float16)
        self._numbers[start:end] = fresh.numbers
        self._times[start:end] = fresh.published_at_s
        self._outlets[start:end] = fresh.outlets
        pairs = self._pairs + len(fresh.places)
        while pairs > len(self._places):
            # Readers keep the old arrays; what they see of them is never written again.
            self._place_rows = np.concatenate([self._place_rows, np.zeros_like(self._place_rows)])
            self._places = np.concatenate([self._places, np.zeros_like(self._places)])
        self._place_rows[self._pairs : pairs] = fresh.place_rows + start
        self._places[self._pairs : pairs] = fresh.places
        self._filled, self._pairs = end, pairs
