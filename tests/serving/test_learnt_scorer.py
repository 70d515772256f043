"""A learnt ranker in the feed: it ranks, it is named, it explains itself, and it comes from a folder."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from fastapi.testclient import TestClient
from support.builders import FakeClock
from support.fakes import fake_parts
from support.readers import Key, StoryJson, farm_and_school, feed

from tianfu.embeddings.artefact import write_card
from tianfu.embeddings.scorer import CURVES, KIND, save_curves
from tianfu.model.errors import ArtefactInvalid
from tianfu.model.feed.scoring import FEATURES, HAND_SET, Curve, Scorer
from tianfu.serving.app import create_app
from tianfu.serving.parts import load_parts
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store import decisions
from tianfu.serving.wiring import build_newsroom

pytestmark = pytest.mark.box

BENT = Curve((0.0, 0.5, 1.0), (0.0, 0.0, 4.0))
FRESH_ONLY = {name: BENT if name == "fresh" else Curve((0.0, 1.0), (0.0, 0.0)) for name in FEATURES}


@pytest.fixture
def served(settings: ServiceSettings, clock: FakeClock) -> Iterator[TestClient]:
    parts = replace(fake_parts(), scorer=Scorer("fresh-only@3", FRESH_ONLY))
    app = create_app(
        settings.model_copy(update={"worker": True}),
        build=lambda given: build_newsroom(given, parts=parts, clock=clock),
    )
    with TestClient(app) as client:
        yield client


@pytest.fixture
def page(served: TestClient, key: Key, story_json: StoryJson, app_key: dict[str, str]) -> Any:
    farm_and_school(served, key, story_json)
    return feed(served, app_key, reader_id="r-1")


def test_a_learnt_ranker_ranks_is_named_and_tells_what_each_feature_added(
    served: TestClient, key: Key, page: Any
) -> None:
    found = served.get(f"/v1/decisions/{page['trace_id']}", headers=key()).json()
    assert found["models"]["ranker"] == "fresh-only@3"
    assert {name: weight for name, weight in found["weights"].items() if weight} == {"fresh": 4.0}
    ranked = [item for item in found["items"] if item["placed_by"] == "model"]
    assert ranked
    for item in ranked:
        assert set(item["parts"]) <= {"fresh"}
    scores = [item["score"] for item in ranked]
    assert scores[0] == max(scores) > 0


def test_the_bend_of_a_curve_is_what_counts(served: TestClient, page: Any) -> None:
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    items: Any = room.feeds.replay(page["trace_id"]).decision.items
    fresh = items.features[:, FEATURES.index("fresh")]
    expected = np.interp(fresh, BENT.at, BENT.worth)
    np.testing.assert_allclose(items.parts[:, FEATURES.index("fresh")], expected, atol=1e-3)
    assert (fresh > 0.5).any()


def test_the_pipeline_tells_which_ranker_runs(served: TestClient, key: Key) -> None:
    scenes = served.get("/v1/pipelines", headers=key()).json()["scenes"]
    assert {scene["ranker"] for scene in scenes} == {"fresh-only@3"}
    assert {scene["weights"]["fresh"] for scene in scenes} == {4.0}


def test_a_feed_kept_before_features_were_is_still_read(served: TestClient, page: Any) -> None:
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    decision = room.feeds.replay(page["trace_id"]).decision
    record = orjson.loads(decisions.zlib.decompress(decisions.packed(decision)))
    del record["items"]["features"]
    old = decisions.unpacked(decisions.zlib.compress(orjson.dumps(record)), None)
    assert [item.number for item in old.items] == [item.number for item in decision.items]
    assert [item.parts for item in old.items] == [item.parts for item in decision.items]
    assert not old.items.features.any()  # type: ignore[attr-defined]


def test_the_setting_names_the_folder_that_serves(tmp_path: Path) -> None:
    save_curves(tmp_path, FRESH_ONLY)
    write_card(tmp_path, {"kind": KIND, "name": "mine", "version": "7"}, files=[CURVES])
    assert load_parts(ServiceSettings(ranker_dir=tmp_path)).scorer == Scorer("mine@7", FRESH_ONLY)
    assert load_parts(ServiceSettings()).scorer is HAND_SET
    (tmp_path / CURVES).unlink()
    with pytest.raises(ArtefactInvalid, match="missing"):
        load_parts(ServiceSettings(ranker_dir=tmp_path))
