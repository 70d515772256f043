"""Events of readers, and the readers' own rights."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import Field, ValidationError

from tianfu.model.brushing import address_group
from tianfu.model.errors import Forbidden, InvalidEvent, InvalidRequest, TianfuError
from tianfu.model.event import Event, EventType, ReaderKind, ReaderRef, Scene
from tianfu.model.reader import Reader
from tianfu.model.rules import check_text
from tianfu.model.tag import TagKind
from tianfu.model.wishes import Amount, Wish, WishKind
from tianfu.serving.api.aims import AimsOut
from tianfu.serving.api.body import json_body
from tianfu.serving.api.context import (
    AppCaller,
    NewsroomDep,
    SessionToken,
    app_caller,
    bearer,
    caller,
)
from tianfu.serving.api.forms import In, Out
from tianfu.serving.api.problems import validation_errors
from tianfu.serving.api.shapes import place_of
from tianfu.serving.api.story_forms import row_problem
from tianfu.serving.services.access import Caller
from tianfu.serving.services.events import EventOutcome
from tianfu.serving.services.links import LINK_PREFIX
from tianfu.serving.services.newsroom import Newsroom

router = APIRouter(tags=["readers"])
STEERING = (TagKind.TOPIC, TagKind.PLACE)
"""Kinds of tags that feeds look at; an interest of another kind would promise what no feed keeps."""

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
        list[dict[str, Any]],
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
    outlet_id = _outlet(batch.outlet_id, known)
    if known.key.signs_events:
        room.signatures.check(known.key.id, timestamp=timestamp, signature=signature, body=body)
    results: dict[int, EventReceiptOut] = {}
    good: dict[int, Event] = {}
    for place, raw in enumerate(batch.events):
        try:
            good[place] = _event(raw, outlet_id)
        except TianfuError as bad:
            event_id = raw.get("event_id")
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


def _event(raw: dict[str, Any], outlet_id: str) -> Event:
    try:
        return EventIn.model_validate(raw).to_event(outlet_id)
    except ValidationError as bad:
        first = validation_errors(bad.errors())[0]
        raise InvalidEvent(field=first["field"], why=first["why"]) from bad


class InterestOut(Out):
    """One interest as the reader sees it."""

    kind: TagKind
    code: str
    label: str
    weight: float
    by_reader: bool


class InterestKeyOut(Out):
    """An interest the reader deleted."""

    kind: TagKind
    code: str
    label: str


class WishOut(Out):
    """Less of something, or none of it."""

    kind: WishKind
    code: str
    label: str
    amount: Amount


class SlidersOut(AimsOut):
    """How feeds are mixed for this reader; 0.5 is as usual."""


class ReaderOut(Out):
    """Everything remembered of a reader."""

    reader_id: str
    kind: ReaderKind
    outlet_id: str
    personalise: bool
    interests: list[InterestOut]
    removed: list[InterestKeyOut]
    wishes: list[WishOut]
    sliders: SlidersOut | None
    stories_read: int
    stories_seen: int
    last_event_at: datetime | None


class ErasedOut(Out):
    """How many rows were deleted, by table."""

    erased: dict[str, int]


class SwitchIn(In):
    """Personalisation on or off."""

    on: bool


class InterestIn(In):
    """An interest set by hand."""

    weight: Annotated[float, Field(ge=0.1, le=10.0, description="0.1 (a little) to 10 (very much).")] = 3.0


OWN = "me"
"""How a reader's own link names its reader in an address."""

_Kind = Annotated[ReaderKind, Query(description="Whether the id is a reader's or a device's.")]
_OutletId = Annotated[str | None, Query(max_length=40, description="Needed with a platform key.")]


def app_reader_ref(
    reader_id: str, known: AppCaller, kind: _Kind = ReaderKind.READER, outlet_id: _OutletId = None
) -> ReaderRef:
    """Name a reader of the caller's outlet; other outlets' readers cannot be named."""
    return ReaderRef(outlet_id=_outlet(outlet_id, known), kind=kind, id=reader_id)


def reader_ref(
    request: Request,
    reader_id: str,
    room: NewsroomDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    session: SessionToken,
    kind: _Kind = ReaderKind.READER,
    outlet_id: _OutletId = None,
) -> ReaderRef:
    """Name the reader of a reader's own link, or one of the caller's outlet."""
    if credentials is not None and credentials.credentials.startswith(LINK_PREFIX):
        return _own(reader_id, credentials.credentials, room)
    return app_reader_ref(reader_id, app_caller(caller(request, room, credentials, session)), kind, outlet_id)


def _own(reader_id: str, token: str, room: Newsroom) -> ReaderRef:
    ref = room.links.reader_of(token)
    room.throttle.take(f"link:{ref.key}")
    if reader_id != OWN:
        raise Forbidden("A reader's link speaks for its reader alone.", advice=f"Name the reader '{OWN}'.")
    return ref


AppReaderRefDep = Annotated[ReaderRef, Depends(app_reader_ref)]
ReaderRefDep = Annotated[ReaderRef, Depends(reader_ref)]


@router.get("/readers/{reader_id}")
def get_reader(
    ref: ReaderRefDep,
    room: NewsroomDep,
) -> ReaderOut:
    """See everything remembered of a reader."""
    return reader_out(room.readers.look(ref), room)


@router.delete("/readers/{reader_id}")
def erase_reader(
    ref: ReaderRefDep,
    room: NewsroomDep,
) -> ErasedOut:
    """Erase a reader from every table and memory."""
    room.decisions.forget(ref.key)
    return ErasedOut(erased=room.readers.erase(ref))


@router.put("/readers/{reader_id}/personalisation")
def switch_personalisation(
    ref: ReaderRefDep,
    switch: SwitchIn,
    room: NewsroomDep,
) -> ReaderOut:
    """Switch personalisation on or off; effective with the very next feed."""
    return reader_out(room.readers.switch(ref, on=switch.on), room)


@router.get("/readers/{reader_id}/tags")
def get_interests(
    ref: ReaderRefDep,
    room: NewsroomDep,
) -> list[InterestOut]:
    """See a reader's interests, strongest first."""
    return reader_out(room.readers.look(ref), room).interests


@router.put("/readers/{reader_id}/tags/{tag_kind}/{code}")
def set_interest(
    ref: ReaderRefDep,
    tag_kind: TagKind,
    code: str,
    interest: InterestIn,
    room: NewsroomDep,
) -> ReaderOut:
    """Set an interest by hand."""
    check_text(code, field="code", error=InvalidRequest, low=1, high=64)
    if tag_kind not in STEERING or (tag_kind, code) not in room.names:
        raise InvalidRequest(field="code", why=f"is not a {tag_kind} of our vocabulary")
    return reader_out(room.readers.set_tag(ref, (tag_kind, code), interest.weight), room)


@router.delete("/readers/{reader_id}/tags/{tag_kind}/{code}")
def delete_interest(
    ref: ReaderRefDep,
    tag_kind: TagKind,
    code: str,
    room: NewsroomDep,
) -> ReaderOut:
    """Delete an interest for good: behaviour never brings it back."""
    return reader_out(room.readers.delete_tag(ref, (tag_kind, code)), room)


def _outlet(outlet_id: str | None, known: Caller) -> str:
    found = outlet_id or known.key.outlet_id
    if found is None:
        raise InvalidRequest(field="outlet_id", why="is needed with a platform key")
    check_text(found, field="outlet_id", error=InvalidRequest, low=1, high=40)
    known.must_act_for(found)
    return found


def reader_out(reader: Reader, room: Newsroom) -> ReaderOut:
    """Translate a reader's memory."""
    now_s = int(room.clock.now().timestamp())
    tags = sorted(reader.tags.values(), key=lambda tag: (-tag.weight_at(now_s), tag.code))
    last = reader.engagements[-1].at_s if reader.engagements else None
    return ReaderOut(
        reader_id=reader.ref.id,
        kind=reader.ref.kind,
        outlet_id=reader.ref.outlet_id,
        personalise=reader.personalise,
        interests=[
            InterestOut(
                kind=tag.kind,
                code=tag.code,
                label=room.names.get((tag.kind, tag.code), tag.code),
                weight=round(tag.weight_at(now_s), 3),
                by_reader=tag.by_reader,
            )
            for tag in tags
        ],
        removed=[
            InterestKeyOut(kind=kind, code=code, label=room.names.get((kind, code), code))
            for kind, code in sorted(reader.removed)
        ],
        wishes=[
            WishOut(kind=wish.kind, code=wish.code, label=_label(wish, room), amount=wish.amount)
            for wish in reader.wishes.values()
        ],
        sliders=SlidersOut.model_validate(reader.sliders) if reader.sliders else None,
        stories_read=len(reader.engagements),
        stories_seen=len(reader.seen),
        last_event_at=datetime.fromtimestamp(last, UTC) if last is not None else None,
    )


def _label(wish: Wish, room: Newsroom) -> str:
    """What a wish is about, as readers call it."""
    if wish.kind is WishKind.STORY:
        card = room.library.view.card_named(wish.code)
        return card.title if card else wish.code
    if wish.kind is WishKind.OUTLET:
        outlet = room.library.outlets.get(wish.code)
        return outlet.name if outlet else wish.code
    kind = TagKind.TOPIC if wish.kind is WishKind.TOPIC else TagKind.PLACE
    return room.names.get((kind, wish.code), wish.code)
