"""Editors of an emulation: the orders they give day by day, and whether feeds keep them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tianfu.eval.emulation import Shown
from tianfu.model.placement import FIRST_SCREEN
from tianfu.serving.demo.stories import DemoStory

PIN_AT = 1
_MORNING_H = 7
_IN_FORCE = timedelta(hours=12)
_BEIJING = timedelta(hours=8)

Post = Callable[[str, dict[str, Any]], Any]


class EmulatedDesk:
    """Every morning the province's newest story is carried everywhere, and every outlet pins its own newest.

    Orders are in force for twelve hours.

    Attributes:
        pinned: First pages for which a pin was in force, and on how many it stood exactly where asked.
        carried: The same of must-carry orders and the first screen.
    """

    def __init__(self, post: Post) -> None:
        self._post = post
        self._pins: dict[str, tuple[str, datetime]] = {}
        self._carry: tuple[str, datetime] | None = None
        self.pinned = [0, 0]
        self.carried = [0, 0]

    def give(self, stories: Mapping[str, DemoStory], levels: Mapping[str, str], moment: datetime) -> None:
        """Give the day's orders, in the morning only."""
        if (moment + _BEIJING).hour != _MORNING_H:
            return
        newest: dict[str, str] = {}
        for story_id, story in stories.items():
            newest[story.draft.outlet_id] = story_id
        ends_at = moment + _IN_FORCE
        upper = [name for name in newest if levels[name] == "province"]
        carried = max(
            (newest[name] for name in upper),
            key=lambda found: stories[found].draft.text.published_at,
            default=None,
        )
        self._carry = None if carried is None else (carried, ends_at)
        if carried is not None:
            self._order(carried, ends_at, action="must_carry")
        self._pins = {}
        for outlet_id, story_id in sorted(newest.items()):
            if levels[outlet_id] != "province" and story_id != carried:
                self._order(story_id, ends_at, action="pin", position=PIN_AT, outlet_ids=[outlet_id])
                self._pins[outlet_id] = (story_id, ends_at)

    def check(self, outlet_id: str, shown: Sequence[Shown], moment: datetime) -> None:
        """Look whether a first page keeps what was ordered."""
        pin = self._pins.get(outlet_id)
        if pin is not None and moment < pin[1] and len(shown) > PIN_AT:
            self.pinned[0] += 1
            self.pinned[1] += shown[PIN_AT].story_id == pin[0]
        if self._carry is not None and moment < self._carry[1] and shown:
            self.carried[0] += 1
            self.carried[1] += any(item.story_id == self._carry[0] for item in shown[:FIRST_SCREEN])

    def _order(self, story_id: str, ends_at: datetime, **fields: Any) -> None:
        self._post("/v1/placements", {"story_id": story_id, "ends_at": ends_at.isoformat(), **fields})
