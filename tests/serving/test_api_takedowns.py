"""Taking stories down and putting them back, over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tianfu.model.access import Role
from tianfu.model.errors import StoreUnavailable

Key = Callable[..., dict[str, str]]
StoryJson = Callable[..., dict[str, Any]]


def told_twice(served: TestClient, headers: dict[str, str], story_json: StoryJson) -> list[str]:
    """The same text by two counties, lizhou first."""
    rows = [
        story_json(external_id=f"t{n}", outlet_id=outlet) for n, outlet in enumerate(("lizhou", "cangxi"))
    ]
    waiting = {**headers, "Prefer": "wait=10"}
    sent = [served.post("/v1/stories", headers=waiting, json=row).json() for row in rows]
    return [one["results"][0]["story_id"] for one in sent]


@pytest.mark.parametrize("scope", ["story", "cluster"])
def test_a_takedown_empties_every_answer_at_the_next_request(
    served: TestClient, key: Key, story_json: StoryJson, scope: str
) -> None:
    headers = key()
    ids = told_twice(served, headers, story_json)
    order = {"reason": "当事人申请", "scope": scope}
    receipt = served.post(f"/v1/stories/{ids[0]}/takedown", headers=headers, json=order).json()
    assert receipt["story_ids"] == (ids if scope == "cluster" else ids[:1])
    gone = set(receipt["story_ids"])

    def shown() -> str:
        asked = {"outlet_id": "lizhou", "count": 50}
        return "".join(
            answer.text
            for answer in (
                served.post("/v1/recommend", headers=headers, json=asked),
                served.post(
                    "/v1/duplicates/check",
                    headers=headers,
                    json={"title": story_json()["title"], "body": story_json()["body"]},
                ),
                served.get(f"/v1/clusters/{ids[1]}", headers=headers),
                served.get(f"/v1/stories/{ids[1]}/duplicates", headers=headers),
            )
        )

    assert not [story_id for story_id in gone if story_id in shown()]
    back = served.post(f"/v1/stories/{ids[0]}/restore", headers=headers).json()
    assert set(back["story_ids"]) == gone
    assert ids[0] in shown()


def test_a_takedown_that_stands_is_told_so_though_the_database_goes_away_at_once(
    served: TestClient, key: Key, story_json: StoryJson, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told that nothing was stored, somebody would order it again and be answered 409."""
    headers = key()
    story_id, _ = told_twice(served, headers, story_json)

    def away(*, at_once: bool = False) -> int:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(served.app.state.newsroom.library, "catch_up", away)  # type: ignore[attr-defined]
        down = served.post(f"/v1/stories/{story_id}/takedown", headers=headers, json={"reason": "核实"})
        assert down.status_code == 200, down.text
        feed = served.post("/v1/recommend", headers=headers, json={"outlet_id": "lizhou", "count": 50})
        assert story_id not in feed.text
        back = served.post(f"/v1/stories/{story_id}/restore", headers=headers)
        assert back.status_code == 200, back.text


def test_an_outlets_editor_cannot_touch_anothers_story(
    served: TestClient, key: Key, story_json: StoryJson
) -> None:
    story_id = served.post("/v1/stories", headers=key(), json=story_json()).json()["results"][0]["story_id"]
    stranger = key(Role.EDITOR, "cangxi")
    decisions = [{"verb": "add", "kind": "topic", "code": "31"}]
    for method, path, body in (
        ("patch", f"/v1/stories/{story_id}", {"title": "改"}),
        ("post", f"/v1/stories/{story_id}/takedown", {"reason": "不喜欢"}),
        ("post", f"/v1/stories/{story_id}/restore", None),
        (
            "put",
            f"/v1/stories/{story_id}/tags",
            {"decisions": decisions},
        ),
        ("post", "/v1/stories", story_json()),
    ):
        answer = served.request(method, path, headers=stranger, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), path


def test_an_outlet_puts_back_what_it_took_down_and_not_what_the_platform_did(
    served: TestClient, key: Key, story_json: StoryJson
) -> None:
    operator, owner = key(), key(Role.EDITOR, "lizhou")
    ids = told_twice(served, operator, story_json)

    def call(what: str, headers: dict[str, str], **body: str) -> Any:
        return served.post(f"/v1/stories/{ids[0]}/{what}", headers=headers, json=body or None)

    call("takedown", owner, reason="更正")
    assert call("restore", owner).json()["story_ids"] == ids[:1]
    call("takedown", operator, reason="上级要求", scope="cluster")
    refused = call("restore", owner)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    down = served.get("/v1/stories", headers=operator, params={"state": "taken_down"}).json()["items"]
    assert {one["story_id"] for one in down} == set(ids)
    orders = served.get(f"/v1/stories/{ids[0]}/takedowns", headers=owner).json()["items"]
    assert [one["authority"] for one in orders] == ["platform", "outlet"]
    assert set(call("restore", operator).json()["story_ids"]) == set(ids)


def test_one_story_of_a_cluster_is_put_back_alone_and_the_others_stay_down(
    served: TestClient, key: Key, story_json: StoryJson
) -> None:
    operator = key()
    ids = told_twice(served, operator, story_json)

    def post(story_id: str, what: str, **body: str) -> Any:
        return served.post(f"/v1/stories/{story_id}/{what}", headers=operator, json=body)

    def orders(story_id: str) -> list[Any]:
        found = served.get(f"/v1/stories/{story_id}/takedowns", headers=operator).json()["items"]
        return [
            (o["restored_at"] is not None, {one["story_id"]: one["hidden"] for one in o["reached"]})
            for o in found
        ]

    post(ids[0], "takedown", reason="更正", scope="cluster")
    refused = post(ids[1], "restore", scope="story", why="已更正")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "why")
    assert post(ids[1], "restore", scope="story", reason="本稿已更正").json() == {"story_ids": [ids[1]]}

    down = served.get("/v1/stories", headers=operator, params={"state": "taken_down"}).json()["items"]
    assert [one["story_id"] for one in down] == ids[:1]
    assert orders(ids[0]) == [(False, {ids[0]: True})]
    assert orders(ids[1]) == [(True, {ids[1]: False})]
    assert post(ids[1], "restore", scope="story").status_code == 409
    (noted,) = served.get("/v1/audit", headers=operator, params={"target": ids[1]}).json()["items"]
    details = noted["details"]
    assert {k: details[k] for k in ("scope", "stories", "reason")} == {
        "scope": "story", "stories": 1, "reason": "本稿已更正",
    }  # fmt: skip
    assert len(details["takedowns"]) == len(details["parts"]) == 1
    assert post(ids[0], "restore", scope="story").json() == {"story_ids": ids[:1]}
    assert orders(ids[0]) == [(True, {ids[0]: False})]


def test_an_outlet_that_was_quicker_cannot_put_back_what_the_platform_took_down_after_it(
    served: TestClient, key: Key, story_json: StoryJson
) -> None:
    operator, owner = key(), key(Role.EDITOR, "lizhou")
    ids = told_twice(served, operator, story_json)
    address = f"/v1/stories/{ids[0]}"
    served.post(f"{address}/takedown", headers=owner, json={"reason": "更正"})
    order = {"reason": "上级要求", "scope": "cluster"}
    given = served.post(f"{address}/takedown", headers=operator, json=order)
    assert set(given.json()["story_ids"]) == set(ids)
    assert served.post(f"{address}/takedown", headers=operator, json=order).status_code == 409
    assert served.post(f"{address}/restore", headers=owner).status_code == 403
    assert set(served.post(f"{address}/restore", headers=operator).json()["story_ids"]) == set(ids)


def test_a_taken_down_story_is_shown_only_to_who_may_restore_it(
    served: TestClient, key: Key, story_json: StoryJson
) -> None:
    operator, owner, stranger = key(), key(Role.EDITOR, "lizhou"), key(Role.EDITOR, "cangxi")
    sent = served.post("/v1/stories", headers=operator, json=story_json()).json()["results"][0]["story_id"]
    served.post(f"/v1/stories/{sent}/takedown", headers=owner, json={"reason": "更正"})
    for headers, seen in ((operator, True), (owner, True), (stranger, False), (key(Role.SCIENTIST), False)):
        one = served.get(f"/v1/stories/{sent}", headers=headers)
        assert one.status_code == (200 if seen else 404)
        down = served.get("/v1/stories", headers=headers, params={"state": "taken_down"}).json()["items"]
        assert [item["story_id"] for item in down] == ([sent] if seen else [])
        asked = {"state": "taken_down", "outlet_id": "cangxi"}
        assert served.get("/v1/stories", headers=headers, params=asked).json()["items"] == []
        assert served.get("/v1/stories", headers=headers).json()["items"] == []
