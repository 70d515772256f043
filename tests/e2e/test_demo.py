"""The demo newsroom against its own truth, with the shipped models."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
from support.live import Demo, Live

from tianfu.model.cluster import Relation
from tianfu.model.story import Story
from tianfu.serving.demo.check import copy_agreement
from tianfu.serving.demo.seeds import load_seeds
from tianfu.serving.store.database import Database


@pytest.fixture(scope="module")
def truth(demo: Demo) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((demo.data_dir / "truth.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def stored(demo: Demo) -> dict[str, Story]:
    with Database(f"sqlite:///{demo.data_dir / 'tianfu.db'}") as database, database.read() as uow:
        found = uow.stories.by_numbers(range(1, demo.stories + 10))
    return {story.external_id: story for story in found.values()}


def test_reprints_are_found_and_nothing_else_is_called_one(
    demo: Demo, truth: dict[str, Any], stored: dict[str, Story]
) -> None:
    numbers = {name: story.number for name, story in stored.items()}
    with Database(f"sqlite:///{demo.data_dir / 'tianfu.db'}") as database, database.read() as uow:
        edges = uow.clusters.of(sorted(numbers.values()))
    found = copy_agreement(truth["stories"], numbers, edges)
    assert found.truth > 500
    assert found.precision >= 0.98
    assert found.recall >= 0.98


def test_every_story_is_tagged_and_the_seeds_topics_mostly_come_first(
    demo: Demo, truth: dict[str, Any], stored: dict[str, Story]
) -> None:
    assert all(story.is_indexed for story in stored.values())
    with Database(f"sqlite:///{demo.data_dir / 'tianfu.db'}") as database, database.read() as uow:
        tags = uow.tags.of([story.number for story in stored.values()])
    firsts = [row for row in truth["stories"] if row["copied_from"] is None and row["relation"] is None]
    right = Counter()
    for row in firsts:
        own = tags[stored[row["external_id"]].number]
        topics = [tag.code for tag in own if tag.kind == "topic"]
        places = [tag.code for tag in own if tag.kind == "place"]
        right["topic"] += bool(set(topics) & set(row["topics"]))
        right["place"] += row["places"][0] in places or row["places"][0].endswith("0000")
    assert right["topic"] / len(firsts) > 0.7, right
    assert right["place"] / len(firsts) > 0.8, right


def test_the_evidence_of_every_tag_stands_in_the_outlets_own_text(
    demo: Demo, stored: dict[str, Story]
) -> None:
    with Database(f"sqlite:///{demo.data_dir / 'tianfu.db'}") as database, database.read() as uow:
        tags = uow.tags.of([story.number for story in stored.values()])
    by_number = {story.number: story for story in stored.values()}
    for number, found in tags.items():
        text = by_number[number].text
        for tag in found:
            for span in tag.evidence:
                assert getattr(text, span.field)[span.start : span.end] == span.text


def test_no_page_of_any_outlets_feed_shows_two_versions_of_one_story(
    live: Live, stored: dict[str, Story]
) -> None:
    cluster_of = {story.id: story.cluster_id for story in stored.values()}
    for outlet_id in ["lizhou", "cangxi", "chengdu", "tianfu-platform", live.demo.outlet_id]:
        for scene in ("home", "local"):
            asked = {"outlet_id": outlet_id, "scene": scene, "count": 50}
            page = live.post("/v1/recommend", "operator", asked)
            more = (
                live.post("/v1/recommend", "operator", asked | {"cursor": page["cursor"]})
                if page["cursor"]
                else {}
            )
            shown = [item["story_id"] for item in page["items"] + more.get("items", [])]
            assert shown
            clusters = [cluster_of[story_id] for story_id in shown]
            assert len(set(clusters)) == len(clusters), (outlet_id, scene)


def test_a_reader_with_a_history_gets_another_feed_than_a_stranger(live: Live) -> None:
    mine = live.post("/v1/recommend", "app", {"reader_id": live.demo.reader_id, "count": 20})
    strangers = live.post("/v1/recommend", "app", {"count": 20})
    assert mine["personalised"]
    assert not strangers["personalised"]
    assert [i["story_id"] for i in mine["items"]] != [i["story_id"] for i in strangers["items"]]
    assert all(item["reasons"] for item in mine["items"])


def test_a_rewrite_of_a_seed_is_recognised_by_an_editors_check(live: Live, stored: dict[str, Story]) -> None:
    story = next(s for name, s in sorted(stored.items()) if name.endswith("-0"))
    body = story.text.body + "\n编辑：测试员"
    found = live.post("/v1/duplicates/check", "editor", {"title": "换个标题", "body": body})
    assert found["matches"][0]["relation"] in (Relation.IDENTICAL, Relation.REPRINT)
    assert found["matches"][0]["passages"][0]["text"] in body


def test_serving_a_request_imports_no_torch_and_no_engine_of_the_province(demo: Demo) -> None:
    program = (
        "import sys, json\n"
        "from fastapi.testclient import TestClient\n"
        "from pathlib import Path\n"
        "from tianfu.serving.app import create_app\n"
        "from tianfu.serving.settings import ServiceSettings\n"
        f"settings = ServiceSettings(data_dir=Path({str(demo.data_dir)!r}), worker=False)\n"
        "app = create_app(settings)\n"
        "with TestClient(app) as client:\n"
        f"    headers = {{'Authorization': 'Bearer {demo.keys['operator']}'}}\n"
        "    body = {'title': '利州区举行植树活动', 'body': '干部群众植树三千株。'}\n"
        "    assert client.post('/v1/tags/suggest', json=body, headers=headers).status_code == 200\n"
        "    asked = {'outlet_id': 'lizhou'}\n"
        "    assert client.post('/v1/recommend', json=asked, headers=headers).json()['items']\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'sklearn', 'scipy'}\n"
        "heavy |= {'tianfu.training', 'tianfu.eval', 'ray', 'pymilvus', 'milvus_lite', 'grpc', 'pandas'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip().splitlines()[-1] == "[]"


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_the_javascript_example_of_the_readme_runs(live: Live) -> None:
    environment = {**os.environ, "TIANFU_URL": live.address, "TIANFU_KEY": live.demo.keys["app"]}
    done = subprocess.run(
        ["node", "docs/examples/feed.mjs"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "accepted 1 event" in done.stdout
    assert "next page starts with" in done.stdout


def test_the_demo_is_the_same_every_time_and_covers_the_consortium(demo: Demo, truth: dict[str, Any]) -> None:
    seeds = load_seeds()
    rows = truth["stories"]
    assert {topic for seed in seeds for topic in seed.topics[:1]} == {
        *("01", "02", "03", "04", "05", "06", "11", "12", "13", "14", "15", "16", "17", "18", "19", "21"),
        *("22", "31", "33", "35", "36", "37", "38", "39"),
    }
    assert len(seeds) >= 240
    assert len({seed.adcode for seed in seeds if not seed.adcode.endswith("00")}) >= 60
    assert len(rows) >= 3_000
    assert len({row["outlet_id"] for row in rows}) == 210
    assert len(truth["readers"]) == 2_000
