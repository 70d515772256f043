"""The answer that feeds write themselves keeps to the documented shape."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from support.readers import Key, StoryJson, farm_and_school, feed

from tianfu.serving.api.recommend import FeedItemOut, FeedOut

pytestmark = pytest.mark.box


@pytest.fixture
def page(served: TestClient, key: Key, story_json: StoryJson, app_key: dict[str, str]) -> Any:
    farm_and_school(served, key, story_json)
    return feed(served, app_key, reader_id="r-1", count=3)


def test_an_answer_has_exactly_the_documented_fields(page: Any) -> None:
    assert FeedOut.model_validate(page).model_dump(mode="json").keys() == page.keys()
    for item in page["items"]:
        assert item.keys() == FeedItemOut.model_fields.keys()
        again = FeedItemOut.model_validate(item).model_dump(mode="json")
        assert {**again, "published_at": None} == {**item, "published_at": None}
        for part in ("outlet", "rights", "version"):
            assert again[part] == item[part]


def test_times_are_rfc_3339_in_utc(page: Any) -> None:
    assert all(item["published_at"].endswith(("+00:00", "Z")) for item in page["items"])
