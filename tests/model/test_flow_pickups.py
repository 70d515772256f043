"""What is worth carrying from others, on cards made by hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tianfu.model.feed.card import StoryCard
from tianfu.model.feed.table import view_of
from tianfu.model.flow.audience import Audience
from tianfu.model.flow.grounds import pickup_grounds
from tianfu.model.flow.pickups import WEIGHTS, Pickup, PickupPlace, PickupWish, find_pickups
from tianfu.model.outlet import Outlet, OutletLevel

NOW_S = 1_772_424_000
HERE = Outlet(id="lizhou", name="利州", level=OutletLevel.COUNTY, adcode="510802", parent_id="guangyuan")
OUTLETS = {
    one.id: one
    for one in (
        HERE,
        Outlet(id="guangyuan", name="广元", level=OutletLevel.CITY, adcode="510800", parent_id="up"),
        Outlet(id="cangxi", name="苍溪", level=OutletLevel.COUNTY, adcode="510824", parent_id="guangyuan"),
        Outlet(id="up", name="省", level=OutletLevel.PROVINCE, adcode="510000"),
    )
}


def a_card(number: int, **fields: Any) -> StoryCard:
    told: dict[str, Any] = {
        "number": number, "story_id": f"s{number}", "title": f"第{number}条", "url": None,
        "image_url": None, "outlet_id": "cangxi", "channel": "", "published_at_s": NOW_S - 3_600,
        "expires_at_s": None, "topics": ("14",), "places": ("511102",), "cluster_id": f"c{number}",
        "ai_generated": False, "body_chars": 400,
    }  # fmt: skip
    return StoryCard(**{**told, **fields})


def a_place(**fields: Any) -> PickupPlace:
    audience = fields.pop("audience", Audience(readers=0, clicks={}, days=7))
    return PickupPlace(outlet=HERE, outlets=OUTLETS, now_s=NOW_S, audience=audience, **fields)


def found(cards: Sequence[StoryCard], place: PickupPlace | None = None, **wish: Any) -> list[Pickup]:
    wanted = PickupWish(since_s=NOW_S - 86_400, **wish)
    return find_pickups(view_of(cards), place or a_place(), wanted, limit=50)


def numbers(pickups: Sequence[Pickup]) -> list[int]:
    return [one.number for one in pickups]


def test_the_weights_sum_to_one() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)


def test_what_the_outlet_has_told_in_any_version_is_not_offered() -> None:
    cards = [a_card(1, cluster_id="c1"), a_card(2, cluster_id="c1", outlet_id="lizhou"), a_card(3)]
    assert numbers(found(cards)) == [3]


def test_a_cluster_is_offered_once_by_its_first_publisher_with_the_count_of_outlets() -> None:
    cards = [
        a_card(1, cluster_id="c1", published_at_s=NOW_S - 100),
        a_card(2, cluster_id="c1", published_at_s=NOW_S - 900, outlet_id="up"),
        a_card(3, cluster_id="c1", published_at_s=NOW_S - 800, outlet_id="up"),
    ]
    (only,) = found(cards)
    assert (only.number, only.outlets) == (2, 2)


def test_old_future_and_expired_stories_are_left_out() -> None:
    cards = [
        a_card(1, published_at_s=NOW_S - 90_000),
        a_card(2, published_at_s=NOW_S + 60),
        a_card(3, expires_at_s=NOW_S),
        a_card(4, expires_at_s=NOW_S + 1),
    ]
    assert numbers(found(cards)) == [4]


def test_topic_level_and_rights_narrow() -> None:
    cards = [a_card(1), a_card(2, topics=("31",)), a_card(3, outlet_id="up", topics=("31", "14"))]
    assert sorted(numbers(found(cards, topic="14"))) == [1, 3]
    assert numbers(found(cards, level=OutletLevel.PROVINCE)) == [3]
    view = view_of(cards)
    may_carry = np.array([view.card(row).number == 2 for row in range(len(view))])
    assert numbers(found(cards, a_place(may_carry=may_carry))) == [2]


@pytest.mark.parametrize(
    ("nearer", "farther"), [("510802", "510824"), ("510802003", "510824"), ("510824", "511102")]
)
def test_nearer_stories_come_first(nearer: str, farther: str) -> None:
    assert numbers(found([a_card(1, places=(farther,)), a_card(2, places=(nearer,))])) == [2, 1]


def test_what_readers_click_comes_first_but_not_when_few_readers_could_be_recognised() -> None:
    cards = [a_card(1), a_card(2, topics=("31",))]
    many = Audience(readers=20, clicks={"31": 30, "14": 10}, days=7)
    few = Audience(readers=19, clicks={"31": 30, "14": 10}, days=7)
    assert numbers(found(cards, a_place(audience=many))) == [2, 1]
    assert numbers(found(cards, a_place(audience=few))) == [1, 2]
    assert {one.features["topic"] for one in found(cards, a_place(audience=few))} == {0.0}


def test_carried_hot_longer_and_fresher_stories_come_first() -> None:
    carried = [a_card(1), a_card(2, cluster_id="c9"), a_card(3, cluster_id="c9", outlet_id="up")]
    assert numbers(found(carried)) == [3, 1] or numbers(found(carried)) == [2, 1]
    assert numbers(found([a_card(1), a_card(2)], a_place(hot={2: 0.5}))) == [2, 1]
    assert numbers(found([a_card(1), a_card(2, body_chars=900)])) == [2, 1]
    assert numbers(found([a_card(1), a_card(2, published_at_s=NOW_S - 60)])) == [2, 1]


def test_every_reason_names_its_number_and_all_but_the_first_add_up_to_the_score() -> None:
    place = a_place(audience=Audience(readers=50, clicks={"14": 3, "31": 1}, days=7), hot={1: 0.4})
    cards = [a_card(1, places=("510824",)), a_card(2, cluster_id="c1", outlet_id="up", places=("510824",))]
    pickup = found(cards, place)[0]
    card = next(one for one in cards if one.number == pickup.number)
    grounds = pickup_grounds(pickup, card, place, {})
    said = {one.code: one for one in grounds}
    assert said["topic"].text == "本媒体读者近7天的点击里，14类占75%，居第1位"
    assert (said["topic"].number, said["carried"].number, said["hot"].number) == (0.75, 2, 0.4)
    assert said["place"].text == "涉及510824，在本媒体周边"
    assert sum(one.weight for one in grounds) == pytest.approx(pickup.score, abs=1e-3)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 80_000)), max_size=30), st.integers(1, 7))
def test_pages_together_are_the_whole_list(drawn: list[tuple[int, int]], size: int) -> None:
    cards = [
        a_card(n, cluster_id=f"c{cluster}", published_at_s=NOW_S - age // 20_000 * 20_000 - 1)
        for n, (cluster, age) in enumerate(drawn, start=1)
    ]
    view, wish = view_of(cards), PickupWish(since_s=NOW_S - 86_400)
    whole = find_pickups(view, a_place(), wish, limit=99)
    pages: list[Pickup] = []
    while True:
        after = (pages[-1].score, pages[-1].number) if pages else None
        page = find_pickups(view, a_place(), wish, after=after, limit=size)
        if not page:
            break
        pages += page
    assert pages == whole
    assert all(0.0 <= one.score <= 1.0 for one in whole)
