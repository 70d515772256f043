"""A large newsroom made up for benchmarks: many hot stories, many readers with a past, days of events.

Everything is drawn from one seed: counties, classes, events (clusters of vectors), popularity after Zipf.
Vectors are made, not encoded: what is measured here is serving, not models.
"""

import argparse
import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert, text

from tianfu.embeddings.encoder.loading import load_encoder
from tianfu.embeddings.pairs.judge import load_pair_judge
from tianfu.model.access import Role
from tianfu.model.artifacts import shipped
from tianfu.model.outlet import Outlet
from tianfu.model.ports import PairText
from tianfu.model.vocab.divisions import load_divisions
from tianfu.model.vocab.outlets import load_outlets
from tianfu.model.vocab.topics import load_topics
from tianfu.serving.services.access import create_key
from tianfu.serving.services.clock import SystemClock
from tianfu.serving.services.consortium import put_outlets_once
from tianfu.serving.store.bigrams import bigrams_of
from tianfu.serving.store.database import Database
from tianfu.serving.store.schema import events, readers, stories, story_bigrams, story_vectors, tags

_CHUNK = 5_000
_EVENTS_PER_HOUR = 1_500
_SEED = 41


@dataclass(frozen=True, slots=True, kw_only=True)
class HotNewsroom:
    """What a load generator needs to know.

    Attributes:
        secret: Of a platform key that may act for every outlet.
        readers: Outlet and id of each reader.
    """

    secret: str
    stories: int
    readers: Sequence[tuple[str, str]]


def build(data_dir: Path, *, story_count: int, reader_count: int) -> HotNewsroom:
    """Fill a folder with a box's database; an equal one that is there already is taken as it is."""
    notes = data_dir / "hot.json"
    if notes.exists():
        known = json.loads(notes.read_text())
        if (known["stories"], len(known["readers"])) == (story_count, reader_count):
            return HotNewsroom(**known)
    with Database(f"sqlite:///{data_dir / 'tianfu.db'}") as database:
        made = fill(database, story_count=story_count, reader_count=reader_count)
    notes.write_text(
        json.dumps({"secret": made.secret, "stories": story_count, "readers": list(made.readers)})
    )
    return made


def fill(
    database: Database, *, story_count: int, reader_count: int, events_per_hour: int = _EVENTS_PER_HOUR
) -> HotNewsroom:
    """Fill an empty database: stories of five days, readers with a past, events of three days."""
    rng = random.Random(_SEED)
    now = datetime.now(UTC)
    put_outlets_once(database, SystemClock())
    _, secret = create_key(
        role=Role.OPERATOR, outlet_id=None, label="bench", actor="bench", database=database,
        clock=SystemClock(),
    )  # fmt: skip
    outlets = sorted(load_outlets(), key=lambda o: o.id)
    codes = [topic.code for topic in load_topics().all]
    topics = [rng.choice(codes) for _ in range(story_count)]
    _fill(database, _stories(story_count, outlets, topics, now, rng, bigrams=not database.is_sqlite))
    people = [(rng.choice(outlets).id, f"r{n:06d}") for n in range(reader_count)]
    _fill(database, ((readers, _reader(*who, topics, now, rng)) for who in people))
    _fill(database, _events(people, story_count, now, rng, 72 * events_per_hour))
    if not database.is_sqlite:
        _count_on(database)
    return HotNewsroom(secret=secret, stories=story_count, readers=people)


def _count_on(database: Database) -> None:
    """Let PostgreSQL give the numbers after those written here, and look at what it has."""
    with database.write(()) as uow:
        uow.run(text("SELECT setval(pg_get_serial_sequence('stories', 'number'), max(number)) FROM stories"))
        uow.run(text("ANALYZE"))
        uow.commit()


def size_options(parser: argparse.ArgumentParser, *, stories: int, readers: int) -> None:
    """Let the command line say how large the newsroom is, and where it is kept."""
    parser.add_argument("--stories", type=int, default=stories)
    parser.add_argument("--readers", type=int, default=readers)
    parser.add_argument("--data", type=Path, help="Folder to keep the newsroom in.")


@contextmanager
def made(options: argparse.Namespace) -> Iterator[tuple[Path, HotNewsroom]]:
    """The newsroom that :func:`size_options` ask for, in its folder; a folder of no name goes afterwards."""
    with tempfile.TemporaryDirectory() as passing:
        folder = options.data or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        yield folder, build(folder, story_count=options.stories, reader_count=options.readers)


def _fill(database: Database, rows: Iterator[tuple[Any, dict[str, Any]]]) -> None:
    waiting: dict[Any, list[dict[str, Any]]] = {}
    for count, (table, row) in enumerate(rows, 1):
        waiting.setdefault(table, []).append(row)
        if count % _CHUNK == 0:
            _write(database, waiting)
    _write(database, waiting)


def _write(database: Database, waiting: dict[Any, list[dict[str, Any]]]) -> None:
    with database.write() as uow:
        for table, rows in waiting.items():
            uow._connection.execute(insert(table), rows)
        uow.commit()
    waiting.clear()


def _stories(
    count: int,
    outlets: Sequence[Outlet],
    topics: Sequence[str],
    now: datetime,
    rng: random.Random,
    *,
    bigrams: bool,
) -> Iterator[tuple[Any, dict[str, Any]]]:
    encoder = load_encoder(shipped("encoder"))
    judge = load_pair_judge(shipped("pairs"))
    places = [place.adcode for place in load_divisions().counties]
    draw = np.random.default_rng(_SEED)
    centres = draw.standard_normal((count // 8 + 1, encoder.dimension))
    for number in range(1, count + 1):
        event = rng.randrange(len(centres))
        outlet, place = outlets[int(210 * rng.random() ** 1.5)], places[event % len(places)]
        vector = centres[event] + 0.8 * draw.standard_normal(encoder.dimension)
        vector /= np.linalg.norm(vector)
        title = f"{outlet.name}第{number}条：{event}号事件的最新进展"
        at = now - timedelta(days=5) * rng.random()
        yield stories, _story_row(number, outlet, title, at, lead=rng.random() < 0.2, event=event)
        if bigrams:
            yield story_bigrams, {"story_number": number, "bigrams": bigrams_of(title)}
        yield tags, _tag(number, "topic", topics[number - 1])
        yield tags, _tag(number, "place", place)
        yield (
            story_vectors,
            {
                "story_number": number,
                "revision": 1,
                "encoder": encoder.fingerprint,
                "vector": vector.astype("<f2").tobytes(),
                "text_fingerprint": judge.fingerprint(PairText(title=title, body=title)),
            },
        )


def _story_row(
    number: int, outlet: Outlet, title: str, at: datetime, *, lead: bool, event: int
) -> dict[str, Any]:
    return {
        "number": number, "id": f"s{number:08d}", "outlet_id": outlet.id, "external_id": f"x{number}",
        "revision": 1, "fingerprint": f"{number:064x}", "title": title, "body": title * 12, "author": "",
        "source": "", "url": f"https://example.org/{number}", "image_url": None, "channel": "要闻",
        "adcode": outlet.adcode, "published_at": at, "expires_at": None, "ai_generated": False,
        "received_at": at, "state": "live", "indexed_revision": 1,
        "cluster_id": f"c-event{event}" if lead else f"c-{number}",
    }  # fmt: skip


def _tag(number: int, kind: str, code: str) -> dict[str, Any]:
    return {
        "story_number": number, "kind": kind, "code": code, "label": code, "confidence": 0.9,
        "is_primary": True, "assigned_by": "model", "state": "suggested", "source": "bench@1",
        "evidence": [], "decided_at": None,
    }  # fmt: skip


def popular(count: int, rng: random.Random) -> int:
    """A story's number, drawn after Zipf: a few are read by many."""
    return _at_rank(int(count ** rng.random()), count)


def regulars(newsroom: HotNewsroom, most: int) -> HotNewsroom:
    """The same newsroom with those readers alone whom :func:`popular` draws most often."""
    count = len(newsroom.readers)
    ranks = range(1, min(most, count) + 1)
    return replace(newsroom, readers=[newsroom.readers[_at_rank(rank, count) - 1] for rank in ranks])


def _at_rank(rank: int, count: int) -> int:
    return 1 + (rank * 7_919) % count


def _reader(
    outlet_id: str, name: str, topics: Sequence[str], now: datetime, rng: random.Random
) -> dict[str, Any]:
    read = list(dict.fromkeys(popular(len(topics), rng) for _ in range(rng.randint(0, 30))))
    now_s = int(now.timestamp())
    ages_h = range(len(read), 0, -1)
    state = {
        "ref": [outlet_id, "reader", name],
        "personalise": True,
        "engagements": [
            [number, round(rng.uniform(0.5, 4), 2), now_s - 3_600 * age]
            for number, age in zip(read, ages_h, strict=True)
        ],
        "seen": [*(popular(len(topics), rng) for _ in range(4 * len(read))), *read],
        "tags": [_interest(code, now_s, rng) for code in {topics[number - 1] for number in read}][:10],
        "removed": [],
        "revision": 1,
    }
    return {
        "key": f"{outlet_id}/reader/{name}", "outlet_id": outlet_id, "state": state, "revision": 1,
        "updated_at": now,
    }  # fmt: skip


def _interest(code: str, now_s: int, rng: random.Random) -> dict[str, Any]:
    weight = rng.uniform(0.5, 5)
    return {"kind": "topic", "code": code, "weight": weight, "at_s": now_s - 7_200, "by_reader": False}


def _events(
    people: Sequence[tuple[str, str]], story_count: int, now: datetime, rng: random.Random, count: int
) -> Iterator[tuple[Any, dict[str, Any]]]:
    for place in range(count):
        outlet_id, name = rng.choice(people)
        at = now - timedelta(hours=72) * rng.random()
        yield (
            events,
            {
                "outlet_id": outlet_id, "event_id": f"e{place}", "reader_key": f"{outlet_id}/reader/{name}",
                "story_number": popular(story_count, rng), "type": "click", "at": at, "received_at": at,
                "scene": "home", "dwell_s": None, "trace_id": None, "position": None,
            },
        )  # fmt: skip
