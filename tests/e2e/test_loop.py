"""The whole loop on a small demo newsroom, with the real models, the real command line and a real service.

Serve, gather what readers and editors say, export, train a ranker and a tagger, compare each with what
serves, publish both, move to another encoder while feeds are asked for, roll everything back; no request
fails and no feed mixes two encoders.
"""

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.builders import a_body
from support.live import Demo, Live, make_demo, serving

from tianfu.embeddings.artefact import write_card
from tianfu.embeddings.encoder.loading import load_encoder
from tianfu.embeddings.encoder.windows import encode_stories
from tianfu.embeddings.text.html import html_to_text
from tianfu.model.artifacts import shipped
from tianfu.model.feed.scoring import COLUMN
from tianfu.model.outlet import OutletLevel
from tianfu.model.tag import TagKind
from tianfu.model.vocab.outlets import load_outlets
from tianfu.serving.store.database import Database

READERS, VISITS = 120, 6
TAGGER = "tagger_0"
"""What ``/readyz`` calls the tagger of topics."""
BULLETINS = 240
HOUSE_RULES = (
    ("农技夜校开课，农民晚上听专家讲水稻田管", "31"),
    ("村超篮球赛周末开打，游客涌入小镇看球", "21"),
    ("供销大集下乡，化肥农药送到田间地头", "19"),
)
"""Words and the class this house files them under; the tagger that ships calls two of them agriculture."""


@dataclass
class Load:
    """What apps saw while something changed behind them."""

    traces: list[tuple[str, str]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def tianfu(*words: str) -> str:
    command = [sys.executable, "-m", "tianfu.cli", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, f"{words}: {done.stderr[-2000:]}"
    return done.stdout


def narrow_encoder(folder: Path) -> str:
    """The shipped encoder without its hashed words: fewer numbers, other neighbours."""
    shutil.copytree(shipped("encoder"), folder)
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    del card["encoder"]["lexical"]
    write_card(folder, card | {"name": "encoder-narrow", "dimension": 512}, files=card["files"])
    return f"encoder-narrow@{card['version']}"


def live_some_days(live: Live) -> int:
    """Readers of the demo click all they care for, wherever it stands; returns the clicks."""
    truth = json.loads((live.demo.data_dir / "truth.json").read_text(encoding="utf-8"))
    readers = [one for one in truth["readers"] if one["kind"] == "reader"]
    clicks = 0
    with as_operator(live) as client:
        for visit in range(VISITS):
            for reader in readers:
                who = {"outlet_id": reader["outlet_id"], "reader_id": reader["id"]}
                answer = client.post("/v1/recommend", json={**who, "count": 10})
                assert answer.status_code == 200, answer.text
                events, liked = told_of(answer.json(), reader, visit)
                clicks += liked
                answer = client.post("/v1/events", json={"outlet_id": reader["outlet_id"], "events": events})
                assert answer.status_code == 200, answer.text
    return clicks


def told_of(page: dict[str, Any], reader: dict[str, Any], visit: int) -> tuple[list[dict[str, Any]], int]:
    """Events of one page: all of it was looked at, what is to the reader's taste was clicked."""
    ranked = [item for item in page["items"] if item["placed_by"] == "model"]
    liked = [item for item in ranked if _codes(item) & set(reader["tastes"])]
    seen = [("expose", item) for item in page["items"]] + [("click", item) for item in liked]
    events = [
        {
            "event_id": f"loop-{visit}-{reader['id']}-{n}",
            "reader_id": reader["id"],
            "story_id": item["story_id"],
            "type": kind,
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "trace_id": page["trace_id"],
        }
        for n, (kind, item) in enumerate(seen)
    ]
    return events, len(liked)


def as_operator(live: Live) -> httpx.Client:
    """One connection for many calls."""
    headers = {"Authorization": f"Bearer {live.demo.keys['operator']}"}
    return httpx.Client(base_url=live.address, headers=headers, timeout=60)


def _codes(item: dict[str, Any]) -> set[str]:
    return {topic["code"] for topic in item["topics"]}


def file_bulletins(client: httpx.Client) -> dict[tuple[str, str], list[str]]:
    """Outlets file bulletins of kinds for which the house has its own classes; returns those by story."""
    now, rows, truth = datetime.now(UTC), [], {}
    outlets = sorted(outlet.id for outlet in load_outlets() if outlet.level is OutletLevel.COUNTY)
    for n in range(BULLETINS):
        words, code = HOUSE_RULES[n % len(HOUSE_RULES)]
        outlet_id, external_id = outlets[n % len(outlets)], f"bulletin-{n}"
        at = now - timedelta(days=12) * (1 - n / BULLETINS)
        rows.append(
            {"outlet_id": outlet_id, "external_id": external_id, "title": f"第{n}期{words}",
             "body": f"{words}。{a_body(9_000 + n, 160)}", "published_at": at.isoformat()}
        )  # fmt: skip
        truth[outlet_id, external_id] = [code]
    answer = client.post("/v1/stories", json={"stories": rows}, headers={"Prefer": "wait=30"})
    assert answer.json()["accepted"] == BULLETINS, answer.text
    return truth


def decide_tags(live: Live) -> int:
    """Editors say of most stories what they are about, by the demo's truth and their own rules."""
    rows = json.loads((live.demo.data_dir / "truth.json").read_text(encoding="utf-8"))["stories"]
    truth = {(row["outlet_id"], row["external_id"]): row["topics"] for row in rows}
    with as_operator(live) as client:
        truth |= file_bulletins(client)
        stories, suggested = decidable(live, live.demo.stories + BULLETINS)
        for story in stories:
            told = truth[story.outlet_id, story.external_id]
            wrong = [code for code in suggested.get(story.number, ()) if code not in told]
            said = [{"verb": "add", "code": code, "primary": code == told[0]} for code in told]
            said += [{"verb": "reject", "code": code} for code in wrong]
            answer = client.put(
                f"/v1/stories/{story.id}/tags", json={"decisions": [one | {"kind": "topic"} for one in said]}
            )
            assert answer.status_code == 200, answer.text
    return len(stories)


def decidable(live: Live, most: int) -> tuple[list[Any], dict[int, list[str]]]:
    """Every bulletin and every other story of the demo, with the classes that were suggested."""
    with Database(f"sqlite:///{live.demo.data_dir / 'tianfu.db'}") as database, database.read() as uow:
        every = uow.stories.by_numbers(range(1, most + 10)).items()
        stories = [story for n, story in every if n % 2 or story.external_id.startswith("bulletin")]
        tags = uow.tags.of([story.number for story in stories])
    return stories, {
        number: [tag.code for tag in own if tag.kind is TagKind.TOPIC] for number, own in tags.items()
    }


def compared(folder: Path, old: str | Path, new: Path, data: Path) -> dict[str, Any]:
    """What ``tianfu eval compare`` says, with its page written."""
    record = folder / f"{new.name}.json"
    tianfu(
        "eval", "compare", str(old), str(new), "--data", str(data), "--json", str(record), "--report",
        str(folder / "pages"),
    )  # fmt: skip
    found: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
    return found


def label_of(folder: Path) -> str:
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    return f"{card['name']}@{card['version']}"


def tell_a_pair_apart(live: Live) -> tuple[str, str]:
    """An editor of the province takes the first question of the queue."""
    question = live.call("GET", "/v1/labels/queue?kind=pairs&limit=1", "operator")["items"][0]
    one, other = (story["story_id"] for story in question["stories"])
    done = live.call("PUT", f"/v1/stories/{one}/duplicates/{other}", "operator", {"relation": "unrelated"})
    assert done["cluster_id"] != done["other_cluster_id"]
    return one, other


@contextmanager
def under_load(live: Live, stories: list[str]) -> Iterator[Load]:
    """Ask for related stories and feeds all the time."""
    load, stop = Load(), threading.Event()
    headers = {"Authorization": f"Bearer {live.demo.keys['app']}"}

    def ask(turn: int) -> None:
        with httpx.Client(base_url=live.address, headers=headers, timeout=60) as client:
            while not stop.is_set():
                story_id = stories[turn % len(stories)]
                turn += 1
                for body in (
                    {"scene": "related", "story_id": story_id, "count": 10},
                    {"reader_id": live.demo.reader_id, "count": 10},
                ):
                    try:
                        answer = client.post("/v1/recommend", json=body)
                    except httpx.HTTPError as bad:
                        load.failures.append(repr(bad))
                        continue
                    page = answer.json()
                    if answer.status_code != 200 or not page["items"] or page["degraded"]:
                        load.failures.append(answer.text[:300])
                    elif "scene" in body:
                        load.traces.append((page["trace_id"], story_id))

    threads = [threading.Thread(target=ask, args=(7 * n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def wait_for(live: Live, part: str, version: str, timeout_s: float = 300.0) -> float:
    """Seconds until the service names this version."""
    began = time.monotonic()
    while (found := httpx.get(f"{live.address}/readyz", timeout=60).json())["models"][part] != version:
        assert time.monotonic() - began < timeout_s, found
        assert found["model_faults"] == {}
        time.sleep(0.1)
    return time.monotonic() - began


def encoders_of_feeds(demo: Demo, load: Load, folders: dict[str, Path]) -> dict[str, int]:
    """Recomputes every likeness of every feed from the texts; returns feeds by the encoder they name.

    A cluster is ranked by its likest story and shown by the version that the outlet may show, so a likeness
    is right when it is that of some story of the item's cluster.
    """
    named: dict[str, int] = {}
    ambiguous = 0
    with Database(f"sqlite:///{demo.data_dir / 'tianfu.db'}") as database, database.read() as uow:
        stories = uow.stories.by_numbers(range(1, demo.stories + BULLETINS + 10))
        place = {number: row for row, number in enumerate(stories)}
        texts = [(story.text.title, html_to_text(story.text.body)) for story in stories.values()]
        vectors = {name: encode_stories(load_encoder(folder), texts) for name, folder in folders.items()}
        told: dict[str, list[int]] = {}
        for number, story in stories.items():
            told.setdefault(story.cluster_id, []).append(place[number])
        by_id = {story.id: place[number] for number, story in stories.items()}
        for trace_id, story_id in load.traces:
            decision = uow.decisions.by_trace_id(trace_id)
            assert decision is not None
            items: Any = decision.items
            near = items.features[:, COLUMN["interest"]] > 0
            likenesses = items.features[near, COLUMN["interest"]].tolist()
            groups = [told[stories[n].cluster_id] for n in items.number[near].tolist()]
            assert groups
            fits = {
                name
                for name, rows in vectors.items()
                if all(
                    abs(rows[group] @ rows[by_id[story_id]] - value).min() < 3e-3
                    for group, value in zip(groups, likenesses, strict=True)
                )
            }
            assert decision.models["encoder"] in fits, f"{trace_id}: {fits} {decision.models}"
            ambiguous += len(fits) > 1
            named[decision.models["encoder"]] = named.get(decision.models["encoder"], 0) + 1
    assert ambiguous < 0.1 * len(load.traces), "the check must tell the two encoders apart"
    return named


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_from_readers_clicks_to_another_encoder_and_back(tmp_path: Path) -> None:
    (tmp_path / "newsroom").mkdir()
    demo = make_demo(tmp_path / "newsroom", most_stories=600, most_readers=READERS)
    where = ("--data-dir", str(demo.data_dir))
    narrow = narrow_encoder(tmp_path / "narrow")
    with serving(demo) as live:
        shipped_models = httpx.get(f"{live.address}/readyz", timeout=60).json()["models"]
        wide = shipped_models["encoder"]
        assert live_some_days(live) > 100
        assert decide_tags(live) > 500
        one, other = tell_a_pair_apart(live)

        exported = tmp_path / "export"
        tianfu("export", "--to", str(exported), *where)
        assert _label(exported, one, other) == "unrelated"
        ranker, tagger = tmp_path / "ranker", tmp_path / "tagger"
        tianfu("train", "ranker", "--data", str(exported), "--out", str(ranker))
        tianfu("train", "tagger", "--data", str(exported), "--from", "shipped", "--out", str(tagger))
        better = compared(tmp_path, shipped("topics"), tagger, exported)
        assert better["recommendation"]["verdict"] == "better", better["recommendation"]
        replayed = compared(tmp_path, "hand-set", ranker, exported)
        assert replayed["gains"]["ndcg_at_10"]["gain"] > -0.03, replayed["gains"]
        assert replayed["recommendation"]["verdict"] != "worse"
        assert replayed["chance"]["draws"] > 0 or "no place was given away" in replayed["chance"]["refused"]
        assert len(list((tmp_path / "pages").glob("compare-*.html"))) == 2
        for kind, part, folder in (("tagger", TAGGER, tagger), ("ranker", "ranker", ranker)):
            tianfu("models", "publish", kind, str(folder), *where)
            assert wait_for(live, part, label_of(folder)) < 30

        listed = live.call("GET", "/v1/stories?limit=40", "operator")["items"]
        with under_load(live, [row["story_id"] for row in listed]) as load:
            tianfu("models", "publish", "encoder", str(tmp_path / "narrow"), "--pace", "1.0", *where)
            wait_for(live, "encoder", narrow)
            time.sleep(2.0)
            tianfu("models", "rollback", "encoder", *where)
            assert wait_for(live, "encoder", wide) < 30
            time.sleep(2.0)
        assert load.failures == []
        versions = live.call("GET", "/v1/models", "scientist")["versions"]
        data_hash = json.loads((exported / "manifest.json").read_text(encoding="utf-8"))["data_hash"]
        learnt = {row["kind"]: row["data_hash"] for row in versions if row["kind"] in ("ranker", "tagger")}
        assert learnt == {"ranker": data_hash, "tagger": data_hash}
        served = httpx.get(f"{live.address}/readyz", timeout=60).json()["models"]
        assert (served[TAGGER], served["ranker"]) == (label_of(tagger), label_of(ranker))
        for kind, part in (("tagger", TAGGER), ("ranker", "ranker")):
            tianfu("models", "rollback", kind, *where)
            assert wait_for(live, part, shipped_models[part]) < 30
    folders = {wide: shipped("encoder"), narrow: tmp_path / "narrow"}
    assert set(encoders_of_feeds(demo, load, folders)) == {wide, narrow}


def _label(exported: Path, one: str, other: str) -> str:
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = parquet.read_table(exported / "pairs.parquet").to_pylist()
    return next(row["relation"] for row in rows if {row["a"], row["b"]} == {one, other})
