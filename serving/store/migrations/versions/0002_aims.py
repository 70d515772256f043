"""What outlets want of each scene, and what was measured.

Revision: 0002
Before: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "scene_aims",
        sa.Column("outlet_id", sa.String(length=40), nullable=False),
        sa.Column("scene", sa.String(length=8), nullable=False),
        sa.Column("aims", sa.JSON(), nullable=False),
        sa.Column("set_by", sa.String(length=40), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["outlet_id"], ["outlets.id"], name=op.f("fk_scene_aims_outlet_id")),
        sa.PrimaryKeyConstraint("outlet_id", "scene", name=op.f("pk_scene_aims")),
    )
    op.create_table(
        "aim_measures",
        sa.Column("outlet_id", sa.String(length=40), nullable=False),
        sa.Column("scene", sa.String(length=8), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("feeds", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.Float(), nullable=False)
            for name in ("popular", "fresh", "local", "varied", "related")
        ),
        sa.PrimaryKeyConstraint("outlet_id", "scene", "hour", name=op.f("pk_aim_measures")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("aim_measures")
    op.drop_table("scene_aims")
