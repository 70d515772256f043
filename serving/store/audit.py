"""The audit trail: rows are only ever appended, and each seals the one before it.

Every row holds the SHA-256 of the row before and of itself, so that nobody can alter, move, add or
leave out a row without breaking the chain from there on.  One further row knows the head: it is what
writers wait for each other on, and it shows when rows were cut off the end.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, insert, select, update

from tianfu.serving.store.schema import audit, audit_head

GENESIS = "0" * 64
"""What the first row follows."""
_BATCH = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One thing a person or key did."""

    sequence: int
    at: datetime
    actor: str
    action: str
    object: str
    details: dict[str, Any]
    previous: str
    hash: str

    @property
    def sealed_hash(self) -> str:
        """What :attr:`hash` must be: SHA-256 of the row before and of everything in this one, hexadecimal."""
        return seal(
            previous=self.previous,
            sequence=self.sequence,
            at=self.at,
            actor=self.actor,
            action=self.action,
            target=self.object,
            details=self.details,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditHead:
    """The last row's number and hash; ``0`` and :data:`GENESIS` before the first."""

    sequence: int
    hash: str


def seal(
    *,
    previous: str,
    sequence: int,
    at: datetime,
    actor: str,
    action: str,
    target: str,
    details: dict[str, Any],
) -> str:
    """SHA-256 over a JSON list of the row's parts, keys of ``details`` in order, times in UTC."""
    when = at.astimezone(UTC).isoformat(timespec="microseconds")
    parts = [previous, sequence, when, actor, action, target, details]
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()


class Audit:
    """Who changed what.  What is added is sealed by :meth:`seal`, which the unit of work calls to commit."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: list[dict[str, Any]] = []

    def add(
        self, *, actor: str, action: str, target: str, now: datetime, details: dict[str, Any] | None = None
    ) -> None:
        """Append one row.  ``details`` hold ids and choices, never texts of stories or readers' data."""
        self._waiting.append(
            {"at": now, "actor": actor, "action": action, "target": target, "details": details or {}}
        )

    def seal(self) -> AuditHead | None:
        """Write what was added, linked to the row before; returns the new head, ``None`` for nothing.

        Holds the head's row from here to the end of the transaction.  It comes last in each transaction, so
        two writers wait for each other in turn and never for something that the other waits for.
        """
        if not self._waiting:
            return None
        head = self._locked_head()
        rows = []
        for waiting in self._waiting:
            sequence = head.sequence + 1
            digest = seal(previous=head.hash, sequence=sequence, **waiting)
            facts = {("object" if name == "target" else name): value for name, value in waiting.items()}
            rows.append({**facts, "sequence": sequence, "previous": head.hash, "hash": digest})
            head = AuditHead(sequence=sequence, hash=digest)
        self._connection.execute(insert(audit), rows)
        self._connection.execute(update(audit_head).values(sequence=head.sequence, hash=head.hash))
        self._waiting = []
        return head

    def head(self) -> AuditHead:
        """The last row, as its writer noted it."""
        row = self._connection.execute(select(audit_head.c.sequence, audit_head.c.hash)).one()
        return AuditHead(sequence=row.sequence, hash=row.hash)

    def rows(self) -> Iterator[list[AuditRow]]:
        """Every row in order, in batches."""
        last = 0
        while True:
            query = select(audit).where(audit.c.sequence > last).order_by(audit.c.sequence).limit(_BATCH)
            found = [_row(row) for row in self._connection.execute(query)]
            if not found:
                return
            yield found
            last = found[-1].sequence

    def page(self, *, before: int | None, limit: int, target: str | None = None) -> list[AuditRow]:
        """Rows, newest first."""
        query = select(audit).order_by(audit.c.sequence.desc()).limit(limit)
        if before is not None:
            query = query.where(audit.c.sequence < before)
        if target is not None:
            query = query.where(audit.c.object == target)
        return [_row(row) for row in self._connection.execute(query)]

    def _locked_head(self) -> AuditHead:
        query = select(audit_head.c.sequence, audit_head.c.hash).with_for_update()
        row = self._connection.execute(query).one()
        return AuditHead(sequence=row.sequence, hash=row.hash)


def _row(row: Row[Any]) -> AuditRow:
    return AuditRow(
        sequence=row.sequence,
        at=row.at,
        actor=row.actor,
        action=row.action,
        object=row.object,
        details=row.details,
        previous=row.previous,
        hash=row.hash,
    )
