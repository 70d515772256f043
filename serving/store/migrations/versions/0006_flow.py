"""What flows between newsrooms: submissions; and counts of readers' clicks by outlet and time.

Revision: 0006
Before: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "submissions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("story_number", number, nullable=False),
        sa.Column("outlet_id", sa.String(length=40), nullable=False),
        sa.Column("to_outlet_id", sa.String(length=40), nullable=False),
        sa.Column("topic", sa.String(length=10), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("submitted_by", sa.String(length=40), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["story_number"], ["stories.number"], name=op.f("fk_submissions_story_number")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
    )
    for columns in (["story_number"], ["outlet_id", "submitted_at"], ["to_outlet_id", "submitted_at"]):
        name = op.f(f"ix_submissions_{'_'.join(columns)}")
        op.create_index(name, "submissions", columns, unique=False)
    op.create_index(op.f("ix_events_outlet_id_at"), "events", ["outlet_id", "at"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_events_outlet_id_at"), table_name="events")
    op.drop_table("submissions")
