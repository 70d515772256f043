"""What a snapshot tells of pages, readers and draws, for comparing rankers."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from support.snapshots import write_snapshot

from tianfu.eval.feedlog import UNKNOWN
from tianfu.model.feed.scoring import COLUMN
from tianfu.training.ranker.log import NO_EXPOSURES, read_draws, read_log
from tianfu.training.ranker.pages import read_pages
from tianfu.training.snapshot import open_snapshot

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def a_page(feed: str, reader: str | None, minute: int, **more: Any) -> dict[str, Any]:
    usual = {"outlet_id": "lizhou", "scene": "home", "ranker": "hand-set@3"}
    return {"feed": feed, "reader": reader, "made_at": minute} | usual | more


def items(feed: str, *stories: str) -> list[dict[str, Any]]:
    return [
        {"feed": feed, "position": place, "story_id": story, "placed_by": "model"}
        for place, story in enumerate(stories)
    ]


def a_click(reader: str | None, story: str, minute: int, feed: str | None = None) -> dict[str, Any]:
    return {"reader": reader, "story_id": story, "type": "click", "at": minute, "feed": feed}


def written(folder: Path, **more: list[dict[str, Any]]) -> Path:
    """Two readers and nobody in particular; the first had read twice before the second page of theirs."""
    rows: dict[str, list[dict[str, Any]]] = {
        "stories": [
            {"story_id": name, "outlet_id": outlet, "state": "live"}
            for name, outlet in {
                "s1": "lizhou", "s2": "lizhou", "s3": "lizhou", "s4": "cangxi", "s5": "guangyuan",
            }.items()
        ],
        "tags": [
            {"story_id": "s1", "kind": "topic", "code": "14", "is_primary": True, "state": "accepted"},
            {"story_id": "s1", "kind": "topic", "code": "31", "is_primary": False, "state": "accepted"},
            {"story_id": "s4", "kind": "topic", "code": "38", "is_primary": True, "state": "rejected"},
        ],
        "feeds": [
            a_page("a", "r1", 10),
            a_page("b", "r1", 30, scene="related"),
            a_page("c", "r2", 20, outlet_id="guangyuan"),
            a_page("d", None, 40),
        ],
        "items": [row for feed in "abcd" for row in items(feed, "s1", "s4", "s5")],
        "events": [
            a_click("r1", "s3", 10),  # the very moment of the page: not before it
            a_click("r1", "s1", 11, "a"),
            a_click("r1", "s4", 31, "b"),
            a_click("r2", "s4", 21, "c"),
            a_click(None, "s5", 41, "d"),
        ],
    }  # fmt: skip
    return write_snapshot(folder, rows | more)


def test_pages_come_with_what_was_known_before_them(tmp_path: Path) -> None:
    found = read_log(written(tmp_path / "s"))
    log = found.feeds
    assert log.pages.made_at_s.tolist() == [BEGAN.timestamp() + 60 * minute for minute in (10, 20, 30, 40)]
    assert log.earlier.tolist() == [0, 0, 2, UNKNOWN]
    assert list(log.scene) == ["home", "home", "related", "home"]
    assert list(log.level) == ["county", "city", "county", "county"]
    first = log.topic[:3]
    assert log.topics[first[0]] == "农业、农村"
    assert first[1:].tolist() == [UNKNOWN, UNKNOWN]
    assert log.small[:3].tolist() == [False, True, False]
    readers = log.pages.reader.tolist()
    assert readers[0] == readers[2]
    assert len(set(readers)) == 3
    assert (found.rankers, found.places) == ({"hand-set@3": 4}, 12)


def test_only_pages_from_a_moment_on_count(tmp_path: Path) -> None:
    since = datetime.fromtimestamp(BEGAN.timestamp() + 60 * 20, UTC)
    found = read_log(written(tmp_path / "s"), since=since)
    assert list(found.feeds.scene) == ["home", "related", "home"]
    assert (len(found.feeds.topic), found.places) == (9, 9)


def test_apps_that_tell_no_exposures_are_named(tmp_path: Path) -> None:
    assert read_log(written(tmp_path / "s")).notes == (NO_EXPOSURES,)
    told = [a_click("r1", "s1", 11, "a"), a_click("r1", "s4", 11, "a") | {"type": "expose"}]
    assert read_log(written(tmp_path / "t", events=told)).notes == ()


def test_draws_come_with_their_reward_and_torn_ones_are_left_out(tmp_path: Path) -> None:
    """A shortlist of which nothing or two stories stood there tells nothing."""
    shown = {"a": {"s1"}, "b": {"s5"}, "c": set[str](), "d": {"s1", "s5"}}
    draws = [
        {"feed": feed, "position": 6, "story_id": story, "shown": story in own, "propensity": 0.5,
         "feature_local": 0.25 if story == "s1" else 0.75}
        for feed, own in shown.items()
        for story in ("s1", "s5")
    ]  # fmt: skip
    found = read_draws(open_snapshot(written(tmp_path / "s", draws=draws)))
    assert len(found) == 2
    assert found.reward.tolist() == [1.0, 0.0]
    assert found.propensity.tolist() == [0.5, 0.5]
    assert found.shown.tolist() == [True, False, False, True]
    assert found.features[:, COLUMN["local"]].tolist() == [0.25, 0.75, 0.25, 0.75]


def test_draws_number_readers_as_pages_do(tmp_path: Path) -> None:
    """Whoever learns from some readers' pages can tell the draws of the others; nobody's stand alone."""
    draws = [
        {"feed": feed, "position": 6, "story_id": story, "shown": story == "s1", "propensity": 0.5}
        for feed in "dbac"
        for story in ("s1", "s5")
    ]
    snapshot = open_snapshot(written(tmp_path / "s", draws=draws))
    readers = read_draws(snapshot).reader.tolist()
    assert readers == read_pages(snapshot).reader.tolist()
    assert (readers[0] == readers[2], len(set(readers))) == (True, 3)
