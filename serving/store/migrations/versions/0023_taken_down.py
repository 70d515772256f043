"""An index of the stories that are taken down, so that nobody looks through all of them for these few.

Revision: 0023
Before: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_TAKEN_DOWN = sa.text("state = 'taken_down'")


def upgrade() -> None:
    """Apply.  Every story is looked at once, and none is written meanwhile.

    Whoever has an archive makes the index before, by ``CREATE INDEX CONCURRENTLY``, while the service runs.
    """
    op.create_index(
        "ix_stories_taken_down",
        "stories",
        ["number"],
        postgresql_where=_TAKEN_DOWN,
        sqlite_where=_TAKEN_DOWN,
        if_not_exists=True,
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_stories_taken_down", table_name="stories")
