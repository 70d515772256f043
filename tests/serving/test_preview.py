"""Previews: what a feed looks like for somebody made up, without a trace."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from support.readers import FARM, SCHOOL, Key, StoryJson, farm_and_school, feed, read

from tianfu.model.access import Role
from tianfu.model.persona import PERSONAS
from tianfu.model.reader import is_sensitive
from tianfu.model.vocab.topics import load_topics
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.store.schema import metadata

pytestmark = pytest.mark.box

Stories = dict[str, str]


@pytest.fixture
def stories(served: TestClient, key: Key, story_json: StoryJson) -> Stories:
    return farm_and_school(served, key, story_json)


@pytest.fixture
def editor(key: Key) -> dict[str, str]:
    return key(Role.EDITOR, "lizhou")


def previewed(served: TestClient, headers: dict[str, str], **asked: Any) -> Any:
    answer = served.post("/v1/recommend/preview", headers=headers, json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def everything_kept(served: TestClient) -> dict[str, list[Any]]:
    """Every row of every table, what waits for the log written first."""
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    room.decisions.flush()
    with room.database.read() as uow:
        return {t.name: list(uow._connection.execute(select(t)).all()) for t in metadata.sorted_tables}


def test_a_parents_feed_is_about_schools_and_a_farmers_less_so(
    served: TestClient, editor: dict[str, str], stories: Stories
) -> None:
    parent = previewed(served, editor, persona="parent", count=6)
    taste = {
        item["title"]: item["parts"].get("topic_taste", 0.0)
        for item in parent["decision"]["items"]
        if item["placed_by"] == "model"
    }
    assert parent["feed"]["personalised"]
    assert set(taste) & set(SCHOOL)
    assert all((worth > 0.0) == (title in SCHOOL) for title, worth in taste.items())
    farmer = previewed(served, editor, persona="farmer", count=6)
    schools = [sum(one["title"] in SCHOOL for one in found["feed"]["items"]) for found in (farmer, parent)]
    assert schools[0] < schools[1]
    assert {r["code"] for item in parent["feed"]["items"] for r in item["reasons"]} & {"interest", "near"}


def test_a_reader_of_ones_own_making_cares_for_places_too(
    served: TestClient, editor: dict[str, str], stories: Stories
) -> None:
    found = previewed(served, editor, interests=[{"kind": "place", "code": "510824"}])
    assert found["feed"]["items"][0]["title"] in SCHOOL
    assert found["feed"]["items"][0]["reasons"][0]["text"].startswith("您关注的『苍溪』")


@pytest.mark.parametrize("asked", [{}, {"persona": "newcomer"}, {"persona": "farmer", "personalise": False}])
def test_for_a_stranger_or_with_personalisation_off_no_feature_of_a_reader_counts(
    served: TestClient, editor: dict[str, str], stories: Stories, asked: dict[str, Any]
) -> None:
    found = previewed(served, editor, **asked)
    assert not found["feed"]["personalised"]
    assert all(item["parts"].get("topic_taste", 0.0) == 0.0 for item in found["decision"]["items"])
    assert all(item["parts"].get("interest", 0.0) == 0.0 for item in found["decision"]["items"])


def test_a_preview_shows_what_the_next_stranger_gets(
    served: TestClient, key: Key, editor: dict[str, str], stories: Stories
) -> None:
    order = {"story_id": stories[SCHOOL[3]], "action": "pin", "position": 0, "outlet_ids": ["lizhou"]}
    given = served.post(
        "/v1/placements", headers=editor, json={**order, "ends_at": "2026-03-02T18:00:00+08:00"}
    )
    assert given.status_code == 201, given.text
    shown = previewed(served, editor)["feed"]["items"]
    real = feed(served, key(Role.APP, "lizhou"))["items"]
    assert shown[0]["title"] == real[0]["title"] == SCHOOL[3]
    assert (shown[0]["placed_by"], shown[0]["reasons"][0]["text"]) == ("editor", "编辑推荐")


def test_a_preview_leaves_no_trace(
    served: TestClient, key: Key, editor: dict[str, str], stories: Stories
) -> None:
    app = key(Role.APP, "lizhou")
    read(served, app, "r-1", [stories[title] for title in FARM[:3]])
    read(served, app, "made-up", [stories[title] for title in SCHOOL[:3]])
    order = {"story_id": stories[SCHOOL[7]], "action": "must_carry", "ends_at": "2026-03-03T12:00:00+08:00"}
    carried = served.post("/v1/placements", headers=key(), json=order).json()["id"]
    feed(served, app, reader_id="made-up")
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    before, heat = everything_kept(served), room.stream.signals._hot._scopes
    heat = {scope: dict(counts) for scope, counts in heat.items()}
    known = dict(room.interests._interests)
    for asked in ({}, {"persona": "farmer"}, {"persona": "parent", "count": 50}):
        found = previewed(served, editor, **asked)
        assert found["feed"]["cursor"] is None
        assert found["feed"]["items"][0]["placed_by"] == "must_carry"
        trace = served.get(f"/v1/decisions/{found['feed']['trace_id']}", headers=editor)
        assert trace.status_code == 404
    assert everything_kept(served) == before
    assert room.stream.signals._hot._scopes == heat
    assert room.interests._interests == known
    receipts = served.get(f"/v1/placements/{carried}/receipts", headers=key()).json()
    assert [row["scenes"][0]["pages"] for row in receipts["items"] if row["shown"]] == [1]


@pytest.mark.parametrize(
    ("asked", "status", "field"),
    [
        ({"reader_id": "r-1"}, 422, "reader_id"),
        ({"device_id": "d-1"}, 422, "device_id"),
        ({"persona": "nobody"}, 404, None),
        ({"persona": "farmer", "interests": [{"kind": "topic", "code": "14"}]}, 422, "interests"),
        ({"interests": [{"kind": "topic", "code": "38"}]}, 422, "interests"),
        ({"interests": [{"kind": "topic", "code": "99"}]}, 422, "interests"),
        ({"interests": [{"kind": "keyword", "code": "14"}]}, 422, "interests"),
        ({"scene": "channel"}, 422, "channel"),
        ({"outlet_id": "cangxi"}, 403, None),
    ],
)
def test_what_no_preview_is_made_for_is_said(
    served: TestClient,
    editor: dict[str, str],
    stories: Stories,
    asked: dict[str, Any],
    status: int,
    field: str | None,
) -> None:
    answer = served.post("/v1/recommend/preview", headers=editor, json=asked)
    assert answer.status_code == status, answer.text
    if field is not None:
        assert answer.json()["errors"][0]["field"] == field


def test_apps_make_no_previews_and_scientists_of_the_platform_do(
    served: TestClient, key: Key, stories: Stories
) -> None:
    app = served.post("/v1/recommend/preview", headers=key(Role.APP, "lizhou"), json={})
    assert app.status_code == 403
    assert served.get("/v1/personas", headers=key(Role.APP, "lizhou")).status_code == 403
    assert previewed(served, key(Role.SCIENTIST), outlet_id="lizhou")["feed"]["items"]


def test_personas_care_for_classes_that_are_there_and_may_become_interests(
    served: TestClient, editor: dict[str, str]
) -> None:
    listed = served.get("/v1/personas", headers=editor).json()["items"]
    assert [one["id"] for one in listed] == [persona.id for persona in PERSONAS]
    for persona in PERSONAS:
        assert set(persona.topics) <= set(load_topics().codes)
        assert not any(is_sensitive(key) for key in persona.interests)
