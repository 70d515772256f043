"""Editors' and operators' orders about feeds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tianfu.model.errors import Forbidden, NotFound, TooManyCarried
from tianfu.model.feed.orders import CARRIED
from tianfu.model.placement import MAX_MUST_CARRY, Authority, Placement, PlacementAction
from tianfu.model.ports import Clock
from tianfu.serving.services.access import Caller
from tianfu.serving.services.library import Library
from tianfu.serving.store.changes import ChangeKind
from tianfu.serving.store.database import Database, UnitOfWork
from tianfu.serving.store.receipts import Receipt

ENDED_WITHIN = timedelta(days=30)
"""How long an order is still listed once it has ended."""


@dataclass(frozen=True, slots=True)
class OutletReceipt:
    """What one outlet showed of an order, by scene; empty while it showed nothing."""

    outlet_id: str
    scenes: tuple[Receipt, ...]


class PlacementDesk:
    """Gives, changes and withdraws orders.  An outlet's editor reaches the outlet's own feeds only."""

    def __init__(self, *, database: Database, library: Library, clock: Clock) -> None:
        self._database = database
        self._library = library
        self._clock = clock

    def give(self, placement: Placement, *, caller: Caller) -> Placement:
        """Give an order.

        Raises:
            NotFound: There is no such story or outlet.
            Forbidden: It reaches further than the key does.
            TooManyCarried: Another must-carry would fill an outlet's first screen.
        """
        with self._database.write() as uow:
            self._check(placement, caller, uow)
            uow.placements.add(placement)
            self._note("placement.given", placement.id, caller, uow)
            uow.commit()
        self._library.catch_up()
        return placement

    def check(self, placement: Placement, *, caller: Caller) -> int:
        """Whether an order could be given as it is; returns how many outlets it would reach.

        Raises:
            TianfuError: As :meth:`give`.
        """
        with self._database.read() as uow:
            self._check(placement, caller, uow)
        return sum(placement.concerns(outlet) for outlet in self._library.outlets.values())

    def change(self, placement_id: str, fields: dict[str, Any], *, caller: Caller) -> Placement:
        """Change a standing order.

        Raises:
            NotFound: There is none.
            Forbidden: It is, or would be, beyond the key's reach.
        """
        with self._database.write() as uow:
            standing = self._standing(placement_id, caller, uow)
            changed = replace(standing, **fields)
            self._check_reach(changed, caller)
            self._check_room(changed, uow)
            uow.placements.replace(changed)
            self._note("placement.changed", placement_id, caller, uow)
            uow.commit()
        self._library.catch_up()
        return changed

    def withdraw(self, placement_id: str, *, caller: Caller) -> None:
        """End an order; its record stays."""
        with self._database.write() as uow:
            self._standing(placement_id, caller, uow)
            uow.placements.withdraw(placement_id, self._clock.now())
            self._note("placement.withdrawn", placement_id, caller, uow)
            uow.commit()
        self._library.catch_up()

    def standing(self, caller: Caller) -> list[Placement]:
        """Orders in force now or later that reach the caller's outlet, oldest first."""
        with self._database.read() as uow:
            orders = uow.placements.standing(self._clock.now())
        outlet = self._library.outlets.get(caller.key.outlet_id or "")
        return [p for p in orders if outlet is None or p.concerns(outlet)]

    def ended(self, caller: Caller) -> list[tuple[Placement, datetime | None]]:
        """Orders that reached the caller's outlet and ended within 30 days, latest given first.

        Each with the time it was withdrawn; ``None`` when it ran out by itself.
        """
        now = self._clock.now()
        with self._database.read() as uow:
            orders = uow.placements.ended(now - ENDED_WITHIN, now)
        outlet = self._library.outlets.get(caller.key.outlet_id or "")
        return [(p, at) for p, at in orders if outlet is None or p.concerns(outlet)]

    def look(self, placement_id: str, *, caller: Caller) -> tuple[Placement, datetime | None]:
        """An order that stands or once stood, with the time it was withdrawn.

        Raises:
            NotFound: There is none, or it does not concern the caller's outlet.
        """
        with self._database.read() as uow:
            found = uow.placements.record(placement_id)
        outlet = self._library.outlets.get(caller.key.outlet_id or "")
        if found is None or (outlet is not None and not found[0].concerns(outlet)):
            raise NotFound("placement", placement_id)
        return found

    def titles(self, orders: Iterable[Placement]) -> Mapping[str, str]:
        """Today's titles of the stories of orders, by story id."""
        wanted = {order.story_id for order in orders}
        cards = {story_id: self._library.view.card_named(story_id) for story_id in wanted}
        found = {story_id: card.title for story_id, card in cards.items() if card is not None}
        with self._database.read() as uow:
            older = uow.stories.by_ids(sorted(wanted - found.keys()))
        return found | {story_id: story.text.title for story_id, story in older.items()}

    def meeting(self, placement: Placement, *, caller: Caller) -> list[Placement]:
        """Standing orders the caller may see that want the same story or the same position at one time.

        Another outlet's version of a story is the same: an event has one place in a feed.
        """
        event = self._event(placement)
        return [
            other
            for other in self.standing(caller)
            if other.id != placement.id
            and other.meets(placement)
            and self._share_an_outlet(other, placement)
            and (
                self._event(other) == event
                or (other.action == placement.action and other.position == placement.position is not None)
            )
        ]

    def receipts(self, placement_id: str, *, caller: Caller) -> tuple[Placement, list[OutletReceipt]]:
        """Of each outlet that an order concerns: whether and where it was shown.

        An outlet's key sees the own outlet only.

        Raises:
            NotFound: There is no such order, or it does not concern the caller's outlet.
        """
        with self._database.read() as uow:
            found = uow.placements.record(placement_id)
            shown = uow.receipts.of(placement_id)
        placement = found[0] if found is not None else None
        own = caller.key.outlet_id
        concerned = [
            outlet
            for outlet in self._library.outlets.values()
            if placement is not None and placement.concerns(outlet) and own in (None, outlet.id)
        ]
        if placement is None or not concerned:
            raise NotFound("placement", placement_id)
        by_outlet: dict[str, list[Receipt]] = {outlet.id: [] for outlet in concerned}
        for receipt in shown:
            if own in (None, receipt.outlet_id):
                by_outlet.setdefault(receipt.outlet_id, []).append(receipt)
        return placement, [OutletReceipt(name, tuple(rows)) for name, rows in sorted(by_outlet.items())]

    def _standing(self, placement_id: str, caller: Caller, uow: UnitOfWork) -> Placement:
        placement = uow.placements.by_id(placement_id)
        if placement is None:
            raise NotFound("placement", placement_id)
        self._check_reach(placement, caller)
        return placement

    def _check(self, placement: Placement, caller: Caller, uow: UnitOfWork) -> None:
        self._check_reach(placement, caller)
        self._check_room(placement, uow)
        if uow.stories.by_id(placement.story_id) is None:
            raise NotFound("story", placement.story_id)

    def _check_reach(self, placement: Placement, caller: Caller) -> None:
        for outlet_id in sorted(placement.outlet_ids):
            if outlet_id not in self._library.outlets:
                raise NotFound("outlet", outlet_id)
        own = caller.key.outlet_id
        if own is not None and placement.outlet_ids != {own}:
            raise Forbidden(
                "An outlet's key places in its own feeds only.", advice="Name your outlet in outlet_ids."
            )
        if own is not None and placement.action in CARRIED:
            raise Forbidden("Only the provincial platform gives must-carry and emergency orders.")
        if own is not None and placement.authority is Authority.PLATFORM:
            raise Forbidden("This order is the provincial platform's.")

    def _check_room(self, placement: Placement, uow: UnitOfWork) -> None:
        if placement.action is not PlacementAction.MUST_CARRY:
            return
        others = [
            other
            for other in uow.placements.standing(self._clock.now())
            if other.action is PlacementAction.MUST_CARRY
            and other.id != placement.id
            and other.meets(placement)
        ]
        for outlet in self._library.outlets.values():
            if placement.concerns(outlet) and sum(o.concerns(outlet) for o in others) >= MAX_MUST_CARRY:
                raise TooManyCarried(outlet.id, MAX_MUST_CARRY)

    def _event(self, placement: Placement) -> str:
        """Cluster of an order's story; of one that feeds do not know, the story itself."""
        card = self._library.view.card_named(placement.story_id)
        return placement.story_id if card is None else card.cluster_id

    def _share_an_outlet(self, a: Placement, b: Placement) -> bool:
        return any(a.concerns(outlet) and b.concerns(outlet) for outlet in self._library.outlets.values())

    def _note(self, action: str, placement_id: str, caller: Caller, uow: UnitOfWork) -> None:
        now: datetime = self._clock.now()
        uow.changes.add(ChangeKind.PLACEMENTS, [None], now)
        uow.audit.add(actor=caller.key.id, action=action, target=placement_id, now=now)
