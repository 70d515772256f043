"""Properties that every feed keeps, whatever it is made of."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tianfu.model.event import ReaderKind, ReaderRef, Scene
from tianfu.model.feed.assemble import DEPTH, assemble
from tianfu.model.feed.card import StoryCard
from tianfu.model.feed.context import FeedContext, Proposals
from tianfu.model.feed.orders import CARRIED, PLACING, rank_of, resolve
from tianfu.model.feed.passed import MOST, MOST_OF_ONE, UNLISTED
from tianfu.model.feed.table import StoryTable, view_of
from tianfu.model.feed.vary import MAX_OUTLET_IN_WINDOW, MAX_TOPIC_IN_WINDOW, WINDOW
from tianfu.model.feed.view import SKETCH, FeedView
from tianfu.model.outlet import Outlet, OutletLevel
from tianfu.model.placement import FIRST_SCREEN, Authority, Placement, PlacementAction
from tianfu.model.reader import Engagement, Reader
from tianfu.model.recommendation import FeedRequest, Outcome, ReasonCode

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
PROVINCE = Outlet(id="up", name="省", level=OutletLevel.PROVINCE, adcode="510000")
CITY = Outlet(id="mid", name="市", level=OutletLevel.CITY, adcode="510800", parent_id="up")
COUNTY = Outlet(id="lizhou", name="县", level=OutletLevel.COUNTY, adcode="510802", parent_id="mid")
OTHER = Outlet(id="far", name="远", level=OutletLevel.COUNTY, adcode="511102", parent_id="up")
OUTLETS = {outlet.id: outlet for outlet in (PROVINCE, CITY, COUNTY, OTHER)}
READER = ReaderRef(outlet_id="lizhou", kind=ReaderKind.READER, id="r-1")


@st.composite
def cards(draw: st.DrawFn) -> list[StoryCard]:
    count = draw(st.integers(0, 40))
    return [
        StoryCard(
            number=number,
            story_id=f"s{number}",
            title=f"第{number}条",
            url=None,
            image_url=None,
            outlet_id=draw(st.sampled_from(sorted(OUTLETS))),
            channel="",
            published_at_s=NOW_S - draw(st.integers(-300, 500_000)),
            expires_at_s=draw(st.sampled_from([None, None, NOW_S - 1, NOW_S, NOW_S + 1])),
            topics=tuple(draw(st.lists(st.sampled_from(["14", "31", "38", "39"]), max_size=2, unique=True))),
            places=tuple(draw(st.lists(st.sampled_from(["510802", "510824", "511102"]), max_size=1))),
            cluster_id=f"c{draw(st.integers(1, 25))}",
            ai_generated=False,
            body_chars=draw(st.integers(0, 900)),
        )
        for number in range(1, count + 1)
    ]


def the_card(context: FeedContext, number: int) -> StoryCard:
    card = context.view.card_of(number)
    assert card is not None
    return card


@st.composite
def contexts(draw: st.DrawFn) -> FeedContext:
    found = draw(cards())
    numbers = [card.number for card in found] or [1]
    some = st.lists(st.sampled_from(numbers), max_size=8, unique=True)
    orders = tuple(
        Placement(
            id=f"p{place}",
            story_id=f"s{draw(st.sampled_from(numbers))}",
            action=action,
            position=draw(st.integers(0, 6)) if action in ("pin", "insert") else None,
            starts_at=NOW - timedelta(hours=1),
            ends_at=NOW + timedelta(hours=1),
            created_by="k",
            created_at=NOW,
            adcode="510000" if action is PlacementAction.EMERGENCY else None,
            authority=Authority.PLATFORM
            if action in CARRIED
            else draw(st.sampled_from([Authority.OUTLET, Authority.PLATFORM])),
            priority=draw(st.integers(0, 2)),
        )
        for place, action in enumerate(draw(st.lists(st.sampled_from(list(PlacementAction)), max_size=5)))
    )
    reader = draw(
        st.sampled_from(
            [
                None,
                Reader(
                    ref=READER,
                    seen=tuple(draw(some)),
                    engagements=tuple(Engagement(n, 1.0, NOW_S) for n in draw(some)),
                ),
            ]
        )
    )
    return FeedContext(
        now_s=NOW_S,
        request=FeedRequest(
            outlet_id="lizhou",
            scene=draw(st.sampled_from([Scene.HOME, Scene.PUSH])),
            exclude=tuple(f"s{n}" for n in draw(some)),
        ),
        outlet=COUNTY,
        outlets=OUTLETS,
        view=sketched(found),
        reader=reader,
        near=[proposals(draw(some), 0.8, because=1)],
        hot={"outlet": proposals(draw(some), 0.9)},
        chance=draw(st.integers(0, 3)),
        placements=orders,
    )


def sketched(found: list[StoryCard]) -> FeedView:
    """A view in which every fifth story reads like the others of its kind."""
    table, axes = StoryTable(), np.eye(SKETCH, dtype=np.float16)
    for card in found:
        table.put(card, axes[card.number % 5])
    return table.view()


def proposals(numbers: list[int], strength: float, because: int = 0) -> Proposals:
    return Proposals(
        np.array(numbers, dtype=np.int64), np.full(len(numbers), strength, dtype=np.float32), because
    )


def blocked(context: FeedContext, *by: Authority) -> set[str]:
    return {p.story_id for p in context.placements if p.action is PlacementAction.BLOCK and p.authority in by}


def may_show(card: StoryCard, context: FeedContext, order: PlacementAction | None = None) -> bool:
    """Whether a story may stand in a feed by itself, or by an order."""
    binding = [Authority.PLATFORM] if order in CARRIED else list(Authority)
    excluded = {
        the_card(context, int(named[1:])).cluster_id for named in context.request.exclude if len(context.view)
    }
    return (
        (order is PlacementAction.EMERGENCY or card.cluster_id not in excluded)
        and card.story_id not in blocked(context, *binding)
        and (card.expires_at_s is None or card.expires_at_s > NOW_S)
        and card.published_at_s <= NOW_S + 60
    )


def showable(context: FeedContext) -> set[str]:
    """Clusters with a story that may be shown by itself or by some order."""
    found = {card.cluster_id for card in context.view.cards if may_show(card, context)}
    for order in context.placements:
        card = context.view.card_named(order.story_id)
        if order.action in PLACING and card is not None and may_show(card, context, order.action):
            found.add(card.cluster_id)
    return found


@given(contexts())
@settings(max_examples=80, deadline=None)
def test_no_cluster_twice_nothing_forbidden_and_never_empty_while_anything_may_be_shown(
    context: FeedContext,
) -> None:
    feed = assemble(context)
    shown = [the_card(context, item.number) for item in feed.items]
    assert len({card.cluster_id for card in shown}) == len(shown) <= DEPTH
    actions = {order.id: order.action for order in context.placements}
    for card, item in zip(shown, feed.items, strict=True):
        assert may_show(card, context, actions.get(item.placement_id or ""))
    assert bool(shown) == bool(showable(context))
    assert [item.position for item in feed.items] == list(range(len(shown)))
    assert all(item.whys for item in feed.items)
    assert assemble(context) == feed


@given(contexts())
@settings(max_examples=100, deadline=None)
def test_every_showable_cluster_is_in_the_feed_up_to_its_depth(context: FeedContext) -> None:
    feed = assemble(context)
    assert {the_card(context, item.number).cluster_id for item in feed.items} == showable(context)


@given(contexts())
@settings(max_examples=100, deadline=None)
def test_pins_stand_exactly_where_asked_unless_something_above_them_is_named(context: FeedContext) -> None:
    feed = assemble(context)
    actions = {order.id: order.action for order in context.placements}
    at = {item.placement_id: item.position for item in feed.items if item.placement_id}
    assert {verdict.placement_id for verdict in feed.orders} == actions.keys()
    for verdict in feed.orders:
        order = next(one for one in context.placements if one.id == verdict.placement_id)
        assert verdict.position == at.get(verdict.placement_id)
        if order.action is not PlacementAction.PIN:
            continue
        if verdict.outcome is Outcome.PLACED:
            asked = order.position or 0
            assert verdict.position == asked or asked >= len(feed.items)
        else:
            assert verdict.because or verdict.outcome is Outcome.GONE
        if verdict.outcome is Outcome.MOVED:
            assert actions[verdict.because] in CARRIED
        if verdict.outcome is Outcome.OUTRANKED and actions[verdict.because] is PlacementAction.PIN:
            assert rank_of(order) > rank_of(next(o for o in context.placements if o.id == verdict.because))


@given(contexts())
@settings(max_examples=100, deadline=None)
def test_orders_stand_the_same_in_whatever_order_they_were_read(context: FeedContext) -> None:
    turned = replace(context, placements=tuple(reversed(context.placements)))
    assert resolve(turned).held == resolve(context).held


@given(contexts())
@settings(max_examples=100, deadline=None)
def test_what_the_province_carries_stands_on_the_first_screen(context: FeedContext) -> None:
    for position, (_, order) in resolve(context).held.items():
        if order.action in CARRIED:
            assert position < FIRST_SCREEN


def many(count: int, **fields: object) -> FeedView:
    base = StoryCard(
        number=1, story_id="s1", title="题", url=None, image_url=None, outlet_id="far", channel="",
        published_at_s=NOW_S, expires_at_s=None, topics=("14",), places=(), cluster_id="c1",
        ai_generated=False, body_chars=300,
    )  # fmt: skip
    topics, outlets = ["14", "31", "35", "39", "22"], sorted(OUTLETS)
    return view_of(
        replace(
            base,
            number=n,
            story_id=f"s{n}",
            cluster_id=f"c{n}",
            published_at_s=NOW_S - 60 * n,
            topics=(topics[n % 5],),
            outlet_id=outlets[n % 4],
            **fields,  # type: ignore[arg-type]
        )
        for n in range(1, count + 1)
    )


def test_no_window_holds_more_than_three_of_a_topic_or_an_outlet_while_others_are_left() -> None:
    context = FeedContext(
        now_s=NOW_S, request=FeedRequest(outlet_id="lizhou"), outlet=COUNTY, outlets=OUTLETS, view=many(200)
    )
    shown = [the_card(context, item.number) for item in assemble(context).items][:30]
    for start in range(len(shown) - WINDOW):
        window = shown[start : start + WINDOW]
        assert max(Counter(card.topics[0] for card in window).values()) <= MAX_TOPIC_IN_WINDOW
        assert max(Counter(card.outlet_id for card in window).values()) <= MAX_OUTLET_IN_WINDOW


def test_from_a_cluster_the_outlets_own_version_is_shown() -> None:
    view = many(4)
    one_event = view_of(replace(card, cluster_id="c1") for card in view.cards)
    request = FeedRequest(outlet_id="lizhou")
    context = FeedContext(now_s=NOW_S, request=request, outlet=COUNTY, outlets=OUTLETS, view=one_event)
    (item,) = assemble(context).items
    assert the_card(context, item.number).outlet_id == "lizhou"
    assert item.cluster_size == 4


def test_local_news_says_so_in_plain_words() -> None:
    view = many(6, places=("510802",))
    request = FeedRequest(outlet_id="lizhou", scene=Scene.LOCAL)
    context = FeedContext(now_s=NOW_S, request=request, outlet=COUNTY, outlets=OUTLETS, view=view)
    codes = {why.code for item in assemble(context).items for why in item.whys}
    assert ReasonCode.LOCAL in codes


@given(contexts())
@settings(max_examples=30, deadline=None)
def test_what_was_passed_over_is_of_events_that_are_not_shown_each_once_and_never_for_having_been_seen(
    context: FeedContext,
) -> None:
    feed = assemble(context)
    passed = [the_card(context, one.number) for one in feed.passed_over]
    clusters = [card.cluster_id for card in passed]
    assert len(set(clusters)) == len(clusters) <= MOST
    assert not set(clusters) & {the_card(context, item.number).cluster_id for item in feed.items}
    whys = Counter(one.why for one in feed.passed_over)
    assert not whys.keys() & set(UNLISTED)
    assert all(count <= min(MOST_OF_ONE, feed.filtered.get(why, MOST)) for why, count in whys.items())
    scores = [one.score for one in feed.passed_over]
    assert scores == sorted(scores, reverse=True)
