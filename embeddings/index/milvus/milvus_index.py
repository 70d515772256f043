"""The vector index in Milvus: :class:`tianfu.model.ports.VectorIndex` over one collection."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.index.milvus import schema
from tianfu.embeddings.index.milvus.filters import expression, is_hopeless
from tianfu.embeddings.index.milvus.link import MilvusLink
from tianfu.embeddings.index.shapes import check_queries, check_rows
from tianfu.model.ports import FloatMatrix, IndexFacts, IndexFilter, Neighbour

if TYPE_CHECKING:
    from pymilvus import MilvusClient

_BATCH = 500
"""Rows in one call: 1.5 MB of vectors of 768 numbers."""
_QUERIES = 16
_SPARE = 16
"""So many more hits than asked for, so that ties at the border are broken by number."""
_MOST_HITS = 16_384
"""What Milvus gives at most."""
_DECIMALS = 6
_EVERYTHING = IndexFilter()


class MilvusIndex:
    """Every story that has a vector of one encoder, in one collection.

    Any number of processes may share a collection: each writes the same rows, and a row that stands there
    already is not written again.  Reads see every write before them (consistency level Strong).

    Args:
        link: The connection.
        name: Of the collection, made when it is first needed.
        dimension: Length of a vector.
        probes: Lists looked into in each segment.
    """

    def __init__(self, link: MilvusLink, name: str, dimension: int, *, probes: int = schema.PROBES) -> None:
        self.dimension = dimension
        self.name = name
        self._link = link
        self._probes = probes
        self._stands = False

    @property
    def size(self) -> int:
        """How many stories can be found.

        Raises:
            IndexUnavailable: Milvus does not answer.
        """
        with self._collection() as client:
            rows = client.query(self.name, output_fields=["count(*)"], timeout=self._link.read_s)
        return int(rows[0]["count(*)"])

    @property
    def fault(self) -> str | None:
        """Why Milvus did not answer when it was asked last."""
        return self._link.fault

    def add(self, numbers: Sequence[int], vectors: FloatMatrix, facts: Sequence[IndexFacts]) -> None:
        """Add stories, or replace those whose number is known; the last of a repeated number counts.

        Raises:
            DimensionMismatch: Nothing was added.
            IndexUnavailable: Milvus does not answer; some may have been added, doing it again is safe.
        """
        vectors = check_rows(numbers, vectors, facts, self.dimension)
        last = {int(number): row for row, number in enumerate(numbers)}
        rows = [schema.row_of(number, vectors[row], facts[row]) for number, row in last.items()]
        for part in _parts(rows, _BATCH):
            with self._collection() as client:
                fresh = self._not_there(part, client)
                if fresh:
                    client.upsert(self.name, fresh, timeout=self._link.write_s)

    def remove(self, numbers: Sequence[int]) -> int:
        """Forget stories; unknown numbers are ignored.  Returns how many were there.

        Raises:
            IndexUnavailable: Milvus does not answer; some may be gone, doing it again is safe.
        """
        gone = 0
        for part in _parts(sorted({int(number) for number in numbers}), _BATCH):
            with self._collection() as client:
                known = [row["number"] for row in self._rows(part, ["number"], client)]
                if known:
                    client.delete(self.name, ids=known, timeout=self._link.write_s)
            gone += len(known)
        return gone

    def search(
        self, queries: FloatMatrix, count: int, where: IndexFilter | None = None
    ) -> list[list[Neighbour]]:
        """For each query row up to ``count`` neighbours, best first; ties by smaller number.

        Raises:
            DimensionMismatch: Queries of another length.
            IndexUnavailable: Milvus does not answer.
        """
        queries = check_queries(queries, self.dimension)
        where = where or _EVERYTHING
        if count < 1 or is_hopeless(where):
            return [[] for _ in queries]
        found: list[list[Neighbour]] = []
        for start in range(0, len(queries), _QUERIES):
            found += self._search(queries[start : start + _QUERIES], count, expression(where))
        return found

    def vectors(self, numbers: Sequence[int]) -> Mapping[int, npt.NDArray[np.float32]]:
        """The stored vectors of those numbers that are known.

        Raises:
            IndexUnavailable: Milvus does not answer.
        """
        known: dict[int, npt.NDArray[np.float32]] = {}
        for part in _parts(sorted({int(number) for number in numbers}), _BATCH):
            with self._collection() as client:
                for row in self._rows(part, ["number", "vector"], client):
                    known[row["number"]] = np.asarray(row["vector"], np.float32)
        return known

    @contextmanager
    def _collection(self) -> Iterator["MilvusClient"]:
        """The client, with the collection made and loaded; one that is still loading is not waited for."""
        stood, self._stands = self._stands, False
        with self._link.asked() as client:
            if not stood:
                if not client.has_collection(self.name, timeout=self._link.read_s):
                    schema.create(client, self.name, self.dimension, self._link.write_s)
                    client.load_collection(self.name, timeout=self._link.write_s)  # of nothing, at once
                elif not self._is_loaded(client):
                    client.load_collection(self.name, timeout=self._link.read_s, _async=True)
                    if not self._is_loaded(client):
                        raise self._link.rest("is loading its vectors")
            yield client
        self._stands = True  # otherwise looked at again: somebody may have dropped it

    def _is_loaded(self, client: "MilvusClient") -> bool:
        from pymilvus.client.types import LoadState

        told = client.get_load_state(self.name, timeout=self._link.read_s)
        return bool(told["state"] == LoadState.Loaded)

    def _rows(
        self, numbers: Sequence[int], fields: list[str], client: "MilvusClient"
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = client.query(
            self.name, ids=list(numbers), output_fields=fields, timeout=self._link.read_s
        )
        return found

    def _not_there(self, rows: Sequence[dict[str, Any]], client: "MilvusClient") -> list[dict[str, Any]]:
        """Those rows that do not stand there just so."""
        known = self._rows([row["number"] for row in rows], ["number", "stamp"], client)
        stamps = {row["number"]: row["stamp"] for row in known}
        return [row for row in rows if stamps.get(row["number"]) != row["stamp"]]

    def _search(self, queries: FloatMatrix, count: int, conditions: str) -> list[list[Neighbour]]:
        """As many as there are: what finds too few looks into every list, ties at the end are followed up."""
        limit, probes = min(count + _SPARE, _MOST_HITS), self._probes
        while True:
            found = self._ask(queries, limit, conditions, probes)
            if probes < schema.LISTS and any(len(hits) < count for hits in found):
                probes = schema.LISTS
            elif limit < _MOST_HITS and any(_ties_at_the_end(hits, count, limit) for hits in found):
                limit = min(4 * limit, _MOST_HITS)
            else:
                return [hits[:count] for hits in found]

    def _ask(self, queries: FloatMatrix, limit: int, conditions: str, probes: int) -> list[list[Neighbour]]:
        with self._collection() as client:
            answer = client.search(
                self.name,
                data=list(queries),
                filter=conditions,
                limit=limit,
                search_params={"metric_type": schema.METRIC, "params": {"nprobe": probes}},
                anns_field="vector",
                timeout=self._link.read_s,
            )
        return [_sorted(hits) for hits in answer]


def _sorted(hits: Any) -> list[Neighbour]:
    found = [Neighbour(int(h["number"]), max(-1.0, min(1.0, round(h["distance"], _DECIMALS)))) for h in hits]
    return sorted(found, key=lambda hit: (-hit.score, hit.number))


def _ties_at_the_end(hits: Sequence[Neighbour], count: int, limit: int) -> bool:
    """Whether stories that were not given may stand before the last one asked for, by their number."""
    return len(hits) == limit and limit > count and hits[count - 1].score == hits[-1].score


def _parts(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
