"""Which reader a file needs."""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path

from tianfu.model.errors import UnreadableFile
from tianfu.serving.importers.feeds import read_feed
from tianfu.serving.importers.news_standards import read_newsml_g2, read_ninjs
from tianfu.serving.importers.rows import ImportRow
from tianfu.serving.importers.tabular import read_csv, read_json_lines


class ImportFormat(StrEnum):
    """Formats that can be read."""

    JSON_LINES = "jsonl"
    CSV = "csv"
    FEED = "feed"
    NINJS = "ninjs"
    NEWSML_G2 = "newsml-g2"


READERS: Mapping[ImportFormat, Callable[[Path], Iterator[ImportRow]]] = {
    ImportFormat.JSON_LINES: read_json_lines,
    ImportFormat.CSV: read_csv,
    ImportFormat.FEED: read_feed,
    ImportFormat.NINJS: read_ninjs,
    ImportFormat.NEWSML_G2: read_newsml_g2,
}

_BY_SUFFIX = {
    ".jsonl": ImportFormat.JSON_LINES,
    ".ndjson": ImportFormat.JSON_LINES,
    ".csv": ImportFormat.CSV,
    ".tsv": ImportFormat.CSV,
    ".rss": ImportFormat.FEED,
    ".atom": ImportFormat.FEED,
    ".json": ImportFormat.NINJS,
}


def read_stories(path: Path, wanted: ImportFormat | None = None) -> Iterator[ImportRow]:
    """Read a file's stories, in the format named or told by its name and first bytes.

    Raises:
        UnreadableFile: It is missing, or in no format that can be read.
    """
    if not path.is_file():
        raise UnreadableFile(f"There is no file {path}.", advice="Check the path.")
    return READERS[wanted or guess_format(path)](path)


def guess_format(path: Path) -> ImportFormat:
    """Tell the format by the suffix; XML by its content.

    Raises:
        UnreadableFile: Neither tells.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    suffix = suffixes[-1] if suffixes else ""
    if suffix == ".xml":
        with path.open("rb") as stream:
            head = stream.read(4_096)
        return ImportFormat.NEWSML_G2 if b"iptc.org/std/nar" in head else ImportFormat.FEED
    if suffix not in _BY_SUFFIX:
        raise UnreadableFile(
            f"The name of {path.name} does not tell its format.",
            advice=f"Give --format, one of: {', '.join(ImportFormat)}.",
        )
    return _BY_SUFFIX[suffix]
