"""Whether the audit trail is what was written."""

from dataclasses import dataclass
from enum import StrEnum

from tianfu.serving.store.audit import GENESIS, AuditHead, AuditRow
from tianfu.serving.store.database import UnitOfWork


class Flaw(StrEnum):
    """What is wrong with an audit trail."""

    ALTERED = "altered"
    """A row does not say what was sealed."""
    UNLINKED = "unlinked"
    """A row does not follow the one before it: something was put in, moved or sealed anew."""
    MISSING = "missing"
    """Numbers are left out."""
    CUT_OFF = "cut_off"
    """Rows are gone from the end, or stand after the head."""
    OTHER_CHAIN = "other_chain"
    """The head noted elsewhere is not in this trail: it was written anew as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditVerdict:
    """What a check found; ``flaw`` and ``at`` tell of the first thing wrong.

    Attributes:
        rows: How many rows were read.
        at: The number of the row where it is wrong.
    """

    rows: int
    head: AuditHead
    flaw: Flaw | None = None
    at: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return self.flaw is None


def verify_audit(uow: UnitOfWork, *, noted: AuditHead | None = None) -> AuditVerdict:
    """Read the whole trail and check every link.

    Args:
        uow: A consistent view.
        noted: A head that was noted outside the database, which the trail must still hold.
    """
    head = uow.audit.head()
    last = AuditHead(sequence=0, hash=GENESIS)
    read = 0
    noted_stands = noted is None or noted == last
    for batch in uow.audit.rows():
        for row in batch:
            read += 1
            flaw = _flaw(row, last)
            if flaw is not None:
                return AuditVerdict(rows=read, head=head, flaw=flaw, at=row.sequence)
            last = AuditHead(sequence=row.sequence, hash=row.hash)
            noted_stands = noted_stands or noted == last
    if last != head:
        at = min(last.sequence, head.sequence) + 1
        return AuditVerdict(rows=read, head=head, flaw=Flaw.CUT_OFF, at=at)
    if noted is not None and not noted_stands:
        flaw = Flaw.CUT_OFF if noted.sequence > last.sequence else Flaw.OTHER_CHAIN
        return AuditVerdict(rows=read, head=head, flaw=flaw, at=noted.sequence)
    return AuditVerdict(rows=read, head=head)


def _flaw(row: AuditRow, last: AuditHead) -> Flaw | None:
    if row.sequence != last.sequence + 1:
        return Flaw.MISSING
    if row.previous != last.hash:
        return Flaw.UNLINKED
    return None if row.hash == row.sealed_hash else Flaw.ALTERED
