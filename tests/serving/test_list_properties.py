"""What holds of every list over all its pages, and of every reader who leaves."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.builders import FakeClock, a_body
from support.readers import Key, StoryJson, farm_and_school, feed, read
from support.traces import traces

from tianfu.model.access import Role
from tianfu.serving.services.newsroom import Newsroom

ENDS = "2026-03-09T12:00:00+08:00"


def pages(served: TestClient, headers: dict[str, str], count: int, **asked: Any) -> Iterator[list[Any]]:
    page = feed(served, headers, count=count, **asked)
    yield page["items"]
    while page["cursor"]:
        page = feed(served, headers, cursor=page["cursor"], count=count)
        yield page["items"]


@pytest.mark.parametrize("count", [1, 3, 7, 50])
def test_pins_stand_exactly_where_asked_however_the_list_is_cut(
    served: TestClient, key: Key, story_json: StoryJson, app_key: dict[str, str], count: int
) -> None:
    stories = list(farm_and_school(served, key, story_json).values())
    editor = key(Role.EDITOR, "lizhou")
    own = {"outlet_ids": ["lizhou"]}
    wished = {0: stories[3], 4: stories[9], 11: stories[0]}
    for position, story_id in wished.items():
        order = {"story_id": story_id, "action": "pin", "position": position, "ends_at": ENDS} | own
        assert served.post("/v1/placements", headers=editor, json=order).status_code == 201
    for who in ({}, {"reader_id": "r-1"}, {"personalise": False}):
        shown = [item for page in pages(served, app_key, count, **who) for item in page]
        assert {at: shown[at]["story_id"] for at in wished} == wished
        assert [item["position"] for item in shown] == list(range(len(shown)))
        assert len({item["cluster_id"] for item in shown}) == len(shown)


def test_two_stories_that_became_one_between_two_pages_are_not_both_shown(
    served: TestClient, key: Key, story_json: StoryJson, app_key: dict[str, str]
) -> None:
    """A long reprint of both shows only later that they tell the same."""
    halves = [a_body(1), a_body(2)]
    rows = [
        story_json(external_id=f"half-{n}", title=f"第{n}半", body=body, outlet_id="lizhou")
        for n, body in enumerate(halves)
    ]
    send = {**key(), "Prefer": "wait=20"}
    answer = served.post("/v1/stories", headers=send, json={"stories": rows}).json()
    assert answer["accepted"] == 2
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    room.library.catch_up(at_once=True)
    first = feed(served, app_key, count=1)
    again = feed(served, app_key, cursor=first["cursor"], count=1)
    assert len(first["items"]) == len(again["items"]) == 1
    whole = story_json(external_id="whole", title="全文", body="".join(halves), outlet_id="cangxi")
    assert served.post("/v1/stories", headers=send, json=whole).status_code == 201
    room.library.catch_up(at_once=True)
    assert len({card.cluster_id for card in room.library.view.cards}) == 1
    assert feed(served, app_key, cursor=first["cursor"], count=1)["items"] == []


@pytest.mark.parametrize("kind", ["reader", "device"])
def test_a_reader_who_is_erased_leaves_no_trace_in_any_table_or_memory(
    served: TestClient, key: Key, story_json: StoryJson, app_key: dict[str, str], clock: FakeClock, kind: str
) -> None:
    stories = list(farm_and_school(served, key, story_json).values())
    name = "leaves-for-good-7"
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    events = [
        {
            "event_id": f"e-{n}", f"{kind}_id": name, "story_id": story_id, "type": told,
            "at": clock.now().isoformat(), "client_address": "203.0.113.7",
        }
        for n, (story_id, told) in enumerate((s, t) for s in stories[:4] for t in ("click", "like"))
    ]  # fmt: skip
    assert served.post("/v1/events", headers=app_key, json={"events": events}).json()["accepted"] == 8
    page = feed(served, app_key, count=3, **{f"{kind}_id": name})
    feed(served, app_key, cursor=page["cursor"])
    room.decisions.flush()
    feed(served, app_key, count=3, **{f"{kind}_id": name})  # one more that is not written yet
    served.put(f"/v1/readers/{name}/wishes/topic/31?kind={kind}", headers=app_key, json={"amount": "less"})
    read(served, app_key, "stays", stories[:2])
    assert traces(room, name)
    served.delete(f"/v1/readers/{name}?kind={kind}", headers=app_key).raise_for_status()
    room.decisions.flush()
    assert traces(room, name) == []
    assert traces(room, "stays")
    with pytest.raises(AssertionError, match="cursor_expired"):
        feed(served, app_key, cursor=page["cursor"])
