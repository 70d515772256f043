"""Versions of models, what serves, an encoder on its way; vectors of several encoders side by side.

Revision: 0013
Before: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "models",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("card", sa.JSON(), nullable=False),
        sa.Column("data_hash", sa.String(length=64), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("parent_id", sa.String(length=64), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_models")),
    )
    op.create_index(op.f("ix_models_kind_imported_at"), "models", ["kind", "imported_at"])
    op.create_table(
        "publications",
        sa.Column("sequence", _BIG, nullable=False, autoincrement=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("model_id", sa.String(length=64), nullable=True),
        sa.Column("previous_id", sa.String(length=64), nullable=True),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_publications_model_id")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_publications")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_publications_kind_sequence"), "publications", ["kind", "sequence"])
    op.create_table(
        "encoder_moves",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("model_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("pace", sa.Float(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.String(length=40), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_by", sa.String(length=40), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_encoder_moves_model_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_encoder_moves")),
    )
    op.create_index(op.f("ix_encoder_moves_state"), "encoder_moves", ["state"])
    _key_vectors_by("story_number", "encoder")


def downgrade() -> None:
    """Undo; of several vectors of one story one stays."""
    vectors = sa.table("story_vectors", sa.column("story_number"), sa.column("encoder"))
    other = vectors.alias()
    op.execute(
        vectors.delete().where(
            vectors.c.encoder
            > sa.select(sa.func.min(other.c.encoder))
            .where(other.c.story_number == vectors.c.story_number)
            .scalar_subquery()
        )
    )
    _key_vectors_by("story_number")
    for table in ("encoder_moves", "publications", "models"):
        op.drop_table(table)


def _key_vectors_by(*columns: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("pk_story_vectors", "story_vectors", type_="primary")
        op.create_primary_key("pk_story_vectors", "story_vectors", list(columns))
        return
    wanted = sa.Table(
        "story_vectors",
        sa.MetaData(),
        sa.Column("story_number", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("encoder", sa.String(length=64), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("text_fingerprint", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["story_number"], ["stories.number"], name="fk_story_vectors_story_number"),
        sa.PrimaryKeyConstraint(*columns, name="pk_story_vectors"),
    )
    with op.batch_alter_table("story_vectors", copy_from=wanted, recreate="always"):
        pass
