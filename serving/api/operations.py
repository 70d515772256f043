"""Operations: outlets, audit, health, metrics, and the public explanation of the algorithm."""

from datetime import datetime
from importlib.resources import files
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import PlainTextResponse

from tianfu.model.access import Role
from tianfu.model.errors import InvalidRequest, StoreUnavailable
from tianfu.model.outlet import OutletLevel
from tianfu.model.rules import check_text
from tianfu.serving.api.context import CallerDep, NewsroomDep, OperatorCaller
from tianfu.serving.api.forms import CursorParam, Out, PageLimit

router = APIRouter(tags=["operations"])
open_router = APIRouter(tags=["operations"])


class OutletOut(Out):
    """A newsroom of the consortium."""

    id: str
    name: str
    level: OutletLevel
    adcode: str
    parent_id: str | None
    kind: str


class OutletsOut(Out):
    """All newsrooms, by id."""

    items: list[OutletOut]


@router.get("/outlets")
def list_outlets(room: NewsroomDep, _known: CallerDep) -> OutletsOut:
    """List the consortium's newsrooms."""
    outlets = sorted(room.library.outlets.values(), key=lambda outlet: outlet.id)
    return OutletsOut(items=[OutletOut.model_validate(outlet) for outlet in outlets])


class WhoOut(Out):
    """What a key is."""

    key_id: str
    role: Role
    outlet_id: str | None
    label: str
    expires_at: datetime | None
    scopes: list[str]
    replaced_by: str | None
    signs_events: bool


@router.get("/whoami")
def who_am_i(known: CallerDep) -> WhoOut:
    """Tell what the key in hand is."""
    key = known.key
    return WhoOut(
        key_id=key.id,
        role=key.role,
        outlet_id=key.outlet_id,
        label=key.label,
        expires_at=key.expires_at,
        scopes=list(key.scopes),
        replaced_by=key.replaced_by,
        signs_events=key.signs_events,
    )


class AuditRowOut(Out):
    """One thing somebody did."""

    sequence: int
    at: datetime
    actor: str
    action: str
    object: str
    details: dict[str, Any]
    hash: str


class AuditHeadOut(Out):
    """The newest row: noted elsewhere, it proves later that nothing before it was changed."""

    sequence: int
    hash: str


class AuditOut(Out):
    """A page of the audit trail."""

    items: list[AuditRowOut]
    cursor: str | None
    head: AuditHeadOut


@router.get("/audit")
def get_audit(
    room: NewsroomDep,
    _known: OperatorCaller,
    target: Annotated[
        str | None, Query(max_length=128, description="Only this story, key or placement.")
    ] = None,
    limit: PageLimit = 50,
    cursor: CursorParam | None = None,
) -> AuditOut:
    """Who changed what, newest first."""
    if target is not None:
        check_text(target, field="target", error=InvalidRequest, low=1, high=128)
    before = room.cursors.read("audit", cursor)[0] if cursor else None
    with room.database.read() as uow:
        rows = uow.audit.page(before=before, limit=limit + 1, target=target)
        head = uow.audit.head()
    following = room.cursors.make("audit", rows[limit - 1].sequence) if len(rows) > limit else None
    return AuditOut(
        items=[AuditRowOut.model_validate(row) for row in rows[:limit]],
        cursor=following,
        head=AuditHeadOut.model_validate(head),
    )


@open_router.get("/healthz", response_class=PlainTextResponse)
def healthz() -> str:
    """Whether the process is alive."""
    return "ok"


class ReadyOut(Out):
    """Whether the process can do its work, and how far behind it is.

    `model_faults` tells why a published version does not serve in this process; what served before goes on.
    """

    ready: bool
    stories: int
    indexed: int
    queue_waiting: int
    queue_stuck: int
    queue_age_s: float
    sequence: int
    behind: int
    models: dict[str, str]
    model_faults: dict[str, str]


@open_router.get("/readyz", responses={503: {"description": "The database does not answer."}})
def readyz(room: NewsroomDep, response: Response) -> ReadyOut:
    """Tell the truth about readiness: the database answers and the caches follow."""
    try:
        with room.database.read() as uow:
            depth = uow.queue.depth()
            stories = uow.stories.count()
            latest = uow.changes.latest()
    except StoreUnavailable:
        response.status_code = 503
        raise
    age = (room.clock.now() - depth.oldest_at).total_seconds() if depth.oldest_at else 0.0
    return ReadyOut(
        ready=True,
        stories=stories,
        indexed=room.library.index.size,
        queue_waiting=depth.waiting,
        queue_stuck=depth.stuck,
        queue_age_s=round(max(0.0, age), 1),
        sequence=room.library.sequence,
        behind=latest - room.library.sequence,
        models=dict(room.models),
        model_faults=dict(room.model_faults),
    )


@open_router.get("/about-algorithm", response_class=PlainTextResponse)
def about_algorithm() -> str:
    """Explain publicly, in Chinese, how feeds are made (算法推荐管理规定 §16)."""
    return files("tianfu.serving.api").joinpath("about_algorithm.zh.md").read_text(encoding="utf-8")
