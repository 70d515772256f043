"""Which candidates a feed tells of that it did not show, and why."""

from collections import Counter

from tianfu.model.event import ReaderKind, ReaderRef
from tianfu.model.feed.assemble import DEPTH, assemble
from tianfu.model.feed.card import StoryCard
from tianfu.model.feed.context import FeedContext
from tianfu.model.feed.passed import MOST_OF_ONE
from tianfu.model.feed.table import view_of
from tianfu.model.outlet import Outlet, OutletLevel
from tianfu.model.reader import Reader
from tianfu.model.recommendation import FeedRequest, Source

NOW_S = 1_772_400_000
COUNTY = Outlet(id="lizhou", name="县", level=OutletLevel.COUNTY, adcode="510802", parent_id="mid")
FARM, SCHOOL = "14", "31"


def a_story(number: int, topic: str, expires_at_s: int | None = None) -> StoryCard:
    """The higher its number the older."""
    return StoryCard(
        number=number, story_id=f"s{number}", title="题", url=None, image_url=None,
        outlet_id=f"o{number % 40}", channel="", published_at_s=NOW_S - 600 * number,
        expires_at_s=expires_at_s, topics=(topic,), places=(), cluster_id=f"c{number}",
        ai_generated=False, body_chars=300,
    )  # fmt: skip


def test_a_candidate_is_told_of_with_the_rule_that_took_it_out_or_that_variety_or_its_score_did() -> None:
    farm = [a_story(n, FARM) for n in range(3, 50)]
    school = [a_story(n, SCHOOL) for n in range(50, 118)]
    reader = ReaderRef(outlet_id="lizhou", kind=ReaderKind.READER, id="r-1")
    feed = assemble(
        FeedContext(
            now_s=NOW_S,
            request=FeedRequest(outlet_id="lizhou"),
            outlet=COUNTY,
            outlets={"lizhou": COUNTY},
            view=view_of([a_story(1, FARM, expires_at_s=NOW_S - 1), a_story(2, FARM), *farm, *school]),
            reader=Reader(ref=reader, seen=(2,)),
        )
    )
    shown = {item.number for item in feed.items}
    assert len(shown) == DEPTH
    assert feed.filtered == {"expired": 1, "seen": 1}
    assert (feed.passed_over[0].number, feed.passed_over[0].why) == (1, "expired")
    assert feed.passed_over[0].sources == (Source.FRESH,)
    assert Counter(one.why for one in feed.passed_over) == {
        "expired": 1,
        "vary": MOST_OF_ONE,
        "below": MOST_OF_ONE,
    }
    missed = {why: [one.number for one in feed.passed_over if one.why == why] for why in ("vary", "below")}
    assert missed["vary"] == [one.number for one in farm if one.number not in shown][:MOST_OF_ONE]
    assert missed["below"] == [one.number for one in school if one.number not in shown][:MOST_OF_ONE]
