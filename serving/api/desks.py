"""Which upper desks would take a story (精准上送)."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from tianfu.model.errors import InvalidRequest
from tianfu.model.flow.adoption import AdoptedBy, Adoption
from tianfu.model.outlet import OutletLevel
from tianfu.model.rules import check_id
from tianfu.serving.api.context import NewsCaller, NewsroomDep
from tianfu.serving.api.forms import Out
from tianfu.serving.api.pickups import GroundOut, ground_out
from tianfu.serving.services.desks import LEDGER_DAYS, FoundDesk

router = APIRouter(tags=["flow"])


class AdoptedOut(Out):
    """A past story that the desk took; `likeness` to the story asked about, -1..1, where known."""

    story_id: str
    title: str
    outlet_id: str
    adopted_at: datetime
    by: AdoptedBy
    likeness: float | None


class ToldOut(Out):
    """What the upper outlet has of the event."""

    story_id: str
    title: str


class DeskOut(Out):
    """A desk; `confidence` estimates the chance that it takes the story, 0..1."""

    desk: str
    name: str
    outlet_id: str
    level: OutletLevel
    topic: str | None
    confidence: float
    told_already: ToldOut | None
    reasons: list[GroundOut]
    examples: list[AdoptedOut]


class DesksOut(Out):
    """Desks, most likely first."""

    story_id: str
    ledger_days: int
    items: list[DeskOut]


@router.get("/stories/{story_id}/desks")
def get_desks(
    story_id: str,
    room: NewsroomDep,
    _known: NewsCaller,
    limit: Annotated[int, Field(ge=1, le=50)] = 8,
) -> DesksOut:
    """Estimate which desks above the story's outlet would take it, from what they took before."""
    check_id(story_id, field="story_id", error=InvalidRequest)
    found = room.desks.find(story_id, limit=limit)
    return DesksOut(story_id=story_id, ledger_days=LEDGER_DAYS, items=[_desk_out(one) for one in found])


def _desk_out(found: FoundDesk) -> DeskOut:
    answer = found.answer
    told = answer.told
    return DeskOut(
        desk=answer.desk.id,
        name=found.name,
        outlet_id=found.outlet.id,
        level=found.outlet.level,
        topic=answer.desk.topic or None,
        confidence=answer.confidence,
        told_already=ToldOut(story_id=told[0], title=told[1]) if told else None,
        reasons=[ground_out(one) for one in found.grounds],
        examples=[_adopted_out(adoption, likeness) for adoption, likeness in answer.examples],
    )


def _adopted_out(adoption: Adoption, likeness: float | None) -> AdoptedOut:
    return AdoptedOut(
        story_id=adoption.story_id,
        title=adoption.title,
        outlet_id=adoption.outlet_id,
        adopted_at=adoption.at,
        by=adoption.by,
        likeness=None if likeness is None else round(likeness, 4),
    )
