"""Exports: whole, checked, and without anybody's name."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from support.builders import NOW
from support.readers import farm_and_school, feed

from tianfu.model.access import Role
from tianfu.model.errors import InvalidRequest, SnapshotInvalid
from tianfu.model.feed.scoring import FEATURES
from tianfu.model.recommendation import Draw
from tianfu.model.snapshot import FEATURE_PREFIX, TABLES
from tianfu.serving.exporting.export import Snapshot, export_snapshot
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.store.snapshots import Window
from tianfu.training.ranker.log import read_draws
from tianfu.training.snapshot import open_snapshot

EVER = Window(since=NOW - timedelta(days=9), until=NOW + timedelta(days=9))
READER = "reader-of-lizhou-7"


def told(*_: object) -> None:
    pass


@pytest.fixture
def lived(
    served: TestClient, app_key: dict[str, str], key: Callable[..., dict[str, str]], story_json: Any
) -> tuple[Newsroom, dict[str, Any]]:
    """A newsroom where one reader was shown ten stories and clicked the fourth."""
    farm_and_school(served, key, story_json)
    page = feed(served, app_key, reader_id=READER)
    clicked = page["items"][3]
    event = {
        "event_id": "e-1", "reader_id": READER, "story_id": clicked["story_id"], "type": "click",
        "at": "2026-03-02T11:59:00+08:00", "trace_id": page["trace_id"], "position": clicked["position"],
    }  # fmt: skip
    assert served.post("/v1/events", headers=app_key, json={"events": [event]}).json()["accepted"] == 1
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    room.decisions.flush()
    return room, page


def exported(room: Newsroom, folder: Path, window: Window = EVER) -> Snapshot:
    return export_snapshot(room.database, window, folder, now=NOW, told=told)


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    return pq.read_table(folder / f"{name}.parquet").to_pylist()


def test_a_snapshot_holds_what_was_shown_down_to_the_deepest_event(
    lived: tuple[Newsroom, dict[str, Any]], tmp_path: Path
) -> None:
    room, page = lived
    done = exported(room, tmp_path / "s")
    assert (done.rows["stories"], done.rows["events"], done.rows["feeds"], done.rows["items"]) == (
        16,
        1,
        1,
        4,
    )
    items = rows(tmp_path / "s", "items")
    assert [item["story_id"] for item in items] == [item["story_id"] for item in page["items"][:4]]
    decision = room.feeds.replay(page["trace_id"]).decision
    kept = decision.items.features[:4]  # type: ignore[attr-defined]
    for item, features in zip(items, kept.tolist(), strict=True):
        assert [item[FEATURE_PREFIX + name] for name in FEATURES] == pytest.approx(features, abs=1e-3)
    assert kept.any()
    (event,) = rows(tmp_path / "s", "events")
    assert (event["feed"], event["story_id"]) == (items[3]["feed"], items[3]["story_id"])


def test_a_drawn_place_goes_out_with_all_it_was_drawn_from(
    served: TestClient, app_key: dict[str, str], lived: tuple[Newsroom, dict[str, Any]], tmp_path: Path
) -> None:
    room, page = lived
    decision = room.feeds.replay(page["trace_id"]).decision
    numbers = np.sort(decision.items.number[:3])  # type: ignore[attr-defined]
    features = np.arange(3 * len(FEATURES), dtype=np.float32).reshape(3, -1) / 64
    draw = Draw(shown=int(numbers[1]), among=numbers, features=features)
    drawn = replace(decision, trace_id="f" + "0" * 31, draws=(draw,))
    room.decisions.add(drawn, began_s=0.0)
    room.decisions.flush()
    event = {
        "event_id": "e-2", "reader_id": READER, "story_id": page["items"][0]["story_id"], "type": "expose",
        "at": "2026-03-02T11:59:30+08:00", "trace_id": drawn.trace_id, "position": 0,
    }  # fmt: skip
    assert served.post("/v1/events", headers=app_key, json={"events": [event]}).json()["accepted"] == 1
    exported(room, tmp_path / "s")
    found = rows(tmp_path / "s", "draws")
    assert len({row["feed"] for row in found}) == 1
    assert [row["shown"] for row in found] == [False, True, False]
    shown = next(item.position for item in decision.items if item.number == draw.shown)
    assert {row["position"] for row in found} == {shown}
    assert [row["propensity"] for row in found] == pytest.approx([1 / 3] * 3)
    for row, own in zip(found, features.tolist(), strict=True):
        assert [row[FEATURE_PREFIX + name] for name in FEATURES] == pytest.approx(own, abs=1e-3)
    draws = read_draws(open_snapshot(tmp_path / "s"))
    assert (len(draws), draws.reward.tolist(), draws.shown.tolist()) == (1, [0.0], [False, True, False])


def test_no_reader_and_no_feed_is_named(lived: tuple[Newsroom, dict[str, Any]], tmp_path: Path) -> None:
    room, page = lived
    for name in ("one", "two"):
        exported(room, tmp_path / name)
    both = [
        {row["reader"] for table in ("events", "feeds") for row in rows(tmp_path / name, table)}
        for name in ("one", "two")
    ]
    assert [len(names) for names in both] == [1, 1]
    assert both[0] != both[1]
    for file in (tmp_path / "one").iterdir():
        held = file.read_bytes() if file.suffix == ".json" else str(pq.read_table(file).to_pylist()).encode()
        assert READER.encode() not in held
        assert page["trace_id"].encode() not in held


def test_only_the_asked_outlet_and_time_go_out(
    lived: tuple[Newsroom, dict[str, Any]], tmp_path: Path
) -> None:
    room, _ = lived
    mine = Window(since=EVER.since, until=EVER.until, outlets=("cangxi",))
    done = exported(room, tmp_path / "cangxi", mine)
    assert [done.rows[name] for name in ("stories", "events", "feeds", "items")] == [8, 0, 0, 0]
    assert {row["outlet_id"] for row in rows(tmp_path / "cangxi", "stories")} == {"cangxi"}
    before = Window(since=EVER.since, until=NOW - timedelta(days=8))
    assert not any(exported(room, tmp_path / "before", before).rows.values())


def test_tables_have_the_columns_they_promise_even_when_empty(room: Newsroom, tmp_path: Path) -> None:
    exported(room, tmp_path / "s")
    for name, columns in TABLES.items():
        table: pa.Table = open_snapshot(tmp_path / "s").table(name)
        assert (table.num_rows, table.column_names) == (0, list(columns))


def test_a_folder_that_holds_something_is_left_alone(room: Newsroom, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(InvalidRequest, match="not empty"):
        exported(room, tmp_path)
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["mine.txt"]


def test_a_window_that_ends_before_it_begins_is_refused(room: Newsroom, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="before until"):
        exported(room, tmp_path / "s", Window(since=NOW, until=NOW))


@pytest.mark.parametrize("file", ["manifest.json", "items.parquet"])
def test_a_snapshot_that_was_cut_off_is_refused(room: Newsroom, tmp_path: Path, file: str) -> None:
    exported(room, tmp_path / "s")
    (tmp_path / "s" / file).unlink()
    with pytest.raises(SnapshotInvalid, match=r"snapshot|missing"):
        open_snapshot(tmp_path / "s")


def test_a_trace_id_of_another_outlet_counts_for_nothing(
    served: TestClient,
    lived: tuple[Newsroom, dict[str, Any]],
    key: Callable[..., dict[str, str]],
    tmp_path: Path,
) -> None:
    room, page = lived
    foreign = {
        "event_id": "e-9", "device_id": "d-9", "story_id": page["items"][7]["story_id"], "type": "click",
        "at": "2026-03-02T11:59:30+08:00", "trace_id": page["trace_id"], "position": 7,
    }  # fmt: skip
    theirs = key(Role.APP, "cangxi")
    assert served.post("/v1/events", headers=theirs, json={"events": [foreign]}).json()["accepted"] == 1
    assert exported(room, tmp_path / "s").rows["items"] == 4
    feeds = {row["outlet_id"]: row["feed"] for row in rows(tmp_path / "s", "events")}
    assert feeds["cangxi"] is None
    assert feeds["lizhou"] is not None


def test_an_altered_row_is_noticed(lived: tuple[Newsroom, dict[str, Any]], tmp_path: Path) -> None:
    room, _ = lived
    done = exported(room, tmp_path / "s")
    assert open_snapshot(tmp_path / "s").data_hash == done.data_hash
    file = tmp_path / "s" / "stories.parquet"
    table = pq.read_table(file)
    pq.write_table(table.set_column(4, "title", pa.array(["改过"] * table.num_rows)), file)
    with pytest.raises(SnapshotInvalid, match="altered"):
        open_snapshot(tmp_path / "s")
