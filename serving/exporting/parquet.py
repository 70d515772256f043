"""Tables of a snapshot as Parquet files."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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


class TableFile:
    """A table being written, batch by batch.

    Attributes:
        rows: Written so far.
    """

    def __init__(self, writer: pq.ParquetWriter) -> None:
        self._writer = writer
        self.rows = 0

    def write(self, batch: Sequence[Mapping[str, Any]]) -> None:
        """Append rows; a column that a row lacks holds nothing."""
        self._writer.write_table(pa.Table.from_pylist(list(batch), schema=self._writer.schema))
        self.rows += len(batch)


@contextmanager
def table_file(name: str, folder: Path) -> Iterator[TableFile]:
    """Open ``NAME.parquet``; the same rows give the same bytes with the same version of pyarrow."""
    schema = pa.schema([(column, _TYPES[kind]) for column, kind in TABLES[name].items()])
    with pq.ParquetWriter(folder / f"{name}.parquet", schema, compression="zstd") as writer:
        yield TableFile(writer)
