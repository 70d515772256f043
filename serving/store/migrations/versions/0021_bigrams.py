"""Pairs of neighbouring characters of every story, by which PostgreSQL finds words.

Revision: 0021
Before: 0020
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tianfu.serving.store.bigrams import bigrams_of

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_BATCH = 1_000


def upgrade() -> None:
    """Apply.  On PostgreSQL every story there is is read: some minutes for a million."""
    table = op.create_table(
        "story_bigrams",
        sa.Column("story_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "bigrams", postgresql.ARRAY(sa.Integer()).with_variant(sa.JSON(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["story_number"], ["stories.number"], name=op.f("fk_story_bigrams_story_number")
        ),
        sa.PrimaryKeyConstraint("story_number", name=op.f("pk_story_bigrams")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _read_all(table)
        op.execute(
            "CREATE INDEX ix_story_bigrams_bigrams ON story_bigrams USING gin (bigrams) WITH (fastupdate = off)"
        )


def downgrade() -> None:
    """Undo."""
    op.drop_table("story_bigrams")


def _read_all(table: sa.Table) -> None:
    """In batches, so that no more than one of them is in memory."""
    stories = sa.table("stories", sa.column("number"), sa.column("title"), sa.column("body"))
    query = sa.select(stories).order_by(stories.c.number).limit(_BATCH)
    last = 0
    while rows := op.get_bind().execute(query.where(stories.c.number > last)).all():
        op.bulk_insert(
            table,
            [{"story_number": row.number, "bigrams": bigrams_of(row.title, row.body)} for row in rows],
        )
        last = rows[-1].number
