"""Stories and readers of several newsrooms, to test what flows between them."""

from collections.abc import Callable, Sequence
from typing import Any

from fastapi.testclient import TestClient

from support.builders import a_body
from tianfu.model.access import Role

Key = Callable[..., dict[str, str]]


def told(
    served: TestClient, key: Key, rows: Sequence[tuple[str, str, int, str]], *, prefix: str = "f"
) -> list[str]:
    """Send (outlet, title, seed of the body, time) and wait until all are indexed; ids in order.

    Rows with one seed are copies of each other; only titles hold words that make a topic or a place.
    """
    stories = [
        {
            "external_id": f"{prefix}{n}",
            "outlet_id": outlet,
            "title": title,
            "body": a_body(seed).replace("农", "工"),
            "published_at": at,
        }
        for n, (outlet, title, seed, at) in enumerate(rows)
    ]
    answer = served.post("/v1/stories", headers={**key(), "Prefer": "wait=20"}, json={"stories": stories})
    assert answer.status_code == 201, answer.text
    return [row["story_id"] for row in answer.json()["results"]]


def clicked(
    served: TestClient,
    key: Key,
    outlet_id: str,
    story_id: str,
    readers: int,
    *,
    kind: str = "click",
    at: str = "2026-03-02T11:50:00+08:00",
) -> None:
    """Some readers of an outlet do the same with one story."""
    rows: list[dict[str, Any]] = [
        {"event_id": f"{kind}-{story_id}-{n}", "reader_id": f"r{n}", "story_id": story_id, "type": kind,
         "at": at}
        for n in range(readers)
    ]  # fmt: skip
    answer = served.post("/v1/events", headers=key(Role.APP, outlet_id), json={"events": rows})
    assert answer.json()["accepted"] == readers, answer.text
