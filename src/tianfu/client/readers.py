"""What readers may ask: see, correct, delete, switch off, take along, erase."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict, TypeVar, Unpack

from tianfu.client.call import Call, given

T = TypeVar("T")


class Whose(TypedDict, total=False):
    """Whose id it is: ``kind`` is ``reader`` (as usual) or ``device``; the outlet, with a platform key."""

    kind: str
    outlet_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """One interest as the reader sees it."""

    kind: str
    code: str
    label: str
    weight: float
    by_reader: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedInterest:
    """An interest that the reader deleted."""

    kind: str
    code: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """``less`` of something, or ``none`` of it."""

    kind: str
    code: str
    label: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Everything remembered of a reader; ``sliders`` (0..1, 0.5 as usual) only once they were set."""

    reader_id: str
    kind: str
    outlet_id: str
    personalise: bool
    interests: tuple[Interest, ...]
    removed: tuple[RemovedInterest, ...]
    wishes: tuple[Wish, ...]
    sliders: dict[str, float] | None
    stories_read: int
    stories_seen: int
    last_event_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """How many rows were deleted, by table; none the second time."""

    erased: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnEvent:
    """One thing the reader did."""

    event_id: str
    story_id: str
    title: str
    type: str
    at: datetime
    scene: str
    dwell_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFeed:
    """One feed that was made with features of the reader."""

    trace_id: str
    made_at: datetime
    scene: str
    story_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Everything kept of a reader, events and feeds up to ``at_most``."""

    reader: Reader
    events: tuple[OwnEvent, ...]
    feeds: tuple[OwnFeed, ...]
    at_most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """``path`` on the service's public address, to open in front of the reader alone."""

    path: str
    expires_at: datetime


def reader(reader_id: str, **whose: Unpack[Whose]) -> Call[Reader]:
    """See everything remembered of a reader."""
    return _call("GET", "", Reader, reader_id, whose)


def erase_reader(reader_id: str, **whose: Unpack[Whose]) -> Call[Erased]:
    """Erase a reader from every table and memory.  Sent again after a lost answer it may count nothing."""
    return _call("DELETE", "", Erased, reader_id, whose)


def export_reader(reader_id: str, **whose: Unpack[Whose]) -> Call[Taken]:
    """Take everything along."""
    return _call("GET", "/export", Taken, reader_id, whose)


def switch_personalisation(reader_id: str, *, on: bool, **whose: Unpack[Whose]) -> Call[Reader]:
    """Switch personalisation on or off, from the very next feed."""
    return _call("PUT", "/personalisation", Reader, reader_id, whose, body={"on": on})


def set_interest(
    reader_id: str, kind_of_tag: str, code: str, *, weight: float = 3.0, **whose: Unpack[Whose]
) -> Call[Reader]:
    """Set an interest (``topic`` or ``place``) by hand: 0.1, a little, to 10, very much."""
    names = (("tag_kind", kind_of_tag), ("code", code))
    return _call("PUT", _TAG, Reader, reader_id, whose, names=names, body={"weight": weight})


def delete_interest(reader_id: str, kind_of_tag: str, code: str, **whose: Unpack[Whose]) -> Call[Reader]:
    """Delete an interest for good."""
    return _call("DELETE", _TAG, Reader, reader_id, whose, names=(("tag_kind", kind_of_tag), ("code", code)))


def set_wish(
    reader_id: str, kind_of_wish: str, code: str, *, amount: str = "less", **whose: Unpack[Whose]
) -> Call[Reader]:
    """Ask for ``less`` or ``none`` of a ``story``, ``topic``, ``outlet`` or ``place``."""
    names = (("wish_kind", kind_of_wish), ("code", code))
    return _call("PUT", _WISH, Reader, reader_id, whose, names=names, body={"amount": amount})


def withdraw_wish(reader_id: str, kind_of_wish: str, code: str, **whose: Unpack[Whose]) -> Call[Reader]:
    """Withdraw a wish."""
    names = (("wish_kind", kind_of_wish), ("code", code))
    return _call("DELETE", _WISH, Reader, reader_id, whose, names=names)


def join_device(reader_id: str, device_id: str, *, outlet_id: str | None = None) -> Call[Reader]:
    """Join what a device was remembered by to the reader who signed in on it; again changes nothing."""
    return Call(
        method="POST",
        template=f"{_ONE}/devices",
        answer=Reader,
        names=(("reader_id", reader_id),),
        query=given(outlet_id=outlet_id),
        body={"device_id": device_id},
        repeatable=True,
    )


def reader_link(reader_id: str, *, minutes: int | None = None, **whose: Unpack[Whose]) -> Call[Link]:
    """Make a link by which this reader uses all these rights; whoever has it acts as the reader."""
    return _call("POST", "/link", Link, reader_id, whose, body=given(minutes=minutes))


_ONE = "/v1/readers/{reader_id}"
_TAG = "/tags/{tag_kind}/{code}"
_WISH = "/wishes/{wish_kind}/{code}"


def _call(
    method: str,
    below: str,
    answer: type[T],
    reader_id: str,
    whose: Whose,
    *,
    names: tuple[tuple[str, str], ...] = (),
    body: dict[str, Any] | None = None,
) -> Call[T]:
    return Call(
        method=method,
        template=_ONE + below,
        answer=answer,
        names=(("reader_id", reader_id), *names),
        query=dict(whose),
        body=body,
    )
