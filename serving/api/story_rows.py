"""What a request to store stories holds: one story, a batch, or a line for each."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from tianfu.model.errors import InvalidRequest, MalformedJson

MAX_ROWS = 500


def read_rows(raw: bytes, content_type: str) -> Any:
    """One value for a single story, a list for a batch or NDJSON; rows are checked one by one later.

    A line that is not JSON stands in the list as the error it is.

    Raises:
        MalformedJson: The body as a whole is not JSON.
        InvalidRequest: Neither a story nor a batch, or too many rows.
    """
    if content_type.partition(";")[0].strip().lower() in ("application/x-ndjson", "application/jsonl"):
        lines = [line for line in raw.splitlines() if line.strip()]
        if not 1 <= len(lines) <= MAX_ROWS:
            raise InvalidRequest(field="body", why=f"has {len(lines)} lines, 1 to {MAX_ROWS} are taken")
        return list(_ndjson(lines))
    value = _json(raw)
    if isinstance(value, dict) and "stories" in value:
        return _batch(value)
    if not isinstance(value, dict):
        raise InvalidRequest(
            field="body", why='must be one story or {"stories": […]}', advice="Wrap a list in stories."
        )
    return value


def _batch(value: dict[str, Any]) -> list[Any]:
    """Check a batch's own form; its rows are checked one by one."""
    unknown = sorted(set(value) - {"stories"})
    if unknown:
        raise InvalidRequest(
            field=unknown[0][:100], why="is not a field of this request", advice="Remove it."
        )
    rows = value["stories"]
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_ROWS:
        raise InvalidRequest(field="stories", why=f"must be a list of 1 to {MAX_ROWS} stories")
    return rows


def _ndjson(lines: Sequence[bytes]) -> Iterator[Any]:
    for line in lines:
        try:
            yield orjson.loads(line)
        except orjson.JSONDecodeError:
            yield InvalidRequest(field="body", why="this line is not valid JSON in UTF-8")


def _json(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as bad:
        raise MalformedJson from bad
