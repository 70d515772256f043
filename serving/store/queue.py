"""The work queue: one row for each story whose current revision is not indexed yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    delete,
    func,
    not_,
    or_,
    select,
    tuple_,
    update,
)

from tianfu.serving.store.estimates import count_about
from tianfu.serving.store.notices import life_number, living
from tianfu.serving.store.schema import OFTEN_TRIED, stories, work_queue
from tianfu.serving.store.upsert import in_chunks, upsert

LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 5
_EXACT_TO = 10_000
_OFTEN = 2
"""Rows taken so often before are taken one by one, see :data:`OFTEN_TRIED`."""
ALL_AT_ONCE = 5_000
"""So many stories are queued by one statement, so that nobody waits long for their rows."""


@dataclass(frozen=True, slots=True)
class QueuedStory:
    """A story waiting to be indexed.

    Attributes:
        attempts: How often a worker has taken it, this time included.
    """

    number: int
    revision: int
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDepth:
    """How much work waits.

    Attributes:
        waiting: Rows that a worker may still take or has taken.
        stuck: Rows given up after five attempts.
        oldest_at: When the oldest waiting row came in; those that are only read again are left out.
    """

    waiting: int
    stuck: int
    oldest_at: datetime | None


class WorkQueue:
    """Rows are leased, so that a worker killed halfway loses nothing: its lease runs out."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, revisions: Mapping[int, int], now: datetime, *, keep: bool = False) -> None:
        """Queue stories at these revisions, in place of rows of the same or an older one.

        With ``keep`` stories that are queued already stay as they are.
        """
        self._put(revisions, now, again=False, keep=keep)

    def _put(self, revisions: Mapping[int, int], now: datetime, *, again: bool, keep: bool = False) -> None:
        rows = [
            {
                "story_number": number,
                "revision": revision,
                "enqueued_at": now,
                "leased_until": None,
                "leased_by": None,
                "attempts": 0,
                "last_error": None,
                "again": again,
            }
            for number, revision in revisions.items()
        ]
        stay = ["again", "enqueued_at"] if again else []  # what is new stays so, and as old as it is
        upsert(self._connection, work_queue, rows, keep=keep, stay=stay, unless_above="revision")

    def add_all(self, now: datetime, *, after: int = 0, most: int = ALL_AT_ONCE) -> list[int]:
        """Queue stories at their current revisions, the next so many by number; returns their numbers.

        They are only read again, which takes days for an archive, and so come after everything that is new.
        """
        query = select(stories.c.number, stories.c.revision).where(stories.c.number > after)
        rows = self._connection.execute(query.order_by(stories.c.number).limit(most)).all()
        self._put({row.number: row.revision for row in rows}, now, again=True)
        return [row.number for row in rows]

    def take(self, count: int, *, worker: str, now: datetime) -> list[QueuedStory]:
        """Lease the oldest rows that nobody else holds, new stories and edits before what is read again.

        They come back when the lease runs out.  What this worker holds still, because the database went away
        meanwhile, it gets again, and that is not counted as an attempt.  Rows that were tried twice before
        are left to :meth:`take_doubtful`.
        """
        q = work_queue.c
        wanted = or_(and_(_held_by(worker), q.attempts <= _OFTEN), and_(_free(now), q.attempts < _OFTEN))
        order = (q.again, q.enqueued_at, q.story_number)
        return self._lease(select(q.story_number).where(wanted).order_by(*order), count, worker, now)

    def take_doubtful(self, *, worker: str, now: datetime) -> list[QueuedStory]:
        """Lease the one row that was tried least of those tried twice before, the new ones first.

        One of the rows that a killed worker held may have killed it; alone it takes no other with it.
        """
        q = work_queue.c
        wanted = or_(and_(_held_by(worker), q.attempts > _OFTEN), and_(_free(now), q.attempts < MAX_ATTEMPTS))
        order = (case((q.again, 1), else_=0), q.attempts, q.story_number)
        query = select(q.story_number).where(OFTEN_TRIED, wanted).order_by(*order)
        return self._lease(query, 1, worker, now)

    def _lease(self, query: Select[Any], count: int, worker: str, now: datetime) -> list[QueuedStory]:
        q = work_queue.c
        again = case((_held_by(worker), q.attempts), else_=q.attempts + 1)
        query = query.add_columns(q.revision, again.label("attempts"))
        rows = self._connection.execute(query.limit(count).with_for_update(skip_locked=True)).all()
        for chunk in in_chunks([row.story_number for row in rows]):
            self._connection.execute(
                update(work_queue)
                .where(q.story_number.in_(chunk))
                .values(leased_until=now + LEASE, leased_by=worker, attempts=again)
            )
        return [QueuedStory(row.story_number, row.revision, row.attempts) for row in rows]

    def finish(self, done: Sequence[QueuedStory]) -> None:
        """Remove rows whose revision is indexed; a row queued anew meanwhile stays."""
        for chunk in in_chunks(done, 400):
            pairs = [(item.number, item.revision) for item in chunk]
            self._connection.execute(
                delete(work_queue).where(tuple_(work_queue.c.story_number, work_queue.c.revision).in_(pairs))
            )

    def fail(self, item: QueuedStory, error: str) -> None:
        """Note why a row failed and let go of it, to be tried again up to five times."""
        self._connection.execute(
            update(work_queue)
            .where(work_queue.c.story_number == item.number, work_queue.c.revision == item.revision)
            .values(leased_until=None, leased_by=None, last_error=error[:500])
        )

    def release(self, *, worker: str | None = None) -> int:
        """Give up leases: of one worker that stops, or of all, when this process is the only one."""
        statement = update(work_queue).where(work_queue.c.leased_by.is_not(None))
        if worker is not None:
            statement = statement.where(work_queue.c.leased_by == worker)
        return self._connection.execute(statement.values(leased_until=None, leased_by=None)).rowcount

    def release_dead(self) -> int:
        """Give up leases of workers whose line to PostgreSQL is gone: they were killed, or cut off.

        One that was only cut off may finish what it holds all the same; storing twice changes nothing.
        """
        holders = self.holders()
        alive = living(self._connection) if holders else set()
        return sum(self.release(worker=name) for name in sorted(holders) if life_number(name) not in alive)

    def holders(self) -> set[str]:
        """Workers that hold rows."""
        held = select(work_queue.c.leased_by).where(work_queue.c.leased_by.is_not(None)).distinct()
        return set(self._connection.execute(held).scalars())

    def depth(self) -> QueueDepth:
        """Count what waits, at a cost that does not grow with it; a long queue on PostgreSQL is estimated."""
        q = work_queue.c
        new = select(q.enqueued_at).where(not_(q.again), q.attempts < MAX_ATTEMPTS)
        oldest = self._connection.execute(new.order_by(q.enqueued_at).limit(1)).scalar_one_or_none()
        given_up = select(func.count()).select_from(work_queue).where(OFTEN_TRIED, q.attempts >= MAX_ATTEMPTS)
        stuck = self._connection.execute(given_up).scalar_one()
        rows = count_about(self._connection, work_queue, exact_to=_EXACT_TO)
        return QueueDepth(waiting=max(0, rows - stuck), stuck=stuck, oldest_at=oldest)


def _held_by(worker: str) -> ColumnElement[bool]:
    return and_(work_queue.c.leased_by.is_not(None), work_queue.c.leased_by == worker)


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(work_queue.c.leased_until.is_(None), work_queue.c.leased_until < now)
