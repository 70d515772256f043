"""Stories offered to upper outlets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, or_, select, update

from tianfu.model.flow.desk import Desk
from tianfu.model.flow.submission import Submission, SubmissionState
from tianfu.serving.store.joint_schema import submissions
from tianfu.serving.store.schema import stories


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionQuery:
    """Which submissions to list, newest first.  ``None`` means no condition.

    Attributes:
        sender: Offered by this outlet.
        receiver: Offered to this outlet.
        story_id: Of this story.
        before: Resume after this (submitted_at, id).
    """

    sender: str | None = None
    receiver: str | None = None
    story_id: str | None = None
    state: SubmissionState | None = None
    before: tuple[datetime, str] | None = None
    limit: int = 20


class Submissions:
    """Who offered what to whom."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, submission: Submission) -> None:
        """Record a submission."""
        self._connection.execute(insert(submissions), [{**_values(submission), "id": submission.id}])

    def replace(self, submission: Submission) -> None:
        """Change a submission."""
        statement = update(submissions).where(submissions.c.id == submission.id)
        self._connection.execute(statement.values(_values(submission)))

    def by_id(self, submission_id: str) -> Submission | None:
        """Find a submission."""
        query = select(submissions).where(submissions.c.id == submission_id)
        row = self._connection.execute(query).one_or_none()
        return _submission(row) if row else None

    def of_story(self, story_number: int) -> list[Submission]:
        """Every submission of a story, oldest first."""
        c = submissions.c
        query = select(submissions).where(c.story_number == story_number).order_by(c.submitted_at, c.id)
        return [_submission(row) for row in self._connection.execute(query)]

    def page(self, query: SubmissionQuery) -> list[Submission]:
        """List submissions, newest first, at most ``query.limit``."""
        c = submissions.c
        statement = (
            select(submissions)
            .where(*_conditions(query))
            .order_by(c.submitted_at.desc(), c.id.desc())
            .limit(query.limit)
        )
        return [_submission(row) for row in self._connection.execute(statement)]


def _conditions(query: SubmissionQuery) -> Sequence[ColumnElement[bool]]:
    c = submissions.c
    found: list[ColumnElement[bool]] = []
    if query.sender is not None:
        found.append(c.outlet_id == query.sender)
    if query.receiver is not None:
        found.append(c.to_outlet_id == query.receiver)
    if query.story_id is not None:
        found.append(c.story_number.in_(select(stories.c.number).where(stories.c.id == query.story_id)))
    if query.state is not None:
        found.append(c.state == query.state.value)
    if query.before is not None:
        at, last = query.before
        found.append(or_(c.submitted_at < at, and_(c.submitted_at == at, c.id < last)))
    return found


def _values(submission: Submission) -> dict[str, Any]:
    return {
        "story_number": submission.story_number,
        "outlet_id": submission.outlet_id,
        "to_outlet_id": submission.desk.outlet_id,
        "topic": submission.desk.topic,
        "note": submission.note,
        "state": submission.state.value,
        "reason": submission.reason,
        "submitted_by": submission.submitted_by,
        "submitted_at": submission.submitted_at,
        "decided_by": submission.decided_by,
        "decided_at": submission.decided_at,
    }


def _submission(row: Row[Any]) -> Submission:
    return Submission(
        id=row.id,
        story_number=row.story_number,
        outlet_id=row.outlet_id,
        desk=Desk(row.to_outlet_id, row.topic),
        note=row.note,
        state=SubmissionState(row.state),
        reason=row.reason,
        submitted_by=row.submitted_by,
        submitted_at=row.submitted_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )
