"""A month of a consortium made up as a data snapshot: stories, editors' decisions, feeds, events, draws.

Everything is drawn from one seed and written as columns, in the schema of ``tianfu export``.  Classes have
words of their own, readers want what is near and local, and look down a page until the eye tires; nothing
here tells how good a model is, only what learning costs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tianfu.model.feed.scoring import COLUMN, FEATURES
from tianfu.model.feed.vary import EXPLORED_PLACES, SHORTLIST
from tianfu.model.snapshot import FEATURE_PREFIX, TABLES
from tianfu.model.vocab.outlets import load_outlets
from tianfu.model.vocab.topics import load_topics
from tianfu.serving.exporting.export import Snapshot, seal
from tianfu.serving.exporting.parquet import table_file
from tianfu.serving.store.snapshots import Window

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
SINCE = UNTIL - timedelta(days=30)
SHOWN = 10
_BATCH = 10_000
_SECONDS = int((UNTIL - SINCE).total_seconds())
_COMMON, _OF_CLASS = 4_000, 400
_WORDS = 260
"""Words of a story, two characters each."""
_TELLING, _OTHERWISE = 0.04, 0.1
"""Share of a story's words that tell its class, and of stories that editors call something else."""
Columns = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large: ``decided`` is the share of stories whose classes editors decided."""

    stories: int
    events: int
    readers: int
    decided: float
    seed: int = 43


def write(folder: Path, size: Size) -> Snapshot:
    """Write a whole snapshot; the same size gives the same bytes."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(size.seed)
    classes = rng.integers(0, len(load_topics().codes), size.stories)
    clicks = _Feeds(size, rng)
    tables: Mapping[str, Iterator[Columns]] = {
        "stories": _stories(size, classes, rng),
        "tags": _tags(size, classes, rng),
        "pairs": iter(()),
        "events": clicks.events(),
        "feeds": clicks.feeds(),
        "items": clicks.items(),
        "draws": clicks.draws(),
    }
    rows = {}
    for name, parts in tables.items():
        with table_file(name, folder) as file:
            for columns in parts:
                file._writer.write_table(_table(name, columns, file._writer.schema))
                file.rows += len(next(iter(columns.values())))
        rows[name] = file.rows
    return seal(folder, Window(since=SINCE, until=UNTIL), rows, UNTIL)


def _table(name: str, columns: Columns, schema: pa.Schema) -> pa.Table:
    """Columns that are not given hold nothing."""
    n = len(next(iter(columns.values())))
    return pa.table(
        [
            pa.array(columns[column], type=schema.field(column).type)
            if column in columns
            else pa.nulls(n, schema.field(column).type)
            for column in TABLES[name]
        ],
        schema=schema,
    )


def _names(prefix: str, numbers: Any) -> list[str]:
    return [f"{prefix}{number:08d}" for number in np.asarray(numbers).tolist()]


def _at(seconds: Any) -> Any:
    return (np.int64(SINCE.timestamp() * 1e6) + (np.asarray(seconds) * 1e6).astype(np.int64)).astype(np.int64)


def _vocabulary(rng: np.random.Generator, count: int) -> list[str]:
    """Words of two characters, drawn after Zipf from the commonest two thousand of the block."""
    chars = 0x4E00 + (2_000 * rng.random((count, 2)) ** 2).astype(int) * 3
    return [chr(a) + chr(b) for a, b in chars.tolist()]


def _stories(size: Size, classes: Any, rng: np.random.Generator) -> Iterator[Columns]:
    common = np.array(_vocabulary(rng, _COMMON))
    own = np.array(_vocabulary(rng, _OF_CLASS * len(load_topics().codes))).reshape(-1, _OF_CLASS)
    outlets = np.array(sorted(outlet.id for outlet in load_outlets()))
    for start in range(0, size.stories, _BATCH):
        numbers = np.arange(start, min(start + _BATCH, size.stories))
        drawn = rng.random((2, len(numbers), _WORDS)) ** 2
        words = common[(_COMMON * drawn[0]).astype(int)]
        told = own[classes[numbers][:, None], (_OF_CLASS * drawn[1]).astype(int)]
        lines = np.where(rng.random(words.shape) < _TELLING, told, words)
        yield {
            "story_id": _names("s", numbers),
            "outlet_id": outlets[(len(outlets) * rng.random(len(numbers)) ** 1.5).astype(int)].tolist(),
            "revision": np.ones(len(numbers), dtype=np.int64),
            "title": ["".join(line[:8]) for line in lines],
            "body": ["，".join("".join(line[at : at + 8]) for at in range(8, _WORDS, 8)) for line in lines],
            "published_at": _at(numbers * _SECONDS / size.stories),
            "received_at": _at(numbers * _SECONDS / size.stories),
            "state": ["live"] * len(numbers),
            "ai_generated": np.zeros(len(numbers), dtype=bool),
        }


def _tags(size: Size, classes: Any, rng: np.random.Generator) -> Iterator[Columns]:
    codes = np.array(load_topics().codes)
    for start in range(0, size.stories, _BATCH):
        numbers = np.arange(start, min(start + _BATCH, size.stories))
        decided = rng.random(len(numbers)) < size.decided
        otherwise = rng.random(len(numbers)) < _OTHERWISE
        given = np.where(otherwise, rng.integers(0, len(codes), len(numbers)), classes[numbers])
        told = codes[given].tolist()
        yield {
            "story_id": _names("s", numbers), "kind": ["topic"] * len(numbers), "code": told, "label": told,
            "confidence": np.full(len(numbers), 0.8, dtype=np.float32),
            "is_primary": np.ones(len(numbers), dtype=bool), "assigned_by": ["model"] * len(numbers),
            "state": np.where(decided, "accepted", "suggested").tolist(), "source": ["key"] * len(numbers),
            "decided_at": pa.array(_at(numbers * _SECONDS / size.stories), mask=~decided).cast(
                pa.timestamp("us", tz="UTC")
            ),
        }  # fmt: skip


class _Feeds:
    """Pages of ten, each looked down to some place; drawn once and written table by table."""

    def __init__(self, size: Size, rng: np.random.Generator) -> None:
        self._looked = np.minimum(rng.geometric(0.12, size.events // 5), SHOWN)
        per_page = self._looked.astype(np.int64)
        pages = int(np.searchsorted(np.cumsum(per_page + 1), size.events)) or 1
        self._looked, self._size, self._seed = self._looked[:pages], size, size.seed + 1
        self._reader = (size.readers * rng.random(pages) ** 2).astype(int)
        self._at = np.sort(rng.integers(3_600, _SECONDS, pages))
        self._outlets = np.array(sorted(outlet.id for outlet in load_outlets()))

    def _parts(self) -> Iterator[tuple[Any, Any, Any, Any]]:
        """Pages, their stories, features and clicks, the same every time they are asked for."""
        rng = np.random.default_rng(self._seed)
        pages = len(self._looked)
        for start in range(0, pages, _BATCH):
            own = np.arange(start, min(start + _BATCH, pages))
            newest = (self._at[own] * self._size.stories / _SECONDS).astype(int)
            back = (newest[:, None] * rng.random((len(own), SHOWN)) ** 3).astype(int)
            stories = np.maximum(0, newest[:, None] - back - np.arange(SHOWN))
            features = (rng.random((len(own), SHOWN, len(FEATURES))) ** 2).astype(np.float32).round(3)
            worth = 3 * features[..., COLUMN["interest"]] + 1.5 * features[..., COLUMN["local"]]
            likely = 1 / (1 + np.exp(3.2 - worth))
            seen = np.arange(SHOWN) < self._looked[own][:, None]
            yield own, stories, features, seen & (rng.random(likely.shape) < likely)

    def events(self) -> Iterator[Columns]:
        for own, stories, _, clicked in self._parts():
            seen = np.arange(SHOWN) < self._looked[own][:, None]
            for kind, cells in (("expose", seen), ("click", clicked)):
                page, place = np.nonzero(cells)
                yield {
                    "reader": _names("r", self._reader[own[page]]),
                    "outlet_id": self._outlets[self._reader[own[page]] % len(self._outlets)].tolist(),
                    "story_id": _names("s", stories[page, place]), "type": [kind] * len(page),
                    "at": _at(self._at[own[page]] + 5 * place), "scene": ["home"] * len(page),
                    "feed": _names("f", own[page]), "position": place,
                }  # fmt: skip

    def feeds(self) -> Iterator[Columns]:
        for start in range(0, len(self._looked), _BATCH):
            own = np.arange(start, min(start + _BATCH, len(self._looked)))
            yield {
                "feed": _names("f", own), "reader": _names("r", self._reader[own]),
                "outlet_id": self._outlets[self._reader[own] % len(self._outlets)].tolist(),
                "made_at": _at(self._at[own]), "scene": ["home"] * len(own),
                "personalised": np.ones(len(own), dtype=bool), "ranker": ["hand-set@3"] * len(own),
            }  # fmt: skip

    def items(self) -> Iterator[Columns]:
        for own, stories, features, _ in self._parts():
            page, place = np.nonzero(np.arange(SHOWN) < self._looked[own][:, None])
            yield {
                "feed": _names("f", own[page]), "position": place,
                "story_id": _names("s", stories[page, place]), "placed_by": ["model"] * len(page),
                "score": np.zeros(len(page), dtype=np.float32),
                "propensity": np.where(place == EXPLORED_PLACES[0], 1 / SHORTLIST, 1.0).astype(np.float32),
                **_features(features[page, place]),
            }  # fmt: skip

    def draws(self) -> Iterator[Columns]:
        """One shortlist a page; the first story of each stood at the explored place."""
        rng = np.random.default_rng(self._seed + 1)
        for own, stories, features, _ in self._parts():
            others = rng.integers(0, self._size.stories, (len(own), SHORTLIST))
            others[:, 0] = stories[:, EXPLORED_PLACES[0]]
            known = (rng.random((len(own), SHORTLIST, len(FEATURES))) ** 2).astype(np.float32).round(3)
            known[:, 0] = features[:, EXPLORED_PLACES[0]]
            count = len(own) * SHORTLIST
            yield {
                "feed": _names("f", np.repeat(own, SHORTLIST)),
                "position": np.full(count, EXPLORED_PLACES[0]), "story_id": _names("s", others.ravel()),
                "shown": np.tile(np.arange(SHORTLIST) == 0, len(own)),
                "propensity": np.full(count, 1 / SHORTLIST, dtype=np.float32),
                **_features(known.reshape(count, -1)),
            }  # fmt: skip


def _features(rows: Any) -> dict[str, Any]:
    return {FEATURE_PREFIX + name: rows[:, COLUMN[name]] for name in FEATURES}
