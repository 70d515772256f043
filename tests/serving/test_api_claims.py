"""Claims of angles over HTTP."""

import pytest
from fastapi.testclient import TestClient
from support.builders import FakeClock
from support.coverages import UNTIL, Key, StoryJson, board, opened, send_stories

from tianfu.model.access import Role


@pytest.fixture
def stories(served: TestClient, key: Key, story_json: StoryJson) -> list[str]:
    return send_stories(served, key, story_json)


def test_a_claimed_angle_is_refused_to_others_with_who_and_until_when(
    served: TestClient, key: Key, stories: list[str], clock: FakeClock
) -> None:
    coverage_id = opened(served, key())
    path = f"/v1/coverages/{coverage_id}/claims"
    lizhou, cangxi = key(Role.EDITOR, "lizhou"), key(Role.EDITOR, "cangxi")
    wanted = {"angle_id": "food", "until": UNTIL, "desk": "民生部"}
    first = served.post(path, headers=lizhou, json=wanted)
    assert (first.status_code, first.json()["state"]) == (201, "claimed")
    assert served.post(path, headers=lizhou, json=wanted | {"note": "再确认"}).status_code == 200
    refused = served.post(path, headers=cangxi, json=wanted)
    assert (refused.status_code, refused.json()["code"]) == (409, "angle_claimed")
    assert refused.json()["facts"] == {
        "claim_id": first.json()["id"],
        "outlet_id": "lizhou",
        "desk": "民生部",
        "until": "2026-03-03T04:00:00+00:00",
    }
    assert "民生部" in refused.json()["detail"]
    shared = served.post(path, headers=cangxi, json=wanted | {"shared": True})
    assert shared.status_code == 201
    assert [c["outlet_id"] for c in board(served, lizhou, coverage_id)["gaps"]["unfiled_claims"]] == [
        "lizhou", "cangxi",
    ]  # fmt: skip
    released = served.patch(f"{path}/{first.json()['id']}", headers=lizhou, json={"state": "released"})
    assert released.json()["state"] == "released"
    clock.pass_by(days=2)
    states = [c["state"] for c in served.get(path, headers=lizhou).json()["items"]]
    assert states == ["released", "expired"]


def test_filing_a_claim_puts_the_story_under_the_angle(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    coverage_id = opened(served, key())
    path = f"/v1/coverages/{coverage_id}/claims"
    lizhou = key(Role.EDITOR, "lizhou")
    claim_id = served.post(path, headers=lizhou, json={"angle_id": "food", "until": UNTIL}).json()["id"]
    foreign = served.patch(
        f"{path}/{claim_id}", headers=lizhou, json={"state": "filed", "story_id": stories[0]}
    )
    assert (foreign.status_code, foreign.json()["code"]) == (422, "invalid_coverage")
    filed = served.patch(
        f"{path}/{claim_id}", headers=lizhou, json={"state": "filed", "story_id": stories[4]}
    )
    assert (filed.status_code, filed.json()["state"]) == (200, "filed")
    found = board(served, lizhou, coverage_id)
    food = next(angle for angle in found["by_angle"] if angle["id"] == "food")
    assert [story["story_id"] for story in food["latest"]] == [stories[4]]
    over = served.patch(f"{path}/{claim_id}", headers=lizhou, json={"state": "released"})
    assert (over.status_code, over.json()["code"]) == (409, "conflict")
    for bad in (
        {"state": "expired"},
        {"state": "filed"},
        {"story_id": "s1"},
        {"until": "2020-01-01T00:00:00Z"},
    ):
        assert served.patch(f"{path}/{claim_id}", headers=lizhou, json=bad).status_code == 422, bad
