"""The tables of model versions: what was taken in, what serves, and an encoder on its way."""

from sqlalchemy import JSON, Column, Float, ForeignKey, Index, String, Table, Text

from tianfu.serving.store.schema import Number, UtcDateTime, metadata

models = Table(
    "models",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("name", String(80), nullable=False),
    Column("version", String(40), nullable=False),
    Column("card", JSON, nullable=False),
    Column("data_hash", String(64)),
    Column("fingerprint", String(64)),
    Column("parent_id", String(64)),
    Column("imported_at", UtcDateTime, nullable=False),
    Column("imported_by", String(40), nullable=False),
    Index(None, "kind", "imported_at"),
)

publications = Table(
    "publications",
    metadata,
    Column("sequence", Number, primary_key=True, autoincrement=True),
    Column("kind", String(10), nullable=False),
    Column("model_id", String(64), ForeignKey("models.id")),
    Column("previous_id", String(64)),
    Column("action", String(10), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(40), nullable=False),
    Index(None, "kind", "sequence"),
    sqlite_autoincrement=True,
)

encoder_moves = Table(
    "encoder_moves",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("model_id", String(64), ForeignKey("models.id"), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("state", String(10), nullable=False),
    Column("pace", Float, nullable=False),
    Column("note", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("started_by", String(40), nullable=False),
    Column("ended_at", UtcDateTime),
    Column("leased_by", String(40)),
    Column("leased_until", UtcDateTime),
    Index(None, "state"),
)
