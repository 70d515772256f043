"""What readers hold: one immutable picture of the whole index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.index.columns import Codebook, Longs, Mask
from tianfu.embeddings.index.live import LiveRows
from tianfu.embeddings.index.parts import Hits, SealedPart
from tianfu.model.ports import FloatMatrix, IndexFilter, Neighbour

_DECIMALS = 6
"""Scores of one vector differ in the seventh place between kernels; rounding makes them ties again."""


_Part = TypeVar("_Part", SealedPart, LiveRows)


@dataclass(frozen=True, slots=True)
class Segment(Generic[_Part]):
    """A part with its tombstones.

    Attributes:
        alive: False for rows removed or replaced; never written to once the segment is made.
        living: How many rows are alive.
    """

    part: _Part
    alive: Mask
    living: int

    @classmethod
    def whole(cls, part: _Part) -> "Segment[_Part]":
        """All rows alive."""
        return cls(part, np.ones(len(part), np.bool_), len(part))

    def without(self, numbers: Longs) -> "Segment[_Part]":
        """The same part with more tombstones; itself when none of the numbers lives here."""
        if not len(self.part):
            return self
        rows = self.part.rows_of(numbers)
        rows = rows[self.alive[rows]]
        if not len(rows):
            return self
        alive = self.alive.copy()
        alive[rows] = False
        return Segment(self.part, alive, self.living - len(rows))

    def gone_since(self, then: "Segment[_Part]") -> Longs:
        """Numbers that lived in an earlier segment of the same part and no longer do."""
        return self.part.columns.numbers[then.alive & ~self.alive]


@dataclass(frozen=True, slots=True)
class View:
    """Every story stands in exactly one living row of one segment.

    Attributes:
        sealed: Oldest first.
        live: The newest rows.
    """

    sealed: tuple[Segment[SealedPart], ...]
    live: Segment[LiveRows]

    @property
    def segments(self) -> tuple[Segment[SealedPart] | Segment[LiveRows], ...]:
        """All segments."""
        return (*self.sealed, self.live)

    @property
    def size(self) -> int:
        """How many stories can be found."""
        return sum(segment.living for segment in self.segments)

    def without(self, numbers: Longs) -> "View":
        """A view in which those stories are gone."""
        return View(tuple(s.without(numbers) for s in self.sealed), self.live.without(numbers))

    def search(
        self, queries: FloatMatrix, count: int, where: IndexFilter, book: Codebook
    ) -> list[list[Neighbour]]:
        """For each query up to ``count`` neighbours, best first; ties by smaller number."""
        found = [
            hits
            for s in self.segments
            if s.living
            if (hits := s.part.search(queries, count, where, book, s.alive, s.living)) is not None
        ]
        if not found:
            return [[] for _ in queries]
        return _best(found, count)

    def vectors(self, numbers: Longs) -> Mapping[int, npt.NDArray[np.float32]]:
        """The stored vectors of those numbers that are known."""
        known: dict[int, npt.NDArray[np.float32]] = {}
        for segment in self.segments:
            if not segment.living:
                continue
            rows = segment.part.rows_of(numbers)
            rows = rows[segment.alive[rows]]
            if len(rows):
                names = segment.part.columns.numbers[rows].tolist()
                known.update(zip(names, segment.part.vectors(rows), strict=True))
        return known


def _best(found: Sequence[Hits], count: int) -> list[list[Neighbour]]:
    scores = np.concatenate([hits.scores for hits in found], axis=1).round(_DECIMALS).clip(max=1.0)
    numbers = np.concatenate([hits.numbers for hits in found], axis=1)
    rows = []
    for line, names in zip(scores, numbers, strict=True):
        order = np.lexsort((names, -line))[:count]
        order = order[line[order] > -np.inf]
        best = zip(names[order].tolist(), line[order].tolist(), strict=True)
        rows.append([Neighbour(number, max(score, -1.0)) for number, score in best])
    return rows
