"""JSON Lines and CSV."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tianfu.model.errors import UnreadableFile
from tianfu.serving.importers.rows import ImportRow, to_story


def open_text(path: Path) -> IO[str]:
    """Open a text file, gzip or not; UTF-8 with or without a byte order mark."""
    if path.suffix == ".gz":
        return io.TextIOWrapper(gzip.open(path, "rb"), encoding="utf-8-sig", errors="replace")
    return path.open(encoding="utf-8-sig", errors="replace", newline="")


def read_json_lines(path: Path) -> Iterator[ImportRow]:
    """Read one story a line; a line that is no JSON object is reported and skipped."""
    with open_text(path) as lines:
        for place, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                yield ImportRow(place=place, story=None, why="this line is not valid JSON")
                continue
            if isinstance(found, dict):
                yield ImportRow(place=place, story=to_story(found))
            else:
                yield ImportRow(place=place, story=None, why="this line is not a JSON object")


def read_csv(path: Path) -> Iterator[ImportRow]:
    """Read a table with a heading line; commas, semicolons or tabs are told apart by the heading.

    Raises:
        UnreadableFile: The heading names no title column.
    """
    with open_text(path) as lines:
        heading = lines.readline()
        mark = max(",;\t", key=heading.count)
        names = next(csv.reader([heading], delimiter=mark), [])
        if "title" not in to_story(dict.fromkeys(names, "x")):
            raise UnreadableFile(
                f"{path.name}: the heading has no title column.", advice="Name one column 'title' or '标题'."
            )
        reader = csv.DictReader(lines, fieldnames=names, delimiter=mark)
        for row in reader:
            place = reader.line_num + 1
            if None in row or None in row.values():
                yield ImportRow(place=place, story=None, why=f"has not {len(names)} columns")
            else:
                yield ImportRow(place=place, story=to_story(row))
