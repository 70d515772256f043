"""The tables of trials, of editors' word on pairs, and of reports on drift."""

from sqlalchemy import JSON, Column, Float, ForeignKey, Index, Integer, String, Table, Text

from tianfu.serving.store.schema import Number, UtcDateTime, metadata

trials = Table(
    "trials",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("model_id", String(64), ForeignKey("models.id"), nullable=False),
    Column("share", Float, nullable=False),
    Column("rails", JSON, nullable=False),
    Column("state", String(10), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("started_by", String(40), nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("why", Text, nullable=False),
    Index(None, "state"),
)

trial_counts = Table(
    "trial_counts",
    metadata,
    Column("trial_id", String(40), ForeignKey("trials.id"), primary_key=True),
    Column("arm", String(10), primary_key=True),
    Column("hour", UtcDateTime, primary_key=True),
    Column("feeds", Integer, nullable=False),
    Column("fallback", Integer, nullable=False),
    Column("slow", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("varied", Float, nullable=False),
    Column("small", Float, nullable=False),
    Column("overlap", Float, nullable=False),
)

pair_decisions = Table(
    "pair_decisions",
    metadata,
    Column("a", Number, ForeignKey("stories.number"), primary_key=True),
    Column("b", Number, ForeignKey("stories.number"), primary_key=True),
    Column("relation", String(12), nullable=False),
    Column("decided_by", String(40), nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Index(None, "b"),
)

drift_reports = Table(
    "drift_reports",
    metadata,
    Column("made_at", UtcDateTime, primary_key=True),
    Column("report", JSON, nullable=False),
)
