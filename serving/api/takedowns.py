"""Taking stories out of sight, and putting them back."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from tianfu.model.placement import Authority
from tianfu.model.story import Story, StoryState
from tianfu.serving.api.context import EditorCaller, NewsroomDep
from tianfu.serving.api.forms import In, Out
from tianfu.serving.services.takedown import OrderedTakedown
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


class ReachedOut(Out):
    """A story that an order reached; `hidden` says whether the answering process hides it now."""

    story_id: str
    outlet_id: str
    title: str
    state: StoryState
    hidden: bool


class OrderOut(Out):
    """An order on a story and what has come of it; the platform's is lifted by the platform alone."""

    takedown_id: str
    scope: TakedownScope
    reason: str
    authority: Authority
    taken_by: str
    taken_at: datetime
    restored_by: str | None
    restored_at: datetime | None
    reached: list[ReachedOut]


class OrdersOut(Out):
    """Orders, newest first."""

    story_id: str
    items: list[OrderOut]


class RestoreIn(In):
    """What to put back: all that the orders against the story took down, or the story alone."""

    scope: Annotated[
        TakedownScope,
        Field(description="`story` lets this story go and leaves the orders standing against the others."),
    ] = TakedownScope.CLUSTER
    reason: Annotated[str, Field(max_length=500, description="Kept in the audit trail.")] = ""


_WHOLE_ORDERS = RestoreIn()


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
def restore(
    story_id: str, room: NewsroomDep, known: EditorCaller, wish: RestoreIn = _WHOLE_ORDERS
) -> RestoreOut:
    """Put a story back that was taken down; what the platform took down, only the platform puts back.

    The body may be left out: every order against the story is lifted then, for all the stories it reached.
    """
    back = room.takedowns.restore(story_id, scope=wish.scope, reason=wish.reason, caller=known)
    return RestoreOut(story_ids=[s.id for s in back])


@router.get("/{story_id}/takedowns")
def get_takedowns(story_id: str, room: NewsroomDep, known: EditorCaller) -> OrdersOut:
    """Read every order on a story, with a receipt for each story that it reached, as of now."""
    found = room.takedowns.orders(story_id, caller=known)
    return OrdersOut(story_id=story_id, items=[_order_out(one) for one in found])


def _order_out(found: OrderedTakedown) -> OrderOut:
    order = found.order
    return OrderOut(
        takedown_id=order.id,
        scope=order.scope,
        reason=order.reason,
        authority=found.authority,
        taken_by=order.taken_by,
        taken_at=order.taken_at,
        restored_by=order.restored_by,
        restored_at=order.restored_at,
        reached=[_reached_out(story, hidden) for story, hidden in found.reached],
    )


def _reached_out(story: Story, hidden: bool) -> ReachedOut:
    return ReachedOut(
        story_id=story.id,
        outlet_id=story.outlet_id,
        title=story.text.title,
        state=story.state,
        hidden=hidden,
    )
