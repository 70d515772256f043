"""Old events, decisions and changes go: whole months on PostgreSQL, else some rows at a time."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, text

from tianfu.serving.store.engines import take_ones_time
from tianfu.serving.store.schema import decisions, events

_ROWS = 2_000
_KEEP = text("SELECT tianfu_keep_months(:told, :event_days, :decision_days)")


class Retention:
    """Keeps the logs as long as they are kept for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def step(self, now: datetime, *, event_days: int, decision_days: int) -> int:
        """Drop some of what is too old; returns how much, 0 when nothing is left to drop.

        On PostgreSQL it also makes the tables of the months to come.
        """
        if self._connection.dialect.name == "postgresql":
            days = {"told": now, "event_days": event_days, "decision_days": decision_days}
            take_ones_time(self._connection)
            return int(self._connection.execute(_KEEP, days).scalar_one())
        old = select(events.c.number).where(events.c.at < now - timedelta(days=event_days))
        gone = self._connection.execute(
            delete(events).where(events.c.number.in_(old.order_by(events.c.at).limit(_ROWS)))
        ).rowcount
        d = decisions.c
        old_ids = select(d.trace_id).where(d.made_at < now - timedelta(days=decision_days))
        gone += self._connection.execute(
            delete(decisions).where(d.trace_id.in_(old_ids.order_by(d.made_at).limit(_ROWS)))
        ).rowcount
        return gone
