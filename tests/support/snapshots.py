"""Snapshots made by hand."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from support.builders import NOW
from tianfu.model.snapshot import TABLES, Kind
from tianfu.serving.exporting.export import seal
from tianfu.serving.exporting.parquet import table_file
from tianfu.serving.store.snapshots import Window

_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def write_snapshot(folder: Path, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> Path:
    """Write a whole snapshot; columns that a row leaves out are empty, times are minutes."""
    folder.mkdir(parents=True)
    counts = {}
    for name, columns in TABLES.items():
        blank = dict.fromkeys(columns) | {at: False for at, kind in columns.items() if kind is Kind.BOOL}
        whole = [
            {
                at: _time(value) if columns[at] is Kind.TIME else value
                for at, value in (blank | dict(row)).items()
            }
            for row in rows.get(name, [])
        ]
        with table_file(name, folder) as file:
            file.write(whole)
        counts[name] = file.rows
    seal(folder, Window(since=_BEGAN, until=NOW), counts, NOW)
    return folder


def _time(value: Any) -> Any:
    return _BEGAN + timedelta(minutes=value) if isinstance(value, int) else value
