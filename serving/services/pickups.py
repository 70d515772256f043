"""What an outlet could carry from others."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tianfu.model.errors import NotFound
from tianfu.model.feed.card import StoryCard
from tianfu.model.flow.audience import Audience
from tianfu.model.flow.grounds import Ground, Names, pickup_grounds
from tianfu.model.flow.pickups import Pickup, PickupPlace, PickupWish, find_pickups
from tianfu.model.outlet import Outlet
from tianfu.model.tag import TagKind
from tianfu.serving.services.access import Caller
from tianfu.serving.services.library import Library
from tianfu.serving.services.rights import RightsDesk
from tianfu.serving.services.signals import Signals, scopes_of
from tianfu.serving.store.database import Database, UnitOfWork

AUDIENCE_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPickup:
    """A story worth carrying, with its reasons."""

    pickup: Pickup
    card: StoryCard
    grounds: tuple[Ground, ...]


class PickupDesk:
    """Looks through the hot window for one outlet."""

    def __init__(
        self,
        *,
        database: Database,
        library: Library,
        signals: Signals,
        rights: RightsDesk,
        names: Names,
    ) -> None:
        self._database = database
        self._library = library
        self._signals = signals
        self._names = names
        self._rights = rights

    def look(
        self,
        outlet_id: str,
        wish: PickupWish,
        *,
        as_of: datetime,
        after: tuple[float, int] | None,
        limit: int,
        caller: Caller,
    ) -> list[FoundPickup]:
        """Stories of others worth carrying, best first.

        Args:
            outlet_id: Who would carry them.
            wish: What to look for.
            as_of: The moment ages are counted at, the same for every page.
            after: Resume after this (score, number).
            limit: Most stories.
            caller: Who asks.

        Raises:
            NotFound: There is no such outlet.
            Forbidden: It is not the caller's.
        """
        outlet = self._library.outlets.get(outlet_id)
        if outlet is None:
            raise NotFound("outlet", outlet_id)
        caller.must_read_for(outlet_id)
        with self._database.read() as uow:
            audience = audience_of(outlet_id, as_of, uow)
        view = self._library.view
        place = PickupPlace(
            outlet=outlet,
            outlets=self._library.outlets,
            now_s=int(as_of.timestamp()),
            audience=audience,
            hot=self._hot_elsewhere(outlet, as_of),
            may_carry=self._rights.may_carry(outlet.id, view),
        )
        found = find_pickups(view, place, wish, after=after, limit=limit)
        return [
            FoundPickup(pickup=one, card=card, grounds=tuple(pickup_grounds(one, card, place, self._names)))
            for one in found
            for card in (view.card(one.row),)
        ]

    def _hot_elsewhere(self, outlet: Outlet, now: datetime) -> Mapping[int, float]:
        _, city, province = scopes_of(outlet)
        hot = self._signals.hot(province, now.timestamp())
        for number, strength in self._signals.hot(city, now.timestamp()).items():
            hot[number] = max(strength, hot.get(number, 0.0))
        return hot


def audience_of(outlet_id: str, now: datetime, uow: UnitOfWork, *, days: int = AUDIENCE_DAYS) -> Audience:
    """What an outlet's readers clicked in the last days."""
    since = now - timedelta(days=days)
    until = now + timedelta(seconds=1)
    return Audience(
        readers=uow.readings.readers(outlet_id, since, until),
        clicks=uow.readings.by_code(TagKind.TOPIC, outlet_id, since, until),
        days=days,
    )
