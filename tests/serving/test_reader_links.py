"""A reader's own link: what it opens, what it does not, and when it ends."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.builders import FakeClock
from support.readers import FARM, Key, StoryJson, farm_and_school, read

from tianfu.model.access import Role
from tianfu.serving.services.newsroom import Newsroom

ME = "/v1/readers/me"


def link(served: TestClient, headers: dict[str, str], reader: str = "r-1", **asked: Any) -> Any:
    params = asked.pop("params", {})
    answer = served.post(f"/v1/readers/{reader}/link", headers=headers, json=asked, params=params)
    assert answer.status_code == 201, answer.text
    return answer.json()


def bearing(made: Any) -> dict[str, str]:
    """The header that the reader's page sends."""
    page, _, token = made["path"].partition("#")
    assert page == "/me"
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def own(served: TestClient, app_key: dict[str, str]) -> dict[str, str]:
    return bearing(link(served, app_key))


def test_a_reader_sees_and_changes_what_is_remembered_by_the_link_alone(
    served: TestClient, key: Key, story_json: StoryJson, app_key: dict[str, str], own: dict[str, str]
) -> None:
    stories = farm_and_school(served, key, story_json)
    read(served, app_key, "r-1", [stories[title] for title in FARM[:3]])
    told = served.get(ME, headers=own).json()
    assert (told["reader_id"], told["outlet_id"], told["stories_read"]) == ("r-1", "lizhou", 3)
    assert served.put(f"{ME}/tags/topic/31", headers=own, json={"weight": 5}).status_code == 200
    assert served.delete(f"{ME}/tags/topic/14", headers=own).status_code == 200
    assert served.put(f"{ME}/wishes/topic/39", headers=own, json={"amount": "none"}).status_code == 200
    assert served.put(f"{ME}/sliders", headers=own, json={"local": 0.9}).status_code == 200
    off = served.put(f"{ME}/personalisation", headers=own, json={"on": False})
    assert off.json()["personalise"] is False
    by_app = served.get("/v1/readers/r-1", headers=app_key).json()
    assert [tag["code"] for tag in by_app["removed"]] == ["14"]
    assert by_app == served.get(ME, headers=own).json()
    assert len(served.get(f"{ME}/export", headers=own).json()["events"]) == 3
    assert served.delete(ME, headers=own).json()["erased"]["events"] == 3
    assert served.get(ME, headers=own).json()["stories_read"] == 0


def test_a_link_names_no_other_reader_and_opens_nothing_else(
    served: TestClient, app_key: dict[str, str], own: dict[str, str]
) -> None:
    for reader in ("r-1", "r-2"):
        refused = served.get(f"/v1/readers/{reader}", headers=own)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    other = {"outlet_id": "cangxi", "kind": "device"}
    assert served.get(ME, headers=own, params=other).json()["outlet_id"] == "lizhou"
    for method, path, body in (
        ("POST", f"{ME}/devices", {"device_id": "d-1"}),
        ("POST", f"{ME}/link", {}),
        ("POST", "/v1/recommend", {}),
        ("POST", "/v1/events", {"events": [{}]}),
        ("GET", "/v1/stories", None),
        ("GET", "/v1/outlets", None),
        ("GET", "/v1/whoami", None),
        ("GET", "/v1/audit", None),
    ):
        refused = served.request(method, path, headers=own, json=body)
        assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated"), path


def test_a_link_ends_and_cannot_be_made_or_altered(
    served: TestClient, app_key: dict[str, str], clock: FakeClock
) -> None:
    made = link(served, app_key, minutes=10)
    assert made["expires_at"] == "2026-03-02T04:10:00Z"
    clock.pass_by(minutes=9, seconds=59)
    assert served.get(ME, headers=bearing(made)).status_code == 200
    clock.pass_by(seconds=1)
    over = served.get(ME, headers=bearing(made))
    assert (over.status_code, over.json()["code"]) == (401, "link_ended")
    token = made["path"].partition("#")[2]
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    cursor = room.cursors.make("reader", "lizhou", "reader", "r-1", 1 << 40)
    for bad in (
        token[:-2],
        token[:30] + ("B" if token[30] == "A" else "A") + token[31:],
        "tfl_",
        "tfl_é",
        f"tfl_{cursor}",
        "tfl_" + "A" * 500,
    ):
        refused = served.get(ME, headers={"Authorization": f"Bearer {bad}".encode()})  # type: ignore[dict-item]
        assert (refused.status_code, refused.json()["code"]) == (401, "link_ended"), bad


def test_a_device_has_a_link_too_and_its_memory_is_another(
    served: TestClient, app_key: dict[str, str]
) -> None:
    device = bearing(link(served, app_key, reader="r-1", params={"kind": "device"}))
    served.put(f"{ME}/personalisation", headers=device, json={"on": False})
    assert served.get(ME, headers=device).json()["kind"] == "device"
    assert served.get("/v1/readers/r-1", headers=app_key).json()["personalise"] is True


@pytest.mark.parametrize("minutes", [4, 1_441, "soon"])
def test_a_link_lives_five_minutes_to_a_day(
    served: TestClient, app_key: dict[str, str], minutes: Any
) -> None:
    refused = served.post("/v1/readers/r-1/link", headers=app_key, json={"minutes": minutes})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "minutes")


def test_another_outlets_readers_get_no_link(served: TestClient, key: Key, app_key: dict[str, str]) -> None:
    refused = served.post("/v1/readers/r-1/link", headers=app_key, json={}, params={"outlet_id": "cangxi"})
    assert refused.status_code == 403
    assert served.post("/v1/readers/r-1/link", headers=key(Role.SCIENTIST), json={}).status_code == 403


def test_choices_leave_sensitive_classes_out(served: TestClient, own: dict[str, str]) -> None:
    found = served.get(f"{ME}/choices", headers=own).json()
    assert [one["code"] for one in found["topics"]] == ["06", "14", "21", "31", "39"]
    assert [one["code"] for one in found["places"]] == ["510802", "510824"]


def test_neither_link_nor_reader_stands_in_the_log(
    served: TestClient, key: Key, capsys: pytest.CaptureFixture[str]
) -> None:
    app = key(Role.APP, "lizhou")
    made = link(served, app, reader="r-secret")
    own = bearing(made)
    served.get(ME, headers=own)
    served.delete(ME, headers=own)
    served.get(ME, headers={"Authorization": f"{own['Authorization']}x"})
    logged = "".join(capsys.readouterr()) + served.get("/metrics").text
    for secret in ("r-secret", made["path"].partition("#")[2]):
        assert secret not in logged
