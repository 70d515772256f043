"""What an outlet wants of its scenes, what was measured, and the record of a feed."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tianfu.model.access import Role

Key = Callable[..., dict[str, str]]
StoryJson = Callable[..., dict[str, Any]]


@pytest.fixture
def stocked(served: TestClient, key: Key, story_json: StoryJson) -> TestClient:
    rows = [
        story_json(external_id=f"x{n}", title=f"利州农事第{n}报", outlet_id=outlet)
        for n, outlet in enumerate(["lizhou", "cangxi", "lizhou"])
    ]
    answer = served.post("/v1/stories", json={"stories": rows}, headers=key() | {"Prefer": "wait=20"})
    assert answer.status_code in (200, 201), answer.text
    return served


def test_an_editor_sets_the_aims_of_the_own_outlet_and_the_next_feed_follows(
    stocked: TestClient, key: Key
) -> None:
    editor = key(Role.EDITOR, "lizhou")
    wish = {"local": 1.0, "fresh": 0.0}
    answer = stocked.put("/v1/outlets/lizhou/aims/home", json=wish, headers=editor)
    assert answer.status_code == 200, answer.text
    (home,) = [s for s in answer.json()["scenes"] if s["scene"] == "home"]
    assert (home["aims"]["local"], home["aims"]["fresh"], home["aims"]["popular"]) == (1.0, 0.0, 0.5)
    feed = stocked.post("/v1/recommend", json={}, headers=key(Role.APP, "lizhou")).json()
    decision = stocked.get(f"/v1/decisions/{feed['trace_id']}", headers=editor).json()
    assert decision["weights"]["fresh"] == 0.0
    assert decision["weights"]["local"] == pytest.approx(1.8)
    assert set(decision["measured"]) == {"popular", "fresh", "local", "varied", "related"}


def test_another_outlets_aims_can_neither_be_set_nor_seen(stocked: TestClient, key: Key) -> None:
    stranger = key(Role.EDITOR, "cangxi")
    assert stocked.get("/v1/outlets/lizhou/aims", headers=stranger).status_code == 403
    assert stocked.put("/v1/outlets/lizhou/aims/home", json={}, headers=stranger).status_code == 403
    assert stocked.put("/v1/outlets/nobody/aims/home", json={}, headers=key()).status_code == 404


def test_a_wish_beyond_its_range_is_refused(stocked: TestClient, key: Key) -> None:
    answer = stocked.put("/v1/outlets/lizhou/aims/home", json={"local": 1.5}, headers=key())
    assert answer.status_code == 422
    assert "local" in answer.text


def test_what_feeds_showed_is_measured_by_scene(stocked: TestClient, key: Key) -> None:
    app = key(Role.APP, "lizhou")
    for _ in range(3):
        stocked.post("/v1/recommend", json={"scene": "home"}, headers=app)
    stocked.app.state.newsroom.decisions.flush()  # type: ignore[attr-defined]
    scenes = stocked.get("/v1/outlets/lizhou/aims", headers=key()).json()["scenes"]
    measured = {s["scene"]: s for s in scenes}
    assert measured["home"]["feeds_measured"] == 3
    assert measured["home"]["measured"]["local"] == pytest.approx(1.0)
    assert measured["local"]["feeds_measured"] == 0


def test_a_written_decision_reads_back_as_it_was_made(stocked: TestClient, key: Key) -> None:
    feed = stocked.post("/v1/recommend", json={"count": 2}, headers=key(Role.APP, "lizhou")).json()
    room = stocked.app.state.newsroom  # type: ignore[attr-defined]
    before = room.decisions.find(feed["trace_id"])
    room.decisions.flush()
    with room.database.read() as uow:
        after = uow.decisions.by_trace_id(feed["trace_id"])
    assert list(after.items) == list(before.items)
    assert (after.request, after.weights, after.filtered) == (before.request, before.weights, before.filtered)
    assert list(after.passed_over) == list(before.passed_over)


def test_the_running_pipeline_can_be_read(served: TestClient, key: Key) -> None:
    scenes = served.get("/v1/pipelines", headers=key()).json()["scenes"]
    home = next(s for s in scenes if s["scene"] == "home")
    assert [part["source"] for part in home["parts"]][:4] == ["interest", "interest", "read_after", "hot"]
    assert "rights" in home["rules"]
    assert home["fills_gaps"]["source"] == "recent"
    of_push = next(s for s in scenes if s["scene"] == "push")["rules"]
    assert set(of_push) - set(home["rules"]) == {"like_seen", "topic_filled", "like_shown"}


def test_one_call_asks_for_and_leaves_out_subjects(stocked: TestClient, key: Key) -> None:
    app = key(Role.APP, "lizhou")
    wanted = stocked.post("/v1/recommend", json={"topics": ["14"], "places": ["510802"]}, headers=app)
    assert len(wanted.json()["items"]) >= 1
    none = stocked.post("/v1/recommend", json={"without_topics": ["14"]}, headers=app)
    assert none.json()["items"] == []
    wrong = stocked.post("/v1/recommend", json={"topics": ["三农"]}, headers=app)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_request")
