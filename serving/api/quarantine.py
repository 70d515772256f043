"""Events held back because they look made."""

from datetime import datetime

from fastapi import APIRouter

from tianfu.model.brushing import BrushRule
from tianfu.model.errors import InvalidRequest
from tianfu.model.rules import check_id
from tianfu.serving.api.context import NewsroomDep, OperatorCaller
from tianfu.serving.api.forms import Out, PageLimit

router = APIRouter(prefix="/quarantine", tags=["operations"])


class HeldOut(Out):
    """What one rule holds back of one story in one outlet: counts, no readers."""

    story_id: str
    title: str
    outlet_id: str
    rule: BrushRule
    events: int
    first_at: datetime
    last_at: datetime


class QuarantineOut(Out):
    """What came in during the last seven days and is held back, most first."""

    items: list[HeldOut]


class ReleasedOut(Out):
    """How many events count after all."""

    released: int


@router.get("")
def list_quarantine(room: NewsroomDep, _known: OperatorCaller, limit: PageLimit = 50) -> QuarantineOut:
    """What is held back: kept, but making nothing hot and teaching nothing."""
    return QuarantineOut(
        items=[
            HeldOut(
                story_id=one.story_id,
                title=one.title,
                outlet_id=one.held.outlet_id,
                rule=one.held.rule,
                events=one.held.events,
                first_at=one.held.first_at,
                last_at=one.held.last_at,
            )
            for one in room.quarantine.look(limit)
        ]
    )


@router.post("/{story_id}/release")
def release_story(story_id: str, room: NewsroomDep, known: OperatorCaller) -> ReleasedOut:
    """Count what was held back of a story after all; the audit trail says who did."""
    check_id(story_id, field="story_id", error=InvalidRequest)
    return ReleasedOut(released=room.quarantine.release(story_id, caller=known))
