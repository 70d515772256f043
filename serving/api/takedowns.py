"""Taking stories out of sight, and putting them back."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from tianfu.serving.api.context import EditorCaller, NewsroomDep
from tianfu.serving.api.forms import In, Out
from tianfu.serving.store.takedowns import TakedownScope

router = APIRouter(prefix="/stories", tags=["stories"])


class TakedownIn(In):
    """An order to take a story out of sight."""

    reason: Annotated[str, Field(min_length=1, max_length=500, description="Kept in the audit trail.")]
    scope: TakedownScope = TakedownScope.STORY


class TakedownOut(Out):
    """The order and its receipt: every story it reached."""

    takedown_id: str
    scope: TakedownScope
    taken_at: datetime
    story_ids: list[str]


class RestoreOut(Out):
    """Which stories are back."""

    story_ids: list[str]


@router.post("/{story_id}/takedown")
def take_down(story_id: str, order: TakedownIn, room: NewsroomDep, known: EditorCaller) -> TakedownOut:
    """Take a story, or its whole cluster, out of every answer at once."""
    done, reached = room.takedowns.take_down(story_id, scope=order.scope, reason=order.reason, caller=known)
    return TakedownOut(
        takedown_id=done.id, scope=done.scope, taken_at=done.taken_at, story_ids=[s.id for s in reached]
    )


@router.post("/{story_id}/restore")
def restore(story_id: str, room: NewsroomDep, known: EditorCaller) -> RestoreOut:
    """Put a story back that was taken down."""
    return RestoreOut(story_ids=[s.id for s in room.takedowns.restore(story_id, caller=known)])
