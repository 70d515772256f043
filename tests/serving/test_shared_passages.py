"""Shared passages are told by offsets into the body as it was sent."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.builders import FakeClock, a_body
from support.fakes import fake_parts
from support.readers import Key, StoryJson

from tianfu.embeddings.text.html import clean, html_to_text
from tianfu.serving.app import create_app
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.wiring import build_newsroom

pytestmark = pytest.mark.box

ONE, TWO = a_body(1, 90), a_body(2, 90)


@pytest.fixture
def served(settings: ServiceSettings, clock: FakeClock) -> Iterator[TestClient]:
    """A service that reads HTML as the product does."""
    parts = replace(fake_parts(), clean=html_to_text, align=clean)
    app = create_app(
        settings.model_copy(update={"worker": True}),
        build=lambda given: build_newsroom(given, parts=parts, clock=clock),
    )
    with TestClient(app) as client:
        yield client


def passages(served: TestClient, headers: dict[str, str], body: str) -> list[Any]:
    asked = {"title": "另一个标题", "body": body}
    answer = served.post("/v1/duplicates/check", headers=headers, json=asked)
    found: list[Any] = answer.json()["matches"][0]["passages"]
    return found


@pytest.mark.parametrize(
    "body",
    [
        f"{ONE}\n{TWO}",
        f"<p>{ONE}</p><p>{TWO}</p>",
        f'<script>var shown = 1;</script>\n<p class="lead">{ONE}</p>\n<p>&nbsp;{TWO}&nbsp;</p>',
        f"{ONE}\n{TWO}\n责任编辑：何静",
    ],
)
def test_offsets_of_a_passage_count_in_the_body_as_it_was_sent(
    served: TestClient, key: Key, story_json: StoryJson, body: str
) -> None:
    headers = {**key(), "Prefer": "wait=20"}
    served.post("/v1/stories", headers=headers, json=story_json(body=html_to_text(body)))
    (passage,) = passages(served, headers, body)
    given = body[passage["start"] : passage["end"]]
    assert passage["text"].startswith(ONE)
    assert passage["text"].strip().endswith(TWO)
    assert given.startswith(ONE)
    assert TWO in given
    assert "责任编辑" not in given
    assert html_to_text(given).split() == passage["text"].split()


def test_a_stored_storys_own_passages_count_in_its_own_body(
    served: TestClient, key: Key, story_json: StoryJson
) -> None:
    headers = {**key(), "Prefer": "wait=20"}
    bodies = {"lizhou": f"<p>{ONE}</p>", "cangxi": f"<div>{ONE}</div>"}
    rows = [story_json(outlet_id=outlet, body=body) for outlet, body in bodies.items()]
    sent = served.post("/v1/stories", headers=headers, json={"stories": rows}).json()["results"]
    for row, body in zip(sent, bodies.values(), strict=True):
        found = served.get(f"/v1/stories/{row['story_id']}/duplicates", headers=headers).json()
        (passage,) = found["matches"][0]["passages"]
        assert body[passage["start"] : passage["end"]] == passage["text"] == ONE
