"""Tables of a snapshot as Parquet files."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tianfu.model.snapshot import TABLES, Kind

_TYPES: Mapping[Kind, pa.DataType] = {
    Kind.TEXT: pa.string(),
    Kind.WHOLE: pa.int64(),
    Kind.REAL: pa.float32(),
    Kind.BOOL: pa.bool_(),
    Kind.TIME: pa.timestamp("us", tz="UTC"),
}


def write_table(name: str, batches: Iterable[Sequence[Mapping[str, Any]]], folder: Path) -> int:
    """Write one table, batch by batch, as ``NAME.parquet``; returns its count of rows.

    The same rows give the same bytes with the same version of pyarrow.
    """
    schema = pa.schema([(column, _TYPES[kind]) for column, kind in TABLES[name].items()])
    rows = 0
    with pq.ParquetWriter(folder / f"{name}.parquet", schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_table(pa.Table.from_pylist(list(batch), schema=schema))
            rows += len(batch)
    return rows
