"""Keys with scopes, rotation, and signed events.

Revision: 0011
Before: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("api_keys", sa.Column("scopes", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("api_keys", sa.Column("replaced_by", sa.String(length=40), nullable=True))
    op.add_column(
        "api_keys", sa.Column("signs_events", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    """Undo."""
    for name in ("signs_events", "replaced_by", "scopes"):
        op.drop_column("api_keys", name)
