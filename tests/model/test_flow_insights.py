"""Trends, blank spots and months, on numbers made by hand."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from tianfu.model.errors import InvalidRequest
from tianfu.model.feed.card import StoryCard
from tianfu.model.feed.table import view_of
from tianfu.model.flow.adoption import AdoptedBy, Adoption
from tianfu.model.flow.audience import Audience
from tianfu.model.flow.balance import SpotKind, place_spots, topic_lines, topic_spots
from tianfu.model.flow.report import ReaderCounts, month_bounds, month_of, spread_of, told_counts
from tianfu.model.flow.trends import hot_clusters, hot_topics, rows_in
from tianfu.model.outlet import OutletLevel
from tianfu.model.vocab.outlets import load_outlets

NOW_S = 1_772_424_000
OUTLETS = {one.id: one for one in load_outlets()}
NOBODY = Audience(readers=0, clicks={}, days=7)


def a_card(number: int, outlet_id: str, cluster: int, *, hours: float = 1, **fields: Any) -> StoryCard:
    told: dict[str, Any] = {
        "number": number, "story_id": f"s{number}", "title": "", "url": None, "image_url": None,
        "outlet_id": outlet_id, "channel": "", "published_at_s": NOW_S - int(hours * 3_600),
        "expires_at_s": None, "topics": ("14",), "places": ("510802",), "cluster_id": f"c{cluster}",
        "ai_generated": False, "body_chars": 400,
    }  # fmt: skip
    return StoryCard(**{**told, **fields})


def test_clusters_told_by_more_outlets_are_hotter_and_hidden_clicks_count_nothing() -> None:
    view = view_of(
        [
            a_card(1, "lizhou", 1, hours=5), a_card(2, "cangxi", 1, hours=3), a_card(3, "cangxi", 1),
            a_card(4, "lizhou", 2), a_card(5, "lizhou", 3, hours=2),
            a_card(6, "leshan", 4, places=("511102",)),
        ]
    )  # fmt: skip
    rows = rows_in(view, "510800", NOW_S - 86_400, NOW_S)
    first, *rest = hot_clusters(view, rows, {}, limit=9)
    assert (view.card(first.row).number, first.outlets, first.stories, first.clicks) == (1, 2, 3, None)
    assert first.score == pytest.approx(math.log2(3) + 1, abs=1e-4)
    assert [view.card(one.row).number for one in rest] == [4, 5]
    clicked = hot_clusters(view, rows, {"c3": 99}, limit=9)
    assert [(view.card(one.row).number, one.clicks) for one in clicked] == [(5, 99), (1, None), (4, None)]


def test_a_class_told_more_today_than_on_other_days_has_a_pace_above_one() -> None:
    cards = [a_card(n, "lizhou", n, hours=40) for n in (1, 2)]
    cards += [a_card(3, "lizhou", 3, topics=("31",)), a_card(4, "cangxi", 4, topics=("31",))]
    cards.append(a_card(5, "leshan", 5, topics=()))
    view = view_of(cards)
    found = hot_topics(
        view, rows_in(view, "510000", NOW_S - 3 * 86_400, NOW_S), {"31": 25}, now_s=NOW_S, days=3
    )
    assert [(t.topic, t.outlets, t.stories, t.pace, t.clicks) for t in found] == [
        ("31", 2, 2, 3.0, 25),
        ("14", 1, 2, 0.0, None),
    ]


def test_nothing_told_is_nothing_hot() -> None:
    view = view_of([])
    rows = rows_in(view, "510000", 0, NOW_S)
    assert hot_clusters(view, rows, {}, limit=3) == []
    assert hot_topics(view, rows, {}, now_s=NOW_S, days=3) == []


def test_a_class_read_much_and_told_little_is_a_blank_spot() -> None:
    audience = Audience(readers=20, clicks={"31": 60, "14": 40}, days=7)
    lines = topic_lines({"14": 9, "31": 1}, audience, [])
    (spot,) = topic_spots(lines, around=0, names={})
    assert (spot.why, spot.code, spot.ground.text) == (
        SpotKind.READ, "31", "读者点击里31类占60%，本媒体发稿只占10%",
    )  # fmt: skip


def test_reading_of_few_readers_makes_no_blank_spot_and_no_share() -> None:
    lines = topic_lines({"14": 9}, Audience(readers=19, clicks={"31": 60}, days=7), [])
    assert [(line.topic, line.reading_share) for line in lines] == [("14", None)]
    assert topic_spots(lines, around=0, names={}) == []


def test_a_class_that_half_the_neighbours_tell_and_the_outlet_never_is_a_blank_spot() -> None:
    around = [frozenset({"31"}), frozenset({"31", "39"}), frozenset({"14"})]
    spots = topic_spots(topic_lines({"14": 3}, NOBODY, around), around=3, names={})
    assert [(spot.why, spot.code, spot.others) for spot in spots] == [(SpotKind.NEIGHBOURS, "31", 2)]


def test_places_nobody_here_tells_come_first_where_readers_read_of_them() -> None:
    spots = place_spots({"1": 2}, {"1": 5, "2": 3, "3": 1, "4": 0}, {"3": 30}, ["1", "2", "3", "4"], names={})
    assert [(spot.why, spot.code) for spot in spots] == [(SpotKind.READ, "3"), (SpotKind.NEIGHBOURS, "2")]


def test_spread_counts_higher_levels_by_who_took_what() -> None:
    def taken(number: int, adopter: str) -> Adoption:
        return Adoption(
            number=number, story_id=f"s{number}", title="", cluster_id="", outlet_id="lizhou",
            adopter_id=adopter, at=datetime(2026, 3, 1, tzinfo=UTC), topic="", by=AdoptedBy.COPY,
        )  # fmt: skip

    found = spread_of(
        OUTLETS["lizhou"], [taken(1, "cangxi"), taken(2, "cangxi"), taken(2, "shuchuan-net")], OUTLETS
    )
    assert (found.adoptions, found.higher) == (3, 1)
    assert [(one.story_id, one.outlets, one.highest) for one in found.carried] == [
        ("s2", 2, OutletLevel.PROVINCE), ("s1", 1, OutletLevel.COUNTY),
    ]  # fmt: skip
    assert spread_of(OUTLETS["guangyuan"], [taken(1, "cangxi")], OUTLETS).higher == 0


def test_readers_are_counted_from_twenty_on() -> None:
    assert told_counts(100, 50, 19) is None
    assert told_counts(100, 50, 20) == ReaderCounts(exposures=100, clicks=50, readers=20)


def test_months_are_chinas() -> None:
    start, end = month_bounds("2026-12")
    assert start == datetime(2026, 11, 30, 16, tzinfo=UTC)
    assert end == datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert month_of(end) == "2027-01"
    for bad in (
        "2026-13",
        "2026-00",
        "2026-3",
        "2026/03",
        "２０２６-03",
        "1969-12",
        "abcd-ef",
        "2026-03-",
        "",
    ):
        with pytest.raises(InvalidRequest):
            month_bounds(bad)
