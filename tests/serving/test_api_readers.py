"""Feeds, events and readers' rights over HTTP."""

import json

import pytest
from fastapi.testclient import TestClient
from support.builders import FakeClock
from support.readers import FARM, SCHOOL, Key, StoryJson, farm_and_school, feed, read
from support.traces import in_tables

from tianfu.model.access import Role
from tianfu.serving.services.newsroom import Newsroom


@pytest.fixture
def stories(served: TestClient, key: Key, story_json: StoryJson) -> dict[str, str]:
    return farm_and_school(served, key, story_json)


def test_what_a_reader_reads_comes_first_within_the_next_request(
    served: TestClient, stories: dict[str, str], app_key: dict[str, str]
) -> None:
    read(served, app_key, "r-school", [stories[t] for t in SCHOOL[:4]])
    page = feed(served, app_key, reader_id="r-school", adcode="511102")
    assert page["personalised"] is True
    assert sum("学校" in item["title"] for item in page["items"][:4]) >= 3
    assert not {stories[t] for t in SCHOOL[:4]} & {item["story_id"] for item in page["items"][:8]}
    assert any("您关注的" in r["text"] for item in page["items"] for r in item["reasons"])


def test_with_personalisation_off_opposite_histories_get_the_same_answer(
    served: TestClient, stories: dict[str, str], app_key: dict[str, str]
) -> None:
    read(served, app_key, "r-a", [stories[t] for t in SCHOOL[:5]])
    read(served, app_key, "r-b", [stories[t] for t in FARM[:5]])
    for reader in ("r-a", "r-b"):
        answer = served.put(
            f"/v1/readers/{reader}/personalisation", headers=app_key, json={"on": False}
        ).json()
        assert answer["personalise"] is False
    one, other = (feed(served, app_key, reader_id=reader) for reader in ("r-a", "r-b"))
    assert one["items"] == other["items"] == feed(served, app_key)["items"]
    assert one["personalised"] is False
    again = feed(served, app_key, reader_id="r-a", personalise=False)
    assert again["items"] == one["items"]
    pushes = [feed(served, app_key, scene="push", reader_id=reader)["items"] for reader in ("r-a", "r-b")]
    assert pushes[0] == pushes[1] == feed(served, app_key, scene="push")["items"]


def test_one_cursor_always_gives_the_same_page_and_pages_never_repeat(
    served: TestClient, stories: dict[str, str], app_key: dict[str, str]
) -> None:
    first = feed(served, app_key, reader_id="r-c", count=5)
    second = feed(served, app_key, cursor=first["cursor"], count=5)
    read(served, app_key, "r-c", [stories[SCHOOL[0]]])
    assert feed(served, app_key, cursor=first["cursor"], count=5) == second
    shown = [item["cluster_id"] for item in first["items"] + second["items"]]
    assert len(shown) == len(set(shown)) == 10
    assert [item["position"] for item in first["items"] + second["items"]] == list(range(10))


def test_a_cursor_of_another_outlet_or_an_altered_one_is_refused(
    served: TestClient, stories: dict[str, str], app_key: dict[str, str], key: Key, clock: FakeClock
) -> None:
    cursor = feed(served, app_key, count=2)["cursor"]
    stranger = served.post("/v1/recommend", headers=key(Role.APP, "cangxi"), json={"cursor": cursor})
    assert (stranger.status_code, stranger.json()["code"]) == (422, "invalid_cursor")
    altered = served.post("/v1/recommend", headers=app_key, json={"cursor": cursor[:-2] + "xx"})
    assert (altered.status_code, altered.json()["code"]) == (422, "invalid_cursor")
    clock.pass_by(hours=25)
    late = served.post("/v1/recommend", headers=app_key, json={"cursor": cursor})
    assert (late.status_code, late.json()["code"]) == (410, "cursor_expired")


def test_the_feed_is_not_empty_for_a_reader_who_has_seen_everything(
    served: TestClient, stories: dict[str, str], app_key: dict[str, str]
) -> None:
    read(served, app_key, "r-all", list(stories.values()), kind="expose")
    page = feed(served, app_key, reader_id="r-all")
    assert len(page["items"]) == 10
    assert {item["placed_by"] for item in page["items"]} == {"fallback"}


def test_events_are_idempotent_and_answered_row_by_row(
    served: TestClient, stories: dict[str, str], app_key: dict[str, str]
) -> None:
    good = {
        "event_id": "e-1",
        "reader_id": "r-1",
        "story_id": stories[FARM[0]],
        "type": "click",
        "at": "2026-03-02T11:59:00+08:00",
    }
    rows = [
        good,
        good,
        {**good, "event_id": "e-2", "story_id": "no-such-story"},
        {**good, "event_id": "e-3", "at": "2031-01-01T00:00:00Z"},
        {**good, "event_id": "e-4", "reader_id": "13800138000"},
        {**good, "event_id": "e-5", "surprise": 1},
        {**good, "event_id": "e-6", "type": "stay"},
    ]
    answer = served.post("/v1/events", headers=app_key, json={"events": rows}).json()
    assert (answer["accepted"], answer["duplicate"], answer["rejected"]) == (1, 1, 5)
    again = served.post("/v1/events", headers=app_key, json={"events": [good]}).json()
    assert (again["accepted"], again["duplicate"]) == (0, 1)
    assert "telephone" in answer["results"][4]["error"]["detail"]


def test_an_event_row_that_is_no_object_spoils_no_other(
    served: TestClient, stories: dict[str, str], app_key: dict[str, str]
) -> None:
    good = {
        "event_id": "e-1",
        "reader_id": "r-1",
        "story_id": stories[FARM[0]],
        "type": "click",
        "at": "2026-03-02T11:59:00+08:00",
    }
    odd = [None, "e-2", 3, [], {**good, "event_id": "e\ud83d"}, {**good, "\ud83d": 1}]
    body = json.dumps({"events": [good, *odd]})
    headers = {**app_key, "Content-Type": "application/json"}
    answer = served.post("/v1/events", headers=headers, content=body.encode())
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["accepted"], found["rejected"]) == (1, len(odd))
    assert [row["index"] for row in found["results"]] == list(range(len(odd) + 1))
    for row in found["results"][1:]:
        assert row["error"]["code"] == "invalid_event"
    assert [row["event_id"] for row in found["results"][1:5]] == [None] * 4


def test_a_deleted_interest_does_not_come_back_from_behaviour(
    served: TestClient, stories: dict[str, str], app_key: dict[str, str]
) -> None:
    read(served, app_key, "r-d", [stories[t] for t in SCHOOL[:3]])
    assert served.delete("/v1/readers/r-d/tags/topic/31", headers=app_key).status_code == 200
    read(served, app_key, "r-d", [stories[t] for t in SCHOOL[3:6]])
    reader = served.get("/v1/readers/r-d", headers=app_key).json()
    assert "31" not in [interest["code"] for interest in reader["interests"]]
    assert [gone["code"] for gone in reader["removed"]] == ["31"]
    served.put("/v1/readers/r-d/tags/topic/31", headers=app_key, json={"weight": 5})
    tags = served.get("/v1/readers/r-d/tags", headers=app_key).json()
    assert [tag["by_reader"] for tag in tags if tag["code"] == "31"] == [True]


def test_erasing_a_reader_leaves_no_trace_in_any_table(
    served: TestClient, stories: dict[str, str], app_key: dict[str, str]
) -> None:
    read(served, app_key, "r-gone-42", [stories[t] for t in SCHOOL[:3]])
    feed(served, app_key, reader_id="r-gone-42")
    room = served.app.state.newsroom  # type: ignore[attr-defined]
    room.decisions.flush()
    feed(served, app_key, reader_id="r-gone-42")
    feed(served, app_key, reader_id="r-gone-42", personalise=False)
    feed(served, app_key, reader_id="r-gone-42", minor=True)
    erased = served.delete("/v1/readers/r-gone-42", headers=app_key).json()["erased"]
    assert erased.pop("decisions") in (1, 2)  # the log may have written the second by itself just now
    assert erased == {"readers": 1, "events": 3}
    room.decisions.flush()
    assert in_tables(room.database.url, "r-gone-42") == []


def test_erasing_a_reader_leaves_no_trace_in_memory(
    served: TestClient, stories: dict[str, str], app_key: dict[str, str]
) -> None:
    read(served, app_key, "r-gone-43", [stories[t] for t in SCHOOL[:3]])
    feed(served, app_key, reader_id="r-gone-43")
    feed(served, app_key, reader_id="r-gone-43", personalise=False)
    room = served.app.state.newsroom  # type: ignore[attr-defined]
    assert "r-gone-43" in remembered(room)
    served.delete("/v1/readers/r-gone-43", headers=app_key)
    room.decisions.flush()  # what is being written at this moment is deleted with the next writing
    assert "r-gone-43" not in remembered(room)


def remembered(room: Newsroom) -> str:
    """Everything that this process keeps about reading, as text."""
    signals = room.stream.signals
    holders = (signals, signals._hot, signals._read_after, room.decisions, room.interests)
    return repr([vars(holder) for holder in holders])


def test_one_outlet_never_sees_anothers_readers(
    served: TestClient, stories: dict[str, str], app_key: dict[str, str], key: Key
) -> None:
    read(served, app_key, "r-private", [stories[SCHOOL[0]]])
    stranger = key(Role.APP, "cangxi")
    own_view = served.get("/v1/readers/r-private", headers=stranger).json()
    assert (own_view["stories_read"], own_view["interests"]) == (0, [])
    asked = served.get("/v1/readers/r-private", headers=stranger, params={"outlet_id": "lizhou"})
    assert asked.status_code == 403
    trace_id = feed(served, app_key, reader_id="r-private")["trace_id"]
    assert served.get(f"/v1/decisions/{trace_id}", headers=stranger).status_code == 403
    mine = served.get(f"/v1/decisions/{trace_id}", headers=app_key)
    assert "r-private" not in mine.text
    assert mine.json()["models"]["ranker"]


def test_minors_get_an_allowed_pool_and_no_profile(
    served: TestClient, stories: dict[str, str], app_key: dict[str, str]
) -> None:
    read(served, app_key, "r-child", [stories[t] for t in SCHOOL[:3]])
    page = feed(served, app_key, reader_id="r-child", minor=True)
    assert page["personalised"] is False
    assert {topic["code"] for item in page["items"] for topic in item["topics"][:1]} <= {"14", "31"}


def test_related_and_local_scenes_keep_to_their_meaning(
    served: TestClient, stories: dict[str, str], app_key: dict[str, str]
) -> None:
    related = feed(served, app_key, scene="related", story_id=stories[SCHOOL[0]], count=3)
    assert all("学校" in item["title"] for item in related["items"])
    assert stories[SCHOOL[0]] not in [item["story_id"] for item in related["items"]]
    local = feed(served, app_key, scene="local", count=16)
    assert {item["outlet"]["id"] for item in local["items"]} == {"lizhou"}
    channel = feed(served, app_key, scene="channel", channel="类31", count=16)
    assert all("学校" in item["title"] for item in channel["items"])


def test_placements_hold_their_places_and_say_so(
    served: TestClient, stories: dict[str, str], app_key: dict[str, str], key: Key
) -> None:
    operator = key()
    until = {"ends_at": "2026-03-03T00:00:00+08:00"}
    for order in (
        {"story_id": stories[SCHOOL[7]], "action": "must_carry"},
        {"story_id": stories[FARM[0]], "action": "pin", "position": 2},
        {"story_id": stories[FARM[7]], "action": "block"},
    ):
        assert served.post("/v1/placements", headers=operator, json={**order, **until}).status_code == 201
    items = feed(served, app_key, count=16)["items"]
    assert (items[0]["story_id"], items[0]["placed_by"]) == (stories[SCHOOL[7]], "must_carry")
    assert items[0]["reasons"][0]["text"] == "省级必推"
    assert (items[2]["story_id"], items[2]["placed_by"]) == (stories[FARM[0]], "editor")
    assert stories[FARM[7]] not in [item["story_id"] for item in items]
    editor = key(Role.EDITOR, "lizhou")
    refused = served.post(
        "/v1/placements",
        headers=editor,
        json={"story_id": stories[FARM[1]], "action": "must_carry", "outlet_ids": ["lizhou"], **until},
    )
    assert refused.status_code == 403
