"""Events and decisions by month on PostgreSQL; numbers of events are never given twice; who was a newcomer.

Revision: 0008
Before: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INDEXES = {
    "events": (
        "ix_events_at ON events (at)",
        "ix_events_outlet_id_at ON events (outlet_id, at)",
        "ix_events_reader_key ON events (reader_key)",
        "ix_events_story_number ON events (story_number)",
        "ix_events_quarantine_story_number ON events (quarantine, story_number)",
    ),
    "decisions": (
        "ix_decisions_made_at ON decisions (made_at)",
        "ix_decisions_reader_key ON decisions (reader_key)",
    ),
}

_KEEP_MONTHS = """
CREATE FUNCTION tianfu_keep_months(told timestamptz, event_days integer, decision_days integer)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp SET timezone = 'UTC' AS $$
-- Makes the months to come and drops what is older than it is kept for; returns rows and months dropped.
-- Runs with the rights of the owner, so that the service itself needs none to change tables.
-- The clock of the service alone never drops anything: the earlier of its time and the database's counts.
DECLARE
    parent text; stamp text; days integer; oldest timestamptz; month timestamptz; part text;
    gone bigint := 0; found bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('months', 0));
    FOR parent, stamp, days IN VALUES ('events', 'at', event_days), ('decisions', 'made_at', decision_days) LOOP
        FOR ahead IN -1..2 LOOP
            month := date_trunc('month', told) + make_interval(months => ahead);
            part := parent || to_char(month, '_YYYY_MM');
            CONTINUE WHEN to_regclass(quote_ident(part)) IS NOT NULL;
            EXECUTE format('LOCK TABLE %I IN SHARE ROW EXCLUSIVE MODE', parent);
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS)', part, parent);
            EXECUTE format(
                'WITH moved AS (DELETE FROM %I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
                parent || '_other', stamp, month, stamp, month + interval '1 month', part);
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                parent, part, month, month + interval '1 month');
        END LOOP;
        oldest := least(told, now()) - make_interval(days => greatest(days, 1));
        FOR part IN
            SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = parent::regclass AND c.relname ~ '_[0-9]{{4}}_[0-9]{{2}}$'
        LOOP
            month := to_timestamp(right(part, 7), 'YYYY_MM');
            IF month + interval '1 month' <= oldest THEN
                EXECUTE format('DROP TABLE %I', part);
                gone := gone + 1;
            END IF;
        END LOOP;
        EXECUTE format('DELETE FROM %I WHERE %I < %L', parent, stamp, oldest);
        GET DIAGNOSTICS found = ROW_COUNT;
        gone := gone + found;
    END LOOP;
    RETURN gone;
END $$
"""


def upgrade() -> None:
    """Apply."""
    op.add_column("events", sa.Column("newcomer", sa.Boolean(), nullable=False, server_default=sa.false()))
    if op.get_bind().dialect.name != "postgresql":
        _rebuild_events(autoincrement=True)
        return
    _by_month("events", "at", "number, at")
    op.execute("CREATE INDEX ix_events_outlet_id_event_id ON events (outlet_id, event_id)")
    _by_month("decisions", "made_at", "trace_id, made_at")
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    op.execute(_KEEP_MONTHS.format(schema=schema))
    op.execute("REVOKE EXECUTE ON FUNCTION tianfu_keep_months FROM PUBLIC")


def downgrade() -> None:
    """Undo."""
    if op.get_bind().dialect.name != "postgresql":
        _rebuild_events(autoincrement=False)
    else:
        op.execute("DROP FUNCTION tianfu_keep_months")
        _whole("events", "number")
        op.execute(
            "ALTER TABLE events ADD CONSTRAINT uq_events_outlet_id_event_id UNIQUE (outlet_id, event_id)"
        )
        _whole("decisions", "trace_id")
    op.drop_column("events", "newcomer")


def _by_month(table: str, stamp: str, key: str) -> None:
    """Put a table's rows into one that is cut by months; all lie in the rest until months are made."""
    op.execute(f"CREATE TABLE {table}_new (LIKE {table} INCLUDING DEFAULTS) PARTITION BY RANGE ({stamp})")
    op.execute(f"CREATE TABLE {table}_other PARTITION OF {table}_new DEFAULT")
    _replace(table, key)


def _whole(table: str, key: str) -> None:
    op.execute(f"CREATE TABLE {table}_new (LIKE {table} INCLUDING DEFAULTS)")
    _replace(table, key)


def _replace(table: str, key: str) -> None:
    if table == "events":
        op.execute("ALTER SEQUENCE events_number_seq OWNED BY events_new.number")
    op.execute(f"INSERT INTO {table}_new SELECT * FROM {table}")  # noqa: S608 - names of our own
    op.execute(f"DROP TABLE {table}")
    op.execute(f"ALTER TABLE {table}_new RENAME TO {table}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT pk_{table} PRIMARY KEY ({key})")
    for index in _INDEXES[table]:
        op.execute(f"CREATE INDEX {index}")


def _rebuild_events(*, autoincrement: bool) -> None:
    """SQLite gives the number of an erased last row again, unless told otherwise when the table is made."""
    with op.batch_alter_table(
        "events", recreate="always", table_kwargs={"sqlite_autoincrement": autoincrement}
    ):
        pass
