"""Writing a data snapshot."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.artefact import fingerprint_of, sha256_of
from tianfu.model.errors import InvalidRequest
from tianfu.model.feed.line import PLACERS, ItemColumns
from tianfu.model.feed.scoring import FEATURES
from tianfu.model.recommendation import Decision
from tianfu.model.snapshot import FEATURE_PREFIX, MANIFEST, SCHEMA_VERSION, TABLES
from tianfu.serving.exporting.parquet import table_file
from tianfu.serving.exporting.pseudonyms import Pseudonyms
from tianfu.serving.store.database import Database, UnitOfWork
from tianfu.serving.store.snapshots import AnsweredFeed, Rows, Window

Told = Callable[[str, int, int], None]
_FEATURE_COLUMNS = tuple(f"{FEATURE_PREFIX}{name}" for name in FEATURES)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was written: rows by table, and the hash over all of it."""

    rows: Mapping[str, int]
    data_hash: str


def export_snapshot(
    database: Database, window: Window, folder: Path, *, now: datetime, told: Told
) -> Snapshot:
    """Write a snapshot of one moment to an empty folder; ``manifest.json`` comes last.

    Readers and feeds go by pseudonyms of this export.  What was erased, held back or never kept is not in it.

    Args:
        database: Open.
        window: Which part.
        folder: Made when it is not there.
        now: For the manifest.
        told: Told how far each table is.

    Raises:
        InvalidRequest: The folder holds something, or the window ends before it begins.
        StoreUnavailable: The database does not answer.
    """
    if window.since >= window.until:
        raise InvalidRequest(field="since", why="must lie before until")
    if folder.exists() and any(folder.iterdir()):
        raise InvalidRequest(field="to", why=f"{folder} is not empty; give a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    names = Pseudonyms()
    with database.read() as uow:
        rows = _write_tables(uow, window, names, folder, told) | _write_feeds(
            uow, window, names, folder, told
        )
    return seal(folder, window, rows, now)


def _write_tables(
    uow: UnitOfWork, window: Window, names: Pseudonyms, folder: Path, told: Told
) -> dict[str, int]:
    read = uow.snapshots
    totals = read.count(window)
    tables: Mapping[str, Iterator[Rows]] = {
        "stories": read.stories(window),
        "tags": read.tags(window),
        "pairs": read.pairs(window),
        "events": ([_veiled(row, names) for row in batch] for batch in read.events(window)),
    }
    rows = {}
    for name, batches in tables.items():
        with table_file(name, folder) as file:
            for batch in batches:
                file.write(batch)
                told(name, file.rows, totals.get(name, 0))
        rows[name] = file.rows
    return rows


def _write_feeds(
    uow: UnitOfWork, window: Window, names: Pseudonyms, folder: Path, told: Told
) -> dict[str, int]:
    with (
        table_file("feeds", folder) as feeds,
        table_file("items", folder) as items,
        table_file("draws", folder) as draws,
    ):
        for batch in uow.snapshots.feeds(window):
            feeds.write([_feed_row(one, names) for one in batch])
            items.write(_item_rows(batch, uow, names))
            draws.write(_draw_rows(batch, uow, names))
            told("feeds", feeds.rows, 0)
    return {"feeds": feeds.rows, "items": items.rows, "draws": draws.rows}


def _veiled(row: dict[str, Any], names: Pseudonyms) -> dict[str, Any]:
    return row | {"reader": names.of("reader", row["reader"]), "feed": names.of("feed", row["feed"])}


def _feed_row(one: AnsweredFeed, names: Pseudonyms) -> dict[str, Any]:
    decision = one.decision
    return {
        "feed": names.of("feed", decision.trace_id),
        "reader": names.of("reader", decision.reader_key),
        "outlet_id": decision.request.outlet_id,
        "made_at": decision.made_at,
        "scene": decision.request.scene.value,
        "channel": decision.request.channel,
        "personalised": decision.personalised,
        "ranker": decision.models.get("ranker"),
        "encoder": decision.models.get("encoder"),
    }


def _item_rows(batch: list[AnsweredFeed], uow: UnitOfWork, names: Pseudonyms) -> Rows:
    """What stood in each feed down to the deepest story that an event speaks of."""
    seen: list[tuple[str | None, ItemColumns, int]] = []
    for one in batch:
        items = one.decision.items
        if not isinstance(items, ItemColumns):
            raise TypeError("only items in columns are kept")
        deepest = max((at for at, n in enumerate(items.number.tolist()) if n in one.told_of), default=-1)
        seen.append((names.of("feed", one.decision.trace_id), items, deepest + 1))
    ids = uow.snapshots.story_ids([n for _, items, depth in seen for n in items.number[:depth].tolist()])
    return [
        {
            "feed": feed,
            "position": at,
            "story_id": ids.get(int(items.number[at])),
            "placed_by": PLACERS[items.placed_by[at]].value,
            "score": float(items.score[at]),
            "propensity": float(items.propensity[at]),
            **dict(zip(_FEATURE_COLUMNS, items.features[at].tolist(), strict=True)),
        }
        for feed, items, depth in seen
        for at in range(depth)
    ]


def _draw_rows(batch: list[AnsweredFeed], uow: UnitOfWork, names: Pseudonyms) -> Rows:
    """Every story that a place was drawn from; a draw with a story that was deleted since is left out."""
    draws = [(one.decision, draw) for one in batch for draw in one.decision.draws]
    ids = uow.snapshots.story_ids(sorted({number for _, draw in draws for number in draw.among.tolist()}))
    return [
        {
            "feed": names.of("feed", decision.trace_id),
            "position": int(np.flatnonzero(_numbers(decision) == draw.shown)[0]),
            "story_id": ids[number],
            "shown": number == draw.shown,
            "propensity": draw.propensity,
            **dict(zip(_FEATURE_COLUMNS, features, strict=True)),
        }
        for decision, draw in draws
        if ids.keys() >= set(draw.among.tolist())
        for number, features in zip(draw.among.tolist(), draw.features.tolist(), strict=True)
    ]


def _numbers(decision: Decision) -> npt.NDArray[np.int64]:
    if not isinstance(decision.items, ItemColumns):
        raise TypeError("only items in columns are kept")
    return decision.items.number


def seal(folder: Path, window: Window, rows: Mapping[str, int], now: datetime) -> Snapshot:
    """Write the manifest of a folder whose tables are all there; without one it is no snapshot."""
    files = {f"{name}.parquet": sha256_of(folder / f"{name}.parquet") for name in TABLES}
    data_hash = fingerprint_of(files)
    manifest = {
        "schema": SCHEMA_VERSION,
        "made_at": now.isoformat(),
        "since": window.since.isoformat(),
        "until": window.until.isoformat(),
        "outlets": list(window.outlets),
        "rows": dict(rows),
        "columns": {name: list(columns) for name, columns in TABLES.items()},
        "files": files,
        "data_hash": data_hash,
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    return Snapshot(rows, data_hash)
