"""Submissions (上送): an editor offers a story to an upper outlet, which takes it or says why not."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tianfu.model.errors import InvalidSubmission
from tianfu.model.flow.desk import Desk
from tianfu.model.rules import check_text

MAX_NOTE_CHARS = 300


class SubmissionState(StrEnum):
    """What became of a submission."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One story offered to one desk.

    Attributes:
        story_number: The store's number of the story.
        outlet_id: Whose story it is.
        desk: Whom it is offered to.
        reason: The upper outlet's; never empty with state ``declined``.
        submitted_by: Key id.
        decided_by: Key id of who ended it, ``None`` while it stands.
        decided_at: When it was ended; with state ``accepted`` the time of adoption.

    Raises:
        InvalidSubmission: A field breaks its rule.
    """

    id: str
    story_number: int
    outlet_id: str
    desk: Desk
    submitted_by: str
    submitted_at: datetime
    note: str = ""
    state: SubmissionState = SubmissionState.SUBMITTED
    reason: str = ""
    decided_by: str | None = None
    decided_at: datetime | None = None

    def __post_init__(self) -> None:
        error = InvalidSubmission
        check_text(self.note, field="note", error=error, high=MAX_NOTE_CHARS, lines=True)
        check_text(self.reason, field="reason", error=error, high=MAX_NOTE_CHARS, lines=True)
        if self.state is SubmissionState.DECLINED and not self.reason.strip():
            raise error(field="reason", why="is needed to decline", advice="Tell the sender why.")
