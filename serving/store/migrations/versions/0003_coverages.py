"""Joint coverages: their stories, picks and claims.

Revision: 0003
Before: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "coverages",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("lead", sa.Text(), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("angles", sa.JSON(), nullable=False),
        sa.Column("outlet_ids", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("opened_by", sa.String(length=40), nullable=False),
        sa.Column("opened_outlet_id", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=True),
        _number("filled_number"),
        sa.Column("fill_done", sa.Boolean(), nullable=False),
        sa.Column("fill_seen", sa.Integer(), nullable=False),
        sa.Column("fill_total", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverages")),
    )
    op.create_index(op.f("ix_coverages_state"), "coverages", ["state"], unique=False)
    op.create_table(
        "coverage_stories",
        sa.Column("coverage_id", sa.String(length=40), nullable=False),
        _number("story_number"),
        sa.Column("picked", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("angles", sa.JSON(), nullable=False),
        sa.Column("angle_ids", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["coverage_id"], ["coverages.id"], name=op.f("fk_coverage_stories_coverage_id")
        ),
        sa.ForeignKeyConstraint(
            ["story_number"], ["stories.number"], name=op.f("fk_coverage_stories_story_number")
        ),
        sa.PrimaryKeyConstraint("coverage_id", "story_number", name=op.f("pk_coverage_stories")),
    )
    op.create_index(
        op.f("ix_coverage_stories_story_number"), "coverage_stories", ["story_number"], unique=False
    )
    op.create_table(
        "coverage_picks",
        sa.Column("coverage_id", sa.String(length=40), nullable=False),
        _number("story_number"),
        sa.Column("verb", sa.String(length=8), nullable=False),
        sa.Column("angle_id", sa.String(length=128), nullable=True),
        sa.Column("picked_by", sa.String(length=40), nullable=False),
        sa.Column("outlet_id", sa.String(length=40), nullable=True),
        sa.Column("picked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["coverage_id"], ["coverages.id"], name=op.f("fk_coverage_picks_coverage_id")
        ),
        sa.ForeignKeyConstraint(
            ["story_number"], ["stories.number"], name=op.f("fk_coverage_picks_story_number")
        ),
        sa.PrimaryKeyConstraint("coverage_id", "story_number", name=op.f("pk_coverage_picks")),
    )
    op.create_table(
        "coverage_claims",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("coverage_id", sa.String(length=40), nullable=False),
        sa.Column("angle_id", sa.String(length=128), nullable=False),
        sa.Column("outlet_id", sa.String(length=40), nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("story_id", sa.String(length=40), nullable=True),
        sa.Column("claimed_by", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["coverage_id"], ["coverages.id"], name=op.f("fk_coverage_claims_coverage_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage_claims")),
    )
    op.create_index(op.f("ix_coverage_claims_coverage_id"), "coverage_claims", ["coverage_id"], unique=False)
    op.create_index(
        op.f("ix_coverage_claims_state_until"), "coverage_claims", ["state", "until"], unique=False
    )
    op.create_index(op.f("ix_events_story_number"), "events", ["story_number"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_events_story_number"), table_name="events")
    for table in ("coverage_claims", "coverage_picks", "coverage_stories", "coverages"):
        op.drop_table(table)
