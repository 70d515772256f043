"""Orders: what people decide about feeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Required, TypedDict, Unpack

from tianfu.client.call import Call


class PlacementRow(TypedDict, total=False):
    """An order; lists that are left out mean all."""

    story_id: Required[str]
    action: Required[str]
    ends_at: Required[datetime | str]
    starts_at: datetime | str
    position: int
    outlet_ids: Sequence[str]
    adcode: str
    levels: Sequence[str]
    scenes: Sequence[str]
    channels: Sequence[str]
    priority: int
    strength: float
    note: str


class PlacementChange(TypedDict, total=False):
    """Fields to change; what is left out stays."""

    starts_at: datetime | str
    ends_at: datetime | str
    position: int
    priority: int
    strength: float
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """An order as it stands."""

    id: str
    story_id: str
    story_title: str
    action: str
    position: int | None
    outlet_ids: tuple[str, ...]
    adcode: str | None
    levels: tuple[str, ...]
    scenes: tuple[str, ...]
    channels: tuple[str, ...]
    priority: int
    strength: float
    authority: str
    starts_at: datetime
    ends_at: datetime
    note: str
    created_by: str
    created_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPlacement(Placement):
    """An order with the standing orders that it meets, and the rules that decide between them."""

    meets: tuple[Placement, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placements:
    """Standing orders, oldest first, or ended ones, latest given first."""

    items: tuple[Placement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneReceipt:
    """When and where an order was first shown in one scene."""

    scene: str
    first_shown_at: datetime
    first_position: int
    first_trace_id: str
    last_shown_at: datetime
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletReceipt:
    """One outlet that an order concerns."""

    outlet_id: str
    outlet_name: str
    shown: bool
    scenes: tuple[SceneReceipt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementReceipts:
    """Where an order was shown."""

    placement_id: str
    reached: int
    shown: int
    items: tuple[OutletReceipt, ...]


def place(**order: Unpack[PlacementRow]) -> Call[GivenPlacement]:
    """Pin, insert, boost, suppress or block a story; the province also must_carry and emergency.

    Not sent again when the answer is lost: look at :func:`placements` first.
    """
    return Call(method="POST", template="/v1/placements", answer=GivenPlacement, body=dict(order))


def placements(*, ended: bool = False) -> Call[Placements]:
    """Orders that reach the key's outlet; those of the last 30 days with ``ended``."""
    return Call(method="GET", template="/v1/placements", answer=Placements, query={"ended": ended})


def placement(placement_id: str) -> Call[GivenPlacement]:
    """One order."""
    return Call(method="GET", template=_ONE, answer=GivenPlacement, names=_names(placement_id))


def change_placement(placement_id: str, **change: Unpack[PlacementChange]) -> Call[Placement]:
    """Change an order's time, position, weight or note."""
    body: dict[str, Any] = dict(change)
    return Call(method="PATCH", template=_ONE, answer=Placement, names=_names(placement_id), body=body)


def withdraw_placement(placement_id: str) -> Call[None]:
    """End an order at once."""
    return Call(method="DELETE", template=_ONE, answer=None, names=_names(placement_id))


def placement_receipts(placement_id: str) -> Call[PlacementReceipts]:
    """Prove where an order was shown."""
    return Call(
        method="GET", template=f"{_ONE}/receipts", answer=PlacementReceipts, names=_names(placement_id)
    )


_ONE = "/v1/placements/{placement_id}"


def _names(placement_id: str) -> tuple[tuple[str, str], ...]:
    return (("placement_id", placement_id),)
