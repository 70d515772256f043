"""The decision log: every feed, kept so that it can be paged through and explained."""

from datetime import datetime

import orjson
from pydantic import TypeAdapter
from sqlalchemy import Connection, delete, insert, select

from tianfu.model.recommendation import Decision
from tianfu.serving.store.schema import decisions

_DECISION = TypeAdapter(Decision)


class Decisions:
    """Feeds as decided."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, made: list[Decision]) -> None:
        """Append decisions."""
        rows = [
            {
                "trace_id": d.trace_id,
                "outlet_id": d.request.outlet_id,
                "reader_key": d.reader_key,
                "made_at": d.made_at,
                "record": orjson.dumps(_DECISION.dump_python(d, mode="json")),
            }
            for d in made
        ]
        if rows:
            self._connection.execute(insert(decisions), rows)

    def by_trace_id(self, trace_id: str) -> Decision | None:
        """Find the decision behind a feed."""
        query = select(decisions.c.record).where(decisions.c.trace_id == trace_id)
        record = self._connection.execute(query).scalar_one_or_none()
        return _DECISION.validate_json(record) if record is not None else None

    def drop_before(self, moment: datetime) -> int:
        """Delete decisions older than the time they are kept for."""
        return self._connection.execute(delete(decisions).where(decisions.c.made_at < moment)).rowcount
