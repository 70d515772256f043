"""Heat by day and by area, on stories made by hand."""

from datetime import UTC, date, datetime
from typing import Any

from tianfu.model.feed.card import StoryCard
from tianfu.model.feed.table import view_of
from tianfu.model.flow.heat import area_heat, days_until, newsrooms_by_area, topic_days
from tianfu.model.vocab.outlets import load_outlets

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)


def a_card(number: int, outlet_id: str, at: str, **fields: Any) -> StoryCard:
    told: dict[str, Any] = {
        "number": number, "story_id": f"s{number}", "title": "", "url": None, "image_url": None,
        "outlet_id": outlet_id, "channel": "", "expires_at_s": None, "topics": ("14",),
        "published_at_s": int(datetime.fromisoformat(at).timestamp()), "places": ("510802",),
        "cluster_id": f"c{number}", "ai_generated": False, "body_chars": 400,
    }  # fmt: skip
    return StoryCard(**{**told, **fields})


def test_days_are_chinas_and_the_last_one_ends_now() -> None:
    first, last = days_until(NOW, 2)
    assert (first.date, last.date) == (date(2026, 3, 1), date(2026, 3, 2))
    assert first.since == datetime(2026, 2, 28, 16, tzinfo=UTC)
    assert first.until == last.since == datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert (last.until - NOW).total_seconds() == 1


def test_stories_around_midnight_fall_on_their_own_day_and_outlets_count_once_a_day() -> None:
    cards = [
        a_card(1, "lizhou", "2026-02-28T23:59:59+08:00"),
        a_card(2, "lizhou", "2026-03-01T00:00:00+08:00"),
        a_card(3, "lizhou", "2026-03-01T23:59:59+08:00"),
        a_card(4, "cangxi", "2026-03-02T00:00:00+08:00"),
        a_card(5, "lizhou", "2026-03-02T12:00:00+08:00"),
        a_card(6, "lizhou", "2026-03-02T09:00:00+08:00", topics=("31", "14")),
        a_card(7, "lizhou", "2026-03-02T09:00:00+08:00", topics=()),
    ]
    view = view_of(cards)
    found = topic_days(view, view.about("510000"), days_until(NOW, 2))
    assert [(line.topic, line.stories, line.outlets) for line in found] == [
        ("14", (2, 2), (1, 2)), ("31", (0, 1), (0, 1)),
    ]  # fmt: skip


def test_a_county_counts_what_is_about_it_and_what_its_newsrooms_made() -> None:
    cards = [
        a_card(1, "lizhou", "2026-03-02T09:00:00+08:00"),
        a_card(2, "guangyuan", "2026-03-02T09:00:00+08:00", places=("510802001", "510824"), topics=("31",)),
        a_card(3, "cangxi", "2026-03-02T10:00:00+08:00", topics=("31", "14")),
        a_card(4, "lizhou", "2026-03-02T10:00:00+08:00", places=("511102",)),
        a_card(5, "lizhou", "2026-02-20T10:00:00+08:00"),
    ]
    view = view_of(cards)
    window: dict[str, Any] = {
        "since_s": int(datetime(2026, 3, 1, tzinfo=UTC).timestamp()),
        "until_s": int(NOW.timestamp()),
        "topic": None,
    }
    lizhou = area_heat(view, "510802", ["lizhou"], **window)
    assert (lizhou.stories, lizhou.outlets, lizhou.own_stories, lizhou.leading) == (3, 3, 2, "31")
    farming = area_heat(view, "510802", ["lizhou"], **{**window, "topic": "14"})
    assert (farming.stories, farming.own_stories) == (2, 2)
    silent = area_heat(view, "510811", [], **window)
    assert (silent.stories, silent.own_stories, silent.leading) == (0, 0, None)


def test_two_newsrooms_of_one_district_both_count_for_it() -> None:
    found = newsrooms_by_area(load_outlets())
    assert sum(len(ids) for ids in found.values()) == 206
    assert max(len(ids) for ids in found.values()) > 1
    assert "510000" not in found
