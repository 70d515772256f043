"""What readers ask for themselves: less of something, another mix, one memory, everything to take along."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from tianfu.model.aims import Aims
from tianfu.model.event import EventType, ReaderKind, ReaderRef, Scene
from tianfu.model.placement import lies_within
from tianfu.model.reader import is_sensitive
from tianfu.model.tag import TagKind
from tianfu.model.wishes import Amount, WishKind
from tianfu.serving.api.aims import AimsIn
from tianfu.serving.api.context import NewsroomDep
from tianfu.serving.api.forms import In, Out
from tianfu.serving.api.readers import STEERING, AppReaderRefDep, ReaderOut, ReaderRefDep, reader_out
from tianfu.serving.services.links import LEAST_MINUTES, MOST_MINUTES, USUAL_MINUTES
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.services.readers import EXPORTED, ReaderExport

router = APIRouter(tags=["readers"])


class WishIn(In):
    """`less` of it, or `none`; a story always goes with its cluster, and what reads like it stands lower."""

    amount: Amount = Amount.LESS


class SlidersIn(AimsIn):
    """How feeds are mixed for one reader, on top of what the outlet wants; 0.5 as usual."""


class DeviceIn(In):
    """The device that a reader signed in on."""

    device_id: Annotated[str, Field(min_length=1, max_length=128)]


class LinkIn(In):
    """How long the link opens."""

    minutes: Annotated[int, Field(ge=LEAST_MINUTES, le=MOST_MINUTES)] = USUAL_MINUTES


class LinkOut(Out):
    """`path` on this service's public address, to open in front of the reader alone; it ends by itself."""

    path: str
    expires_at: datetime


class ChoiceOut(Out):
    """Something that may become an interest or a wish."""

    kind: TagKind
    code: str
    label: str


class ChoicesOut(Out):
    """What a reader may choose from: classes of topics, and the places of the outlet's own city."""

    topics: list[ChoiceOut]
    places: list[ChoiceOut]


class OwnEventOut(Out):
    """One thing the reader did."""

    event_id: str
    story_id: str
    title: str
    type: EventType
    at: datetime
    scene: Scene
    dwell_s: float | None


class OwnFeedOut(Out):
    """One feed that was made with features of the reader; its trace explains it."""

    trace_id: str
    made_at: datetime
    scene: Scene
    story_ids: list[str]


class ExportOut(Out):
    """Everything kept of a reader: the memory, and the newest events and feeds, up to a stated number."""

    reader: ReaderOut
    events: list[OwnEventOut]
    feeds: list[OwnFeedOut]
    at_most: int


@router.put("/readers/{reader_id}/wishes/{wish_kind}/{code}")
def set_wish(ref: ReaderRefDep, wish_kind: WishKind, code: str, wish: WishIn, room: NewsroomDep) -> ReaderOut:
    """Ask for less of a story, a topic, an outlet or a place; the very next feed shows it."""
    return reader_out(room.readers.wish(ref, wish_kind, code, wish.amount), room)


@router.delete("/readers/{reader_id}/wishes/{wish_kind}/{code}")
def withdraw_wish(ref: ReaderRefDep, wish_kind: WishKind, code: str, room: NewsroomDep) -> ReaderOut:
    """Withdraw a wish."""
    return reader_out(room.readers.withdraw_wish(ref, (wish_kind, code)), room)


@router.put("/readers/{reader_id}/sliders")
def set_sliders(ref: ReaderRefDep, sliders: SlidersIn, room: NewsroomDep) -> ReaderOut:
    """Set how feeds are mixed for this reader."""
    return reader_out(room.readers.set_sliders(ref, Aims(**sliders.model_dump())), room)


@router.delete("/readers/{reader_id}/sliders")
def reset_sliders(ref: ReaderRefDep, room: NewsroomDep) -> ReaderOut:
    """Back to the usual mix."""
    return reader_out(room.readers.set_sliders(ref, None), room)


@router.post("/readers/{reader_id}/devices")
def take_over_device(ref: AppReaderRefDep, device: DeviceIn, room: NewsroomDep) -> ReaderOut:
    """Join what a device was remembered by to the reader who signed in on it; the device is forgotten.

    Sending it again changes nothing.
    """
    found = ReaderRef(outlet_id=ref.outlet_id, kind=ReaderKind.DEVICE, id=device.device_id)
    room.decisions.flush()
    reader = room.readers.take_over(ref, found)
    room.decisions.forget(found.key)  # not before: the next writing erases what still bears the device's key
    return reader_out(reader, room)


@router.post("/readers/{reader_id}/link", status_code=201)
def make_link(ref: AppReaderRefDep, link: LinkIn, room: NewsroomDep) -> LinkOut:
    """Make a link by which this reader sees, corrects, takes along and erases what is remembered.

    Ask for one when the reader opens the settings of the app, and open it there at once.  Whoever has the
    link acts as this reader until it ends; on the calls below `/v1/readers` its token stands in place of a
    key, and the reader is named `me`.
    """
    return LinkOut.model_validate(room.links.make(ref, link.minutes))


@router.get("/readers/{reader_id}/choices")
def get_choices(ref: ReaderRefDep, room: NewsroomDep) -> ChoicesOut:
    """What may be chosen as an interest or a wish, by name; sensitive classes are left out."""
    outlet = room.library.outlets.get(ref.outlet_id)
    area = outlet.city_adcode if outlet else ""
    found = [
        ChoiceOut(kind=kind, code=code, label=label)
        for (kind, code), label in sorted(room.names.items(), key=lambda one: one[0][1])
        if kind in STEERING and not is_sensitive((kind, code))
    ]
    return ChoicesOut(
        topics=[one for one in found if one.kind is TagKind.TOPIC],
        places=[one for one in found if one.kind is TagKind.PLACE and area and lies_within(one.code, area)],
    )


@router.get("/readers/{reader_id}/export")
def export_reader(ref: ReaderRefDep, room: NewsroomDep) -> ExportOut:
    """Take everything along: memory, events, feeds.  Twice a minute and reader, one at a time an outlet."""
    with room.exporting.of(ref.outlet_id):
        room.throttle.take_export(ref.key)
        room.decisions.flush()
        return _export_out(room.readers.export(ref), room)


def _export_out(taken: ReaderExport, room: Newsroom) -> ExportOut:
    return ExportOut(
        reader=reader_out(taken.reader, room),
        events=[OwnEventOut.model_validate(event) for event in taken.events],
        feeds=[
            OwnFeedOut(
                trace_id=feed.trace_id,
                made_at=feed.made_at,
                scene=feed.request.scene,
                story_ids=[
                    taken.story_ids[item.number] for item in feed.items if item.number in taken.story_ids
                ],
            )
            for feed in taken.decisions
        ],
        at_most=EXPORTED,
    )
