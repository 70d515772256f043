"""Tag assignments."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

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


@dataclass(frozen=True, slots=True)
class Verdict:
    """An editor's word on one tag of one story, as far as a tagger learns from it."""

    number: int
    code: str
    label: str
    accepted: bool


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

    def label_of(self, kind: TagKind, code: str) -> str | None:
        """The label that editors gave a code first; ``None`` while no editor used it."""
        query = (
            select(tags.c.label)
            .where(tags.c.kind == kind.value, tags.c.code == code, tags.c.decided_at.is_not(None))
            .order_by(tags.c.story_number)
            .limit(1)
        )
        return self._connection.execute(query).scalar_one_or_none()

    def count_codes(self, kind: TagKind, prefix: str) -> int:
        """How many codes with this beginning are in use."""
        c = tags.c
        query = select(func.count(c.code.distinct())).where(
            c.kind == kind.value, c.code.startswith(prefix, autoescape=True)
        )
        return int(self._connection.execute(query).scalar_one())

    def codes_decided(self, kind: TagKind, numbers: Sequence[int]) -> set[str]:
        """Codes that editors decided on, on any of these stories."""
        found: set[str] = set()
        for chunk in in_chunks(numbers):
            query = select(tags.c.code).where(
                tags.c.story_number.in_(chunk), tags.c.kind == kind.value, tags.c.decided_at.is_not(None)
            )
            found.update(self._connection.execute(query).scalars())
        return found

    def verdicts(self, kind: TagKind, *, newest: int, codes: Iterable[str] | None = None) -> list[Verdict]:
        """Editors' word on each code: the newest stories that it was left on, and that it was taken off.

        Args:
            kind: Of tag.
            newest: Most stories of either sort for one code, by story number.
            codes: Only these; all when left out.
        """
        if codes is None:
            return self._verdicts(kind, newest, None)
        return [one for chunk in in_chunks(sorted(codes)) for one in self._verdicts(kind, newest, chunk)]

    def _verdicts(self, kind: TagKind, newest: int, codes: Sequence[str] | None) -> list[Verdict]:
        c = tags.c
        place = (
            func.row_number()
            .over(partition_by=(c.code, c.state), order_by=c.story_number.desc())
            .label("place")
        )
        decided = select(c.story_number, c.code, c.label, c.state, place).where(
            c.kind == kind.value, c.decided_at.is_not(None)
        )
        if codes is not None:
            decided = decided.where(c.code.in_(codes))
        ranked = decided.subquery()
        query = select(ranked).where(ranked.c.place <= newest).order_by(ranked.c.code, ranked.c.story_number)
        return [
            Verdict(row.story_number, row.code, row.label, row.state != TagState.REJECTED.value)
            for row in self._connection.execute(query)
        ]

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
