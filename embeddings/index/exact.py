"""The vector index at its simplest: everything compared with everything.  The oracle of the tests."""

import threading
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.index.shapes import check_queries, check_rows
from tianfu.model.ports import FloatMatrix, IndexFacts, IndexFilter, Neighbour

_Rows = dict[int, tuple[npt.NDArray[np.float32], IndexFacts]]


class ExactIndex:
    """Exact and plain; good for some thousands of stories.  A write replaces the whole table."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._writing = threading.Lock()
        self._rows: _Rows = {}

    @property
    def size(self) -> int:
        """How many stories can be found."""
        return len(self._rows)

    def add(self, numbers: Sequence[int], vectors: FloatMatrix, facts: Sequence[IndexFacts]) -> None:
        """Add stories, or replace those whose number is known; the last of a repeated number counts.

        Raises:
            DimensionMismatch: Nothing was added.
        """
        rows = check_rows(numbers, vectors, facts, self.dimension).copy()
        with self._writing:
            fresh = zip(numbers, zip(rows, facts, strict=True), strict=True)
            self._rows = {**self._rows, **{int(number): row for number, row in fresh}}

    def remove(self, numbers: Sequence[int]) -> int:
        """Forget stories; unknown numbers are ignored.  Returns how many were there."""
        with self._writing:
            before = len(self._rows)
            gone = {int(number) for number in numbers}
            self._rows = {number: row for number, row in self._rows.items() if number not in gone}
            return before - len(self._rows)

    def search(
        self, queries: FloatMatrix, count: int, where: IndexFilter | None = None
    ) -> list[list[Neighbour]]:
        """For each query row up to ``count`` neighbours, best first; ties by smaller number.

        Raises:
            DimensionMismatch: Queries of another length.
        """
        queries = check_queries(queries, self.dimension)
        matching = [
            (number, vector)
            for number, (vector, facts) in sorted(self._rows.items())
            if where is None or (number not in where.exclude and meets(facts, where))
        ]
        if not matching or count < 1:
            return [[] for _ in queries]
        scores = queries @ np.stack([vector for _, vector in matching]).T
        found = []
        for line in scores.round(6).clip(-1.0, 1.0):
            best = np.argsort(-line, kind="stable")[:count]
            found.append([Neighbour(matching[row][0], float(line[row])) for row in best])
        return found

    def vectors(self, numbers: Sequence[int]) -> Mapping[int, npt.NDArray[np.float32]]:
        """The stored vectors of those numbers that are known."""
        rows = self._rows
        return {int(number): rows[number][0] for number in numbers if number in rows}


def meets(facts: IndexFacts, where: IndexFilter) -> bool:
    """Whether a story meets every condition but ``exclude``."""
    return (
        (where.since_s is None or facts.published_at_s >= where.since_s)
        and (where.until_s is None or facts.published_at_s < where.until_s)
        and (where.outlets is None or facts.outlet_id in where.outlets)
        and (where.places is None or bool(facts.places & where.places))
    )
