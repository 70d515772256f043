"""The first schema.

Revision: 0001
Before: none
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("outlet_id", sa.String(length=40), nullable=True),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_api_keys_secret_hash")),
    )
    op.create_table(
        "audit",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("object", sa.String(length=200), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_object"), "audit", ["object"], unique=False)
    op.create_table(
        "changes",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("story_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("key", sa.String(length=128), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_changes")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "decisions",
        sa.Column("trace_id", sa.String(length=40), nullable=False),
        sa.Column("outlet_id", sa.String(length=40), nullable=False),
        sa.Column("reader_key", sa.String(length=200), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("trace_id", name=op.f("pk_decisions")),
    )
    op.create_index(op.f("ix_decisions_made_at"), "decisions", ["made_at"], unique=False)
    op.create_index(op.f("ix_decisions_reader_key"), "decisions", ["reader_key"], unique=False)
    op.create_table(
        "edges",
        sa.Column("a", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("b", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("relation", sa.String(length=12), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("decided_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("a", "b", name=op.f("pk_edges")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_edges_b"), "edges", ["b"], unique=False)
    op.create_table(
        "events",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("outlet_id", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.String(length=128), nullable=False),
        sa.Column("reader_key", sa.String(length=200), nullable=True),
        sa.Column("story_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("type", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scene", sa.String(length=8), nullable=False),
        sa.Column("dwell_s", sa.Float(), nullable=True),
        sa.Column("trace_id", sa.String(length=128), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_events")),
        sa.UniqueConstraint("outlet_id", "event_id", name=op.f("uq_events_outlet_id_event_id")),
    )
    op.create_index(op.f("ix_events_at"), "events", ["at"], unique=False)
    op.create_index(op.f("ix_events_reader_key"), "events", ["reader_key"], unique=False)
    op.create_table(
        "outlets",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("adcode", sa.String(length=9), nullable=False),
        sa.Column("parent_id", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outlets")),
    )
    op.create_table(
        "placements",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("story_id", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("outlet_ids", sa.JSON(), nullable=False),
        sa.Column("adcode", sa.String(length=9), nullable=True),
        sa.Column("scenes", sa.JSON(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placements")),
    )
    op.create_index(op.f("ix_placements_ends_at"), "placements", ["ends_at"], unique=False)
    op.create_table(
        "readers",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("outlet_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_readers")),
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_settings")),
    )
    op.create_table(
        "stories",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("outlet_id", sa.String(length=40), nullable=False),
        sa.Column("external_id", sa.String(length=128), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("adcode", sa.String(length=9), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ai_generated", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("indexed_revision", sa.Integer(), nullable=False),
        sa.Column("cluster_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["outlet_id"], ["outlets.id"], name=op.f("fk_stories_outlet_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_stories")),
        sa.UniqueConstraint("id", name=op.f("uq_stories_id")),
        sa.UniqueConstraint("outlet_id", "external_id", name=op.f("uq_stories_outlet_id_external_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_stories_cluster_id"), "stories", ["cluster_id"], unique=False)
    op.create_index(
        op.f("ix_stories_outlet_id_published_at"), "stories", ["outlet_id", "published_at"], unique=False
    )
    op.create_index(
        op.f("ix_stories_published_at_number"), "stories", ["published_at", "number"], unique=False
    )
    op.create_table(
        "revisions",
        sa.Column("story_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("text", sa.JSON(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["story_number"], ["stories.number"], name=op.f("fk_revisions_story_number")),
        sa.PrimaryKeyConstraint("story_number", "revision", name=op.f("pk_revisions")),
    )
    op.create_table(
        "story_vectors",
        sa.Column("story_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("encoder", sa.String(length=64), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("text_fingerprint", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["story_number"], ["stories.number"], name=op.f("fk_story_vectors_story_number")
        ),
        sa.PrimaryKeyConstraint("story_number", name=op.f("pk_story_vectors")),
    )
    op.create_table(
        "tags",
        sa.Column("story_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=14), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("assigned_by", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["story_number"], ["stories.number"], name=op.f("fk_tags_story_number")),
        sa.PrimaryKeyConstraint("story_number", "kind", "code", name=op.f("pk_tags")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_tags_kind_code_story_number"), "tags", ["kind", "code", "story_number"], unique=False
    )
    op.create_table(
        "takedowns",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("story_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("story_numbers", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("taken_by", sa.String(length=40), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("restored_by", sa.String(length=40), nullable=True),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["story_number"], ["stories.number"], name=op.f("fk_takedowns_story_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takedowns")),
    )
    op.create_index(op.f("ix_takedowns_story_number"), "takedowns", ["story_number"], unique=False)
    op.create_table(
        "work_queue",
        sa.Column("story_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("enqueued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_by", sa.String(length=40), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["story_number"], ["stories.number"], name=op.f("fk_work_queue_story_number")
        ),
        sa.PrimaryKeyConstraint("story_number", name=op.f("pk_work_queue")),
    )
    op.create_index(op.f("ix_work_queue_leased_until"), "work_queue", ["leased_until"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_work_queue_leased_until"), table_name="work_queue")
    op.drop_table("work_queue")
    op.drop_index(op.f("ix_takedowns_story_number"), table_name="takedowns")
    op.drop_table("takedowns")
    op.drop_index(op.f("ix_tags_kind_code_story_number"), table_name="tags")
    op.drop_table("tags")
    op.drop_table("story_vectors")
    op.drop_table("revisions")
    op.drop_index(op.f("ix_stories_published_at_number"), table_name="stories")
    op.drop_index(op.f("ix_stories_outlet_id_published_at"), table_name="stories")
    op.drop_index(op.f("ix_stories_cluster_id"), table_name="stories")
    op.drop_table("stories")
    op.drop_table("settings")
    op.drop_table("readers")
    op.drop_index(op.f("ix_placements_ends_at"), table_name="placements")
    op.drop_table("placements")
    op.drop_table("outlets")
    op.drop_index(op.f("ix_events_reader_key"), table_name="events")
    op.drop_index(op.f("ix_events_at"), table_name="events")
    op.drop_table("events")
    op.drop_index(op.f("ix_edges_b"), table_name="edges")
    op.drop_table("edges")
    op.drop_index(op.f("ix_decisions_reader_key"), table_name="decisions")
    op.drop_index(op.f("ix_decisions_made_at"), table_name="decisions")
    op.drop_table("decisions")
    op.drop_table("changes")
    op.drop_index(op.f("ix_audit_object"), table_name="audit")
    op.drop_table("audit")
    op.drop_table("api_keys")
