"""Operations: outlets, audit, health, metrics, and the public explanation of the algorithm."""

from datetime import datetime
from importlib.resources import files
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import PlainTextResponse

from tianfu.model.access import Role
from tianfu.model.errors import InvalidRequest
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
async def healthz() -> str:
    """Whether the process is alive; waits for no thread, since those may all wait for the database."""
    return "ok"


class CheckOut(Out):
    """What was found of one part; one that is not `needed` is told and changes nothing."""

    ok: bool
    needed: bool
    detail: str


class ReadyOut(Out):
    """Whether the process can do its work, and how far behind it is; null while the database is away.

    `model_faults` tells why a published version does not serve in this process; what served before goes on.
    """

    ready: bool
    checks: dict[str, CheckOut]
    stories: int | None
    indexed: int
    queue_waiting: int | None
    queue_stuck: int | None
    queue_age_s: float | None
    sequence: int
    behind: int | None
    behind_s: float
    models: dict[str, str]
    model_faults: dict[str, str]


@open_router.get(
    "/readyz", responses={503: {"model": ReadyOut, "description": "A part that is needed fails."}}
)
def readyz(room: NewsroomDep, response: Response) -> ReadyOut:
    """Ask the database, the index, the models, the worker and the queue, and tell what they say."""
    found = room.readiness.look()
    if not found.ready:
        response.status_code = 503
    return ReadyOut(
        ready=found.ready,
        checks={name: CheckOut.model_validate(check) for name, check in found.checks.items()},
        stories=found.stories,
        indexed=found.indexed,
        queue_waiting=found.depth.waiting if found.depth else None,
        queue_stuck=found.depth.stuck if found.depth else None,
        queue_age_s=found.queue_age_s,
        sequence=found.sequence,
        behind=found.behind,
        behind_s=found.behind_s,
        models=dict(room.models),
        model_faults=dict(room.model_faults),
    )


@open_router.get("/about-algorithm", response_class=PlainTextResponse)
def about_algorithm() -> str:
    """Explain publicly, in Chinese, how feeds are made (算法推荐管理规定 §16)."""
    return files("tianfu.serving.api").joinpath("about_algorithm.zh.md").read_text(encoding="utf-8")
