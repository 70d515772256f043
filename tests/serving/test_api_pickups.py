"""Pick-ups over HTTP."""

import pytest
from fastapi.testclient import TestClient
from support.builders import a_body
from support.flow import Key, clicked, told
from support.readers import StoryJson

from tianfu.model.access import Role

ROWS = [
    ("lizhou", "利州义诊进社区", 1, "2026-03-02T09:00:00+08:00"),
    ("cangxi", "利州赛事开幕", 2, "2026-03-02T09:00:00+08:00"),
    ("guangyuan", "苍溪农户抢农时", 3, "2026-03-02T10:00:00+08:00"),
    ("shuchuan-daily", "苍溪农户抢农时（转）", 3, "2026-03-02T10:30:00+08:00"),
    ("shuchuan-net", "利州义诊进社区", 1, "2026-03-02T10:30:00+08:00"),
    ("leshan", "乐山校园开学", 5, "2026-03-02T08:00:00+08:00"),
]


@pytest.fixture
def stories(served: TestClient, key: Key) -> list[str]:
    return told(served, key, ROWS)


def test_an_editor_sees_what_others_told_and_the_own_outlet_has_not(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    answer = served.get("/v1/outlets/lizhou/pickups", headers=key(Role.EDITOR, "lizhou")).json()
    assert [item["story_id"] for item in answer["items"]] == [stories[1], stories[2], stories[5]]
    first, second, _ = answer["items"]
    assert [reason["text"] for reason in first["reasons"]][:2] == [
        "本媒体还没有报道这件事", "涉及利州，在本媒体服务区内",
    ]  # fmt: skip
    assert second["outlets_carrying"] == 2
    assert "已有2家媒体刊发" in [reason["text"] for reason in second["reasons"]]


def test_filters_and_pages(served: TestClient, key: Key, stories: list[str]) -> None:
    path, headers = "/v1/outlets/lizhou/pickups", key(Role.SCIENTIST)

    def ids(**params: object) -> list[str]:
        items = served.get(path, headers=headers, params=params).json()["items"]  # type: ignore[arg-type]
        return [item["story_id"] for item in items]

    assert ids(topic="31") == [stories[5]]
    assert ids(level="province") == [stories[3]]
    assert ids(since="2026-03-02T08:30:00+08:00") == [stories[1], stories[2]]
    page = served.get(path, headers=headers, params={"limit": 2}).json()
    rest = served.get(path, headers=headers, params={"limit": 2, "cursor": page["cursor"]}).json()
    assert [item["story_id"] for item in rest["items"]] == [stories[5]]
    assert rest["cursor"] is None
    stranger = served.get("/v1/outlets/cangxi/pickups", headers=headers, params={"cursor": page["cursor"]})
    assert (stranger.status_code, stranger.json()["code"]) == (422, "invalid_cursor")


def test_what_readers_click_counts_from_twenty_known_readers_on(
    served: TestClient, key: Key, stories: list[str]
) -> None:
    headers = key(Role.EDITOR, "lizhou")

    def reasons() -> dict[str, str]:
        items = served.get("/v1/outlets/lizhou/pickups", headers=headers).json()["items"]
        school = next(item for item in items if item["story_id"] == stories[5])
        return {reason["code"]: reason["text"] for reason in school["reasons"]}

    clicked(served, key, "cangxi", stories[5], 30)
    clicked(served, key, "lizhou", stories[5], 19)
    assert "topic" not in reasons()
    clicked(served, key, "lizhou", stories[2], 20)
    assert reasons()["topic"] == "本媒体读者近7天的点击里，类31类占49%，居第2位"


def test_pickups_are_for_the_outlet_itself(served: TestClient, key: Key, stories: list[str]) -> None:
    path = "/v1/outlets/lizhou/pickups"
    assert served.get(path, headers=key(Role.EDITOR, "cangxi")).status_code == 403
    assert served.get(path, headers=key(Role.APP, "lizhou")).status_code == 403
    assert served.get("/v1/outlets/nowhere/pickups", headers=key()).status_code == 404
    bad = served.get(path, headers=key(), params={"topic": "99"})
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "topic")


def test_what_an_outlet_has_no_right_to_show_is_not_offered(
    served: TestClient, key: Key, story_json: StoryJson
) -> None:
    rows = [
        story_json(external_id="open", outlet_id="cangxi", title="苍溪猕猴桃丰收", body=a_body(41)),
        story_json(
            external_id="kept", outlet_id="cangxi", title="苍溪学校运动会", body=a_body(42), reuse="none"
        ),
    ]
    served.post("/v1/stories", headers={**key(), "Prefer": "wait=20"}, json={"stories": rows})
    found = served.get("/v1/outlets/lizhou/pickups", headers=key(Role.EDITOR, "lizhou")).json()
    assert [item["title"] for item in found["items"]] == ["苍溪猕猴桃丰收"]
