"""A joint coverage to test with: stories, the order that opens it, its board."""

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from support.builders import a_body

Key = Callable[..., dict[str, str]]
StoryJson = Callable[..., dict[str, Any]]
UNTIL = "2026-03-03T12:00:00+08:00"
ANGLES = [
    {"id": "opening", "name": "开幕式", "words": ["开幕"]},
    {"id": "water", "name": "水上项目", "words": ["游泳"]},
    {"id": "food", "name": "食品安全"},
]
STORIES = [
    ("guangyuan", "省运会利州赛区今晚开幕", a_body(1), 8),
    ("cangxi", "省运会开幕（转载）", a_body(1), 9),
    ("shuchuan-daily", "省运会游泳馆迎来首金", a_body(2), 9),
    ("lizhou", "省运会志愿者上岗", a_body(3), 10),
    ("lizhou", "春耕备耕全面展开", a_body(4), 10),
]


def a_coverage(**fields: Any) -> dict[str, Any]:
    query = {
        "since": "2026-03-01T00:00:00+08:00",
        "until": "2026-03-10T00:00:00+08:00",
        "words_any": ["省运会"],
        "places": [],
    }
    return {
        "title": "省运会",
        "lead": "三级媒体共同报道。",
        "angles": ANGLES,
        **fields,
        "query": {**query, **fields.get("query", {})},
    }


def send_stories(served: TestClient, key: Key, story_json: StoryJson) -> list[str]:
    """Five stories of one event and beside it, indexed; their public ids in order."""
    rows = [
        story_json(
            external_id=f"s{n}",
            outlet_id=outlet,
            title=title,
            body=body,
            published_at=f"2026-03-02T{hour:02}:30:00+08:00",
        )
        for n, (outlet, title, body, hour) in enumerate(STORIES)
    ]
    answer = served.post("/v1/stories", headers={**key(), "Prefer": "wait=20"}, json={"stories": rows})
    return [row["story_id"] for row in answer.json()["results"]]


def opened(served: TestClient, headers: dict[str, str], **fields: Any) -> str:
    answer = served.post("/v1/coverages", headers=headers, json=a_coverage(**fields))
    assert answer.status_code == 201, answer.text
    coverage_id: str = answer.json()["id"]
    return coverage_id


def board(served: TestClient, headers: dict[str, str], coverage_id: str) -> Any:
    """The board once the background work is done."""
    room = served.app.state.newsroom  # type: ignore[attr-defined]
    for _ in range(100):
        answer = served.get(f"/v1/coverages/{coverage_id}", headers=headers)
        assert answer.status_code == 200, answer.text
        if answer.json()["fill"]["done"]:
            return answer.json()
        room.worker.wait_round(0.2)
    raise AssertionError("the back-fill did not end")
