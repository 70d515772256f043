"""Placements: what people decide about feeds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from tianfu.model.errors import InvalidPlacement
from tianfu.model.event import Scene
from tianfu.model.feed.orders import SAYS
from tianfu.model.outlet import OutletLevel
from tianfu.model.placement import MAX_POSITION, MAX_PRIORITY, Authority, Placement, PlacementAction
from tianfu.model.rules import check_id
from tianfu.serving.api.context import EditorCaller, NewsroomDep
from tianfu.serving.api.forms import In, Out
from tianfu.serving.services.access import Caller
from tianfu.serving.services.clock import new_id
from tianfu.serving.services.newsroom import Newsroom

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
    levels: Annotated[
        list[OutletLevel], Field(max_length=3, default_factory=list, description="Empty means all.")
    ]
    scenes: Annotated[list[Scene], Field(max_length=5, default_factory=list)]
    channels: Annotated[
        list[str], Field(max_length=20, default_factory=list, description="Of scene `channel`.")
    ]
    priority: Annotated[int, Field(ge=0, le=MAX_PRIORITY, description="The higher goes first.")] = 0
    strength: Annotated[float, Field(ge=0.1, le=3.0, description="Of boost and suppress.")] = 1.0
    note: Annotated[str, Field(max_length=500)] = ""


class PlacementPatchIn(In):
    """Fields to change; what is left out stays."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    position: Annotated[int | None, Field(ge=0, lt=MAX_POSITION)] = None
    priority: Annotated[int | None, Field(ge=0, le=MAX_PRIORITY)] = None
    strength: Annotated[float | None, Field(ge=0.1, le=3.0)] = None
    note: Annotated[str | None, Field(max_length=500)] = None


class PlacementOut(Out):
    """An order; `story_title` is today's, `withdrawn_at` says when somebody ended it before its time."""

    id: str
    story_id: str
    story_title: str
    action: PlacementAction
    position: int | None
    outlet_ids: list[str]
    adcode: str | None
    levels: list[OutletLevel]
    scenes: list[Scene]
    channels: list[str]
    priority: int
    strength: float
    authority: Authority
    starts_at: datetime
    ends_at: datetime
    note: str
    created_by: str
    created_at: datetime
    withdrawn_at: datetime | None


class PlacementsOut(Out):
    """Standing orders, oldest first, or ended ones, latest given first."""

    items: list[PlacementOut]


class GivenPlacementOut(PlacementOut):
    """An order with the standing orders it meets, and the rules that decide between them."""

    meets: list[PlacementOut]
    rules: list[str]


class PlacementCheckOut(Out):
    """What would come of an order: how many outlets it reaches, which standing orders it meets, the rules."""

    reaches: int
    meets: list[PlacementOut]
    rules: list[str]


@router.post("", status_code=201)
def give_placement(order: PlacementIn, room: NewsroomDep, known: EditorCaller) -> GivenPlacementOut:
    """Pin, insert, boost, suppress or block a story; must_carry and emergency are the provincial platform's.

    `meets` names standing orders that want the same story or position at the same time.
    """
    placement = _placement(order, room, known)
    return _with_company(room.placements.give(placement, caller=known), room, known)


@router.post("/check")
def check_placement(order: PlacementIn, room: NewsroomDep, known: EditorCaller) -> PlacementCheckOut:
    """Try an order without giving it: the same refusals, and what it would meet."""
    placement = _placement(order, room, known)
    reaches = room.placements.check(placement, caller=known)
    return PlacementCheckOut(reaches=reaches, meets=_meets(placement, room, known), rules=list(SAYS))


@router.get("")
def list_placements(
    room: NewsroomDep,
    known: EditorCaller,
    ended: Annotated[bool, Query(description="Those that ended within 30 days instead.")] = False,
) -> PlacementsOut:
    """List orders that reach the caller's outlet and are in force now or later."""
    orders = room.placements.ended(known) if ended else [(p, None) for p in room.placements.standing(known)]
    titles = room.placements.titles(order for order, _ in orders)
    return PlacementsOut(items=[placement_out(order, titles, at) for order, at in orders])


@router.get("/{placement_id}")
def get_placement(placement_id: str, room: NewsroomDep, known: EditorCaller) -> GivenPlacementOut:
    """See an order, standing or ended, with the standing orders it meets."""
    check_id(placement_id, field="placement_id", error=InvalidPlacement)
    placement, withdrawn_at = room.placements.look(placement_id, caller=known)
    return _with_company(placement, room, known, withdrawn_at)


@router.patch("/{placement_id}")
def change_placement(
    placement_id: str, change: PlacementPatchIn, room: NewsroomDep, known: EditorCaller
) -> PlacementOut:
    """Change an order's time, position or note."""
    fields: dict[str, Any] = {k: v for k, v in change.model_dump(exclude_unset=True).items() if v is not None}
    changed = room.placements.change(placement_id, fields, caller=known)
    return placement_out(changed, room.placements.titles([changed]))


@router.delete("/{placement_id}", status_code=204)
def withdraw_placement(placement_id: str, room: NewsroomDep, known: EditorCaller) -> None:
    """End an order at once."""
    room.placements.withdraw(placement_id, caller=known)


class SceneReceiptOut(Out):
    """When and where an order was first shown in one scene; `pages` counts the pages that showed it."""

    scene: Scene
    first_shown_at: datetime
    first_position: int
    first_trace_id: str
    last_shown_at: datetime
    pages: int


class OutletReceiptOut(Out):
    """One outlet an order concerns; `scenes` is empty while its readers have seen nothing of it."""

    outlet_id: str
    outlet_name: str
    shown: bool
    scenes: list[SceneReceiptOut]


class ReceiptsOut(Out):
    """Where an order was shown: `reached` outlets concerned, `shown` of them so far."""

    placement_id: str
    reached: int
    shown: int
    items: list[OutletReceiptOut]


@router.get("/{placement_id}/receipts")
def get_receipts(placement_id: str, room: NewsroomDep, known: EditorCaller) -> ReceiptsOut:
    """Prove where an order was shown; an outlet's key sees its own outlet."""
    check_id(placement_id, field="placement_id", error=InvalidPlacement)
    placement, receipts = room.placements.receipts(placement_id, caller=known)
    outlets = room.library.outlets
    items = [
        OutletReceiptOut(
            outlet_id=one.outlet_id,
            outlet_name=outlets[one.outlet_id].name if one.outlet_id in outlets else one.outlet_id,
            shown=bool(one.scenes),
            scenes=[SceneReceiptOut.model_validate(row) for row in one.scenes],
        )
        for one in receipts
    ]
    return ReceiptsOut(
        placement_id=placement.id,
        reached=len(items),
        shown=sum(item.shown for item in items),
        items=items,
    )


def _placement(order: PlacementIn, room: Newsroom, known: Caller) -> Placement:
    now = room.clock.now()
    check_id(order.story_id, field="story_id", error=InvalidPlacement)
    return Placement(
        id=new_id("p"),
        story_id=order.story_id,
        action=order.action,
        position=order.position,
        outlet_ids=frozenset(order.outlet_ids),
        adcode=order.adcode,
        levels=frozenset(order.levels),
        scenes=frozenset(order.scenes),
        channels=frozenset(order.channels),
        priority=order.priority,
        strength=order.strength,
        authority=Authority.PLATFORM if known.key.outlet_id is None else Authority.OUTLET,
        starts_at=order.starts_at or now,
        ends_at=order.ends_at,
        note=order.note,
        created_by=known.key.id,
        created_at=now,
    )


def _with_company(
    placement: Placement, room: Newsroom, known: Caller, withdrawn_at: datetime | None = None
) -> GivenPlacementOut:
    shown = placement_out(placement, room.placements.titles([placement]), withdrawn_at)
    return GivenPlacementOut(**shown.model_dump(), meets=_meets(placement, room, known), rules=list(SAYS))


def _meets(placement: Placement, room: Newsroom, known: Caller) -> list[PlacementOut]:
    others = room.placements.meeting(placement, caller=known)
    titles = room.placements.titles(others)
    return [placement_out(other, titles) for other in others]


def placement_out(
    placement: Placement, titles: Mapping[str, str], withdrawn_at: datetime | None = None
) -> PlacementOut:
    """Translate an order."""
    return PlacementOut(
        id=placement.id,
        story_id=placement.story_id,
        story_title=titles.get(placement.story_id, ""),
        action=placement.action,
        position=placement.position,
        outlet_ids=sorted(placement.outlet_ids),
        adcode=placement.adcode,
        levels=sorted(placement.levels),
        scenes=sorted(placement.scenes),
        channels=sorted(placement.channels),
        priority=placement.priority,
        strength=placement.strength,
        authority=placement.authority,
        starts_at=placement.starts_at,
        ends_at=placement.ends_at,
        note=placement.note,
        created_by=placement.created_by,
        created_at=placement.created_at,
        withdrawn_at=withdrawn_at,
    )
