"""Places that chance gives away: the probability that is written down is the one that was used."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np

from tianfu.model.aims import Aims
from tianfu.model.feed.assemble import AssembledFeed, assemble
from tianfu.model.feed.card import StoryCard
from tianfu.model.feed.context import FeedContext, Proposals, surroundings
from tianfu.model.feed.scoring import COLUMN
from tianfu.model.feed.table import view_of
from tianfu.model.feed.vary import EXPLORED_PLACES, RECORDED_DRAWS, SHORTLIST
from tianfu.model.outlet import Outlet, OutletLevel
from tianfu.model.placement import Placement, PlacementAction
from tianfu.model.recommendation import FeedRequest

NOW_S = 1_772_400_000
NOW = datetime.fromtimestamp(NOW_S, UTC)
SILENT = 9
PROVINCE = Outlet(id="up", name="省", level=OutletLevel.PROVINCE, adcode="510000")
CITY = Outlet(id="mid", name="市", level=OutletLevel.CITY, adcode="510800", parent_id="up")
COUNTIES = [
    Outlet(id=f"county{n}", name="县", level=OutletLevel.COUNTY, adcode=f"5108{n:02}", parent_id="mid")
    for n in range(SILENT + 1)
]
FAR = [
    Outlet(id=f"far{n}", name="远", level=OutletLevel.COUNTY, adcode=f"5111{n:02}", parent_id="up")
    for n in range(20)
]
OUTLETS = {outlet.id: outlet for outlet in (PROVINCE, CITY, *COUNTIES, *FAR)}
FEEDS = 1_000


def card(number: int, outlet_id: str, **fields: object) -> StoryCard:
    base = StoryCard(
        number=number, story_id=f"s{number}", title="题", url=None, image_url=None, outlet_id=outlet_id,
        channel="", published_at_s=NOW_S - 60 * number, expires_at_s=None, topics=(str(11 + number % 25),),
        places=(), cluster_id=f"c{number}", ai_generated=False, body_chars=300,
    )  # fmt: skip
    return replace(base, **fields)  # type: ignore[arg-type]


def newsroom() -> FeedContext:
    """Forty stories of far outlets that are read, nine of neighbours that nobody reads.

    Neighbours differ in age and place, so that where chance puts one in the list of proposals decides
    whether it stands among the first by its score already.
    """
    loud = [card(n, f"far{n % 20}") for n in range(1, 41)]
    silent = [
        card(
            100 + n, f"county{n + 1}", published_at_s=NOW_S - 6_000 * n,
            places=("510800",) if n < 3 else (), topics=(str(11 + n),),
        )
        for n in range(SILENT)
    ]  # fmt: skip
    read = Proposals(np.arange(1, 41), np.full(40, 0.01, dtype=np.float32))
    return FeedContext(
        now_s=NOW_S, request=FeedRequest(outlet_id="county0"), outlet=COUNTIES[0], outlets=OUTLETS,
        around=surroundings(COUNTIES[0], OUTLETS), view=view_of([*loud, *silent]), hot={"city": read},
        aims=Aims(explore=1.0),
    )  # fmt: skip


@lru_cache(maxsize=1)
def feeds() -> list[AssembledFeed]:
    room = newsroom()
    return [assemble(replace(room, chance=chance)) for chance in range(FEEDS)]


def test_what_chance_chose_from_one_alone_is_neither_the_editors_nor_how_low_scores_go() -> None:
    room = newsroom()
    alone = [card(n, f"far{n % 20}") for n in range(1, 150)] + [card(300, "county1", topics=("11",))]
    boost = Placement(
        id="p1", story_id="s300", action=PlacementAction.BOOST, strength=0.1, created_by="k",
        starts_at=NOW - timedelta(hours=1), ends_at=NOW + timedelta(hours=1), created_at=NOW,
    )  # fmt: skip
    read = Proposals(np.arange(1, 150), np.ones(149, dtype=np.float32))
    feed = assemble(replace(room, view=view_of(alone), placements=(boost,), hot={"city": read}))
    drawn = next(item for item in feed.items if item.number == 300)
    assert drawn.position in EXPLORED_PLACES
    assert (drawn.propensity, drawn.placed_by.value) == (1.0, "model")
    last = min(item.score for item in feed.items if item.number != 300)
    assert drawn.score < last
    assert {one.why for one in feed.passed_over if one.score < last - 1e-3} <= {"below"}
    assert "below" in {one.why for one in feed.passed_over}


def test_every_story_of_a_shortlist_stands_there_as_often_as_is_written_down() -> None:
    """Of each story: how often it was drawn against the sum of its probabilities, within four errors."""
    expected: dict[int, float] = {}
    drawn: dict[int, int] = {}
    variance: dict[int, float] = {}
    for feed in feeds():
        for draw in feed.draws:
            for number in draw.among.tolist():
                share = draw.propensity
                expected[number] = expected.get(number, 0.0) + share
                variance[number] = variance.get(number, 0.0) + share * (1 - share)
            drawn[draw.shown] = drawn.get(draw.shown, 0) + 1
    assert len(expected) > SHORTLIST
    for number, sum_of_shares in expected.items():
        assert abs(drawn.get(number, 0) - sum_of_shares) < 4 * variance[number] ** 0.5 + 1e-9, number


def test_the_probability_of_an_item_is_that_of_the_place_given_what_stood_before() -> None:
    """Summed over feeds the recorded probabilities give the count of each story at its drawn place."""
    silent = range(100, 100 + SILENT)
    first = [next(feed.items[at] for at in sorted(EXPLORED_PLACES)) for feed in feeds()]
    assert {item.number for item in first} <= set(silent)
    assert all(1 / SILENT <= item.propensity <= 1 for item in first)
    counts = np.bincount([item.number - 100 for item in first], minlength=SILENT)
    free = counts[3:]  # never among the first by score: equally likely
    assert free.min() > 0
    assert free.max() < 1.5 * free.min()


def test_a_draw_tells_what_it_was_between_and_what_was_known() -> None:
    for feed in feeds()[:50]:
        places = {item.number: item.position for item in feed.items}
        assert feed.draws
        for draw in feed.draws:
            assert draw.shown in draw.among
            assert draw.among.tolist() == sorted(set(draw.among.tolist()))
            assert 2 <= len(draw.among) <= SHORTLIST
            assert draw.features.shape == (len(draw.among), len(COLUMN))
            assert places[draw.shown] < RECORDED_DRAWS
            assert (draw.features[:, COLUMN["explore"]] > 0).all()
            own = feed.items.features[places[draw.shown]]
            assert np.array_equal(draw.features[draw.among == draw.shown][0], own)


def test_nothing_is_drawn_where_the_outlet_wants_no_exploring() -> None:
    assert assemble(replace(newsroom(), aims=Aims(explore=0.0))).draws == ()


def test_where_one_story_alone_could_stand_nothing_was_drawn() -> None:
    room = newsroom()
    alone = replace(room, around=replace(room.around, nearby=("county9",)))
    feed = assemble(alone)
    assert feed.items[EXPLORED_PLACES[1]].parts["explore"] > 0
    assert feed.draws == ()
    assert all(item.propensity == 1.0 for item in feed.items)
