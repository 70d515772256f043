"""How often each key asked each process, so that many processes keep one limit.

Revision: 0009
Before: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "key_usage",
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("process", sa.String(length=40), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", "process", "minute", name=op.f("pk_key_usage")),
    )
    op.create_index(op.f("ix_key_usage_minute"), "key_usage", ["minute"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_table("key_usage")
