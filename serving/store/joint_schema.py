"""The tables of what newsrooms do together: joint coverages, and stories offered upwards."""

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text

from tianfu.serving.store.schema import Number, UtcDateTime, metadata

coverages = Table(
    "coverages",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("title", Text, nullable=False),
    Column("lead", Text, nullable=False),
    Column("query", JSON, nullable=False),
    Column("angles", JSON, nullable=False),
    Column("outlet_ids", JSON, nullable=False),
    Column("state", String(8), nullable=False),
    Column("opened_by", String(40), nullable=False),
    Column("opened_outlet_id", String(40)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("filled_at", UtcDateTime),
    Column("filled_number", Number, nullable=False),
    Column("fill_done", Boolean, nullable=False),
    Column("fill_seen", Integer, nullable=False),
    Column("fill_total", Integer, nullable=False),
    Index(None, "state"),
)

coverage_stories = Table(
    "coverage_stories",
    metadata,
    Column("coverage_id", String(40), ForeignKey("coverages.id"), primary_key=True),
    Column("story_number", Number, ForeignKey("stories.number"), primary_key=True),
    Column("picked", Boolean, nullable=False),
    Column("score", Float, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("angles", JSON, nullable=False),
    Column("angle_ids", Text, nullable=False),
    Index(None, "story_number"),
)

coverage_picks = Table(
    "coverage_picks",
    metadata,
    Column("coverage_id", String(40), ForeignKey("coverages.id"), primary_key=True),
    Column("story_number", Number, ForeignKey("stories.number"), primary_key=True),
    Column("verb", String(8), nullable=False),
    Column("angle_id", String(128)),
    Column("picked_by", String(40), nullable=False),
    Column("outlet_id", String(40)),
    Column("picked_at", UtcDateTime, nullable=False),
)

coverage_claims = Table(
    "coverage_claims",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("coverage_id", String(40), ForeignKey("coverages.id"), nullable=False),
    Column("angle_id", String(128), nullable=False),
    Column("outlet_id", String(40), nullable=False),
    Column("desk", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("state", String(8), nullable=False),
    Column("story_id", String(40)),
    Column("claimed_by", String(40), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Index(None, "coverage_id"),
    Index(None, "state", "until"),
)

submissions = Table(
    "submissions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("story_number", Number, ForeignKey("stories.number"), nullable=False),
    Column("outlet_id", String(40), nullable=False),
    Column("to_outlet_id", String(40), nullable=False),
    Column("topic", String(10), nullable=False),
    Column("note", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("reason", Text, nullable=False),
    Column("submitted_by", String(40), nullable=False),
    Column("submitted_at", UtcDateTime, nullable=False),
    Column("decided_by", String(40)),
    Column("decided_at", UtcDateTime),
    Index(None, "story_number"),
    Index(None, "outlet_id", "submitted_at"),
    Index(None, "to_outlet_id", "submitted_at"),
)
