"""What the pages of stories ask for: search, exposure, orders with receipts, desks for a draft."""

from collections.abc import Sequence
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import ColumnElement, Select, func
from support.flow import Key, clicked, told

from tianfu.model.access import Role
from tianfu.serving.services import search as search_service
from tianfu.serving.store import stories
from tianfu.serving.store.stories import StoryQuery

ROWS = [
    ("cangxi", "苍溪农户抢种春茶", 1, "2026-02-20T09:00:00+08:00"),
    ("guangyuan", "苍溪农户抢种春茶（转）", 1, "2026-02-20T10:00:00+08:00"),
    ("lizhou", "利州赛事开幕", 3, "2026-02-22T09:00:00+08:00"),
    ("lizhou", "利州学校开学第一课", 4, "2026-02-23T09:00:00+08:00"),
]


def search(served: TestClient, headers: dict[str, str], **params: str) -> list[dict[str, object]]:
    answer = served.get("/v1/stories", params=params, headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, object]] = answer.json()["items"]
    return items


def test_a_search_puts_words_and_meaning_together_and_says_which_found_what(
    served: TestClient, key: Key
) -> None:
    ids = told(served, key, ROWS)
    found = search(served, key(), q="赛事开幕")
    assert (found[0]["story_id"], found[0]["found_by"]) == (ids[2], "both")
    meant = search(served, key(), q="苍溪农户春茶抢种")
    assert meant[0]["story_id"] in ids[:2]
    assert meant[0]["found_by"] == "meaning", "the words do not stand there in this order"
    assert search(served, key(), q="开幕 利州")[0]["found_by"] == "both", "words parted by blanks"


def test_a_search_keeps_to_the_filters_and_the_limit(served: TestClient, key: Key) -> None:
    ids = told(served, key, ROWS)
    assert {one["outlet_id"] for one in search(served, key(), q="苍溪农户", outlet_id="cangxi")} == {"cangxi"}
    assert [one["story_id"] for one in search(served, key(), q="赛事", topic="39", place="510802")] == [
        ids[2]
    ]
    assert search(served, key(), q="赛事", topic="31") == []
    assert search(served, key(), q="苍溪农户抢种春茶", since="2026-02-21T00:00:00+08:00", topic="14") == []
    assert len(search(served, key(), q="苍溪农户抢种春茶", limit="1")) == 1


def test_taken_down_stories_are_not_found_but_by_who_may_restore_them(served: TestClient, key: Key) -> None:
    ids = told(served, key, ROWS)
    served.post(f"/v1/stories/{ids[2]}/takedown", json={"reason": "核实"}, headers=key())
    assert ids[2] not in [one["story_id"] for one in search(served, key(), q="利州赛事开幕")]
    down = search(served, key(), q="利州赛事开幕", state="taken_down")
    assert [one["story_id"] for one in down] == [ids[2]]
    other = key(Role.EDITOR, "cangxi")
    assert search(served, other, q="利州赛事开幕", state="taken_down") == []


def test_listed_stories_name_their_topics_places_and_cluster(served: TestClient, key: Key) -> None:
    ids = told(served, key, ROWS)
    rows = {one["story_id"]: one for one in search(served, key())}
    first = rows[ids[0]]
    assert first["topics"] == [{"code": "14", "label": "类14"}]
    assert first["places"] == [{"code": "510824", "label": "苍溪"}]
    assert (first["cluster_size"], first["found_by"]) == (2, None)
    assert rows[ids[3]]["cluster_size"] == 1


def test_an_empty_or_endless_search_is_refused(served: TestClient, key: Key) -> None:
    for q in ("", "   ", "长" * 101):
        assert served.get("/v1/stories", params={"q": q}, headers=key()).status_code == 422
    assert search(served, key(), q="%_\\'\"<script>") == []


def test_an_outlet_sees_its_own_readers_of_a_story_and_few_readers_are_not_told(
    served: TestClient, key: Key
) -> None:
    ids = told(served, key, ROWS)
    clicked(served, key, "lizhou", ids[2], 25)
    clicked(served, key, "cangxi", ids[2], 3)

    def exposure(headers: dict[str, str]) -> list[dict[str, object]]:
        found: list[dict[str, object]] = served.get(f"/v1/stories/{ids[2]}/exposure", headers=headers).json()[
            "items"
        ]
        return found

    lizhou = {"outlet_id": "lizhou", "exposures": 0, "clicks": 25, "readers": 25}
    few = {"outlet_id": "cangxi", "exposures": None, "clicks": None, "readers": None}
    assert exposure(key(Role.EDITOR, "lizhou")) == [lizhou]
    assert exposure(key(Role.EDITOR, "cangxi")) == [few]
    assert exposure(key()) == [few, lizhou]
    assert served.get("/v1/stories/s404/exposure", headers=key()).status_code == 404


def test_orders_tell_reason_reach_and_restore_to_who_may_act(served: TestClient, key: Key) -> None:
    ids = told(served, key, ROWS)
    path = f"/v1/stories/{ids[0]}/takedowns"
    assert served.get(path, headers=key()).json()["items"] == []
    served.post(
        f"/v1/stories/{ids[1]}/takedown", json={"reason": "数据有误", "scope": "cluster"}, headers=key()
    )

    (order,) = served.get(path, headers=key()).json()["items"]

    assert (order["reason"], order["scope"], order["restored_at"]) == ("数据有误", "cluster", None)
    assert [(one["story_id"], one["hidden"]) for one in order["reached"]] == [(i, True) for i in ids[:2]]
    served.post(f"/v1/stories/{ids[0]}/restore", headers=key())
    (order,) = served.get(path, headers=key()).json()["items"]
    assert order["restored_at"] is not None
    assert not any(one["hidden"] for one in order["reached"])
    own = served.get(path, headers=key(Role.EDITOR, "cangxi")).json()["items"]
    assert [one["outlet_id"] for one in own[0]["reached"]] == ["cangxi"]
    assert served.get(path, headers=key(Role.EDITOR, "lizhou")).status_code == 403


def test_desks_for_a_draft_are_those_of_the_same_story_stored(served: TestClient, key: Key) -> None:
    told(served, key, ROWS)
    draft = {"title": "利州农户抢种夏茶", "body": "春耕时节，农技员到田间。"}
    editor = key(Role.EDITOR, "lizhou")
    suggested = served.post("/v1/desks/suggest", json=draft, headers=editor).json()
    story = draft | {"published_at": "2026-03-02T11:00:00+08:00"}
    sent = served.post("/v1/stories", json=story, headers={**editor, "Prefer": "wait=20"}).json()
    stored = served.get(f"/v1/stories/{sent['results'][0]['story_id']}/desks", headers=editor).json()
    assert [one["desk"] for one in suggested["items"]] == [one["desk"] for one in stored["items"]]
    # Storing it adds one to what outlets of the class offered.
    assert suggested["items"][0]["confidence"] == pytest.approx(stored["items"][0]["confidence"], abs=0.05)
    assert suggested["story_id"] is None
    assert suggested["items"][0]["desk"] == "guangyuan:14"


def test_a_draft_that_an_upper_outlet_has_already_is_told_so(served: TestClient, key: Key) -> None:
    ids = told(served, key, ROWS)
    body = served.get(f"/v1/stories/{ids[0]}", headers=key()).json()["body"]
    draft = {"title": "苍溪抢种春茶", "body": body, "outlet_id": "cangxi"}
    found = {
        one["outlet_id"]: one
        for one in served.post("/v1/desks/suggest", json=draft, headers=key()).json()["items"]
    }
    assert found["guangyuan"]["told_already"]["story_id"] == ids[1]


def test_desks_for_a_draft_need_an_outlet(served: TestClient, key: Key) -> None:
    draft = {"title": "利州农户抢种夏茶"}
    assert served.post("/v1/desks/suggest", json=draft, headers=key()).status_code == 422
    lost = served.post("/v1/desks/suggest", json=draft | {"outlet_id": "nowhere"}, headers=key())
    assert lost.status_code == 404


def test_the_vocabularies_list_what_tags_are_called(served: TestClient, key: Key) -> None:
    editor = key(Role.EDITOR, "lizhou")
    topics = served.get("/v1/vocabulary/topic", headers=editor).json()["items"]
    assert {"code": "14", "label": "类14"} in topics
    assert [one["code"] for one in topics] == sorted(one["code"] for one in topics)
    found = served.get("/v1/vocabulary/place", params={"q": "苍"}, headers=editor).json()["items"]
    assert found == [{"code": "510824", "label": "苍溪"}]
    assert served.get("/v1/vocabulary/keyword", headers=editor).json()["items"] == []
    assert served.get("/v1/vocabulary/colour", headers=editor).status_code == 422


def test_words_are_found_whatever_the_case_of_latin_letters(served: TestClient, key: Key) -> None:
    ids = told(served, key, [("lizhou", "利州建成5G基站", 1, "2026-02-20T09:00:00+08:00"), *ROWS[1:]])
    for words in ("5g基站", "5G基站", "基站"):
        listed = search(served, key(), words=words)
        assert [one["story_id"] for one in listed] == [ids[0]]


def test_a_search_whose_words_take_too_long_to_look_for_answers_by_meaning(
    served: TestClient, key: Key, database_kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database_kind == "sqlite":
        pytest.skip("SQLite, a box's database, is not told to give up")
    ids = told(served, key, ROWS)
    made = stories._page_statement

    def slow(query: StoryQuery, hints: Sequence[ColumnElement[bool]]) -> Select[Any]:
        statement = made(query, hints)
        return statement.where(func.pg_sleep(30).is_not(None)) if query.words else statement

    monkeypatch.setattr(stories, "_page_statement", slow)
    monkeypatch.setattr(search_service, "PATIENCE_S", 0.2)
    found = search(served, key(), q="利州赛事开幕")
    assert found
    assert {one["found_by"] for one in found} == {"meaning"}
    assert found[0]["story_id"] == ids[2]
    listed = served.get("/v1/stories", params={"words": "赛"}, headers=key())
    assert (listed.status_code, listed.json()["code"]) == (503, "store_unavailable")
    assert "takes too long" in listed.json()["detail"]
    assert len(search(served, key())) == len(ROWS), "without words nobody is hurried"
    monkeypatch.setattr(stories, "_page_statement", made)
    assert search(served, key(), q="利州赛事开幕")[0]["found_by"] == "both", "and nothing is left of it"
