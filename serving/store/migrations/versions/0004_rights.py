"""What newsrooms let each other do with their stories.

Revision: 0004
Before: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("stories", sa.Column("reuse", sa.String(length=8), nullable=True))
    op.create_table(
        "agreements",
        sa.Column("outlet_id", sa.String(length=40), nullable=False),
        sa.Column("reuse", sa.String(length=8), nullable=False),
        sa.Column("exceptions", sa.JSON(), nullable=False),
        sa.Column("set_by", sa.String(length=40), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["outlet_id"], ["outlets.id"], name=op.f("fk_agreements_outlet_id")),
        sa.PrimaryKeyConstraint("outlet_id", name=op.f("pk_agreements")),
    )
    op.create_table(
        "listed_sources",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("added_by", sa.String(length=40), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_listed_sources")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("listed_sources")
    op.drop_table("agreements")
    op.drop_column("stories", "reuse")
