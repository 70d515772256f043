"""Reading what suites measure: JSON Lines, gzipped or plain.

A faulty row is named by file, line and field.
"""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tianfu.model.errors import InvalidInput, UnreadableFile

Parsed = TypeVar("Parsed")
Row = Mapping[str, Any]


def parsed_rows(
    files: Sequence[Path], parse: Callable[[Row], Parsed], *, limit: int | None = None
) -> list[Parsed]:
    """Read the rows of files in order.

    Args:
        files: JSON Lines; ``.gz`` is read as gzip.
        parse: Makes something of one row; raises :class:`InvalidInput` where a field breaks its rule.
        limit: At most this many rows in all.

    Raises:
        UnreadableFile: A file is missing, empty or not JSON Lines, or a row breaks a rule.
    """
    found: list[Parsed] = []
    for file in files:
        before = len(found)
        for number, row in _numbered(file):
            if limit is not None and len(found) >= limit:
                return found
            try:
                found.append(parse(row))
            except InvalidInput as bad:
                raise UnreadableFile(
                    f"{file.name}, line {number}, {bad.field}: {bad.why}.",
                    advice=bad.advice or "Mend that line, or take it out.",
                ) from bad
        if len(found) == before:
            raise UnreadableFile(f"{file.name} holds no rows.")
    return found


def text_of(row: Row, key: str, *, empty: bool = False) -> str:
    """A field that must be text; blank only where ``empty`` allows it.

    Raises:
        InvalidInput: It is missing, no text, or blank.
    """
    value = row.get(key)
    if not isinstance(value, str):
        raise InvalidInput(field=key, why="is missing" if value is None else "must be text")
    if not empty and not value.strip():
        raise InvalidInput(field=key, why="is blank")
    return value


def name_of(row: Row, key: str) -> str:
    """A field that names something: text or a whole number, given as text.

    Raises:
        InvalidInput: It is missing or of another kind.
    """
    value = row.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text_of(row, key)


def _numbered(file: Path) -> Iterator[tuple[int, Row]]:
    """Rows with the number of their line, from 1; blank lines are passed over."""
    number = 0
    try:
        with (
            gzip.open(file, "rt", encoding="utf-8")
            if file.suffix == ".gz"
            else file.open(encoding="utf-8") as lines
        ):
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, _object(json.loads(line), file, number)
    except OSError as bad:
        raise UnreadableFile(f"{file.name} cannot be read.", advice="Check the path.") from bad
    except (ValueError, EOFError, zlib.error) as bad:
        raise UnreadableFile(
            f"{file.name} is no JSON Lines: what follows line {number} cannot be read."
            if not isinstance(bad, json.JSONDecodeError)
            else f"{file.name}, line {number} is no JSON."
        ) from bad


def _object(value: Any, file: Path, number: int) -> Row:
    if not isinstance(value, dict):
        raise UnreadableFile(f"{file.name}, line {number} is no JSON object.")
    found: Row = value
    return found
