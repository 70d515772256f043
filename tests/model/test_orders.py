"""How people's orders meet, case by case."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tianfu.model.errors import InvalidPlacement
from tianfu.model.event import Scene
from tianfu.model.feed.assemble import assemble
from tianfu.model.feed.card import StoryCard
from tianfu.model.feed.context import FeedContext
from tianfu.model.feed.orders import resolve
from tianfu.model.feed.table import view_of
from tianfu.model.outlet import Outlet, OutletLevel
from tianfu.model.placement import FIRST_SCREEN, MAX_EMERGENCY, Authority, Placement, PlacementAction
from tianfu.model.recommendation import FeedRequest, Outcome, PlacedBy, ReasonCode
from tianfu.model.rights import PERMISSIONS, Permission

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
COUNTY = Outlet(id="lizhou", name="县", level=OutletLevel.COUNTY, adcode="510802", parent_id="mid")
OUTLETS = {"lizhou": COUNTY}
PLATFORM = {"authority": Authority.PLATFORM}


def order(story: int, action: str, **fields: object) -> Placement:
    base = Placement(
        id=f"p{story}-{action}",
        story_id=f"s{story}",
        action=PlacementAction.BOOST,
        starts_at=NOW - timedelta(hours=1),
        ends_at=NOW + timedelta(hours=1),
        created_by="k",
        created_at=NOW,
    )
    wanted: dict[str, object] = {"action": PlacementAction(action), **fields}
    if action == "emergency":
        wanted = {"adcode": "510000", **PLATFORM, **wanted}
    if action == "must_carry":
        wanted = {**PLATFORM, **wanted}
    return replace(base, **wanted)  # type: ignore[arg-type]


def feed_with(
    orders: Sequence[Placement], *, stories: int = 30, told: int = 1, **fields: object
) -> FeedContext:
    """A county's feed; of one cluster are the stories up to ``told``, the first of them the county's own."""
    cards = [
        StoryCard(
            number=n, story_id=f"s{n}", title="题", url=None, image_url=None, channel="",
            outlet_id="lizhou" if n == 1 < told else f"o{n % 7}",
            published_at_s=int(NOW.timestamp()) - 60 * n, expires_at_s=None,
            topics=(("14", "31", "35", "39")[n % 4],), places=(), cluster_id=f"c{max(n, told)}",
            ai_generated=False, body_chars=300,
        )
        for n in range(1, stories + 1)
    ]  # fmt: skip
    return FeedContext(
        now_s=int(NOW.timestamp()),
        request=FeedRequest(outlet_id="lizhou"),
        outlet=COUNTY,
        outlets=OUTLETS,
        view=view_of(cards),
        placements=orders,
        **fields,  # type: ignore[arg-type]
    )


def held(orders: Sequence[Placement]) -> dict[int, str]:
    return {at: one.story_id for at, (_, one) in resolve(feed_with(orders)).held.items()}


def test_an_emergency_outranks_a_pin_which_moves_and_says_why() -> None:
    pin, emergency = order(1, "pin", position=0), order(2, "emergency")
    placed = resolve(feed_with([pin, emergency]))
    assert held([pin, emergency]) == {0: "s2", 1: "s1"}
    verdict = placed.verdicts[pin.id]
    assert (verdict.outcome, verdict.position, verdict.because) == (Outcome.MOVED, 1, emergency.id)


def test_an_emergency_says_so_and_needs_no_right() -> None:
    emergency = order(2, "emergency")
    context = feed_with([emergency])
    closed = replace(
        context,
        permissions=np.full(
            len(context.view.rights_codes), PERMISSIONS.index(Permission.NONE), dtype=np.int8
        ),
    )
    (item,) = assemble(closed).items
    assert (item.number, item.placed_by, item.whys[0].code) == (2, PlacedBy.MUST_CARRY, ReasonCode.EMERGENCY)


def test_must_carry_takes_the_first_free_places_around_pins() -> None:
    orders = [order(1, "pin", position=0), order(2, "must_carry"), order(3, "must_carry", priority=5)]
    assert held(orders) == {0: "s1", 1: "s3", 2: "s2"}


def test_a_screen_full_of_pins_gives_must_carry_the_place_of_the_lowest() -> None:
    pins = [order(n, "pin", position=n - 1, priority=9 - n % 5) for n in range(1, FIRST_SCREEN + 1)]
    carried = order(20, "must_carry")
    placed = resolve(feed_with([*pins, carried]))
    position = placed.verdicts[carried.id].position
    assert position is not None
    assert position < FIRST_SCREEN
    moved = [v for v in placed.verdicts.values() if v.outcome is Outcome.MOVED]
    assert [(v.position, v.because) for v in moved] == [(FIRST_SCREEN, carried.id)]
    assert pins[position].priority == min(pin.priority for pin in pins)


def test_an_outlets_block_leaves_what_the_province_carries_and_the_provinces_block_does_not() -> None:
    carried, pin = order(1, "must_carry"), order(2, "pin", position=3)
    blocks = [order(1, "block"), order(2, "block")]
    assert held([carried, pin, *blocks]) == {0: "s1"}
    assert held([carried, replace(blocks[0], authority=Authority.PLATFORM)]) == {}


def test_of_two_pins_of_one_place_priority_then_the_province_then_the_earlier_wins() -> None:
    early = order(1, "pin", position=2)
    late = order(2, "pin", position=2, created_at=NOW + timedelta(minutes=1))
    assert held([late, early]) == {2: "s1"}
    assert held([replace(late, authority=Authority.PLATFORM), early]) == {2: "s2"}
    assert held([replace(late, priority=1), replace(early, authority=Authority.PLATFORM)]) == {2: "s2"}


def test_a_story_that_is_pinned_and_carried_is_carried_once() -> None:
    orders = [order(1, "pin", position=4), order(1, "must_carry")]
    assert held(orders) == {0: "s1"}
    verdict = resolve(feed_with(orders)).verdicts["p1-pin"]
    assert (verdict.outcome, verdict.because) == (Outcome.OUTRANKED, "p1-must_carry")


def test_strength_scales_what_a_boost_adds() -> None:
    scores = []
    for strength in (1.0, 3.0):
        feed = assemble(feed_with([order(9, "boost", strength=strength)]))
        scores.append(next(item.score for item in feed.items if item.number == 9))
    assert scores[1] - scores[0] == pytest.approx(3.0, abs=0.01)


def test_what_a_boost_lifts_is_an_editors_and_what_a_suppression_outweighs_is_the_models() -> None:
    orders = [order(2, "boost"), order(3, "suppress"), order(4, "boost"), order(4, "suppress")]
    feed = assemble(feed_with(orders))
    items = {item.number: item for item in feed.items}
    assert [n for n, item in items.items() if item.placed_by is PlacedBy.EDITOR] == [2]
    lifted = items[2]
    assert (lifted.placement_id, lifted.whys[0].code) == ("p2-boost", ReasonCode.PINNED)
    assert lifted.whys[1].code is ReasonCode.FRESH
    assert lifted.parts["placed_or_wished"] == pytest.approx(1.5)
    assert {v.placement_id: v.position for v in feed.orders if v.position is not None} == {
        "p2-boost": lifted.position
    }


def test_boosting_every_version_lifts_as_boosting_one_and_names_the_order_that_ranks_first() -> None:
    every = [order(version, "boost") for version in (1, 2, 3)]
    ranked = replace(every[2], priority=1)

    def shown(*orders: Placement) -> tuple[float, str | None]:
        feed = assemble(feed_with(orders, told=3))
        item = next(item for item in feed.items if item.number == 1)
        return round(item.parts["placed_or_wished"], 3), item.placement_id

    assert shown(*every[:2], ranked) == (1.5, ranked.id)
    assert shown(every[0]) == (1.5, every[0].id)
    assert shown(*every, order(1, "suppress", **PLATFORM)) == (-1.0, None)


def test_boosting_a_version_that_may_not_be_shown_lifts_none() -> None:
    blocked = [order(2, "boost"), order(2, "block")]
    item = next(item for item in assemble(feed_with(blocked, told=3)).items if item.number == 1)
    assert (item.placed_by, item.parts.get("placed_or_wished")) == (PlacedBy.MODEL, None)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_holding_one_version_back_holds_the_event_back(version: int) -> None:
    def place(*orders: Placement) -> int:
        feed = assemble(feed_with(orders, told=3))
        return next(place for place, item in enumerate(feed.items) if item.number == 1)

    assert place() == 0
    assert place(order(version, "suppress")) > FIRST_SCREEN


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"authority": Authority.OUTLET}, "action"),
        ({"adcode": None}, "adcode"),
        ({"ends_at": NOW + MAX_EMERGENCY}, "ends_at"),
        ({"priority": 10}, "priority"),
        ({"strength": 0.0}, "strength"),
    ],
)
def test_a_wrong_emergency_is_refused(fields: dict[str, object], wrong: str) -> None:
    with pytest.raises(InvalidPlacement) as told:
        order(1, "emergency", **fields)
    assert told.value.field == wrong


def test_reach_is_by_level_channel_and_for_emergencies_by_where_the_reader_is() -> None:
    for_cities = order(1, "boost", levels=frozenset({OutletLevel.CITY}))
    assert not for_cities.reaches(COUNTY, Scene.HOME, NOW)
    in_channel = order(1, "boost", channels=frozenset({"三农"}))
    assert in_channel.reaches(COUNTY, Scene.CHANNEL, NOW, channel="三农")
    assert not in_channel.reaches(COUNTY, Scene.HOME, NOW)
    flood = order(1, "emergency", adcode="511100")
    assert not flood.reaches(COUNTY, Scene.HOME, NOW)
    assert flood.reaches(COUNTY, Scene.HOME, NOW, adcode="511102")
    assert not order(1, "boost", adcode="511100").reaches(COUNTY, Scene.HOME, NOW, adcode="511102")


def test_an_emergency_in_a_township_reaches_nobody_else_though_its_code_ends_in_zeros() -> None:
    landslide = order(1, "emergency", adcode="510802100")
    assert landslide.reaches(COUNTY, Scene.HOME, NOW, adcode="510802100")
    for elsewhere in (None, "510802", "510802101", "510800", "510824"):
        assert not landslide.reaches(COUNTY, Scene.HOME, NOW, adcode=elsewhere), elsewhere
