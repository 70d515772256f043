"""Readers: who is meant, and what is kept of them."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import Field

from tianfu.model.errors import Forbidden, InvalidRequest
from tianfu.model.event import ReaderKind, ReaderRef
from tianfu.model.reader import Reader
from tianfu.model.rules import check_text
from tianfu.model.tag import TagKind
from tianfu.model.wishes import Amount, Wish, WishKind
from tianfu.serving.api.aims import AimsOut
from tianfu.serving.api.context import (
    AppCaller,
    NewsroomDep,
    SessionToken,
    app_caller,
    bearer,
    caller,
    outlet_spoken_for,
)
from tianfu.serving.api.forms import In, Out
from tianfu.serving.services.links import LINK_PREFIX
from tianfu.serving.services.newsroom import Newsroom

router = APIRouter(tags=["readers"])
STEERING = (TagKind.TOPIC, TagKind.PLACE)
"""Kinds of tags that feeds look at; an interest of another kind would promise what no feed keeps."""


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
    return ReaderRef(outlet_id=outlet_spoken_for(outlet_id, known), kind=kind, id=reader_id)


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
    erased = room.readers.erase(ref)
    room.decisions.forget(ref.key)  # of feeds that began in between as well
    return ErasedOut(erased=erased)


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
