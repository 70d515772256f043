"""Tag assignments."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from tianfu.model.tag import (
    AssignedBy,
    EvidenceSpan,
    TagAssignment,
    TagKind,
    TagState,
    TextField,
)
from tianfu.serving.store.schema import tags
from tianfu.serving.store.upsert import in_chunks


class Tags:
    """Which tags stand on which story, and whose word each is."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, numbers: Sequence[int]) -> dict[int, tuple[TagAssignment, ...]]:
        """Tags by story: primary first, then by confidence."""
        found: dict[int, list[TagAssignment]] = {}
        for chunk in in_chunks(numbers):
            query = select(tags).where(tags.c.story_number.in_(chunk))
            for row in self._connection.execute(query):
                found.setdefault(row.story_number, []).append(_assignment(row))
        return {n: tuple(sorted(ts, key=_by_importance)) for n, ts in found.items()}

    def put(self, assignments: Mapping[int, Sequence[TagAssignment]]) -> None:
        """Replace all tags of these stories."""
        for chunk in in_chunks(list(assignments)):
            self._connection.execute(delete(tags).where(tags.c.story_number.in_(chunk)))
        rows = [_row(number, tag) for number, given in assignments.items() for tag in given]
        if rows:
            self._connection.execute(insert(tags), rows)


def _by_importance(tag: TagAssignment) -> tuple[str, bool, float, str]:
    return tag.kind.value, not tag.primary, -tag.confidence, tag.code


def _row(number: int, tag: TagAssignment) -> dict[str, Any]:
    return {
        "story_number": number,
        "kind": tag.kind.value,
        "code": tag.code,
        "label": tag.label,
        "confidence": tag.confidence,
        "is_primary": tag.primary,
        "assigned_by": tag.assigned_by.value,
        "state": tag.state.value,
        "source": tag.source,
        "evidence": [[s.field.value, s.start, s.end, s.text, round(s.weight, 4)] for s in tag.evidence],
        "decided_at": tag.decided_at,
    }


def _assignment(row: Row[Any]) -> TagAssignment:
    return TagAssignment(
        kind=TagKind(row.kind),
        code=row.code,
        label=row.label,
        confidence=row.confidence,
        assigned_by=AssignedBy(row.assigned_by),
        state=TagState(row.state),
        source=row.source,
        primary=row.is_primary,
        evidence=tuple(
            EvidenceSpan(field=TextField(f), start=start, end=end, text=text, weight=weight)
            for f, start, end, text, weight in row.evidence
        ),
        decided_at=row.decided_at,
    )
