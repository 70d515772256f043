"""Times that count for being first and for being fresh, beside what an outlet says.

Revision: 0020
Before: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0014"
branch_labels = None
depends_on = None

_COLUMNS = ("first_received_at", "fresh_at", "first_at")


def upgrade() -> None:
    """Apply.  Stories known before are believed: their columns stay empty and their own times count."""
    for name in _COLUMNS:
        op.add_column("stories", sa.Column(name, sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Undo."""
    for name in _COLUMNS:
        op.drop_column("stories", name)
