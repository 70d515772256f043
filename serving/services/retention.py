"""The chore that lets old events, decisions and changes go."""

import time
from datetime import timedelta

import structlog

from tianfu.model.errors import StoreUnavailable
from tianfu.model.ports import Clock
from tianfu.serving.store.database import Database

log = structlog.get_logger(__name__)

_EVERY_S = 3_600.0
_AGAIN_S = 300.0
_CHANGES = timedelta(days=30)
"""How long a replica may be away, or a snapshot lie, before the index is built from the database instead."""
_MOST_AHEAD = timedelta(hours=1)


class RetentionChore:
    """Looks once an hour.  A clock that jumped ahead drops nothing: what is gone is gone.

    On PostgreSQL its own clock must agree as well, see the function ``tianfu_keep_months``.
    """

    def __init__(self, *, database: Database, clock: Clock, event_days: int, decision_days: int) -> None:
        self._database = database
        self._clock = clock
        self._event_days = event_days
        self._decision_days = decision_days
        self._began = clock.now(), time.monotonic()
        self._done_s: float | None = None

    def step(self) -> int:
        """Drop a little of what is too old; returns how much, 0 when there is nothing to do."""
        if self._done_s is not None and time.monotonic() - self._done_s < _EVERY_S:
            return 0
        began, began_s = self._began
        ahead = self._clock.now() - began - timedelta(seconds=time.monotonic() - began_s)
        if ahead > _MOST_AHEAD:
            log.warning("retention.clock_jumped", ahead_s=int(ahead.total_seconds()))
            self._done_s = time.monotonic()
            return 0
        try:
            with self._database.write(()) as uow:
                gone = uow.retention.step(
                    self._clock.now(), event_days=self._event_days, decision_days=self._decision_days
                )
                gone += uow.changes.let_go(self._clock.now() - _CHANGES)
                uow.commit()
        except StoreUnavailable:  # what fails each time must not hold up every round of the worker
            self._done_s = time.monotonic() - _EVERY_S + _AGAIN_S
            raise
        if gone == 0:
            self._done_s = time.monotonic()
        else:
            log.info("retention.dropped", rows=gone)
        return gone
