"""Editors' and operators' orders about feeds."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from tianfu.model.errors import Forbidden, NotFound
from tianfu.model.placement import Placement, PlacementAction
from tianfu.model.ports import Clock
from tianfu.serving.services.access import Caller
from tianfu.serving.services.library import Library
from tianfu.serving.store.changes import ChangeKind
from tianfu.serving.store.database import Database, UnitOfWork


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
        """
        self._check_reach(placement, caller)
        with self._database.write() as uow:
            if uow.stories.by_id(placement.story_id) is None:
                raise NotFound("story", placement.story_id)
            uow.placements.add(placement)
            self._note("placement.given", placement.id, caller, uow)
            uow.commit()
        self._library.catch_up()
        return placement

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
        outlet_id = caller.key.outlet_id
        return [p for p in orders if outlet_id is None or not p.outlet_ids or outlet_id in p.outlet_ids]

    def _standing(self, placement_id: str, caller: Caller, uow: UnitOfWork) -> Placement:
        placement = uow.placements.by_id(placement_id)
        if placement is None:
            raise NotFound("placement", placement_id)
        self._check_reach(placement, caller)
        return placement

    def _check_reach(self, placement: Placement, caller: Caller) -> None:
        for outlet_id in sorted(placement.outlet_ids):
            if outlet_id not in self._library.outlets:
                raise NotFound("outlet", outlet_id)
        own = caller.key.outlet_id
        if own is not None and placement.outlet_ids != {own}:
            raise Forbidden(
                "An outlet's key places in its own feeds only.", advice="Name your outlet in outlet_ids."
            )
        if own is not None and placement.action is PlacementAction.MUST_CARRY:
            raise Forbidden("Only the provincial platform gives must-carry orders.")

    def _note(self, action: str, placement_id: str, caller: Caller, uow: UnitOfWork) -> None:
        now: datetime = self._clock.now()
        uow.changes.add(ChangeKind.PLACEMENTS, [None], now)
        uow.audit.add(actor=caller.key.id, action=action, target=placement_id, now=now)
