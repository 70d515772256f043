"""Edges between stories that tell the same, and editors' word on pairs, which no model overwrites."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, or_, select, union_all

from tianfu.model.cluster import DuplicateEdge, Pair, Relation
from tianfu.serving.store.schema import edges
from tianfu.serving.store.trial_schema import pair_decisions
from tianfu.serving.store.upsert import in_chunks, upsert


class Clusters:
    """Judged pairs; clusters follow from them and are never stored twice."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, judged: Sequence[DuplicateEdge]) -> None:
        """Save a model's edges; a later judgement replaces the earlier, an editor's word stays."""
        decided = self.decided(sorted({number for e in judged for number in (e.a, e.b)})) if judged else {}
        self._put([e for e in judged if (e.a, e.b) not in decided])

    def of(self, numbers: Sequence[int]) -> list[DuplicateEdge]:
        """Every edge that touches one of these stories, each once."""
        found: dict[Pair, DuplicateEdge] = {}
        for row in self._touching(edges, numbers):
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
        decided = self.decided(numbers)
        kept = [e for e in self.of(numbers) if (e.a, e.b) in decided] if decided else []
        for chunk in in_chunks(numbers):
            self._connection.execute(delete(edges).where(or_(edges.c.a.in_(chunk), edges.c.b.in_(chunk))))
        self._put(kept)

    def decided(self, numbers: Sequence[int]) -> dict[Pair, Relation]:
        """Editors' word on every pair that touches one of these stories."""
        rows = self._touching(pair_decisions, numbers)
        return {(row.a, row.b): Relation(row.relation) for row in rows}

    def decide(self, pair: Pair, relation: Relation, *, by: str, now: datetime) -> None:
        """Keep an editor's word on a pair, in place of any judgement and any earlier word."""
        a, b = pair
        row = {"a": a, "b": b, "relation": relation.value, "decided_by": by, "decided_at": now}
        upsert(self._connection, pair_decisions, [row])
        self._drop(pair)
        if relation.joins:
            self._put([DuplicateEdge(a=a, b=b, relation=relation, score=1.0, decided_by=by)])

    def withdraw(self, pair: Pair) -> bool:
        """Forget an editor's word and what followed from it; False when there was none."""
        p = pair_decisions.c
        statement = delete(pair_decisions).where(p.a == pair[0], p.b == pair[1])
        if self._connection.execute(statement).rowcount == 0:
            return False
        self._drop(pair)
        return True

    def _put(self, judged: Sequence[DuplicateEdge]) -> None:
        rows = [
            {"a": e.a, "b": e.b, "relation": e.relation.value, "score": e.score, "decided_by": e.decided_by}
            for e in judged
        ]
        upsert(self._connection, edges, rows)

    def _drop(self, pair: Pair) -> None:
        self._connection.execute(delete(edges).where(edges.c.a == pair[0], edges.c.b == pair[1]))

    def _touching(self, table: Any, numbers: Sequence[int]) -> list[Any]:
        found: dict[Pair, Any] = {}
        for chunk in in_chunks(numbers):
            query = union_all(
                select(table).where(table.c.a.in_(chunk)), select(table).where(table.c.b.in_(chunk))
            )
            found.update(((row.a, row.b), row) for row in self._connection.execute(query))
        return list(found.values())
