"""What readers ask for themselves, from the outside."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.builders import a_body
from support.readers import FARM, SCHOOL, Key, StoryJson, farm_and_school, feed, read

from tianfu.model.access import Role
from tianfu.model.event import ReaderRef
from tianfu.serving.services.newsroom import Newsroom

Stories = dict[str, str]
WHO = "/v1/readers/r-1"


@pytest.fixture
def stories(served: TestClient, key: Key, story_json: StoryJson) -> Stories:
    return farm_and_school(served, key, story_json)


def shown(page: Any) -> list[str]:
    return [item["title"] for item in page["items"]]


def weighed(served: TestClient, headers: dict[str, str], page: Any) -> list[float]:
    """What wishes added to the scores of farm stories."""
    told = served.get(f"/v1/decisions/{page['trace_id']}", headers=headers).json()
    return [item["parts"].get("placed_or_wished", 0.0) for item in told["items"] if item["title"] in FARM]


def test_less_of_a_topic_counts_from_the_next_feed_until_it_is_withdrawn(
    served: TestClient, stories: Stories, app_key: dict[str, str]
) -> None:
    answer = served.put(f"{WHO}/wishes/topic/14", headers=app_key, json={"amount": "less"})
    assert answer.json()["wishes"] == [{"kind": "topic", "code": "14", "label": "类14", "amount": "less"}]
    page = feed(served, app_key, reader_id="r-1", count=16)
    assert page["personalised"]
    assert min(weighed(served, app_key, page)) < -1
    other = feed(served, app_key, reader_id="r-2", count=16)
    assert set(weighed(served, app_key, other)) == {0.0}
    served.delete(f"{WHO}/wishes/topic/14", headers=app_key)
    page = feed(served, app_key, reader_id="r-1", count=16)
    assert set(weighed(served, app_key, page)) == {0.0}


def test_none_of_an_outlet_takes_it_out_of_every_page(
    served: TestClient, stories: Stories, app_key: dict[str, str]
) -> None:
    served.put(f"{WHO}/wishes/outlet/lizhou", headers=app_key, json={"amount": "none"})
    page = feed(served, app_key, reader_id="r-1", count=16)
    assert sorted(shown(page)) == sorted(SCHOOL)
    assert page["cursor"] is None


def test_an_unwanted_story_goes_and_what_reads_like_it_stands_lower(
    served: TestClient, stories: Stories, app_key: dict[str, str]
) -> None:
    unwanted = stories[FARM[0]]
    before = shown(feed(served, app_key, reader_id="r-1", count=8))
    served.put(f"{WHO}/wishes/story/{unwanted}", headers=app_key, json={})
    after = feed(served, app_key, reader_id="r-1", count=8)
    assert unwanted not in {item["story_id"] for item in after["items"]}
    assert sum(title in FARM for title in shown(after)) <= sum(title in FARM for title in before)


def test_sliders_steer_only_their_own_reader(
    served: TestClient, stories: Stories, app_key: dict[str, str]
) -> None:
    served.put(f"{WHO}/sliders", headers=app_key, json={"local": 0.0, "fresh": 1.0})
    page = feed(served, app_key, reader_id="r-1")
    other = feed(served, app_key, reader_id="r-2")
    weights = served.get(f"/v1/decisions/{page['trace_id']}", headers=app_key).json()["weights"]
    usual = served.get(f"/v1/decisions/{other['trace_id']}", headers=app_key).json()["weights"]
    assert weights["local"] == 0.0
    assert weights["fresh"] == pytest.approx(2 * usual["fresh"])
    assert served.delete(f"{WHO}/sliders", headers=app_key).json()["sliders"] is None


def test_with_personalisation_off_no_wish_and_no_slider_is_used(
    served: TestClient, stories: Stories, app_key: dict[str, str]
) -> None:
    served.put(f"{WHO}/wishes/topic/14", headers=app_key, json={"amount": "none"})
    served.put(f"{WHO}/sliders", headers=app_key, json={"local": 0.0})
    answers = [
        shown(feed(served, app_key, reader_id=who, personalise=False, count=16)) for who in ("r-1", "r-2")
    ]
    assert sorted(answers[0][:4]) == sorted(answers[1][:4])
    served.put(f"{WHO}/personalisation", headers=app_key, json={"on": False})
    off = feed(served, app_key, reader_id="r-1")
    assert served.get(f"/v1/decisions/{off['trace_id']}", headers=app_key).json()["weights"]["local"] > 0


def test_signing_in_joins_the_devices_memory_once_and_leaves_nothing_of_the_device(
    served: TestClient, stories: Stories, app_key: dict[str, str]
) -> None:
    events = [
        {
            "event_id": f"d-{n}",
            "device_id": "d-1",
            "story_id": stories[title],
            "type": "click",
            "at": "2026-03-02T11:59:00+08:00",
        }
        for n, title in enumerate(SCHOOL[:3])
    ]
    served.post("/v1/events", headers=app_key, json={"events": events})
    served.post("/v1/recommend", headers=app_key, json={"device_id": "d-1"})
    read(served, app_key, "r-1", [stories[FARM[0]]])
    for _ in range(2):
        joined = served.post(f"{WHO}/devices", headers=app_key, json={"device_id": "d-1"}).json()
        assert joined["stories_read"] == 4
    assert {tag["code"] for tag in joined["interests"]} >= {"14", "31"}
    device = served.get("/v1/readers/d-1?kind=device", headers=app_key).json()
    assert (device["stories_read"], device["interests"]) == (0, [])
    taken = served.get(f"{WHO}/export", headers=app_key).json()
    assert len(taken["events"]) == 4
    assert len(taken["feeds"]) == 1
    erased = served.delete(WHO, headers=app_key).json()["erased"]
    assert (erased["events"], erased["decisions"]) == (4, 1)


def test_feeds_survive_a_joining_while_the_log_is_written(
    served: TestClient, app_key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    take_over = type(room.readers).take_over

    def beside_a_flush(readers: Any, *known: ReaderRef) -> Any:
        room.decisions.flush()
        return take_over(readers, *known)

    monkeypatch.setattr(type(room.readers), "take_over", beside_a_flush)
    served.post("/v1/recommend", headers=app_key, json={"device_id": "d-1"})
    served.post(f"{WHO}/devices", headers=app_key, json={"device_id": "d-1"})
    assert len(served.get(f"{WHO}/export", headers=app_key).json()["feeds"]) == 1


def test_nothing_near_a_deleted_interest_comes_for_old_reads_sake(
    served: TestClient, stories: Stories, app_key: dict[str, str]
) -> None:
    def farm_for_what_was_read() -> set[str]:
        asked = {"reader_id": "r-1", "count": 16}
        page = served.post("/v1/recommend", headers=app_key, json=asked).json()
        codes = {why["code"] for item in page["items"] if item["title"] in FARM for why in item["reasons"]}
        return codes & {"near", "read_after"}

    for title in FARM[:3]:
        read(served, app_key, "r-1", [stories[title]])
    assert served.get(WHO, headers=app_key).json()["stories_read"] == 3
    assert farm_for_what_was_read()
    assert served.delete(f"{WHO}/tags/topic/14", headers=app_key).is_success
    assert served.get(WHO, headers=app_key).json()["stories_read"] == 0
    assert not farm_for_what_was_read()
    read(served, app_key, "r-1", [stories[FARM[4]]])
    assert served.get(WHO, headers=app_key).json()["stories_read"] == 0
    assert not farm_for_what_was_read()


@pytest.mark.parametrize("how", ["switched", "asked", "minor"])
def test_a_cursor_ends_when_personalisation_does(
    served: TestClient, stories: Stories, app_key: dict[str, str], how: str
) -> None:
    read(served, app_key, "r-1", [stories[FARM[0]]])
    page = served.post("/v1/recommend", headers=app_key, json={"reader_id": "r-1", "count": 3}).json()
    following = {"cursor": page["cursor"], "count": 3}
    assert served.post("/v1/recommend", headers=app_key, json=following).status_code == 200
    if how == "switched":
        served.put(f"{WHO}/personalisation", headers=app_key, json={"on": False})
    else:
        following |= {"personalise": False} if how == "asked" else {"minor": True}
    ended = served.post("/v1/recommend", headers=app_key, json=following)
    assert (ended.status_code, ended.json()["code"]) == (410, "cursor_expired")


def test_an_export_holds_what_the_reader_did_and_was_shown(
    served: TestClient, stories: Stories, app_key: dict[str, str], key: Key
) -> None:
    read(served, app_key, "r-1", [stories[FARM[0]]])
    page = feed(served, app_key, reader_id="r-1", count=3)
    taken = served.get(f"{WHO}/export", headers=app_key).json()
    assert taken["events"][0]["title"] == FARM[0]
    assert taken["feeds"][0]["trace_id"] == page["trace_id"]
    assert taken["feeds"][0]["story_ids"][:3] == [item["story_id"] for item in page["items"]]
    foreign = served.get(f"{WHO}/export", headers=key(Role.APP, "cangxi")).json()
    assert (foreign["events"], foreign["feeds"], foreign["reader"]["stories_read"]) == ([], [], 0)


def test_what_happens_in_minors_mode_is_not_remembered(
    served: TestClient, stories: Stories, app_key: dict[str, str]
) -> None:
    event = {
        "event_id": "m-1",
        "reader_id": "r-child",
        "story_id": stories[FARM[0]],
        "type": "click",
        "at": "2026-03-02T11:59:00+08:00",
        "minor": True,
    }
    answer = served.post("/v1/events", headers=app_key, json={"events": [event, event]}).json()
    assert (answer["accepted"], answer["duplicate"]) == (1, 1)
    known = served.get("/v1/readers/r-child", headers=app_key).json()
    assert (known["stories_read"], known["stories_seen"], known["interests"]) == (0, 0, [])
    taken = served.get("/v1/readers/r-child/export", headers=app_key).json()
    assert taken["events"] == []


def test_of_health_only_that_it_was_seen_is_kept(
    served: TestClient, key: Key, story_json: StoryJson, app_key: dict[str, str]
) -> None:
    story = story_json(title="利州区开展义诊", body=a_body(9))
    sent = served.post("/v1/stories", headers={**key(), "Prefer": "wait=20"}, json=story).json()
    story_id = sent["results"][0]["story_id"]
    tag = {"verb": "add", "kind": "topic", "code": "38"}
    changed = served.put(f"/v1/stories/{story_id}/tags", headers=key(), json={"decisions": [tag]})
    assert changed.status_code == 200, changed.text
    read(served, app_key, "r-1", [story_id])
    known = served.get(WHO, headers=app_key).json()
    assert (known["stories_read"], known["stories_seen"], known["interests"]) == (0, 1, [])
    refused = served.put(f"{WHO}/tags/topic/38", headers=app_key, json={"weight": 3})
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("wishes/topic/99", {}, 404),
        ("wishes/topic/abc", {}, 422),
        ("wishes/outlet/nobody", {}, 404),
        ("wishes/story/s0", {}, 404),
        ("wishes/place/12", {}, 422),
        ("wishes/mood/12", {}, 422),
        ("wishes/topic/14", {"amount": "some"}, 422),
        ("sliders", {"local": 2}, 422),
    ],
)
def test_a_wish_must_make_sense(
    path: str,
    body: dict[str, Any],
    status: int,
    served: TestClient,
    stories: Stories,
    app_key: dict[str, str],
) -> None:
    assert served.put(f"{WHO}/{path}", headers=app_key, json=body).status_code == status
