"""Reading what suites measure: JSON Lines, gzipped or plain."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tianfu.model.errors import UnreadableFile


def read_rows(path: Path, *, needs: Sequence[str], limit: int | None = None) -> list[dict[str, Any]]:
    """Read rows in order.

    Args:
        path: A file of JSON Lines; ``.gz`` is read as gzip.
        needs: Keys that every row must have.
        limit: At most this many rows.

    Raises:
        UnreadableFile: Missing, not JSON Lines, empty, or a row without a needed key.
    """
    rows: list[dict[str, Any]] = []
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8") as lines
        ):
            for number, line in enumerate(lines, start=1):
                if limit is not None and len(rows) >= limit:
                    break
                if line.strip():
                    rows.append(_checked(json.loads(line), needs, f"line {number} of {path.name}"))
    except (OSError, ValueError, EOFError) as bad:
        raise UnreadableFile(f"{path.name} cannot be read as JSON Lines.", advice="Check the path.") from bad
    if not rows:
        raise UnreadableFile(f"{path.name} holds no rows.")
    return rows


def _checked(row: Any, needs: Sequence[str], where: str) -> dict[str, Any]:
    missing = [key for key in needs if not isinstance(row, dict) or key not in row]
    if missing:
        raise UnreadableFile(f"There is no {missing[0]} in {where}.")
    found: dict[str, Any] = row
    return found
