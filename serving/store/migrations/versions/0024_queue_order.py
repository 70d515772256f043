"""The queue finds what was tried often.

Revision: 0024
Before: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_OFTEN_TRIED = sa.text("attempts >= 2")


def upgrade() -> None:
    """Apply."""
    op.create_index(
        "ix_work_queue_often_tried",
        "work_queue",
        ["story_number"],
        postgresql_where=_OFTEN_TRIED,
        sqlite_where=_OFTEN_TRIED,
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_work_queue_often_tried", table_name="work_queue")
