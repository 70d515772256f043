"""Readers to test with: two kinds of stories, reading them, asking for feeds."""

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from support.builders import a_body

Key = Callable[..., dict[str, str]]
StoryJson = Callable[..., dict[str, Any]]
FARM = [f"利州区农业合作社第{n}次丰收" for n in range(8)]
SCHOOL = [f"苍溪县学校第{n}届活动" for n in range(8)]


def farm_and_school(served: TestClient, key: Key, story_json: StoryJson) -> dict[str, str]:
    """Eight farm and eight school stories of two outlets, indexed; public id by title."""
    rows = [
        story_json(
            external_id=f"s{n}",
            title=title,
            body=a_body(n + 20),
            outlet_id="lizhou" if title in FARM else "cangxi",
            published_at=f"2026-03-02T0{n % 8}:00:00+08:00",
        )
        for n, title in enumerate(FARM + SCHOOL)
    ]
    answer = served.post("/v1/stories", headers={**key(), "Prefer": "wait=20"}, json={"stories": rows}).json()
    assert answer["accepted"] == 16
    return {row["title"]: r["story_id"] for row, r in zip(rows, answer["results"], strict=True)}


def read(
    served: TestClient, headers: dict[str, str], reader: str, story_ids: list[str], kind: str = "click"
) -> Any:
    events = [
        {
            "event_id": f"{reader}-{kind}-{story_id}",
            "reader_id": reader,
            "story_id": story_id,
            "type": kind,
            "at": "2026-03-02T11:59:00+08:00",
        }
        for story_id in story_ids
    ]
    return served.post("/v1/events", headers=headers, json={"events": events}).json()


def feed(served: TestClient, headers: dict[str, str], **asked: Any) -> Any:
    answer = served.post("/v1/recommend", headers=headers, json={"count": 10, **asked})
    assert answer.status_code == 200, answer.text
    return answer.json()
