"""Versions of models: what serves, what served before, publishing and rolling back."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from tianfu.model.release import ModelKind, ModelVersion, Publication, ReleaseAction
from tianfu.serving.api.context import NewsCaller, NewsroomDep, ScientistCaller
from tianfu.serving.api.forms import In, Out
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.store.models import EncoderMove, MoveState

router = APIRouter(prefix="/models", tags=["models"])

Pace = Annotated[
    float, Field(gt=0.0, le=1.0, description="Share of one core that reading stories again may take.")
]


class ModelVersionOut(Out):
    """A version in the registry.  `parent_id` served when it came in; `data_hash` is what it learnt from."""

    id: str
    kind: ModelKind
    version: str
    metrics: dict[str, float]
    data_hash: str | None
    parent_id: str | None
    imported_at: datetime
    imported_by: str


class StandingOut(Out):
    """What serves of one kind in this process, what is published, and what a rollback goes back to.

    `published` and `previous` are null for what ships or the settings name.
    """

    kind: ModelKind
    serving: str
    published: ModelVersionOut | None
    previous: ModelVersionOut | None
    since: datetime | None


class PublicationOut(Out):
    """One change of what serves; `model_id` is null for what ships."""

    kind: ModelKind
    action: ReleaseAction
    model_id: str | None
    previous_id: str | None
    at: datetime
    actor: str


class MoveOut(Out):
    """The move to another encoder: `done` of `total` stories are read by it."""

    id: str
    model_id: str
    state: MoveState
    pace: float
    done: int
    total: int
    started_at: datetime
    ended_at: datetime | None


class ModelsOut(Out):
    """What serves, every version that may, the move to another encoder if one is open, and the history."""

    serving: list[StandingOut]
    versions: list[ModelVersionOut]
    move: MoveOut | None
    history: list[PublicationOut]


class PublishIn(In):
    """Which version is to serve: an id or its first digits, `name@version`, or `shipped`."""

    version: Annotated[str, Field(min_length=1, max_length=130)]
    pace: Pace = 0.5


class PublishedOut(Out):
    """A publication in force at once, or for an encoder the move that leads to it."""

    publication: PublicationOut | None
    move: MoveOut | None


class MoveChange(StrEnum):
    """What can be done with a move."""

    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"


class MoveIn(In):
    """Pause, resume or cancel the move, or set its pace."""

    state: MoveChange | None = None
    pace: Pace | None = None


@router.get("")
def list_models(room: NewsroomDep, _known: NewsCaller) -> ModelsOut:
    """What serves of every kind, what served before, and every version that was taken in."""
    names = room.models
    shown = {
        ModelKind.ENCODER: names["encoder"],
        ModelKind.PAIRS: names["pairs"],
        ModelKind.RANKER: names["ranker"],
        ModelKind.TAGGER: room.live.now.topics.version if room.live.now.topics else "none",
    }
    return ModelsOut(
        serving=[
            StandingOut(
                kind=one.kind,
                serving=shown[one.kind],
                published=_version(one.serving),
                previous=_version(one.previous),
                since=one.publication.at if one.publication else None,
            )
            for one in room.model_desk.standing()
        ],
        versions=[_version_out(version) for version in room.model_desk.versions()],
        move=_open_move(room),
        history=[_publication_out(one) for one in room.model_desk.history()],
    )


@router.post("/{kind}/publish")
def publish_model(
    kind: ModelKind, given: PublishIn, room: NewsroomDep, known: ScientistCaller
) -> PublishedOut:
    """Let a version serve.

    Taggers, pairs and rankers serve in every process within seconds.  An encoder first reads every story
    again in the background, while the one before serves, and is switched to when all are read.  What fails
    a check of its card is refused (409 `model_refused`) with the reasons.
    """
    done = room.model_desk.publish(kind, given.version, actor=known.key.id, pace=given.pace)
    room.library.catch_up()
    if isinstance(done, EncoderMove):
        return PublishedOut(publication=None, move=_move_out(done, room))
    room.live.step()
    return PublishedOut(publication=_publication_out(done), move=None)


@router.post("/{kind}/rollback")
def roll_back_model(kind: ModelKind, room: NewsroomDep, known: ScientistCaller) -> PublicationOut:
    """Let what served before serve again, at once; doing so twice goes back twice."""
    done = room.model_desk.rollback(kind, actor=known.key.id)
    room.library.catch_up()
    room.live.step()
    room.encoder_switch.step()
    return _publication_out(done)


@router.patch("/encoder/move")
def change_move(given: MoveIn, room: NewsroomDep, known: ScientistCaller) -> MoveOut:
    """Pause, resume, cancel or pace the move to another encoder."""
    state = MoveState(given.state.value) if given.state else None
    changed = room.model_desk.change_move(state=state, pace=given.pace, actor=known.key.id)
    room.library.catch_up()
    return _move_out(changed, room)


def _open_move(room: Newsroom) -> MoveOut | None:
    with room.database.read() as uow:
        move = uow.models.move()
    return _move_out(move, room) if move is not None else None


def _move_out(move: EncoderMove, room: Newsroom) -> MoveOut:
    with room.database.read() as uow:
        done, total = uow.vectors.count(encoder=move.fingerprint), uow.vectors.readable()
    return MoveOut(
        id=move.id,
        model_id=move.model_id,
        state=move.state,
        pace=move.pace,
        done=done,
        total=total,
        started_at=move.started_at,
        ended_at=move.ended_at,
    )


def _version(version: ModelVersion | None) -> ModelVersionOut | None:
    return _version_out(version) if version is not None else None


def _version_out(version: ModelVersion) -> ModelVersionOut:
    metrics = version.card.get("metrics")
    numbers = metrics.items() if isinstance(metrics, dict) else ()
    return ModelVersionOut(
        id=version.id,
        kind=version.kind,
        version=version.label,
        metrics={name: float(value) for name, value in numbers if isinstance(value, int | float)},
        data_hash=version.data_hash,
        parent_id=version.parent_id,
        imported_at=version.imported_at,
        imported_by=version.imported_by,
    )


def _publication_out(one: Publication) -> PublicationOut:
    return PublicationOut(
        kind=one.kind,
        action=one.action,
        model_id=one.model_id,
        previous_id=one.previous_id,
        at=one.at,
        actor=one.actor,
    )
