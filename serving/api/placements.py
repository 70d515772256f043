"""Placements: what people decide about feeds."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from tianfu.model.errors import InvalidPlacement
from tianfu.model.event import Scene
from tianfu.model.placement import MAX_POSITION, Placement, PlacementAction
from tianfu.model.rules import check_id
from tianfu.serving.api.context import EditorCaller, NewsroomDep
from tianfu.serving.api.forms import In, Out
from tianfu.serving.services.clock import new_id

router = APIRouter(prefix="/placements", tags=["placements"])

_OutletIds = Annotated[
    list[str], Field(max_length=210, description="Outlets it reaches; empty means all.", default_factory=list)
]


class PlacementIn(In):
    """An order."""

    story_id: Annotated[str, Field(min_length=1, max_length=128)]
    action: PlacementAction
    starts_at: datetime | None = None
    ends_at: datetime
    position: Annotated[int | None, Field(ge=0, lt=MAX_POSITION, description="For pin and insert.")] = None
    outlet_ids: _OutletIds
    adcode: str | None = None
    scenes: Annotated[list[Scene], Field(max_length=5, default_factory=list)]
    note: Annotated[str, Field(max_length=500)] = ""


class PlacementPatchIn(In):
    """Fields to change; what is left out stays."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    position: Annotated[int | None, Field(ge=0, lt=MAX_POSITION)] = None
    note: Annotated[str | None, Field(max_length=500)] = None


class PlacementOut(Out):
    """A standing order."""

    id: str
    story_id: str
    action: PlacementAction
    position: int | None
    outlet_ids: list[str]
    adcode: str | None
    scenes: list[Scene]
    starts_at: datetime
    ends_at: datetime
    note: str
    created_by: str
    created_at: datetime


class PlacementsOut(Out):
    """Standing orders, oldest first."""

    items: list[PlacementOut]


@router.post("", status_code=201)
def give_placement(order: PlacementIn, room: NewsroomDep, known: EditorCaller) -> PlacementOut:
    """Pin, insert, boost, suppress or block a story; must_carry is the provincial platform's."""
    now = room.clock.now()
    check_id(order.story_id, field="story_id", error=InvalidPlacement)
    placement = Placement(
        id=new_id("p"),
        story_id=order.story_id,
        action=order.action,
        position=order.position,
        outlet_ids=frozenset(order.outlet_ids),
        adcode=order.adcode,
        scenes=frozenset(order.scenes),
        starts_at=order.starts_at or now,
        ends_at=order.ends_at,
        note=order.note,
        created_by=known.key.id,
        created_at=now,
    )
    return placement_out(room.placements.give(placement, caller=known))


@router.get("")
def list_placements(room: NewsroomDep, known: EditorCaller) -> PlacementsOut:
    """List orders in force now or later that reach the caller's outlet."""
    return PlacementsOut(items=[placement_out(p) for p in room.placements.standing(known)])


@router.patch("/{placement_id}")
def change_placement(
    placement_id: str, change: PlacementPatchIn, room: NewsroomDep, known: EditorCaller
) -> PlacementOut:
    """Change an order's time, position or note."""
    fields: dict[str, Any] = {k: v for k, v in change.model_dump(exclude_unset=True).items() if v is not None}
    return placement_out(room.placements.change(placement_id, fields, caller=known))


@router.delete("/{placement_id}", status_code=204)
def withdraw_placement(placement_id: str, room: NewsroomDep, known: EditorCaller) -> None:
    """End an order at once."""
    room.placements.withdraw(placement_id, caller=known)


def placement_out(placement: Placement) -> PlacementOut:
    """Translate an order."""
    return PlacementOut(
        id=placement.id,
        story_id=placement.story_id,
        action=placement.action,
        position=placement.position,
        outlet_ids=sorted(placement.outlet_ids),
        adcode=placement.adcode,
        scenes=sorted(placement.scenes),
        starts_at=placement.starts_at,
        ends_at=placement.ends_at,
        note=placement.note,
        created_by=placement.created_by,
        created_at=placement.created_at,
    )
