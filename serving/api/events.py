"""What readers did, in batches."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header
from pydantic import Field, ValidationError

from tianfu.model.brushing import address_group
from tianfu.model.errors import InvalidEvent, TianfuError
from tianfu.model.event import Event, EventType, ReaderKind, ReaderRef, Scene
from tianfu.serving.api.body import json_body
from tianfu.serving.api.context import AppCaller, NewsroomDep, outlet_spoken_for
from tianfu.serving.api.forms import In, Out
from tianfu.serving.api.problems import validation_errors
from tianfu.serving.api.shapes import place_of
from tianfu.serving.api.story_forms import row_problem
from tianfu.serving.services.events import EventOutcome

router = APIRouter(tags=["readers"])

_Id = Annotated[str, Field(min_length=1, max_length=128)]


class EventIn(In):
    """One thing a reader did.  One of `reader_id` and `device_id`."""

    event_id: _Id
    story_id: _Id
    type: EventType
    at: datetime
    reader_id: _Id | None = None
    device_id: _Id | None = None
    scene: Scene = Scene.HOME
    dwell_s: float | None = None
    trace_id: _Id | None = None
    position: int | None = None
    client_address: Annotated[
        str | None,
        Field(max_length=45, description="The reader's own address: helps against brushing, is never kept."),
    ] = None
    minor: Annotated[
        bool, Field(description="Minors' mode: counted, and nothing of the reader is remembered.")
    ] = False

    def to_event(self, outlet_id: str) -> Event:
        """Make the domain's event.

        Raises:
            InvalidEvent: A field breaks its rule.
        """
        if (self.reader_id is None) == (self.device_id is None):
            raise InvalidEvent(field="reader_id", why="either reader_id or device_id is needed")
        if self.client_address is not None:
            address_group(self.client_address)
        kind = ReaderKind.READER if self.reader_id is not None else ReaderKind.DEVICE
        who = ReaderRef(outlet_id=outlet_id, kind=kind, id=self.reader_id or self.device_id or "")
        return Event(
            event_id=self.event_id,
            reader=who,
            story_id=self.story_id,
            type=self.type,
            at=self.at,
            scene=self.scene,
            dwell_s=self.dwell_s,
            trace_id=self.trace_id,
            position=self.position,
            minor=self.minor,
            client_address=self.client_address,
        )


class EventBatchIn(In):
    """Up to 500 events of one outlet; each row stands for itself."""

    events: Annotated[
        list[Any],
        Field(
            min_length=1, max_length=500, json_schema_extra={"items": {"$ref": place_of(EventIn.__name__)}}
        ),
    ]
    outlet_id: Annotated[str | None, Field(max_length=40)] = None


class EventReceiptOut(Out):
    """What became of one event."""

    index: int
    event_id: str | None
    outcome: EventOutcome
    error: dict[str, Any] | None


class EventBatchOut(Out):
    """What became of each event, in the order sent."""

    accepted: int
    duplicate: int
    rejected: int
    results: list[EventReceiptOut]


@router.post("/events")
def post_events(
    batch: EventBatchIn,
    room: NewsroomDep,
    known: AppCaller,
    body: Annotated[bytes, Depends(json_body)],
    timestamp: Annotated[
        str | None, Header(alias="Tianfu-Timestamp", description="For keys that sign: seconds since 1970.")
    ] = None,
    signature: Annotated[
        str | None,
        Header(
            alias="Tianfu-Signature",
            description="`v1=` and the HMAC-SHA-256 of `v1:TIMESTAMP:` and the body, in hexadecimal.",
        ),
    ] = None,
) -> EventBatchOut:
    """Record what readers did.  Idempotent by `event_id`; a faulty row never spoils the others."""
    outlet_id = outlet_spoken_for(batch.outlet_id, known)
    if known.key.signs_events:
        room.signatures.check(known.key.id, timestamp=timestamp, signature=signature, body=body)
    results: dict[int, EventReceiptOut] = {}
    good: dict[int, Event] = {}
    for place, raw in enumerate(batch.events):
        try:
            good[place] = _event(raw, outlet_id)
        except TianfuError as bad:
            event_id = raw.get("event_id") if isinstance(raw, dict) else None
            results[place] = EventReceiptOut(
                index=place,
                event_id=event_id if isinstance(event_id, str) and event_id.isascii() else None,
                outcome=EventOutcome.REJECTED,
                error=row_problem(bad),
            )
    for place, receipt in zip(good, room.events.record(list(good.values())), strict=True):
        results[place] = EventReceiptOut(
            index=place,
            event_id=receipt.event_id,
            outcome=receipt.outcome,
            error=row_problem(receipt.error) if receipt.error else None,
        )
    rows = [results[place] for place in range(len(batch.events))]
    room.meters.taken("event", (row.outcome.value for row in rows if row.error is None))
    room.meters.rejected("event", (row.error["code"] for row in rows if row.error is not None))
    counts = {outcome: sum(r.outcome is outcome for r in rows) for outcome in EventOutcome}
    return EventBatchOut(
        accepted=counts[EventOutcome.ACCEPTED],
        duplicate=counts[EventOutcome.DUPLICATE],
        rejected=counts[EventOutcome.REJECTED],
        results=rows,
    )


def _event(raw: Any, outlet_id: str) -> Event:
    try:
        return EventIn.model_validate(raw).to_event(outlet_id)
    except ValidationError as bad:
        first = validation_errors(bad.errors())[0]
        raise InvalidEvent(field=first["field"], why=first["why"]) from bad
