"""Submissions (上送): stories offered to upper outlets."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from tianfu.model.errors import InvalidRequest, InvalidSubmission
from tianfu.model.flow.desk import Desk, name_of_desk, read_desk
from tianfu.model.flow.submission import MAX_NOTE_CHARS, SubmissionState
from tianfu.model.rules import check_id
from tianfu.serving.api.context import EditorCaller, NewsroomDep
from tianfu.serving.api.forms import CursorParam, In, Out, PageLimit
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.services.submissions import SentStory
from tianfu.serving.store.submissions import SubmissionQuery

router = APIRouter(tags=["flow"])

_Note = Annotated[str, Field(max_length=MAX_NOTE_CHARS)]


class Box(StrEnum):
    """Which side of submissions to list."""

    INBOX = "inbox"
    OUTBOX = "outbox"


class SubmissionIn(In):
    """Whom to offer the story to: a desk, or an outlet's newsroom as a whole."""

    desk: Annotated[str | None, Field(max_length=51, description="Such as `guangyuan:14`.")] = None
    outlet_id: Annotated[str | None, Field(max_length=40)] = None
    note: _Note = ""

    def to_desk(self) -> Desk:
        """Translate.

        Raises:
            InvalidSubmission: Neither or both are given, or one is no id.
        """
        if (self.desk is None) == (self.outlet_id is None):
            raise InvalidSubmission(field="desk", why="or outlet_id is needed, one of the two")
        for name, value in (("desk", self.desk), ("outlet_id", self.outlet_id)):
            if value is not None:
                check_id(value, field=name, error=InvalidSubmission)
        return read_desk(self.desk) if self.desk is not None else Desk(self.outlet_id or "")


class SubmissionPatchIn(In):
    """How it ends: `accepted` or `declined` by the receiver, `withdrawn` by the sender."""

    state: SubmissionState
    reason: Annotated[_Note, Field(description="Needed to decline.")] = ""


class SubmissionOut(Out):
    """A submission; `adopted_at` is set when it was accepted."""

    id: str
    story_id: str
    title: str
    outlet_id: str
    to_outlet_id: str
    desk: str
    desk_name: str
    note: str
    state: SubmissionState
    reason: str
    submitted_at: datetime
    decided_at: datetime | None
    adopted_at: datetime | None


class SubmissionsOut(Out):
    """A page, newest first."""

    items: list[SubmissionOut]
    cursor: str | None


@router.post("/stories/{story_id}/submissions", status_code=201, responses={200: {"model": SubmissionOut}})
def submit_story(
    story_id: str, given: SubmissionIn, room: NewsroomDep, known: EditorCaller, response: Response
) -> SubmissionOut:
    """Offer a story to a desk above; offering it again while it stands answers 200 with the first."""
    check_id(story_id, field="story_id", error=InvalidSubmission)
    sent, is_new = room.submissions.submit(story_id, given.to_desk(), given.note, caller=known)
    if not is_new:
        response.status_code = 200
    return _submission_out(sent, room)


@router.get("/submissions")
def list_submissions(
    room: NewsroomDep,
    known: EditorCaller,
    box: Box = Box.INBOX,
    outlet_id: Annotated[
        str | None, Query(max_length=40, description="Whose box; the key's own by default.")
    ] = None,
    state: SubmissionState | None = None,
    story_id: Annotated[str | None, Query(max_length=128, description="Of this story alone.")] = None,
    limit: PageLimit = 20,
    cursor: CursorParam | None = None,
) -> SubmissionsOut:
    """List what was offered to an outlet (`inbox`) or by it (`outbox`), newest first."""
    for name, value in (("outlet_id", outlet_id), ("story_id", story_id)):
        if value is not None:
            check_id(value, field=name, error=InvalidRequest)
    before = None
    if cursor is not None:
        at, last_id = room.cursors.read("submissions", cursor)
        before = datetime.fromisoformat(at), last_id
    side = outlet_id or known.key.outlet_id
    query = SubmissionQuery(
        sender=side if box is Box.OUTBOX else None,
        receiver=side if box is Box.INBOX else None,
        state=state,
        story_id=story_id,
        before=before,
        limit=limit + 1,
    )
    found = room.submissions.page(query, caller=known)
    following = None
    if len(found) > limit:
        last, _ = found[limit - 1]
        following = room.cursors.make("submissions", last.submitted_at.isoformat(), last.id)
    return SubmissionsOut(items=[_submission_out(one, room) for one in found[:limit]], cursor=following)


@router.patch("/submissions/{submission_id}")
def end_submission(
    submission_id: str, change: SubmissionPatchIn, room: NewsroomDep, known: EditorCaller
) -> SubmissionOut:
    """Accept or decline what was offered to the own outlet, or withdraw what it offered."""
    check_id(submission_id, field="submission_id", error=InvalidSubmission)
    return _submission_out(
        room.submissions.end(submission_id, change.state, change.reason, caller=known), room
    )


def _submission_out(sent: SentStory, room: Newsroom) -> SubmissionOut:
    submission, story = sent
    accepted = submission.state is SubmissionState.ACCEPTED
    return SubmissionOut(
        id=submission.id,
        story_id=story.id,
        title=story.text.title,
        outlet_id=submission.outlet_id,
        to_outlet_id=submission.desk.outlet_id,
        desk=submission.desk.id,
        desk_name=name_of_desk(submission.desk, room.library.outlets, room.names),
        note=submission.note,
        state=submission.state,
        reason=submission.reason,
        submitted_at=submission.submitted_at,
        decided_at=submission.decided_at,
        adopted_at=submission.decided_at if accepted else None,
    )
