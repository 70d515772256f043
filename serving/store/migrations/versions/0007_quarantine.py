"""Events that are kept but not counted.

Revision: 0007
Before: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("events", sa.Column("quarantine", sa.String(length=20), nullable=True))
    op.create_index("ix_events_quarantine_story_number", "events", ["quarantine", "story_number"])


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_events_quarantine_story_number", table_name="events")
    op.drop_column("events", "quarantine")
