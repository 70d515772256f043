"""Model versions as people handle them: taken in, published, rolled back; every step audited."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog

from tianfu.model.errors import ArtefactInvalid, Conflict, InvalidRequest, ModelRefused, NotFound
from tianfu.model.ports import Clock, Encoder
from tianfu.model.release import (
    Fault,
    ModelKind,
    ModelVersion,
    Publication,
    ReleaseAction,
    data_hash_of,
    faults_of,
)
from tianfu.model.vocab.topics import load_topics
from tianfu.serving.services.cabinet import Cabinet
from tianfu.serving.services.clock import new_id
from tianfu.serving.services.live_models import ModelLoader
from tianfu.serving.store.changes import ChangeKind
from tianfu.serving.store.database import Database, UnitOfWork
from tianfu.serving.store.models import EncoderMove, MoveState

log = structlog.get_logger(__name__)

SHIPPED = "shipped"
_PROBE = ("利州区春耕备耕全面展开", "苍溪县红心猕猴桃喜获丰收")
_SHORTEST_ID = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What serves of one kind.

    Attributes:
        serving: ``None`` for what ships or the settings name.
        previous: What a rollback goes back to.
        publication: How it came about; ``None`` when nothing was ever published.
    """

    kind: ModelKind
    serving: ModelVersion | None
    previous: ModelVersion | None
    publication: Publication | None


class ModelDesk:
    """Writes what is published; running processes follow within seconds."""

    def __init__(
        self,
        *,
        database: Database,
        cabinet: Cabinet,
        loader: ModelLoader,
        shipped_encoder: Callable[[], str],
        clock: Clock,
    ) -> None:
        """Take the registry.

        Args:
            database: Open.
            cabinet: Of this machine.
            loader: Opens artefacts, to see whether they can be.
            shipped_encoder: Tells the fingerprint of the encoder that serves where none is published.
            clock: For the records.
        """
        self._database = database
        self._cabinet = cabinet
        self._loader = loader
        self._shipped_encoder = shipped_encoder
        self._clock = clock

    def take_in(self, folder: Path, *, actor: str) -> ModelVersion:
        """Copy an artefact into the data directory and register it; again changes nothing.

        Raises:
            ArtefactInvalid: No card, a kind that does not serve, a file missing or altered.
        """
        model_id, kind, card = self._cabinet.take(folder)
        fingerprint = None
        if kind is ModelKind.ENCODER:
            fingerprint = self._loader.encoder(self._cabinet.path(model_id)).fingerprint
        with self._database.write() as uow:
            serving = uow.models.serving().get(kind)
            known = uow.models.by_id(model_id)
            version = known or ModelVersion(
                id=model_id,
                kind=kind,
                name=str(card["name"])[:80],
                version=str(card["version"])[:40],
                card=card,
                data_hash=data_hash_of(card),
                fingerprint=fingerprint,
                parent_id=serving.model_id if serving else None,
                imported_at=self._clock.now(),
                imported_by=actor,
            )
            if known is None:
                uow.models.add(version)
                self._note("model.imported", version, {"data_hash": version.data_hash}, uow, actor)
            uow.commit()
        return version

    def publish(
        self, kind: ModelKind, wanted: str, *, actor: str, pace: float = 0.5
    ) -> Publication | EncoderMove:
        """Let a version serve: at once, or for an encoder after every story has been read by it.

        Args:
            kind: What it is to serve as.
            wanted: An id or the first eight and more of its digits, ``name@version``, or ``shipped``.
            actor: Key id or ``command line``.
            pace: For an encoder, the share of one core that re-embedding may take, above 0 to 1.

        Raises:
            NotFound: There is no such version.
            ModelRefused: Its card, a file or a metric speaks against it.
            Conflict: It serves already, or another encoder is on its way.
            InvalidRequest: The pace is out of range.
        """
        if not 0.0 < pace <= 1.0:
            raise InvalidRequest(field="pace", why="lies above 0 and up to 1")
        version = None if wanted == SHIPPED else self.checked(kind, wanted)
        with self._database.write() as uow:
            serving = uow.models.serving().get(kind)
            standing_id = serving.model_id if serving else None
            model_id = version.id if version else None
            if standing_id == model_id:
                raise Conflict(f"{version.label if version else 'What ships'} serves already.")
            if kind is ModelKind.ENCODER:
                done: Publication | EncoderMove = self._start_move(version, pace, uow, actor)
            else:
                done = self._put(kind, model_id, standing_id, ReleaseAction.PUBLISH, uow, actor)
                self._note_publication("model.published", kind, version, standing_id, uow, actor)
            uow.commit()
        return done

    def rollback(self, kind: ModelKind, *, actor: str) -> Publication:
        """Let what served before serve again; doing so twice goes back twice.

        Raises:
            Conflict: Nothing was published, or an encoder is on its way.
        """
        with self._database.write() as uow:
            serving = uow.models.serving().get(kind)
            if serving is None or serving.model_id is None:
                raise Conflict(
                    f"No {kind} was ever published, or all were rolled back already.",
                    advice="See `tianfu models list`.",
                )
            if kind is ModelKind.ENCODER and uow.models.move() is not None:
                raise Conflict("Another encoder is on its way.", advice="Cancel that move first.")
            before = uow.models.before(serving)
            done = self._put(kind, serving.previous_id, before, ReleaseAction.ROLLBACK, uow, actor)
            back = uow.models.by_id(serving.previous_id) if serving.previous_id else None
            self._note_publication("model.rolled_back", kind, back, serving.model_id, uow, actor)
            uow.commit()
        return done

    def change_move(
        self, *, state: MoveState | None = None, pace: float | None = None, actor: str
    ) -> EncoderMove:
        """Pause, resume, cancel or pace the move to another encoder.

        Raises:
            NotFound: None is under way.
            InvalidRequest: The pace is out of range, or the state is not one to be set.
        """
        if pace is not None and not 0.0 < pace <= 1.0:
            raise InvalidRequest(field="pace", why="lies above 0 and up to 1")
        if state is MoveState.SWITCHED:
            raise InvalidRequest(field="state", why="is reached by itself, when every story is read")
        now = self._clock.now()
        with self._database.write() as uow:
            move = uow.models.move()
            if move is None:
                raise NotFound("move", "open")
            state, pace = state or move.state, pace or move.pace
            ended_at = None if state.is_open else now
            uow.models.change_move(move.id, state=state, pace=pace, ended_at=ended_at)
            uow.changes.add(ChangeKind.MODELS, [None], now)
            details = {"state": state.value, "pace": pace, "model_id": move.model_id}
            uow.audit.add(
                actor=actor, action="encoder.move_changed", target=move.id, now=now, details=details
            )
            changed = next(one for one in uow.models.moves() if one.id == move.id)
            uow.commit()
        return changed

    def drop_vectors(self) -> int:
        """Delete some vectors of encoders that are of no use any more; returns how many, 0 at the end.

        Kept are those of the encoder that serves, of the one a rollback goes back to, of one on its way,
        and of the one that serves where none is published.
        """
        with self._database.write() as uow:
            dropped = uow.vectors.drop_others(sorted(self._in_use(uow)))
            uow.commit()
        return dropped

    def encoders_in_use(self) -> set[str]:
        """Fingerprints of the encoders whose vectors :meth:`drop_vectors` keeps."""
        with self._database.read() as uow:
            return self._in_use(uow)

    def _in_use(self, uow: UnitOfWork) -> set[str]:
        serving, move = uow.models.serving().get(ModelKind.ENCODER), uow.models.move()
        ids = [serving.model_id, serving.previous_id] if serving else []
        versions = [uow.models.by_id(model_id) for model_id in ids if model_id]
        kept = {self._shipped_encoder(), *(v.fingerprint for v in versions if v and v.fingerprint)}
        return kept if move is None else kept | {move.fingerprint}

    def versions(self) -> list[ModelVersion]:
        """Every version, newest first."""
        with self._database.read() as uow:
            return uow.models.all()

    def standing(self) -> list[Standing]:
        """What serves of every kind and what served before."""
        with self._database.read() as uow:
            serving = uow.models.serving()
            by_id = {version.id: version for version in uow.models.all()}
        found = []
        for kind in ModelKind:
            one = serving.get(kind)
            found.append(
                Standing(
                    kind=kind,
                    serving=by_id.get(one.model_id or "") if one else None,
                    previous=by_id.get(one.previous_id or "") if one else None,
                    publication=one,
                )
            )
        return found

    def history(self, kind: ModelKind | None = None) -> list[Publication]:
        """What came to serve, newest first."""
        with self._database.read() as uow:
            return uow.models.history(kind)

    def checked(self, kind: ModelKind, wanted: str) -> ModelVersion:
        """The version that somebody means, if it may serve.

        Raises:
            NotFound: There is none.
            ModelRefused: Its card, a file or a metric speaks against it.
        """
        version = self.find(kind, wanted)
        self.check(version)
        return version

    def find(self, kind: ModelKind, wanted: str) -> ModelVersion:
        """The version that somebody means: an id or its first digits, or ``name@version``.

        Raises:
            NotFound: There is none.
        """
        for version in self.versions():
            if version.kind is not kind:
                continue
            begins = len(wanted) >= _SHORTEST_ID and version.id.startswith(wanted)
            if begins or wanted in (version.label, version.id):
                return version
        raise NotFound(f"{kind} model", wanted)

    def check(self, version: ModelVersion) -> None:
        """Refuse what may not serve.

        Raises:
            ModelRefused: Every reason, and what to do about the first.
        """
        with self._database.read() as uow:
            encoder = serving_fingerprint(uow) or self._shipped_encoder()
        topics = frozenset(topic.code for topic in load_topics().all)
        found = faults_of(version.kind, version.card, encoder=encoder, topics=topics)
        if not found:
            found = self._faults_opened(version)
        if found:
            raise ModelRefused(
                f"{version.label} may not serve: {'; '.join(fault.why for fault in found)}.",
                advice=found[0].advice,
            )

    def _faults_opened(self, version: ModelVersion) -> list[Fault]:
        """What shows only when the artefact is opened: hashes of its files, and a try."""
        try:
            path = self._cabinet.path(version.id)
            match version.kind:
                case ModelKind.ENCODER:
                    return _encoder_faults(self._loader.encoder(path), int(version.card.get("dimension", 0)))
                case ModelKind.TAGGER:
                    self._loader.tagger(path)
                case ModelKind.PAIRS:
                    self._loader.judge(path)
                case ModelKind.RANKER:
                    self._loader.scorer(path)
        except ArtefactInvalid as bad:
            return [Fault(bad.message.removesuffix("."), bad.advice)]
        return []

    def _start_move(
        self, version: ModelVersion | None, pace: float, uow: UnitOfWork, actor: str
    ) -> EncoderMove:
        if version is None or version.fingerprint is None:
            raise Conflict(
                "The shipped encoder is reached by rolling back, or by publishing its own folder.",
                advice="Use `tianfu models rollback encoder`.",
            )
        if uow.models.move() is not None:
            raise Conflict("Another encoder is on its way.", advice="Cancel that move first.")
        if version.fingerprint == (serving_fingerprint(uow) or self._shipped_encoder()):
            raise Conflict(f"{version.label} serves already, under another version.")
        now = self._clock.now()
        move = EncoderMove(
            id=new_id("m"),
            model_id=version.id,
            fingerprint=version.fingerprint,
            state=MoveState.RUNNING,
            pace=pace,
            started_at=now,
            started_by=actor,
            ended_at=None,
        )
        uow.models.start_move(move)
        uow.changes.add(ChangeKind.MODELS, [None], now)
        self._note("encoder.move_started", version, {"move": move.id, "pace": pace}, uow, actor)
        return move

    def _put(
        self,
        kind: ModelKind,
        model_id: str | None,
        previous_id: str | None,
        action: ReleaseAction,
        uow: UnitOfWork,
        actor: str,
    ) -> Publication:
        now = self._clock.now()
        uow.models.publish(kind, model_id, previous_id=previous_id, action=action, now=now, actor=actor)
        uow.changes.add(ChangeKind.MODELS, [None], now)
        log.info("model.published", kind=kind.value, model_id=model_id, action=action.value)
        return uow.models.serving()[kind]

    def _note_publication(
        self,
        action: str,
        kind: ModelKind,
        version: ModelVersion | None,
        before_id: str | None,
        uow: UnitOfWork,
        actor: str,
    ) -> None:
        uow.audit.add(
            actor=actor,
            action=action,
            target=version.id if version else f"{kind}:{SHIPPED}",
            now=self._clock.now(),
            details={
                "kind": kind.value,
                "version": version.label if version else SHIPPED,
                "before": before_id or SHIPPED,
                "data_hash": version.data_hash if version else None,
            },
        )

    def _note(
        self, action: str, version: ModelVersion, details: dict[str, object], uow: UnitOfWork, actor: str
    ) -> None:
        facts = {"kind": version.kind.value, "version": version.label, **details}
        uow.audit.add(actor=actor, action=action, target=version.id, now=self._clock.now(), details=facts)


def serving_fingerprint(uow: UnitOfWork) -> str | None:
    """Fingerprint of the published encoder; ``None`` where none is."""
    serving = uow.models.serving().get(ModelKind.ENCODER)
    version = uow.models.by_id(serving.model_id) if serving and serving.model_id else None
    return version.fingerprint if version else None


def _encoder_faults(encoder: Encoder, dimension: int) -> list[Fault]:
    vectors = encoder.encode(list(_PROBE))
    advice = "Train or import it again."
    if dimension != encoder.dimension or vectors.shape != (len(_PROBE), dimension):
        return [Fault(f"its card says {dimension} numbers, its vectors have {vectors.shape[1]}", advice)]
    if not np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-2):
        return [Fault("its vectors are not of unit length", advice)]
    if np.allclose(vectors[0], vectors[1], atol=1e-4):
        return [Fault("it gives two different stories the same vector", advice)]
    return []
