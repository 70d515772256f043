"""The audit trail as a chain of hashes that nobody can change.

Revision: 0012
Before: 0011
"""

import sqlalchemy as sa
from alembic import op

from tianfu.serving.store.audit import GENESIS, seal
from tianfu.serving.store.schema import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_REFUSED = "audit rows are never changed"


def upgrade() -> None:
    """Apply."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sequence", number, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    for name in ("previous", "hash"):
        op.add_column("audit", sa.Column(name, sa.String(length=64), nullable=False, server_default=""))
    _seal_what_is_there(number)
    _forbid_changes()


def downgrade() -> None:
    """Undo."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_is_append_only ON audit")
        op.execute("DROP FUNCTION audit_is_append_only()")
    else:
        for verb in ("update", "delete"):
            op.execute(f"DROP TRIGGER audit_no_{verb}")
    for name in ("hash", "previous"):
        op.drop_column("audit", name)
    op.drop_table("audit_head")


def _seal_what_is_there(number: sa.types.TypeEngine[int]) -> None:
    """Link the rows written so far; where numbers were left out before, they are given anew in order."""
    connection = op.get_bind()
    audit = sa.table(
        "audit",
        sa.column("sequence", number),
        sa.column("at", UtcDateTime()),
        sa.column("actor", sa.String()),
        sa.column("action", sa.String()),
        sa.column("object", sa.String()),
        sa.column("details", sa.JSON()),
        sa.column("previous", sa.String()),
        sa.column("hash", sa.String()),
    )
    head, sequence = GENESIS, 0
    for row in connection.execute(sa.select(audit).order_by(audit.c.sequence)).all():
        sequence += 1
        digest = seal(
            previous=head,
            sequence=sequence,
            at=row.at,
            actor=row.actor,
            action=row.action,
            target=row.object,
            details=row.details,
        )
        values = {"sequence": sequence, "previous": head, "hash": digest}
        connection.execute(sa.update(audit).where(audit.c.sequence == row.sequence).values(values))
        head = digest
    op.bulk_insert(
        sa.table("audit_head", sa.column("id"), sa.column("sequence"), sa.column("hash")),
        [{"id": 1, "sequence": sequence, "hash": head}],
    )


def _forbid_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON audit "
            "FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()"
        )
        return
    for verb in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER audit_no_{verb} BEFORE {verb} ON audit "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        )
