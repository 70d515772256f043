"""Retention removes the rest of a month some rows at a time on PostgreSQL.

Revision: 0022
Before: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_SOME = """
        FOR part IN
            SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = parent::regclass
        LOOP
            EXECUTE format(
                'DELETE FROM %I WHERE ctid = ANY(ARRAY(SELECT ctid FROM %I WHERE %I < %L LIMIT 5000))',
                part, part, stamp, oldest);
            GET DIAGNOSTICS found = ROW_COUNT;
            gone := gone + found;
        END LOOP;"""
_ALL = """
        EXECUTE format('DELETE FROM %I WHERE %I < %L', parent, stamp, oldest);
        GET DIAGNOSTICS found = ROW_COUNT;
        gone := gone + found;"""
_KEEP_MONTHS = """
CREATE OR REPLACE FUNCTION tianfu_keep_months(told timestamptz, event_days integer, decision_days integer)
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
        END LOOP;{delete}
    END LOOP;
    RETURN gone;
END $$
"""


def upgrade() -> None:
    """Apply."""
    _replace(_SOME)


def downgrade() -> None:
    """Undo."""
    _replace(_ALL)


def _replace(delete: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
        op.execute(_KEEP_MONTHS.format(schema=schema, delete=delete))
