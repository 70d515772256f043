"""How often each key asked each process, by minute, so that processes share one limit."""

from collections.abc import Mapping

from sqlalchemy import Connection, delete, func, select

from tianfu.serving.store.schema import key_usage
from tianfu.serving.store.upsert import upsert


class KeyUsage:
    """Counts of requests; rows live for some minutes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, process: str, counts: Mapping[tuple[str, int], int]) -> None:
        """Tell what a process counted, by (key, minute since the epoch), in place of what it told before."""
        rows = [
            {"key_id": key_id, "process": process, "minute": minute, "requests": requests}
            for (key_id, minute), requests in counts.items()
        ]
        upsert(self._connection, key_usage, rows)

    def of_others(self, process: str, since_minute: int) -> dict[tuple[str, int], int]:
        """What all other processes counted together from a minute on."""
        c = key_usage.c
        query = (
            select(c.key_id, c.minute, func.sum(c.requests))
            .where(c.process != process, c.minute >= since_minute)
            .group_by(c.key_id, c.minute)
        )
        return {(row[0], row[1]): int(row[2]) for row in self._connection.execute(query)}

    def drop_before(self, minute: int) -> None:
        """Forget minutes that no limit looks at any more."""
        self._connection.execute(delete(key_usage).where(key_usage.c.minute < minute))
