"""What is only read again stands behind what is new in the queue, which finds what is held or was tried often.

Revision: 0024
Before: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_ORDER = ["again", "enqueued_at", "story_number"]
_LEASED = sa.text("leased_by IS NOT NULL")
_OFTEN_TRIED = sa.text("attempts >= 2")


def upgrade() -> None:
    """Apply."""
    again: sa.Column[bool] = sa.Column("again", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("work_queue", again)
    op.create_index(op.f("ix_work_queue_again_enqueued_at_story_number"), "work_queue", _ORDER)
    op.create_index(
        "ix_work_queue_often_tried",
        "work_queue",
        ["story_number"],
        postgresql_where=_OFTEN_TRIED,
        sqlite_where=_OFTEN_TRIED,
    )
    op.create_index(
        "ix_work_queue_leased", "work_queue", ["leased_by"], postgresql_where=_LEASED, sqlite_where=_LEASED
    )
    op.drop_index(op.f("ix_work_queue_leased_until"), table_name="work_queue")


def downgrade() -> None:
    """Undo."""
    op.create_index(op.f("ix_work_queue_leased_until"), "work_queue", ["leased_until"])
    op.drop_index("ix_work_queue_leased", table_name="work_queue")
    op.drop_index("ix_work_queue_often_tried", table_name="work_queue")
    op.drop_index(op.f("ix_work_queue_again_enqueued_at_story_number"), table_name="work_queue")
    op.drop_column("work_queue", "again")
