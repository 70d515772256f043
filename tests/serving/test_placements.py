"""Orders from the outside: who may give them, what becomes of them, and the proof that they were shown."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.builders import FakeClock, a_body

from tianfu.model.access import Role
from tianfu.serving.services.newsroom import Newsroom

Key = Callable[..., dict[str, str]]
StoryJson = Callable[..., dict[str, Any]]
ENDS = "2026-03-03T12:00:00+08:00"
LATER = "2026-03-30T12:00:00+08:00"


@pytest.fixture
def stories(served: TestClient, key: Key, story_json: StoryJson) -> list[str]:
    rows = [
        story_json(
            external_id=f"x{n}",
            title=f"第{n}条",
            body=a_body(n),
            outlet_id=("lizhou", "cangxi", "guangyuan")[n % 3],
        )
        for n in range(14)
    ]
    answer = served.post("/v1/stories", headers={**key(), "Prefer": "wait=20"}, json={"stories": rows}).json()
    return [row["story_id"] for row in answer["results"]]


def give(served: TestClient, headers: dict[str, str], **fields: Any) -> Any:
    answer = served.post("/v1/placements", headers=headers, json={"ends_at": ENDS, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


def feed(served: TestClient, key: Key, outlet_id: str = "lizhou", **asked: Any) -> Any:
    answer = served.post("/v1/recommend", headers=key(Role.APP, outlet_id), json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def room_of(served: TestClient) -> Newsroom:
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    return room


def test_must_carry_is_proved_outlet_by_outlet(
    served: TestClient, key: Key, stories: list[str], clock: FakeClock
) -> None:
    order = give(
        served, key(), story_id=stories[0], action="must_carry", levels=["county"], scenes=["home", "local"]
    )
    for _ in range(3):
        page = feed(served, key, "lizhou")
    clock.pass_by(minutes=5)
    feed(served, key, "cangxi", scene="local")
    assert page["items"][0]["placed_by"] == "must_carry"
    room_of(served).decisions.flush()
    told = served.get(f"/v1/placements/{order['id']}/receipts", headers=key()).json()
    assert (told["reached"], told["shown"]) == (185, 2)
    by_outlet = {row["outlet_id"]: row for row in told["items"]}
    (here,) = by_outlet["lizhou"]["scenes"]
    assert (here["scene"], here["first_position"], here["pages"]) == ("home", 0, 3)
    (there,) = by_outlet["cangxi"]["scenes"]
    assert there["scene"] == "local"
    assert there["first_shown_at"] > here["last_shown_at"]
    assert by_outlet["qingchuan"] == {**by_outlet["qingchuan"], "shown": False, "scenes": []}
    own = served.get(f"/v1/placements/{order['id']}/receipts", headers=key(Role.EDITOR, "lizhou")).json()
    assert [row["outlet_id"] for row in own["items"]] == ["lizhou"]
    city = served.get(f"/v1/placements/{order['id']}/receipts", headers=key(Role.EDITOR, "guangyuan"))
    assert city.status_code == 404


def test_receipts_outlive_the_order(served: TestClient, key: Key, stories: list[str]) -> None:
    order = give(served, key(), story_id=stories[0], action="must_carry")
    feed(served, key)
    served.delete(f"/v1/placements/{order['id']}", headers=key())
    room_of(served).decisions.flush()
    told = served.get(f"/v1/placements/{order['id']}/receipts", headers=key()).json()
    assert told["shown"] == 1


def test_an_outlets_block_does_not_stop_the_province_and_its_pins_give_way(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    editor = key(Role.EDITOR, "lizhou")
    carried = give(served, key(), story_id=stories[0], action="must_carry")
    give(served, editor, story_id=stories[0], action="block", outlet_ids=["lizhou"])
    for position in range(10):
        pin = {"action": "pin", "position": position, "outlet_ids": ["lizhou"]}
        give(served, editor, story_id=stories[position + 1], **pin)
    page = feed(served, key)
    (found,) = [item for item in page["items"] if item["placed_by"] == "must_carry"]
    assert found["story_id"] == stories[0]
    told = served.get(f"/v1/decisions/{page['trace_id']}", headers=editor).json()
    outcomes = {order["placement_id"]: order for order in told["orders"]}
    assert outcomes[carried["id"]]["outcome"] == "placed"
    (moved,) = [order for order in told["orders"] if order["outcome"] == "moved"]
    assert (moved["because"], moved["position"]) == (carried["id"], 10)


def test_an_emergency_is_shown_to_readers_in_its_area_in_any_app_and_ends(
    served: TestClient, key: Key, stories: list[str], clock: FakeClock
) -> None:
    give(served, key(), story_id=stories[5], action="emergency", adcode="510824")
    (first, *_) = feed(served, key, "cangxi")["items"]
    assert (first["story_id"], first["reasons"][0]["code"]) == (stories[5], "emergency")
    assert feed(served, key, "lizhou")["items"][0]["reasons"][0]["code"] != "emergency"
    there = feed(served, key, "lizhou", adcode="510824")["items"][0]
    assert (there["story_id"], there["rights"]["code"]) == (stories[5], "emergency")
    clock.pass_by(days=2)
    assert all(item["placed_by"] == "model" for item in feed(served, key, "cangxi")["items"])


def test_a_page_asked_for_after_a_block_no_longer_shows_the_story(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    page = feed(served, key, count=1)
    for story_id in stories[:7]:
        give(served, key(), story_id=story_id, action="block")
    later = feed(served, key, cursor=page["cursor"], count=50)
    assert not {item["story_id"] for item in later["items"]} & set(stories[:7])


def test_an_outlets_own_block_takes_effect_between_two_pages_too(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    page = feed(served, key, count=1)
    editor = key(Role.EDITOR, "lizhou")
    for story_id in stories[:7]:
        give(served, editor, story_id=story_id, action="block", outlet_ids=["lizhou"])
    later = feed(served, key, cursor=page["cursor"], count=50)
    assert later["items"]
    assert not {item["story_id"] for item in later["items"]} & set(stories[:7])


def test_an_order_tells_which_others_it_meets(served: TestClient, key: Key, stories: list[str]) -> None:
    editor = key(Role.EDITOR, "lizhou")
    pin = {"action": "pin", "position": 2, "outlet_ids": ["lizhou"]}
    first = give(served, editor, story_id=stories[1], **pin)
    second = give(served, editor, story_id=stories[2], **pin)
    assert first["meets"] == []
    assert [other["id"] for other in second["meets"]] == [first["id"]]
    assert any("置顶" in rule for rule in second["rules"])


def test_an_order_meets_those_about_another_version_of_its_story(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    version = served.put(
        f"/v1/stories/{stories[1]}/duplicates/{stories[2]}", headers=key(), json={"relation": "same_event"}
    )
    assert version.status_code == 200, version.text
    first = give(served, key(), story_id=stories[1], action="must_carry")
    insert = {"action": "insert", "position": 2, "outlet_ids": ["lizhou"]}
    second = give(served, key(Role.EDITOR, "lizhou"), story_id=stories[2], **insert)
    other = give(served, key(Role.EDITOR, "lizhou"), story_id=stories[3], **insert | {"position": 4})
    assert [met["id"] for met in second["meets"]] == [first["id"]]
    assert other["meets"] == []


def test_must_carry_never_fills_a_screen(served: TestClient, key: Key, stories: list[str]) -> None:
    for story_id in stories[:5]:
        give(served, key(), story_id=story_id, action="must_carry")
    body = {"story_id": stories[6], "action": "must_carry", "ends_at": ENDS}
    refused = served.post("/v1/placements", headers=key(), json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_must_carry")


@pytest.mark.parametrize(
    ("role", "fields", "status"),
    [
        ("editor", {"action": "must_carry"}, 403),
        ("editor", {"action": "emergency", "adcode": "510802"}, 422),
        ("operator", {"action": "emergency"}, 422),
        (
            "operator",
            {"action": "emergency", "adcode": "510000", "ends_at": "2026-03-30T12:00:00+08:00"},
            422,
        ),
        ("operator", {"action": "boost", "strength": 5}, 422),
        ("operator", {"action": "boost", "priority": -1}, 422),
    ],
)
def test_an_order_beyond_ones_reach_or_sense_is_refused(
    role: str, fields: dict[str, Any], status: int, served: TestClient, key: Key, stories: list[str]
) -> None:
    headers = key() if role == "operator" else key(Role.EDITOR, "lizhou")
    outlets = [] if role == "operator" else ["lizhou"]
    body = {"story_id": stories[0], "ends_at": ENDS, "outlet_ids": outlets, **fields}
    assert served.post("/v1/placements", headers=headers, json=body).status_code == status


def test_an_outlet_cannot_touch_an_order_of_the_province(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    order = give(served, key(), story_id=stories[0], action="block", outlet_ids=["lizhou"])
    editor = key(Role.EDITOR, "lizhou")
    assert served.delete(f"/v1/placements/{order['id']}", headers=editor).status_code == 403
    change = {"priority": 9}
    assert served.patch(f"/v1/placements/{order['id']}", headers=editor, json=change).status_code == 403


def test_a_weather_warning_leaves_feeds_by_itself(
    served: TestClient, key: Key, story_json: StoryJson, clock: FakeClock
) -> None:
    story = story_json(title="利州区气象台发布暴雨橙色预警")
    sent = served.post("/v1/stories", headers={**key(), "Prefer": "wait=20"}, json=story).json()
    story_id = sent["results"][0]["story_id"]
    assert story_id in {item["story_id"] for item in feed(served, key)["items"]}
    told = served.get(f"/v1/stories/{story_id}", headers=key()).json()
    assert told["expires_at"] is None
    assert told["dated"] == {"kind": "warning", "until": "2026-03-03T03:00:00Z"}
    clock.pass_by(hours=25)
    assert story_id not in {item["story_id"] for item in feed(served, key)["items"]}
    change = {"expires_at": "2026-03-09T12:00:00+08:00"}
    assert served.patch(f"/v1/stories/{story_id}", headers=key(), json=change).status_code == 200
    assert room_of(served).wait_indexed({1: 2}, 20)
    room_of(served).library.catch_up(at_once=True)
    assert story_id in {item["story_id"] for item in feed(served, key)["items"]}


def test_an_order_can_be_tried_before_it_is_given(served: TestClient, key: Key, stories: list[str]) -> None:
    editor = key(Role.EDITOR, "lizhou")
    pin = {"action": "pin", "position": 2, "outlet_ids": ["lizhou"], "ends_at": ENDS}
    first = give(served, editor, story_id=stories[1], **{k: v for k, v in pin.items() if k != "ends_at"})
    tried = served.post("/v1/placements/check", headers=editor, json={"story_id": stories[2], **pin})
    assert tried.status_code == 200, tried.text
    found = tried.json()
    assert (found["reaches"], [other["id"] for other in found["meets"]]) == (1, [first["id"]])
    assert found["meets"][0]["story_title"]
    assert any("置顶" in rule for rule in found["rules"])
    listed = served.get("/v1/placements", headers=editor).json()["items"]
    assert [order["id"] for order in listed] == [first["id"]]
    refused = served.post("/v1/placements/check", headers=editor, json={"story_id": "nobody", **pin})
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    beyond = served.post(
        "/v1/placements/check", headers=editor, json={"story_id": stories[2], **pin, "outlet_ids": []}
    )
    assert beyond.status_code == 403


def test_orders_tell_the_title_and_ended_ones_stay_listed_for_a_month(
    served: TestClient, key: Key, stories: list[str], clock: FakeClock
) -> None:
    editor = key(Role.EDITOR, "lizhou")
    pin = {"action": "pin", "outlet_ids": ["lizhou"]}
    withdrawn = give(served, editor, story_id=stories[1], position=1, **pin)
    run_out = give(served, editor, story_id=stories[2], position=2, **pin)
    assert withdrawn["story_title"] == served.get(f"/v1/stories/{stories[1]}", headers=editor).json()["title"]
    assert served.get(f"/v1/placements/{withdrawn['id']}", headers=editor).json()["withdrawn_at"] is None
    served.delete(f"/v1/placements/{withdrawn['id']}", headers=editor)
    told = served.get(f"/v1/placements/{withdrawn['id']}", headers=editor)
    assert (told.json()["id"], told.json()["withdrawn_at"]) == (withdrawn["id"], "2026-03-02T04:00:00Z")
    stands = served.get("/v1/placements", headers=editor).json()["items"]
    ended = served.get("/v1/placements", headers=editor, params={"ended": True}).json()["items"]
    assert ([o["id"] for o in stands], [o["id"] for o in ended]) == ([run_out["id"]], [withdrawn["id"]])
    assert ended[0]["withdrawn_at"] is not None
    clock.pass_by(days=9)
    ended = served.get("/v1/placements", headers=editor, params={"ended": True}).json()["items"]
    assert [(o["id"], o["withdrawn_at"] is None) for o in ended] == [
        (run_out["id"], True), (withdrawn["id"], False)
    ]  # fmt: skip
    clock.pass_by(days=31)
    assert served.get("/v1/placements", headers=editor, params={"ended": True}).json()["items"] == []
    elsewhere = served.get(f"/v1/placements/{run_out['id']}", headers=key(Role.EDITOR, "cangxi"))
    assert elsewhere.status_code == 404
