"""Edges between stories that tell the same."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, or_, select, union_all

from tianfu.model.cluster import DuplicateEdge, Relation
from tianfu.serving.store.schema import edges
from tianfu.serving.store.upsert import in_chunks, upsert


class Clusters:
    """Judged pairs; clusters are their connected components and are never stored twice."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, judged: Sequence[DuplicateEdge]) -> None:
        """Save edges; a later judgement of the same pair replaces the earlier."""
        rows = [
            {"a": e.a, "b": e.b, "relation": e.relation.value, "score": e.score, "decided_by": e.decided_by}
            for e in judged
        ]
        upsert(self._connection, edges, rows)

    def of(self, numbers: Sequence[int]) -> list[DuplicateEdge]:
        """Every edge that touches one of these stories, each once."""
        found: dict[tuple[int, int], DuplicateEdge] = {}
        for chunk in in_chunks(numbers):
            touching = union_all(
                select(edges).where(edges.c.a.in_(chunk)), select(edges).where(edges.c.b.in_(chunk))
            )
            for row in self._connection.execute(touching):
                found[row.a, row.b] = DuplicateEdge(
                    a=row.a,
                    b=row.b,
                    relation=Relation(row.relation),
                    score=row.score,
                    decided_by=row.decided_by,
                )
        return [found[pair] for pair in sorted(found)]

    def copies_of(self, numbers: Sequence[int]) -> set[int]:
        """Other stories that share their wording with one of these."""
        copies = [e for e in self.of(numbers) if e.relation.is_copy]
        return {number for e in copies for number in (e.a, e.b)} - set(numbers)

    def forget(self, numbers: Sequence[int]) -> None:
        """Drop every model's edge at these stories, before their new text is judged."""
        for chunk in in_chunks(numbers):
            self._connection.execute(delete(edges).where(or_(edges.c.a.in_(chunk), edges.c.b.in_(chunk))))
