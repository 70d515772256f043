"""Reading data snapshots: checked against their manifest before anything is learnt from them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tianfu.embeddings.artefact import fingerprint_of, sha256_of
from tianfu.model.errors import SnapshotInvalid
from tianfu.model.snapshot import MANIFEST, SCHEMA_VERSION, TABLES

_AT_ONCE = 4_096
_ADVICE = "Make a new one with `tianfu export`."


@dataclass(frozen=True, slots=True)
class DataSnapshot:
    """A checked snapshot.

    Attributes:
        manifest: As written beside the tables.
    """

    folder: Path
    manifest: dict[str, Any]

    @property
    def data_hash(self) -> str:
        """SHA-256 over every table; changes with every row."""
        return str(self.manifest["data_hash"])

    def table(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """One table, or some of its columns."""
        return pq.read_table(self.folder / f"{name}.parquet", columns=columns)

    def rows(self, name: str, columns: list[str]) -> Iterator[dict[str, Any]]:
        """The rows of some columns of a table one after the other, without holding all of it in memory."""
        with pq.ParquetFile(self.folder / f"{name}.parquet") as file:
            for batch in file.iter_batches(batch_size=_AT_ONCE, columns=columns):
                yield from batch.to_pylist()


def is_snapshot(folder: Path) -> bool:
    """Whether a folder says that it is a snapshot; :func:`open_snapshot` tells whether it is whole."""
    return (folder / MANIFEST).is_file()


def open_snapshot(folder: Path) -> DataSnapshot:
    """Open a snapshot and check every file against its hash.

    Raises:
        SnapshotInvalid: No manifest (an export that was cut off), another schema, a file missing or altered.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files, schema = dict(manifest["files"]), manifest["schema"]
        promised = str(manifest["data_hash"])
    except (OSError, ValueError, KeyError, TypeError) as bad:
        raise SnapshotInvalid(
            f"{folder} is no whole snapshot: {MANIFEST} cannot be read.", advice=_ADVICE
        ) from bad
    if schema != SCHEMA_VERSION:
        raise SnapshotInvalid(
            f"{folder} was written with schema {schema}, this version reads {SCHEMA_VERSION}.", advice=_ADVICE
        )
    for name in TABLES:
        file = folder / f"{name}.parquet"
        if not file.is_file() or sha256_of(file) != files.get(file.name):
            raise SnapshotInvalid(f"The table {name} of {folder} is missing or altered.", advice=_ADVICE)
    if fingerprint_of(files) != promised:
        raise SnapshotInvalid(f"The manifest of {folder} was altered.", advice=_ADVICE)
    return DataSnapshot(folder, manifest)
