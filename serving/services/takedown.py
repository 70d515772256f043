"""Taking stories down and putting them back."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from tianfu.model.errors import Conflict, Forbidden, InvalidRequest, NotFound, StoreUnavailable
from tianfu.model.placement import Authority
from tianfu.model.ports import Clock
from tianfu.model.rules import check_text
from tianfu.model.story import Story, StoryState
from tianfu.serving.services.access import Caller
from tianfu.serving.services.clock import new_id
from tianfu.serving.services.library import Library
from tianfu.serving.store.changes import ChangeKind
from tianfu.serving.store.database import Database, UnitOfWork
from tianfu.serving.store.locks import TAKEDOWNS
from tianfu.serving.store.takedowns import Takedown, TakedownScope

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedTakedown:
    """An order, who may lift it, and the stories it reached, each with whether this process hides it now."""

    order: Takedown
    authority: Authority
    reached: tuple[tuple[Story, bool], ...]


class TakedownDesk:
    """One row, effective in this process at once and in every other within its next look."""

    def __init__(self, *, database: Database, library: Library, clock: Clock) -> None:
        self._database = database
        self._library = library
        self._clock = clock

    def take_down(
        self, story_id: str, *, scope: TakedownScope, reason: str, caller: Caller
    ) -> tuple[Takedown, list[Story]]:
        """Take a story down, or every story of its cluster that the caller may touch.

        An outlet's editor reaches the outlet's own stories; the provincial operator reaches all.

        Returns:
            The order, and the stories it reached, which are its receipt.

        Raises:
            NotFound: There is no such story.
            Forbidden: The story is another outlet's.
            Conflict: It is down already.
        """
        check_text(reason, field="reason", error=InvalidRequest, low=1, high=500)
        with self._database.write([TAKEDOWNS]) as uow:
            story = _own(story_id, caller, uow)
            reached = _reached(story, scope, caller, uow)
            if not reached:
                raise Conflict("The story is down already.", advice="Nothing needs to be done.")
            order = Takedown(
                id=new_id("t"),
                story_number=story.number,
                scope=scope,
                story_numbers=tuple(s.number for s in reached),
                reason=reason,
                taken_by=caller.key.id,
                taken_at=self._clock.now(),
            )
            uow.takedowns.add(order)
            self._set_state(order.story_numbers, StoryState.TAKEN_DOWN, uow)
            uow.audit.add(
                actor=caller.key.id,
                action="story.taken_down",
                target=story_id,
                now=order.taken_at,
                details={"scope": scope.value, "stories": len(reached), "takedown_id": order.id},
            )
            uow.commit()
        if not self._follow():
            self._library.hide(order.story_numbers)
        log.info("story.taken_down", story_id=story_id, scope=scope.value, stories=len(reached))
        return order, reached

    def restore(
        self,
        story_id: str,
        *,
        caller: Caller,
        scope: TakedownScope = TakedownScope.CLUSTER,
        reason: str = "",
    ) -> list[Story]:
        """Lift every order against a story, and put back what no other order still holds.

        What the provincial platform took down, perhaps in many outlets at once, an outlet cannot put back.

        Args:
            story_id: Public id.
            caller: Who asks.
            scope: Whether the orders are lifted as a whole, for every story they reached, or for this one
                alone and stand against the others.
            reason: Kept in the audit trail; may be empty.

        Raises:
            NotFound: There is no such story.
            Forbidden: The story is another outlet's, or the platform took it down.
            Conflict: It is not down.
        """
        check_text(reason, field="reason", error=InvalidRequest, high=500)
        with self._database.write([TAKEDOWNS]) as uow:
            story = _own(story_id, caller, uow)
            standing = uow.takedowns.standing()
            against = [order for order in standing if story.number in order.story_numbers]
            if not against:
                raise Conflict("The story is not down.", advice="Nothing needs to be done.")
            if caller.key.outlet_id is not None and any(_by_platform(order, uow) for order in against):
                raise Forbidden(
                    "The provincial platform took this story down.", advice="Ask the platform to restore it."
                )
            now = self._clock.now()
            details = {"scope": scope.value, "reason": reason, "takedowns": [order.id for order in against]}
            if scope is TakedownScope.STORY:
                parts = [new_id("t") for _ in against]
                details["parts"] = parts
                for order, part in zip(against, parts, strict=True):
                    uow.takedowns.release(order, story.number, part_id=part, by=caller.key.id, now=now)
                numbers = [story.number]
            else:
                for order in against:
                    uow.takedowns.lift(order.id, by=caller.key.id, now=now)
                held = {n for order in standing if order not in against for n in order.story_numbers}
                numbers = sorted({n for order in against for n in order.story_numbers} - held)
            self._set_state(numbers, StoryState.LIVE, uow)
            uow.audit.add(
                actor=caller.key.id,
                action="story.restored",
                target=story_id,
                now=now,
                details=details | {"stories": len(numbers)},
            )
            back = uow.stories.by_numbers(numbers)
            uow.commit()
        self._follow()
        return [back[number] for number in numbers]

    def orders(self, story_id: str, *, caller: Caller) -> list[OrderedTakedown]:
        """Every order that reached a story, newest first, each with what has come of it in this process.

        Raises:
            NotFound: There is no such story.
            Forbidden: The story is another outlet's.
        """
        with self._database.read() as uow:
            story = _own(story_id, caller, uow)
            group = [s.number for s in uow.stories.in_clusters([story.cluster_id])]
            given = [o for o in uow.takedowns.of_cluster(group) if story.number in o.story_numbers]
            stories = uow.stories.by_numbers(sorted({n for order in given for n in order.story_numbers}))
            by_platform = {order.id for order in given if _by_platform(order, uow)}
        return [
            OrderedTakedown(
                order=order,
                authority=Authority.PLATFORM if order.id in by_platform else Authority.OUTLET,
                reached=tuple(
                    (stories[n], not self._library.is_showable(n))
                    for n in order.story_numbers
                    if n in stories and caller.may_act_for(stories[n].outlet_id)
                ),
            )
            for order in reversed(given)
        ]

    def _follow(self) -> bool:
        """Take over what was committed; ``False`` while the database is away: the background does it then."""
        try:
            self._library.catch_up(at_once=True)
        except StoreUnavailable:
            return False
        return True

    def _set_state(self, numbers: Sequence[int], state: StoryState, uow: UnitOfWork) -> None:
        uow.stories.set_state(numbers, state)
        now = self._clock.now()
        uow.changes.add(ChangeKind.STORY_STATE, numbers, now)
        uow.changes.add(ChangeKind.STORY_COPIES, sorted(uow.clusters.copies_of(numbers)), now)


def _own(story_id: str, caller: Caller, uow: UnitOfWork) -> Story:
    story = uow.stories.by_id(story_id)
    if story is None:
        raise NotFound("story", story_id)
    caller.must_act_for(story.outlet_id)
    return story


def _by_platform(order: Takedown, uow: UnitOfWork) -> bool:
    key = uow.keys.by_id(order.taken_by)
    return key is None or key.outlet_id is None


def _reached(story: Story, scope: TakedownScope, caller: Caller, uow: UnitOfWork) -> list[Story]:
    """Stories that an order takes down; the platform's also keeps down what outlets took down themselves."""
    group = [story] if scope is TakedownScope.STORY else uow.stories.in_clusters([story.cluster_id])
    mine = [one for one in group if caller.may_act_for(one.outlet_id)]
    if caller.key.outlet_id is not None or all(one.state is StoryState.LIVE for one in mine):
        return [one for one in mine if one.state is StoryState.LIVE]
    numbers = {one.number for one in mine}
    standing = [order for order in uow.takedowns.standing() if numbers.intersection(order.story_numbers)]
    held = {n for order in standing if _by_platform(order, uow) for n in order.story_numbers}
    return [one for one in mine if one.number not in held]
