"""Brushing from the outside: it makes nothing hot, shows to operators, leaves no address behind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.builders import NOW, FakeClock
from support.readers import FARM, SCHOOL, Key, StoryJson, farm_and_school

from tianfu.model.access import Role
from tianfu.model.brushing import READERS_OF_A_GROUP
from tianfu.model.event import Event, EventType, ReaderKind, ReaderRef
from tianfu.serving.services.brushing import EventGate
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.services.signals import scopes_of

NEIGHBOURS = "198.51.100."


@pytest.fixture
def stories(served: TestClient, key: Key, story_json: StoryJson) -> dict[str, str]:
    return farm_and_school(served, key, story_json)


def room_of(served: TestClient) -> Newsroom:
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    return room


def hot(served: TestClient, clock: FakeClock) -> dict[str, float]:
    room = room_of(served)
    scope = scopes_of(room.library.outlets["lizhou"])[0]
    found = room.stream.signals.hot(scope, clock.now().timestamp())
    return {room.library.view.card(room.library.view.row_of(n)).story_id: s for n, s in found.items()}


def clicks(
    served: TestClient, headers: dict[str, str], story_id: str, devices: range, prefix: str, **fields: Any
) -> Any:
    rows = [
        {
            "event_id": f"{prefix}-{n}-{story_id}",
            "device_id": f"{prefix}-{n}",
            "story_id": story_id,
            "type": "click",
            "at": f"2026-03-02T11:{10 + n % 40:02}:{n % 60:02}+08:00",
            **fields,
            **({"client_address": f"{NEIGHBOURS}{n % 250}"} if prefix == "farm" else {}),
        }
        for n in devices
    ]
    return [
        served.post("/v1/events", headers=headers, json={"events": rows[start : start + 500]}).json()
        for start in range(0, len(rows), 500)
    ]


def honest(served: TestClient, headers: dict[str, str], stories: dict[str, str]) -> None:
    """Thirty readers with a past, each from an address of their own, read one story."""
    for n in range(30):
        for title in (SCHOOL[n % 8], FARM[0]):
            clicks(served, headers, stories[title], range(n, n + 1), "honest", client_address=f"10.1.{n}.9")


def test_a_farm_of_devices_does_not_outrun_honest_readers(
    served: TestClient, stories: dict[str, str], app_key: dict[str, str], clock: FakeClock, key: Key
) -> None:
    honest(served, app_key, stories)
    for prefix in ("farm", "ghost"):
        answers = clicks(served, app_key, stories[FARM[1]], range(1_000), prefix)
        assert sum(answer["accepted"] for answer in answers) == 1_000
    found = hot(served, clock)
    assert max(found, key=lambda one: found[one]) == stories[FARM[0]]
    assert found[stories[FARM[1]]] < 0.7
    told = served.get("/v1/quarantine", headers=key()).json()["items"]
    assert {row["rule"] for row in told} == {"one_address", "newcomer_burst"}
    assert {row["story_id"] for row in told} == {stories[FARM[1]]}
    assert sum(row["events"] for row in told) > 1_900
    assert "farm-" not in str(told)


def test_a_restart_counts_the_same_and_a_release_counts_the_rest(
    served: TestClient,
    stories: dict[str, str],
    app_key: dict[str, str],
    clock: FakeClock,
    key: Key,
    new_room: Callable[[], Newsroom],
) -> None:
    honest(served, app_key, stories)
    clicks(served, app_key, stories[FARM[1]], range(200), "farm")
    before = hot(served, clock)
    again = new_room()
    scope = scopes_of(again.library.outlets["lizhou"])[0]
    replayed = again.stream.signals.hot(scope, clock.now().timestamp())
    view = again.library.view
    assert {view.card(view.row_of(n)).story_id: s for n, s in replayed.items()} == pytest.approx(before)
    released = served.post(f"/v1/quarantine/{stories[FARM[1]]}/release", headers=key()).json()["released"]
    assert released > 190
    assert hot(served, clock)[stories[FARM[1]]] == 1.0
    assert served.get("/v1/quarantine", headers=key()).json()["items"] == []
    again_released = served.post(f"/v1/quarantine/{stories[FARM[1]]}/release", headers=key())
    assert again_released.status_code == 404
    audit = served.get("/v1/audit", headers=key()).json()["items"]
    assert "quarantine.released" in {row["action"] for row in audit}


@pytest.mark.parametrize(("address", "counted"), [("198.51.100.{}", READERS_OF_A_GROUP), ("198.51.{}.9", 10)])
def test_neighbours_share_a_count_and_strangers_do_not(address: str, counted: int) -> None:
    gate = EventGate()
    held = [
        gate.judge(
            Event(
                event_id=f"e{n}",
                reader=ReaderRef(outlet_id="lizhou", kind=ReaderKind.READER, id=f"r{n}"),
                story_id="s1",
                type=EventType.CLICK,
                at=NOW,
                client_address=address.format(n),
            ),
            1,
            newcomer=False,
            unnamed=False,
        )
        for n in range(10)
    ]
    assert held.count(None) == counted


def test_no_address_is_left_in_any_file(
    served: TestClient, stories: dict[str, str], app_key: dict[str, str], settings: Any
) -> None:
    clicks(served, app_key, stories[FARM[1]], range(10), "farm")
    room_of(served).decisions.flush()
    folder: Path = settings.data_dir
    for file in folder.rglob("*"):
        if file.is_file():
            assert NEIGHBOURS.encode() not in file.read_bytes()


def test_what_comes_too_fast_is_not_remembered(
    served: TestClient, stories: dict[str, str], app_key: dict[str, str]
) -> None:
    rows = [
        {
            "event_id": f"fast-{n}",
            "reader_id": "r-fast",
            "story_id": list(stories.values())[n % 16],
            "type": ("click", "like", "share")[n // 16 % 3],
            "at": "2026-03-02T11:30:00+08:00",
        }
        for n in range(48)
    ]
    answer = served.post("/v1/events", headers=app_key, json={"events": rows}).json()
    assert answer["accepted"] == 48
    known = served.get("/v1/readers/r-fast", headers=app_key).json()
    assert sum(tag["weight"] for tag in known["interests"] if tag["kind"] == "topic") < 30


def test_the_quarantine_is_the_operators_and_a_wrong_address_a_clear_error(
    served: TestClient, stories: dict[str, str], app_key: dict[str, str], key: Key
) -> None:
    assert served.get("/v1/quarantine", headers=key(Role.EDITOR, "lizhou")).status_code == 403
    (answer,) = clicks(served, app_key, stories[FARM[0]], range(1), "x", client_address="not-an-address")
    assert answer["results"][0]["error"]["errors"][0]["field"] == "client_address"
