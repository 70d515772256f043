"""Model versions, what serves, and the move from one encoder to another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, or_, select, update

from tianfu.model.release import ModelKind, ModelVersion, Publication, ReleaseAction
from tianfu.serving.store.model_schema import encoder_moves, models, publications
from tianfu.serving.store.upsert import upsert

MOVE_LEASE = timedelta(minutes=2)


class MoveState(StrEnum):
    """Where a move from one encoder to another stands."""

    RUNNING = "running"
    PAUSED = "paused"
    SWITCHED = "switched"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """Whether it still goes on, or may."""
        return self in (MoveState.RUNNING, MoveState.PAUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderMove:
    """The move to another encoder.

    Attributes:
        fingerprint: Of the encoder it goes to.
        pace: Share of one core that re-embedding may take, above 0 to 1.
    """

    id: str
    model_id: str
    fingerprint: str
    state: MoveState
    pace: float
    started_at: datetime
    started_by: str
    ended_at: datetime | None


class Models:
    """The registry.  Versions and publications are only ever added."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, version: ModelVersion) -> None:
        """Take a version in; one that is known stays as it is."""
        row = {
            "id": version.id,
            "kind": version.kind.value,
            "name": version.name,
            "version": version.version,
            "card": dict(version.card),
            "data_hash": version.data_hash,
            "fingerprint": version.fingerprint,
            "parent_id": version.parent_id,
            "imported_at": version.imported_at,
            "imported_by": version.imported_by,
        }
        upsert(self._connection, models, [row], keep=True)

    def all(self) -> list[ModelVersion]:
        """Every version, newest first."""
        query = select(models).order_by(models.c.imported_at.desc(), models.c.id)
        return [_version(row) for row in self._connection.execute(query)]

    def by_id(self, model_id: str) -> ModelVersion | None:
        """The version with this id."""
        row = self._connection.execute(select(models).where(models.c.id == model_id)).one_or_none()
        return _version(row) if row else None

    def publish(
        self,
        kind: ModelKind,
        model_id: str | None,
        *,
        previous_id: str | None,
        action: ReleaseAction,
        now: datetime,
        actor: str,
    ) -> None:
        """Let a version serve from now on."""
        row = {
            "kind": kind.value,
            "model_id": model_id,
            "previous_id": previous_id,
            "action": action.value,
            "at": now,
            "actor": actor,
        }
        self._connection.execute(insert(publications), [row])

    def serving(self) -> dict[ModelKind, Publication]:
        """The last publication of each kind that ever had one."""
        p = publications.c
        last = select(func.max(p.sequence)).group_by(p.kind)
        query = select(publications).where(p.sequence.in_(last))
        return {ModelKind(row.kind): _publication(row) for row in self._connection.execute(query)}

    def history(self, kind: ModelKind | None = None, limit: int = 50) -> list[Publication]:
        """What came to serve, newest first."""
        query = select(publications).order_by(publications.c.sequence.desc()).limit(limit)
        if kind is not None:
            query = query.where(publications.c.kind == kind.value)
        return [_publication(row) for row in self._connection.execute(query)]

    def before(self, publication: Publication) -> str | None:
        """What a rollback from the version before would go back to, after a rollback to it."""
        p = publications.c
        same = (
            p.model_id.is_(None) if publication.previous_id is None else p.model_id == publication.previous_id
        )
        query = (
            select(p.previous_id)
            .where(p.kind == publication.kind.value, p.sequence < publication.sequence, same)
            .where(p.action == ReleaseAction.PUBLISH.value)
            .order_by(p.sequence.desc())
            .limit(1)
        )
        return self._connection.execute(query).scalar_one_or_none()

    def start_move(self, move: EncoderMove) -> None:
        """Begin a move."""
        row = {
            "id": move.id,
            "model_id": move.model_id,
            "fingerprint": move.fingerprint,
            "state": move.state.value,
            "pace": move.pace,
            "note": "",
            "started_at": move.started_at,
            "started_by": move.started_by,
        }
        self._connection.execute(insert(encoder_moves), [row])

    def move(self) -> EncoderMove | None:
        """The move that is under way or paused; there is at most one."""
        wanted = [state.value for state in MoveState if state.is_open]
        query = select(encoder_moves).where(encoder_moves.c.state.in_(wanted)).limit(1)
        row = self._connection.execute(query).one_or_none()
        return _move(row) if row else None

    def moves(self, limit: int = 10) -> Sequence[EncoderMove]:
        """Moves, newest first."""
        query = select(encoder_moves).order_by(encoder_moves.c.started_at.desc()).limit(limit)
        return [_move(row) for row in self._connection.execute(query)]

    def change_move(
        self, move_id: str, *, state: MoveState, pace: float, ended_at: datetime | None = None
    ) -> bool:
        """Pause, resume, pace or end an open move; False when it is not open."""
        m = encoder_moves.c
        wanted = [one.value for one in MoveState if one.is_open]
        statement = update(encoder_moves).where(m.id == move_id, m.state.in_(wanted))
        values: Mapping[str, Any] = {"state": state.value, "pace": pace, "ended_at": ended_at}
        return self._connection.execute(statement.values(values)).rowcount > 0

    def lease_move(self, move_id: str, *, worker: str, now: datetime) -> bool:
        """Take or keep the work on a running move; False while another worker has it."""
        m = encoder_moves.c
        free = or_(m.leased_until.is_(None), m.leased_until < now, m.leased_by == worker)
        statement = update(encoder_moves).where(
            and_(m.id == move_id, m.state == MoveState.RUNNING.value, free)
        )
        return (
            self._connection.execute(
                statement.values(leased_by=worker, leased_until=now + MOVE_LEASE)
            ).rowcount
            > 0
        )


def _version(row: Row[Any]) -> ModelVersion:
    return ModelVersion(
        id=row.id,
        kind=ModelKind(row.kind),
        name=row.name,
        version=row.version,
        card=row.card,
        data_hash=row.data_hash,
        fingerprint=row.fingerprint,
        parent_id=row.parent_id,
        imported_at=row.imported_at,
        imported_by=row.imported_by,
    )


def _publication(row: Row[Any]) -> Publication:
    return Publication(
        sequence=row.sequence,
        kind=ModelKind(row.kind),
        model_id=row.model_id,
        previous_id=row.previous_id,
        action=ReleaseAction(row.action),
        at=row.at,
        actor=row.actor,
    )


def _move(row: Row[Any]) -> EncoderMove:
    return EncoderMove(
        id=row.id,
        model_id=row.model_id,
        fingerprint=row.fingerprint,
        state=MoveState(row.state),
        pace=row.pace,
        started_at=row.started_at,
        started_by=row.started_by,
        ended_at=row.ended_at,
    )
