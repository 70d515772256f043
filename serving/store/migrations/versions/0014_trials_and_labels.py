"""Trials of rankers, editors' word on pairs of stories, reports on drift.

Revision: 0014
Before: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "trials",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("model_id", sa.String(length=64), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("rails", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.String(length=40), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_trials_model_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trials")),
    )
    op.create_index(op.f("ix_trials_state"), "trials", ["state"])
    op.create_table(
        "trial_counts",
        sa.Column("trial_id", sa.String(length=40), nullable=False),
        sa.Column("arm", sa.String(length=10), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("feeds", sa.Integer(), nullable=False),
        sa.Column("fallback", sa.Integer(), nullable=False),
        sa.Column("slow", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("varied", sa.Float(), nullable=False),
        sa.Column("small", sa.Float(), nullable=False),
        sa.Column("overlap", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["trial_id"], ["trials.id"], name=op.f("fk_trial_counts_trial_id")),
        sa.PrimaryKeyConstraint("trial_id", "arm", "hour", name=op.f("pk_trial_counts")),
    )
    op.create_table(
        "pair_decisions",
        sa.Column("a", _BIG, nullable=False),
        sa.Column("b", _BIG, nullable=False),
        sa.Column("relation", sa.String(length=12), nullable=False),
        sa.Column("decided_by", sa.String(length=40), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["a"], ["stories.number"], name=op.f("fk_pair_decisions_a")),
        sa.ForeignKeyConstraint(["b"], ["stories.number"], name=op.f("fk_pair_decisions_b")),
        sa.PrimaryKeyConstraint("a", "b", name=op.f("pk_pair_decisions")),
    )
    op.create_index(op.f("ix_pair_decisions_b"), "pair_decisions", ["b"])
    op.create_table(
        "drift_reports",
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("made_at", name=op.f("pk_drift_reports")),
    )


def downgrade() -> None:
    """Undo."""
    for table in ("drift_reports", "pair_decisions", "trial_counts", "trials"):
        op.drop_table(table)
