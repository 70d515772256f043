"""Submissions over HTTP, and the ledger they and reprints make."""

from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from support.builders import FakeClock
from support.flow import Key, told

from tianfu.model.access import Role
from tianfu.serving.store.adoptions import AdoptionQuery

ROWS = [
    ("lizhou", "利州农户抢农时", 1, "2026-03-02T09:00:00+08:00"),
    ("guangyuan", "利州农户抢农时（转）", 1, "2026-03-02T10:00:00+08:00"),
    ("lizhou", "利州校园开学", 2, "2026-03-02T09:30:00+08:00"),
    ("cangxi", "苍溪赛事开幕", 3, "2026-03-02T09:30:00+08:00"),
]


@pytest.fixture
def stories(served: TestClient, key: Key) -> list[str]:
    return told(served, key, ROWS)


def test_a_story_goes_up_is_taken_and_stands_in_the_ledger(
    served: TestClient, key: Key, stories: list[str], clock: FakeClock
) -> None:
    lizhou, guangyuan = key(Role.EDITOR, "lizhou"), key(Role.EDITOR, "guangyuan")
    path = f"/v1/stories/{stories[2]}/submissions"
    sent = served.post(path, headers=lizhou, json={"desk": "guangyuan:31", "note": "独家"})
    assert (sent.status_code, sent.json()["desk_name"]) == (201, "广元市融媒体中心·类31")
    again = served.post(path, headers=lizhou, json={"desk": "guangyuan:31"})
    assert (again.status_code, again.json()["id"]) == (200, sent.json()["id"])
    inbox = served.get("/v1/submissions", headers=guangyuan).json()["items"]
    assert [(one["story_id"], one["state"]) for one in inbox] == [(stories[2], "submitted")]
    clock.pass_by(hours=1)
    one = f"/v1/submissions/{sent.json()['id']}"
    taken = served.patch(one, headers=guangyuan, json={"state": "accepted"}).json()
    assert (taken["state"], taken["adopted_at"]) == ("accepted", "2026-03-02T05:00:00Z")
    outbox = served.get("/v1/submissions", headers=lizhou, params={"box": "outbox"}).json()["items"]
    assert [one["state"] for one in outbox] == ["accepted"]
    for story_id, states in ((stories[2], ["accepted"]), (stories[0], []), ("s404", [])):
        asked = {"box": "outbox", "story_id": story_id}
        found = served.get("/v1/submissions", headers=lizhou, params=asked).json()["items"]
        assert [one["state"] for one in found] == states
    assert served.patch(one, headers=guangyuan, json={"state": "accepted"}).status_code == 409
    assert served.post(path, headers=lizhou, json={"desk": "guangyuan:31"}).status_code == 409

    room = served.app.state.newsroom  # type: ignore[attr-defined]
    window = AdoptionQuery(
        since=datetime(2026, 3, 1, tzinfo=UTC), until=datetime(2026, 4, 1, tzinfo=UTC), source="lizhou"
    )
    with room.database.read() as uow:
        ledger = uow.adoptions.read(window)
    assert [(a.story_id, a.adopter_id, a.by.value, a.topic) for a in ledger] == [
        (stories[2], "guangyuan", "submission", "31"),
        (stories[0], "guangyuan", "copy", "14"),
    ]


def test_a_refusal_says_why_and_the_story_may_be_offered_again(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    lizhou, guangyuan = key(Role.EDITOR, "lizhou"), key(Role.EDITOR, "guangyuan")
    path = f"/v1/stories/{stories[2]}/submissions"
    sent = served.post(path, headers=lizhou, json={"outlet_id": "guangyuan"}).json()
    one = f"/v1/submissions/{sent['id']}"
    bare = served.patch(one, headers=guangyuan, json={"state": "declined"})
    assert (bare.status_code, bare.json()["errors"][0]["field"]) == (422, "reason")
    declined = served.patch(one, headers=guangyuan, json={"state": "declined", "reason": "已有同题"}).json()
    assert (declined["reason"], declined["adopted_at"]) == ("已有同题", None)
    second = served.post(path, headers=lizhou, json={"outlet_id": "guangyuan"})
    assert second.status_code == 201
    gone = served.patch(f"/v1/submissions/{second.json()['id']}", headers=lizhou, json={"state": "withdrawn"})
    assert gone.json()["state"] == "withdrawn"


def test_only_the_two_sides_know_of_a_submission_and_each_does_its_own_part(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    lizhou, cangxi = key(Role.EDITOR, "lizhou"), key(Role.EDITOR, "cangxi")
    path = f"/v1/stories/{stories[2]}/submissions"
    assert served.post(path, headers=cangxi, json={"outlet_id": "guangyuan"}).status_code == 403
    for beside in ("cangxi", "leshan"):
        bad = served.post(path, headers=lizhou, json={"outlet_id": beside})
        assert (bad.status_code, bad.json()["code"]) == (422, "invalid_submission")
    for bad_body in ({}, {"outlet_id": "guangyuan", "desk": "guangyuan:31"}, {"desk": "guangyuan:99"}):
        assert served.post(path, headers=lizhou, json=bad_body).status_code == 422
    sent = served.post(path, headers=lizhou, json={"outlet_id": "guangyuan"}).json()
    one = f"/v1/submissions/{sent['id']}"
    assert served.patch(one, headers=cangxi, json={"state": "accepted"}).status_code == 404
    assert served.patch(one, headers=lizhou, json={"state": "accepted"}).status_code == 403
    assert served.get("/v1/submissions", headers=cangxi).json()["items"] == []
    assert served.get("/v1/submissions", headers=cangxi, params={"outlet_id": "guangyuan"}).status_code == 403
    assert served.get("/v1/submissions", headers=key(Role.SCIENTIST)).status_code == 403
    assert len(served.get("/v1/submissions", headers=key()).json()["items"]) == 1


def test_a_box_is_read_page_by_page_newest_first(
    served: TestClient, key: Key, stories: list[str], clock: FakeClock
) -> None:
    lizhou = key(Role.EDITOR, "lizhou")
    wanted = []
    for desk in ("guangyuan", "guangyuan:31", "shuchuan-daily"):
        clock.pass_by(seconds=1)
        path = f"/v1/stories/{stories[2]}/submissions"
        wanted.append(served.post(path, headers=lizhou, json={"desk": desk}).json()["id"])
    params: dict[str, str | int] = {"box": "outbox", "limit": 2}
    first = served.get("/v1/submissions", headers=lizhou, params=params).json()
    rest = served.get("/v1/submissions", headers=lizhou, params={**params, "cursor": first["cursor"]}).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == wanted[::-1]
    assert rest["cursor"] is None


def test_a_story_taken_down_meanwhile_is_not_accepted(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    sent = served.post(
        f"/v1/stories/{stories[2]}/submissions",
        headers=key(Role.EDITOR, "lizhou"),
        json={"outlet_id": "guangyuan"},
    ).json()
    down = {"scope": "story", "reason": "失实"}
    assert served.post(f"/v1/stories/{stories[2]}/takedown", headers=key(), json=down).status_code < 300
    answer = served.patch(
        f"/v1/submissions/{sent['id']}", headers=key(Role.EDITOR, "guangyuan"), json={"state": "accepted"}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
