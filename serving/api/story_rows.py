"""What a request to store stories holds: one story, a batch, or a line for each."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from tianfu.model.errors import InvalidInput, InvalidRequest, InvalidStory, MalformedJson
from tianfu.model.rules import check_text
from tianfu.serving.api.story_forms import StoryIn

MAX_ROWS = 500
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def read_rows(raw: bytes, content_type: str) -> Any:
    """One value for a single story, a list for a batch or NDJSON; rows are checked one by one later.

    A line that is not JSON, or a row with half a character (an emoji that was cut in two), stands in the list
    as the error it is.

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


def _ndjson(rows: Iterable[bytes]) -> Iterator[Any]:
    for row in rows:
        try:
            yield orjson.loads(row)
        except orjson.JSONDecodeError:
            yield _fault_of(row)


def _json(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as bad:
        batch = _with_torn_rows(raw) if _SURROGATE.search(raw) else None
        if batch is None:
            raise MalformedJson from bad
        return batch


def _with_torn_rows(raw: bytes) -> dict[str, Any] | None:
    """A batch of which some texts hold half a character: such a row stands in it as the error it is.

    ``None`` when the body is no such batch, or no JSON for other reasons too.
    """
    try:
        value = json.loads(raw.decode())
        if not isinstance(value, dict) or not isinstance(rows := value.pop("stories", None), list):
            return None
        frame: dict[str, Any] = orjson.loads(json.dumps(value))
        lines = [json.dumps(row).encode() for row in rows]
    except (ValueError, RecursionError):
        return None
    return {**frame, "stories": list(_ndjson(lines))}


def _fault_of(row: bytes) -> InvalidInput:
    """Why a row cannot be read: the field that holds half a character, or that it is no JSON at all."""
    try:
        value = json.loads(row.decode())
        for name in StoryIn.model_fields if isinstance(value, dict) else ():
            text = value.get(name)
            if isinstance(text, str):
                check_text(text, field=name, error=InvalidStory, high=len(text), lines=True)
    except InvalidStory as torn:
        return torn
    except (ValueError, RecursionError):
        pass
    return InvalidRequest(field="body", why="this row is not valid JSON in UTF-8")
