"""Which upper desks would take a story (精准上送)."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from tianfu.model.errors import InvalidRequest
from tianfu.model.flow.adoption import AdoptedBy, Adoption
from tianfu.model.outlet import OutletLevel
from tianfu.model.rules import check_id
from tianfu.model.story import StoryText
from tianfu.model.tag import TagKind
from tianfu.serving.api.context import NewsCaller, NewsroomDep
from tianfu.serving.api.duplicates import matches_of
from tianfu.serving.api.forms import Out
from tianfu.serving.api.pickups import GroundOut, ground_out
from tianfu.serving.api.tags import TagTextIn
from tianfu.serving.services.desks import LEDGER_DAYS, FoundDesk, Offer

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
    """Desks, most likely first; `story_id` is null for a text that is not stored."""

    story_id: str | None
    ledger_days: int
    items: list[DeskOut]


class DeskTextIn(TagTextIn):
    """A text to be offered; nothing of it is kept."""

    outlet_id: Annotated[
        str | None, Field(max_length=40, description="Who offers it; the key's own outlet by default.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=50)] = 8


@router.post("/desks/suggest")
def suggest_desks(text: DeskTextIn, room: NewsroomDep, known: NewsCaller) -> DesksOut:
    """Estimate which desks above an outlet would take a text that is still being written."""
    text.check()
    outlet_id = text.outlet_id or known.key.outlet_id
    if outlet_id is None:
        raise InvalidRequest(field="outlet_id", why="is needed with a platform key")
    check_id(outlet_id, field="outlet_id", error=InvalidRequest)
    given = StoryText(title=text.title, body=text.body, published_at=room.clock.now())
    outlet = room.library.outlets.get(outlet_id)
    reading = room.reader.read([given], [outlet.adcode if outlet else None])[0]
    tags = [suggestion for suggestion, _ in reading.tags]
    told = matches_of(given, None, 50, room)
    offer = Offer(
        outlet_id=outlet_id,
        topics={tag.code: tag.confidence for tag in tags if tag.kind is TagKind.TOPIC},
        places=tuple(tag.code for tag in tags if tag.kind is TagKind.PLACE),
        told={match.outlet_id: (match.story_id, match.title) for match in reversed(told)},
        vector=reading.vector,
        cluster_ids=frozenset(match.cluster_id for match in told),
    )
    found = room.desks.find_for(offer, limit=text.limit)
    return DesksOut(story_id=None, ledger_days=LEDGER_DAYS, items=[_desk_out(one) for one in found])


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
