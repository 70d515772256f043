"""Stories over HTTP."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.builders import FakeClock

from tianfu.model.access import Role

Key = Callable[..., dict[str, str]]
StoryJson = Callable[..., dict[str, Any]]


def test_a_waiting_caller_gets_tags_and_duplicates_in_the_answer(
    served: TestClient, key: Key, story_json: StoryJson
) -> None:
    headers = {**key(), "Prefer": "wait=10"}
    first = served.post("/v1/stories", headers=headers, json=story_json(external_id="a"))
    second = served.post(
        "/v1/stories", headers=headers, json=story_json(external_id="b", outlet_id="cangxi", title="转载一则")
    )
    assert first.status_code == second.status_code == 201
    assert second.headers["Preference-Applied"] == "wait=10"
    result = second.json()["results"][0]
    assert result["indexed"] is True
    assert {"14"} <= {tag["code"] for tag in result["tags"]}
    assert [(d["story_id"], d["relation"]) for d in result["duplicates"]] == [
        (first.json()["results"][0]["story_id"], "reprint")
    ]


def test_the_same_story_again_answers_200_with_the_first_id(
    served: TestClient, key: Key, story_json: StoryJson
) -> None:
    headers = key()
    first = served.post("/v1/stories", headers=headers, json=story_json())
    again = served.post("/v1/stories", headers=headers, json=story_json())
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["results"][0]["story_id"] == first.json()["results"][0]["story_id"]


def test_a_bad_row_never_spoils_the_others(served: TestClient, key: Key, story_json: StoryJson) -> None:
    rows = [
        story_json(external_id="good"),
        story_json(external_id="bad", title=""),
        {"title": "无时间"},
        "not a story",
        story_json(external_id="odd", colour="red"),
        story_json(external_id="far", outlet_id="no-such-outlet"),
        story_json(external_id="time", published_at="2026-03-02T11:00:00"),
    ]
    answer = served.post("/v1/stories", headers=key(), json={"stories": rows})
    assert answer.status_code == 201
    results = answer.json()["results"]
    assert [r["index"] for r in results] == list(range(7))
    assert results[0]["outcome"] == "created"
    assert [r["error"] is not None for r in results] == [False] + [True] * 6
    assert results[1]["error"]["errors"][0]["field"] == "title"
    assert results[2]["error"]["errors"][0] == {"field": "published_at", "why": "is needed"}
    assert results[4]["error"]["errors"][0]["field"] == "colour"
    assert results[5]["error"]["code"] == "not_found"
    assert "offset" in results[6]["error"]["detail"]


def test_ndjson_lines_stand_for_themselves(served: TestClient, key: Key, story_json: StoryJson) -> None:
    body = json.dumps(story_json(external_id="n1")) + "\n{broken\n" + json.dumps(story_json(external_id="n2"))
    headers = {**key(), "Content-Type": "application/x-ndjson"}
    answer = served.post("/v1/stories", headers=headers, content=body.encode())
    assert (answer.json()["accepted"], answer.json()["rejected"]) == (2, 1)


def test_lines_are_a_batch_of_at_most_500(served: TestClient, key: Key) -> None:
    headers = {**key(), "Content-Type": "application/x-ndjson"}
    answer = served.post("/v1/stories", headers=headers, content=b"{}\n" * 501)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert "501 lines" in answer.json()["detail"]
    few = served.post("/v1/stories", headers=headers, content=b"{}\n\n" * 500)
    assert few.json()["rejected"] == 500


def half_an_emoji(story_json: StoryJson) -> list[dict[str, Any]]:
    return [
        story_json(external_id="whole", body="灯会亮灯😀，市民前来观看。"),
        story_json(external_id="torn", title="古镇灯会亮灯\ud83d"),
        story_json(external_id="named", **{"colour\ud83d": "red"}),
        story_json(external_id="last", title="另一篇"),
    ]


@pytest.mark.parametrize("form", ["batch", "lines"])
def test_half_an_emoji_refuses_its_own_row_alone(
    served: TestClient, key: Key, story_json: StoryJson, form: str
) -> None:
    rows = half_an_emoji(story_json)
    headers = {**key(), "Content-Type": "application/json" if form == "batch" else "application/x-ndjson"}
    body = json.dumps({"stories": rows}) if form == "batch" else "\n".join(map(json.dumps, rows))
    answer = served.post("/v1/stories", headers=headers, content=body.encode())
    assert (answer.status_code, answer.json()["accepted"]) == (201, 2)
    whole, torn, named, last = answer.json()["results"]
    assert (whole["outcome"], last["outcome"]) == ("created", "created")
    assert torn["error"]["code"] == "invalid_story"
    assert torn["error"]["errors"] == [{"field": "title", "why": "has half a surrogate pair at position 6"}]
    assert named["error"]["code"] == "invalid_request"


@pytest.mark.parametrize(
    "body",
    ['{"stories": [{"title": "\\ud83d"}], "\\ud83d": 1}', '{"stories": [{"title": "\\ud83d"}', '["\\ud83d"]'],
)
def test_half_an_emoji_outside_of_rows_is_malformed(served: TestClient, key: Key, body: str) -> None:
    answer = served.post("/v1/stories", headers=key(), content=body.encode())
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")


def test_a_single_faulty_story_is_a_problem_that_names_the_field(
    served: TestClient, key: Key, story_json: StoryJson
) -> None:
    answer = served.post("/v1/stories", headers=key(), json=story_json(title="一" * 201))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "invalid_story"
    assert answer.json()["errors"][0]["field"] == "title"


def test_the_outlets_own_text_is_stored_untouched(
    served: TestClient, key: Key, story_json: StoryJson
) -> None:
    own = "<p>ＡＢＣ　<b>農業</b>&nbsp;  </p>\r\n<script>var a=1;</script>"
    headers = key()
    sent = served.post("/v1/stories", headers=headers, json=story_json(body=own)).json()["results"][0]
    assert served.get(f"/v1/stories/{sent['story_id']}", headers=headers).json()["body"] == own


def test_stories_are_paged_newest_first_without_gaps_or_repeats(
    served: TestClient, key: Key, story_json: StoryJson
) -> None:
    headers = key()
    rows = [
        story_json(external_id=f"p{n}", title=f"第{n}条", published_at=f"2026-03-01T10:{n % 3:02d}:00+08:00")
        for n in range(25)
    ]
    served.post("/v1/stories", headers=headers, json={"stories": rows})
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": 7, **({"cursor": cursor} if cursor else {})}
        page = served.get("/v1/stories", headers=headers, params=params).json()
        seen += [item["external_id"] for item in page["items"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(f"p{n}" for n in range(25))
    assert len(set(seen)) == 25


def paged(served: TestClient, headers: dict[str, str], cursor: str | None = None, **params: Any) -> list[str]:
    """External ids page by page, from a cursor on."""
    seen: list[str] = []
    while True:
        asked = {"limit": 2, **params, **({"cursor": cursor} if cursor else {})}
        page = served.get("/v1/stories", headers=headers, params=asked).json()
        seen += [item["external_id"] for item in page["items"]]
        cursor = page["cursor"]
        if cursor is None:
            return seen


def test_a_story_dated_forward_is_listed_by_its_arrival_and_shows_its_own_time(
    served: TestClient, key: Key, story_json: StoryJson, clock: FakeClock
) -> None:
    headers = key()
    rows = [
        story_json(external_id=f"p{n}", title=f"第{n}条", published_at=f"2026-03-02T1{n}:00:00+08:00")
        for n in range(3)
    ]
    sent = served.post("/v1/stories", headers=headers, json={"stories": rows}).json()["results"]
    first = served.get("/v1/stories", headers=headers, params={"limit": 1}).json()
    clock.pass_by(hours=30)
    old = {"title": "第0条", "published_at": "2026-03-03T18:00:00+08:00"}
    served.patch(f"/v1/stories/{sent[0]['story_id']}", headers=headers, json=old)
    new = story_json(external_id="new", title="新的", published_at="2026-03-03T17:00:00+08:00")
    served.post("/v1/stories", headers=headers, json=new)

    assert paged(served, headers) == ["new", "p2", "p0", "p1"]
    assert paged(served, headers, first["cursor"]) == ["p0", "p1"]
    assert paged(served, headers, outlet_id="lizhou", words="条") == ["p2", "p0", "p1"]
    told = served.get(f"/v1/stories/{sent[0]['story_id']}", headers=headers).json()
    assert (told["published_at"], told["fresh_from"]) == ("2026-03-03T10:00:00Z", "2026-03-02T04:00:00Z")


def test_a_story_dated_back_goes_down_at_once(served: TestClient, key: Key, story_json: StoryJson) -> None:
    headers = key()
    rows = [
        story_json(external_id=f"p{n}", title=f"第{n}条", published_at=f"2026-03-02T1{n}:00:00+08:00")
        for n in range(3)
    ]
    sent = served.post("/v1/stories", headers=headers, json={"stories": rows}).json()["results"]
    back = {"published_at": "2026-03-01T08:00:00+08:00"}
    served.patch(f"/v1/stories/{sent[2]['story_id']}", headers=headers, json=back)
    assert paged(served, headers) == ["p1", "p0", "p2"]


def test_an_edit_makes_a_revision_and_keeps_the_earlier_text(
    served: TestClient, key: Key, story_json: StoryJson
) -> None:
    headers = key()
    story_id = served.post("/v1/stories", headers=headers, json=story_json()).json()["results"][0]["story_id"]
    answer = served.patch(f"/v1/stories/{story_id}", headers=headers, json={"title": "更正后的标题"})
    assert answer.json()["revision"] == 2
    story = served.get(f"/v1/stories/{story_id}", headers=headers).json()
    assert story["title"] == "更正后的标题"
    assert story["revisions"][0]["text"]["title"] == "利州区春耕备耕全面展开"
    stale = served.patch(
        f"/v1/stories/{story_id}", headers=headers, json={"title": "又改", "expected_revision": 1}
    )
    assert (stale.status_code, stale.json()["code"]) == (409, "conflict")


def test_an_editors_word_on_tags_survives_the_next_indexing(
    served: TestClient, key: Key, story_json: StoryJson
) -> None:
    headers = {**key(), "Prefer": "wait=10"}
    story_id = served.post("/v1/stories", headers=headers, json=story_json()).json()["results"][0]["story_id"]
    decisions = [
        {"verb": "reject", "kind": "topic", "code": "14"},
        {"verb": "add", "kind": "topic", "code": "31", "primary": True},
    ]
    answer = served.put(f"/v1/stories/{story_id}/tags", headers=headers, json={"decisions": decisions})
    assert answer.status_code == 200, answer.text
    served.patch(f"/v1/stories/{story_id}", headers=headers, json={"title": "农业农村新气象"})
    room = served.app.state.newsroom  # type: ignore[attr-defined]
    assert room.wait_indexed({1: 2}, 10)
    tags = {t["code"]: t for t in served.get(f"/v1/stories/{story_id}", headers=headers).json()["tags"]}
    assert (tags["14"]["state"], tags["14"]["assigned_by"]) == ("rejected", "model")
    assert (tags["31"]["state"], tags["31"]["assigned_by"], tags["31"]["primary"]) == (
        "accepted",
        "editor",
        True,
    )


def test_suggestions_point_at_the_words_in_the_given_text(served: TestClient, key: Key) -> None:
    answer = served.post(
        "/v1/tags/suggest", headers=key(), json={"title": "利州区学校开学", "body": "孩子们返校。"}
    ).json()
    evidence = answer["places"][0]["evidence"][0]
    assert "利州区学校开学"[evidence["start"] : evidence["end"]] == evidence["text"] == "利州"


def test_an_edit_is_on_the_audit_trail_with_the_fields_it_changed_and_without_the_text(
    served: TestClient, key: Key, story_json: StoryJson
) -> None:
    operator, owner = key(), key(Role.EDITOR, "lizhou")
    sent = served.post("/v1/stories", headers=owner, json=story_json()).json()["results"][0]["story_id"]
    path = f"/v1/stories/{sent}"

    def noted() -> list[Any]:
        found: list[Any] = served.get("/v1/audit", headers=operator, params={"target": sent}).json()["items"]
        return found

    assert noted() == []
    served.patch(path, headers=owner, json={"title": story_json()["title"]})
    assert noted() == []
    served.patch(path, headers=owner, json={"title": "改过的标题", "body": "改过的正文。"})
    served.patch(path, headers=operator, json={"source": "新华社"})

    later, first = noted()
    assert {later["action"], first["action"]} == {"story.revised"}
    assert first["details"] == {"revision": 2, "fields": ["title", "body"]}
    assert later["details"] == {"revision": 3, "fields": ["source"]}
    whoami = served.get("/v1/whoami", headers=owner).json()
    assert (first["actor"], later["actor"] != first["actor"]) == (whoami["key_id"], True)
    assert "改过" not in served.get("/v1/audit", headers=operator).text
