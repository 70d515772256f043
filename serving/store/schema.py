"""The tables, once, for SQLite and PostgreSQL.  Migrations under ``migrations/`` bring them about."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC times in, aware UTC times out, whatever the database keeps."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware time into what the driver stores."""
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Make what the driver read aware again."""
        return value if value is None else (value if value.tzinfo else value.replace(tzinfo=UTC))


Number = BigInteger().with_variant(Integer, "sqlite")
"""Row numbers; SQLite counts up only what it calls an integer."""


def _number(name: str = "number", **kwargs: Any) -> Column[int]:
    return Column(name, Number, primary_key=True, autoincrement=True, **kwargs)


TAKEN_DOWN = text("state = 'taken_down'")
OFTEN_TRIED = text("attempts >= 2")
LEASED = text("leased_by IS NOT NULL")
"""Rows that an index of few holds.  Queries use the same words: of a bound value no database knows this."""

outlets = Table(
    "outlets",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(60), nullable=False),
    Column("level", String(10), nullable=False),
    Column("adcode", String(9), nullable=False),
    Column("parent_id", String(40)),
    Column("kind", String(40), nullable=False),
)

stories = Table(
    "stories",
    metadata,
    _number(),
    Column("id", String(40), nullable=False, unique=True),
    Column("outlet_id", String(40), ForeignKey("outlets.id"), nullable=False),
    Column("external_id", String(128), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("url", Text),
    Column("image_url", Text),
    Column("channel", String(40), nullable=False),
    Column("adcode", String(9)),
    Column("published_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("ai_generated", Boolean, nullable=False),
    Column("reuse", String(8)),
    Column("dated_until", UtcDateTime),
    Column("received_at", UtcDateTime, nullable=False),
    Column("first_received_at", UtcDateTime),
    Column("fresh_at", UtcDateTime),
    Column("first_at", UtcDateTime),
    Column("state", String(12), nullable=False),
    Column("indexed_revision", Integer, nullable=False),
    Column("cluster_id", String(40), nullable=False),
    UniqueConstraint("outlet_id", "external_id"),
    Index(None, "cluster_id"),
    Index(None, "published_at", "number"),
    Index(None, "outlet_id", "published_at"),
    Index("ix_stories_taken_down", "number", postgresql_where=TAKEN_DOWN, sqlite_where=TAKEN_DOWN),
    sqlite_autoincrement=True,
)

revisions = Table(
    "revisions",
    metadata,
    Column("story_number", Number, ForeignKey("stories.number"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("text", JSON, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
)

story_bigrams = Table(
    "story_bigrams",
    metadata,
    Column("story_number", Number, ForeignKey("stories.number"), primary_key=True, autoincrement=False),
    Column("bigrams", ARRAY(Integer).with_variant(JSON(), "sqlite"), nullable=False),
    Index(None, "bigrams", postgresql_using="gin", postgresql_with={"fastupdate": "off"}).ddl_if(
        dialect="postgresql"
    ),
)
"""Pairs of characters, for words to be found by; empty on a box.  Each row goes into the index at once: one
that is put off makes some later caller wait for hundreds."""

story_vectors = Table(
    "story_vectors",
    metadata,
    Column("story_number", Number, ForeignKey("stories.number"), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("encoder", String(64), primary_key=True),
    Column("vector", LargeBinary, nullable=False),
    Column("text_fingerprint", LargeBinary, nullable=False),
)

work_queue = Table(
    "work_queue",
    metadata,
    Column("story_number", Number, ForeignKey("stories.number"), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("enqueued_at", UtcDateTime, nullable=False),
    Column("leased_until", UtcDateTime),
    Column("leased_by", String(40)),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text),
    Column("again", Boolean, nullable=False, server_default=false()),
    Index("ix_work_queue_leased", "leased_by", postgresql_where=LEASED, sqlite_where=LEASED),
    Index(None, "again", "enqueued_at", "story_number"),
    Index(
        "ix_work_queue_often_tried", "story_number", postgresql_where=OFTEN_TRIED, sqlite_where=OFTEN_TRIED
    ),
)

changes = Table(
    "changes",
    metadata,
    _number("sequence"),
    Column("kind", String(40), nullable=False),
    Column("story_number", Number),
    Column("key", String(128)),
    Column("at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

tags = Table(
    "tags",
    metadata,
    Column("story_number", Number, ForeignKey("stories.number"), primary_key=True),
    Column("kind", String(14), primary_key=True),
    Column("code", String(64), primary_key=True),
    Column("label", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("is_primary", Boolean, nullable=False),
    Column("assigned_by", String(8), nullable=False),
    Column("state", String(10), nullable=False),
    Column("source", String(80), nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("decided_at", UtcDateTime),
    Index(None, "kind", "code", "story_number"),
    sqlite_with_rowid=False,
)

edges = Table(
    "edges",
    metadata,
    Column("a", Number, primary_key=True),
    Column("b", Number, primary_key=True),
    Column("relation", String(12), nullable=False),
    Column("score", Float, nullable=False),
    Column("decided_by", String(80), nullable=False),
    Index(None, "b"),
    sqlite_with_rowid=False,
)

takedowns = Table(
    "takedowns",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("story_number", Number, ForeignKey("stories.number"), nullable=False),
    Column("scope", String(8), nullable=False),
    Column("story_numbers", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("taken_by", String(40), nullable=False),
    Column("taken_at", UtcDateTime, nullable=False),
    Column("restored_by", String(40)),
    Column("restored_at", UtcDateTime),
    Index(None, "story_number"),
)

readers = Table(
    "readers",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("outlet_id", String(40), nullable=False),
    Column("state", JSON, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

events = Table(
    "events",
    metadata,
    _number(),
    Column("outlet_id", String(40), nullable=False),
    Column("event_id", String(128), nullable=False),
    Column("reader_key", String(200)),
    Column("story_number", Number, nullable=False),
    Column("type", String(8), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("scene", String(8), nullable=False),
    Column("dwell_s", Float),
    Column("trace_id", String(128)),
    Column("position", Integer),
    Column("quarantine", String(20)),
    Column("newcomer", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("outlet_id", "event_id").ddl_if(dialect="sqlite"),
    Index(None, "outlet_id", "event_id").ddl_if(dialect="postgresql"),
    Index(None, "quarantine", "story_number"),
    Index(None, "at"),
    Index(None, "outlet_id", "at"),
    Index(None, "reader_key"),
    Index(None, "story_number"),
    sqlite_autoincrement=True,
)
"""On PostgreSQL cut by months of ``at``, so that ``event_id`` cannot be unique there: whoever adds events
holds the name of the outlet's readers and looks first."""

decisions = Table(
    "decisions",
    metadata,
    Column("trace_id", String(40), primary_key=True),
    Column("outlet_id", String(40), nullable=False),
    Column("reader_key", String(200)),
    Column("made_at", UtcDateTime, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index(None, "made_at"),
    Index(None, "reader_key"),
)

placements = Table(
    "placements",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("story_id", String(40), nullable=False),
    Column("action", String(12), nullable=False),
    Column("position", Integer),
    Column("outlet_ids", JSON, nullable=False),
    Column("adcode", String(9)),
    Column("scenes", JSON, nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("note", Text, nullable=False),
    Column("created_by", String(40), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime),
    Column("levels", JSON, nullable=False, server_default="[]"),
    Column("channels", JSON, nullable=False, server_default="[]"),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("strength", Float, nullable=False, server_default="1"),
    Column("authority", String(8), nullable=False, server_default="outlet"),
    Index(None, "ends_at"),
)

placement_receipts = Table(
    "placement_receipts",
    metadata,
    Column("placement_id", String(40), ForeignKey("placements.id"), primary_key=True),
    Column("outlet_id", String(40), primary_key=True),
    Column("scene", String(8), primary_key=True),
    Column("first_shown_at", UtcDateTime, nullable=False),
    Column("first_position", Integer, nullable=False),
    Column("first_trace_id", String(40), nullable=False),
    Column("last_shown_at", UtcDateTime, nullable=False),
    Column("pages", Integer, nullable=False),
)

scene_aims = Table(
    "scene_aims",
    metadata,
    Column("outlet_id", String(40), ForeignKey("outlets.id"), primary_key=True),
    Column("scene", String(8), primary_key=True),
    Column("aims", JSON, nullable=False),
    Column("set_by", String(40), nullable=False),
    Column("set_at", UtcDateTime, nullable=False),
)

aim_measures = Table(
    "aim_measures",
    metadata,
    Column("outlet_id", String(40), primary_key=True),
    Column("scene", String(8), primary_key=True),
    Column("hour", UtcDateTime, primary_key=True),
    Column("feeds", Integer, nullable=False),
    Column("popular", Float, nullable=False),
    Column("fresh", Float, nullable=False),
    Column("local", Float, nullable=False),
    Column("varied", Float, nullable=False),
    Column("related", Float, nullable=False),
)

agreements = Table(
    "agreements",
    metadata,
    Column("outlet_id", String(40), ForeignKey("outlets.id"), primary_key=True),
    Column("reuse", String(8), nullable=False),
    Column("exceptions", JSON, nullable=False),
    Column("set_by", String(40), nullable=False),
    Column("set_at", UtcDateTime, nullable=False),
)

listed_sources = Table(
    "listed_sources",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("added_by", String(40), nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("role", String(10), nullable=False),
    Column("outlet_id", String(40)),
    Column("label", String(100), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    Column("scopes", JSON, nullable=False, server_default="[]"),
    Column("replaced_by", String(40)),
    Column("signs_events", Boolean, nullable=False, server_default=false()),
)

audit = Table(
    "audit",
    metadata,
    _number("sequence"),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(40), nullable=False),
    Column("action", String(40), nullable=False),
    Column("object", String(200), nullable=False),
    Column("details", JSON, nullable=False),
    Column("previous", String(64), nullable=False, server_default=""),
    Column("hash", String(64), nullable=False, server_default=""),
    Index(None, "object"),
    sqlite_autoincrement=True,
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", Number, nullable=False),
    Column("hash", String(64), nullable=False),
)

settings = Table(
    "settings",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)
