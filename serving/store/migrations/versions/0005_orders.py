"""Reach, priority and receipts of orders; when dated stories end.

Revision: 0005
Before: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply.  Orders given before reach every level and channel; must-carry was the platform's alone."""
    op.add_column("stories", sa.Column("dated_until", sa.DateTime(timezone=True), nullable=True))
    for column in (
        sa.Column("levels", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("channels", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("priority", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("strength", sa.Float(), nullable=False, server_default="1"),
        sa.Column("authority", sa.String(length=8), nullable=False, server_default="outlet"),
    ):
        op.add_column("placements", column)
    op.execute("UPDATE placements SET authority = 'platform' WHERE action = 'must_carry'")
    op.create_table(
        "placement_receipts",
        sa.Column("placement_id", sa.String(length=40), nullable=False),
        sa.Column("outlet_id", sa.String(length=40), nullable=False),
        sa.Column("scene", sa.String(length=8), nullable=False),
        sa.Column("first_shown_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_position", sa.Integer(), nullable=False),
        sa.Column("first_trace_id", sa.String(length=40), nullable=False),
        sa.Column("last_shown_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["placement_id"], ["placements.id"], name=op.f("fk_placement_receipts_placement_id")
        ),
        sa.PrimaryKeyConstraint("placement_id", "outlet_id", "scene", name=op.f("pk_placement_receipts")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("placement_receipts")
    for name in ("authority", "strength", "priority", "channels", "levels"):
        op.drop_column("placements", name)
    op.drop_column("stories", "dated_until")
