"""Rights between newsrooms, from the outside."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from support.builders import a_body

from tianfu.model.access import Role

Key = Callable[..., dict[str, str]]
StoryJson = Callable[..., dict[str, Any]]
BODY = a_body(1)


@pytest.fixture
def send(served: TestClient, key: Key, story_json: StoryJson) -> Callable[..., str]:
    def _send(outlet_id: str, external_id: str, **fields: Any) -> str:
        story = story_json(
            outlet_id=outlet_id,
            external_id=external_id,
            **{"title": f"{outlet_id}第{external_id}条"} | fields,
        )
        answer = served.post("/v1/stories", headers={**key(), "Prefer": "wait=20"}, json=story).json()
        story_id: str = answer["results"][0]["story_id"]
        return story_id

    return _send


def feed(served: TestClient, key: Key, outlet_id: str, **asked: Any) -> dict[str, Any]:
    answer = served.post(
        "/v1/recommend", headers=key(Role.APP, outlet_id), json={"count": 50, **asked}
    ).json()
    return {item["story_id"]: item for item in answer["items"]}


def agree(served: TestClient, key: Key, outlet_id: str, **wish: Any) -> None:
    answer = served.put(f"/v1/outlets/{outlet_id}/agreement", headers=key(Role.EDITOR, outlet_id), json=wish)
    assert answer.status_code == 200, answer.text


def test_a_feed_keeps_to_the_agreement_and_says_by_which_right(
    served: TestClient, key: Key, send: Callable[..., str]
) -> None:
    open_one = send("cangxi", "a", body=a_body(1))
    linked = send("cangxi", "b", body=a_body(2), url="https://cangxi.example/b", reuse="link_out")
    closed = send("cangxi", "c", body=a_body(3), reuse="none")
    shown = feed(served, key, "lizhou")
    assert shown[open_one]["rights"]["code"] == "agreement"
    assert "苍溪" in shown[open_one]["rights"]["text"]
    assert (shown[linked]["display"], shown[linked]["rights"]["code"]) == ("link", "link_out")
    assert closed not in shown
    assert feed(served, key, "cangxi")[closed]["rights"]["code"] == "own"
    agree(served, key, "cangxi", reuse="none", exceptions={"lizhou": "open"})
    assert open_one in feed(served, key, "lizhou")
    assert open_one not in feed(served, key, "guangyuan")


def test_a_page_asked_for_after_the_right_ended_no_longer_shows_the_story(
    served: TestClient, key: Key, send: Callable[..., str]
) -> None:
    ids = {send("cangxi", str(n), body=a_body(n)) for n in range(4)}
    app = key(Role.APP, "lizhou")
    first = served.post("/v1/recommend", headers=app, json={"count": 1}).json()
    agree(served, key, "cangxi", reuse="none")
    later = served.post("/v1/recommend", headers=app, json={"cursor": first["cursor"], "count": 50}).json()
    assert not ids & {item["story_id"] for item in later["items"]}


def test_what_the_province_republishes_is_open_until_the_province_takes_it_down(
    served: TestClient, key: Key, send: Callable[..., str]
) -> None:
    county = send("cangxi", "a", body=BODY, reuse="none")
    assert county not in feed(served, key, "lizhou")
    province = send("shuchuan-daily", "p", body=BODY, published_at="2026-03-02T11:30:00+08:00")
    shown = feed(served, key, "lizhou")
    assert shown.keys() == {county}
    assert shown[county]["rights"]["code"] == "republished"
    assert shown[county]["version"]["code"] == "first"
    served.post(f"/v1/stories/{province}/takedown", headers=key(), json={"reason": "测试"})
    assert feed(served, key, "lizhou") == {}
    served.post(f"/v1/stories/{province}/restore", headers=key())
    agree(served, key, "shuchuan-daily", reuse="none")
    shown = feed(served, key, "lizhou")
    assert shown[county]["rights"]["code"] == "republished"


def test_a_republication_opens_a_story_at_once(
    served: TestClient, key: Key, send: Callable[..., str]
) -> None:
    agree(served, key, "shuchuan-daily", reuse="none")
    county = send("cangxi", "a", body=BODY, reuse="none")
    assert feed(served, key, "lizhou") == {}
    send("shuchuan-daily", "p", body=BODY, published_at="2026-03-02T11:30:00+08:00")
    shown = feed(served, key, "lizhou")
    assert shown.keys() == {county}
    assert shown[county]["rights"]["code"] == "republished"


def test_title_source_and_author_stand_as_they_were_written(
    served: TestClient, key: Key, send: Callable[..., str]
) -> None:
    story_id = send("cangxi", "a", body=BODY, author="本台记者", source="新华社", title="“春耕”　备耕")
    item = feed(served, key, "lizhou")[story_id]
    assert (item["title"], item["author"], item["source"]) == ("“春耕”　备耕", "本台记者", "新华社")
    assert item["rights"]["code"] == "listed_source"


def test_text_without_a_right_is_left_out_of_a_strangers_answer(
    served: TestClient, key: Key, send: Callable[..., str]
) -> None:
    story_id = send("cangxi", "a", body=BODY, reuse="none")
    own = served.get(f"/v1/stories/{story_id}", headers=key(Role.EDITOR, "cangxi")).json()
    other = served.get(f"/v1/stories/{story_id}", headers=key(Role.EDITOR, "lizhou")).json()
    assert (own["body"], own["rights"]["code"]) == (BODY, "own")
    assert (other["body"], other["revisions"], other["rights"]["code"]) == (None, [], "none")
    assert BODY[:20] not in str(other)


def test_shared_passages_of_a_kept_story_are_its_newsrooms_and_the_platforms(
    served: TestClient, key: Key, send: Callable[..., str]
) -> None:
    kept = send("cangxi", "a", body=BODY, reuse="none")
    send("guangyuan", "b", body=BODY, reuse="none")
    seen = {}
    for name, headers in (("own", key(Role.EDITOR, "cangxi")), ("other", key(Role.EDITOR, "leshan"))):
        seen[name] = served.get(f"/v1/stories/{kept}/duplicates", headers=headers).json()["matches"]
    assert [match["outlet_id"] for match in seen["own"]] == ["guangyuan"]
    assert [match["outlet_id"] for match in seen["other"]] == ["guangyuan"]
    assert seen["own"][0]["passages"][0]["text"] == BODY
    assert seen["other"][0]["passages"] == []
    assert BODY[:20] not in str(seen["other"])


def test_only_the_province_keeps_the_list_of_sources(
    served: TestClient, key: Key, send: Callable[..., str]
) -> None:
    story_id = send("cangxi", "a", body=BODY, source="某某晚报")
    assert story_id not in feed(served, key, "lizhou")
    editor = key(Role.EDITOR, "lizhou")
    assert served.post("/v1/sources", headers=editor, json={"name": "某某晚报"}).status_code == 403
    assert served.post("/v1/sources", headers=key(), json={"name": "某某晚报"}).status_code == 201
    assert story_id in feed(served, key, "lizhou")
    assert served.delete("/v1/sources/某某晚报", headers=key()).status_code == 204
    assert story_id not in feed(served, key, "lizhou")
    assert served.delete("/v1/sources/某某晚报", headers=key()).status_code == 404
    names = [one["name"] for one in served.get("/v1/sources", headers=editor).json()["items"]]
    assert "新华社" in names


@pytest.mark.parametrize("address", [f"/v1/sources/{quote('新闻/早报', safe='')}", "/v1/sources/新闻/早报"])
def test_a_source_whose_name_holds_a_slash_can_be_taken_off(
    served: TestClient, key: Key, address: str
) -> None:
    assert served.post("/v1/sources", headers=key(), json={"name": "新闻/早报"}).status_code == 201
    assert served.delete(address, headers=key()).status_code == 204
    names = [one["name"] for one in served.get("/v1/sources", headers=key()).json()["items"]]
    assert "新闻/早报" not in names


@pytest.mark.parametrize(
    ("outlet_id", "wish", "status"),
    [
        ("cangxi", {"reuse": "open"}, 403),
        ("lizhou", {"reuse": "some"}, 422),
        ("lizhou", {"reuse": "open", "exceptions": {"lizhou": "none"}}, 422),
        ("lizhou", {"reuse": "open", "exceptions": {"nobody": "none"}}, 404),
    ],
)
def test_an_agreement_is_the_outlets_own_and_must_make_sense(
    outlet_id: str, wish: dict[str, Any], status: int, served: TestClient, key: Key
) -> None:
    answer = served.put(f"/v1/outlets/{outlet_id}/agreement", headers=key(Role.EDITOR, "lizhou"), json=wish)
    assert answer.status_code == status, answer.text


def test_a_newsroom_of_the_consortium_is_no_listed_source(served: TestClient, key: Key) -> None:
    outlets = served.get("/v1/outlets", headers=key()).json()["items"]
    answer = served.post("/v1/sources", headers=key(), json={"name": outlets[0]["name"]})
    assert answer.status_code == 409
