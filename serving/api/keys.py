"""Keys, for admins: make, list, rotate, end."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from tianfu.model.access import SCOPES, ApiKey, Role
from tianfu.model.errors import InvalidRequest
from tianfu.model.rules import check_id
from tianfu.serving.api.context import AdminCaller, NewsroomDep
from tianfu.serving.api.forms import In, Out
from tianfu.serving.services.access import OVERLAP, create_key, revoke_key, rotate_key
from tianfu.serving.services.newsroom import Newsroom

router = APIRouter(prefix="/keys", tags=["operations"])


class KeyIn(In):
    """A key to be made."""

    role: Role
    outlet_id: Annotated[str | None, Field(min_length=1, max_length=40)] = None
    label: Annotated[str, Field(min_length=1, max_length=100, description="Who holds it.")]
    expires_at: datetime | None = None
    scopes: Annotated[
        list[str],
        Field(
            max_length=len(SCOPES),
            default_factory=list,
            description=f"Narrow the role to some of: {', '.join(SCOPES)}; empty for all it may do.",
        ),
    ]
    signs_events: Annotated[bool, Field(description="Whether its batches of events must be signed.")] = False


class RotationIn(In):
    """How a key gives way to another."""

    overlap_h: Annotated[
        float, Field(ge=0, le=90 * 24, description="Hours that the old key goes on beside the new one.")
    ] = OVERLAP.total_seconds() / 3_600
    expires_at: datetime | None = None


class KeyOut(Out):
    """A key; its secret is never kept."""

    key_id: str
    role: Role
    outlet_id: str | None
    label: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    scopes: list[str]
    replaced_by: str | None
    signs_events: bool


class KeysOut(Out):
    """Every key, oldest first."""

    items: list[KeyOut]


class NewKeyOut(KeyOut):
    """A key just made; `secret` is told this once, and `signing_secret` where its batches must be signed."""

    secret: str
    signing_secret: str | None


@router.get("")
def list_keys(room: NewsroomDep, _known: AdminCaller) -> KeysOut:
    """List every key, ended ones included."""
    with room.database.read() as uow:
        return KeysOut(items=[_key_out(key) for key in uow.keys.all()])


@router.post("", status_code=201)
def make_key(wanted: KeyIn, room: NewsroomDep, known: AdminCaller) -> NewKeyOut:
    """Make a key."""
    key, secret = create_key(
        **wanted.model_dump(), actor=known.key.id, database=room.database, clock=room.clock
    )
    return _new_key_out(key, secret, room)


@router.post("/{key_id}/rotate", status_code=201)
def replace_key(key_id: str, wanted: RotationIn, room: NewsroomDep, known: AdminCaller) -> NewKeyOut:
    """Make a key that takes another's place; both are taken until the overlap is over."""
    check_id(key_id, field="key_id", error=InvalidRequest)
    key, secret = rotate_key(
        key_id,
        overlap=timedelta(hours=wanted.overlap_h),
        expires_at=wanted.expires_at,
        actor=known.key.id,
        database=room.database,
        clock=room.clock,
    )
    room.gatekeeper.forget()
    return _new_key_out(key, secret, room)


@router.delete("/{key_id}", status_code=204)
def end_key(key_id: str, room: NewsroomDep, known: AdminCaller) -> None:
    """End a key: here at once, in other processes within five seconds."""
    check_id(key_id, field="key_id", error=InvalidRequest)
    revoke_key(key_id, actor=known.key.id, database=room.database, clock=room.clock)
    room.gatekeeper.forget()


def _key_out(key: ApiKey) -> KeyOut:
    return KeyOut(
        key_id=key.id,
        role=key.role,
        outlet_id=key.outlet_id,
        label=key.label,
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        scopes=list(key.scopes),
        replaced_by=key.replaced_by,
        signs_events=key.signs_events,
    )


def _new_key_out(key: ApiKey, secret: str, room: Newsroom) -> NewKeyOut:
    signing = room.signatures.secret_of(key.id) if key.signs_events else None
    return NewKeyOut(**_key_out(key).model_dump(), secret=secret, signing_secret=signing)
