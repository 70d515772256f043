"""What readers did, in batches that never count twice."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Required, TypedDict, cast

from tianfu.client.call import Call, Plan, json_bytes
from tianfu.client.errors import ClientError, FieldError

MAX_ROWS = 500
MAX_EVENT_BYTES = 900_000
"""Of one batch, below what the service takes by default."""


class EventRow(TypedDict, total=False):
    """One thing a reader did.  One of ``reader_id`` and ``device_id``; ``event_id`` is made when missing."""

    event_id: str
    story_id: Required[str]
    type: Required[str]
    at: datetime | str
    reader_id: str
    device_id: str
    scene: str
    dwell_s: float
    trace_id: str
    position: int
    client_address: str
    minor: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """Why one row was rejected."""

    code: str
    detail: str
    advice: str = ""
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReceipt:
    """What became of one event: ``accepted``, ``duplicate`` or ``rejected``; ``index`` as sent, from 0."""

    index: int
    event_id: str | None
    outcome: str
    error: RowError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReceipts:
    """What became of all events, in the order sent."""

    accepted: int
    duplicate: int
    rejected: int
    results: tuple[EventReceipt, ...]


NONE_SENT = EventReceipts(accepted=0, duplicate=0, rejected=0, results=())


def with_id(row: EventRow) -> EventRow:
    """The row with an ``event_id``, made at random when it has none; the given one is not changed."""
    return cast(EventRow, {"event_id": f"e-{uuid.uuid4().hex}", **row})


def send_events(rows: Iterable[EventRow], *, outlet_id: str | None = None) -> Plan[EventReceipts]:
    """Send events, 500 a batch; a faulty row never spoils the others, and sending again never doubles.

    ``outlet_id`` is needed with a platform key.  An error's ``unsent`` holds what nobody has acknowledged.
    """
    waiting = [with_id(row) for row in rows]
    done = NONE_SENT
    for batch in batches(waiting, max_rows=MAX_ROWS, max_bytes=MAX_EVENT_BYTES):
        try:
            found: EventReceipts = yield post_events(batch, outlet_id=outlet_id)
        except ClientError as bad:
            bad.unsent = waiting[len(done.results) :]
            raise
        done = _joined(done, found)
    return done


def post_events(batch: Sequence[EventRow], *, outlet_id: str | None = None) -> Call[EventReceipts]:
    """One batch, whose rows have their ids."""
    body: dict[str, Any] = {"events": list(batch)}
    if outlet_id is not None:
        body["outlet_id"] = outlet_id
    return Call(
        method="POST",
        template="/v1/events",
        answer=EventReceipts,
        body=body,
        repeatable=True,
        signed=True,
    )


def batches(rows: Iterable[Mapping[str, Any]], *, max_rows: int, max_bytes: int) -> Iterator[list[Any]]:
    """Cut rows into batches that the service takes; one row alone may be larger, and is refused there."""
    batch: list[Any] = []
    size = 0
    for row in rows:
        weight = len(json_bytes(row)) + 1
        if batch and (len(batch) == max_rows or size + weight > max_bytes):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += weight
    if batch:
        yield batch


def _joined(done: EventReceipts, more: EventReceipts) -> EventReceipts:
    first = len(done.results)
    return EventReceipts(
        accepted=done.accepted + more.accepted,
        duplicate=done.duplicate + more.duplicate,
        rejected=done.rejected + more.rejected,
        results=(*done.results, *(replace(row, index=first + row.index) for row in more.results)),
    )
