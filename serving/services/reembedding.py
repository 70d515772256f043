"""Reading every story again by another encoder, in the background, while the old one serves.

What is still to do is a question to the database: stories whose indexed text has no vector of that encoder.
So a restart, a pause or a second worker loses nothing, and a step may run twice.
"""

import time
from collections.abc import Sequence

import structlog

from tianfu.model.ports import Clock
from tianfu.model.release import ModelKind, ReleaseAction
from tianfu.model.story import Story
from tianfu.serving.services.library import Library
from tianfu.serving.services.meaning import Meaning
from tianfu.serving.services.reading import StoryReader
from tianfu.serving.services.vector_writing import write_vectors
from tianfu.serving.store.changes import ChangeKind
from tianfu.serving.store.database import Database
from tianfu.serving.store.models import EncoderMove, MoveState
from tianfu.serving.store.vectors import StoredVector

log = structlog.get_logger(__name__)

BATCH = 64
_MENDING_PACE = 0.5


class Reembedder:
    """Works on the open move; one worker at a time holds it."""

    def __init__(
        self, *, database: Database, library: Library, reader: StoryReader, clock: Clock, worker: str
    ) -> None:
        self._database = database
        self._library = library
        self._reader = reader
        self._clock = clock
        self._worker = worker
        self._below: dict[str, int] = {}
        self._whole: set[str] = set()
        self._unreadable: dict[str, set[int]] = {}
        self._rest_until = 0.0

    def step(self) -> int:
        """Read one batch; returns how many stories were read, 0 when there is nothing to do now."""
        if time.monotonic() < self._rest_until:
            return 0
        with self._database.read() as uow:
            move = uow.models.move()
        if move is None or not self._holds(move):
            return self._mend(move.fingerprint if move else None)
        meaning = next((m for m in self._library.beside if m.model_id == move.model_id), None)
        if meaning is None:
            return 0
        read = self._read_batch(meaning, move.pace)
        if read == 0:
            self._finish(move)
        return read

    def _holds(self, move: EncoderMove) -> bool:
        """Take or keep the work on a move; False while it is paused or another worker's."""
        if move.state is not MoveState.RUNNING:
            return False
        with self._database.write(()) as uow:
            held = uow.models.lease_move(move.id, worker=self._worker, now=self._clock.now())
            uow.commit()
        return held

    def _mend(self, coming: str | None) -> int:
        """Fill gaps in what serves or served before, once for each: a story stored while encoders changed.

        Args:
            coming: Fingerprint of the encoder on its way, which is not to be filled here.
        """
        held = [m for m in (self._library.meaning, *self._library.beside) if m.fingerprint != coming]
        for meaning in held:
            if meaning.fingerprint not in self._whole:
                read = self._read_batch(meaning, _MENDING_PACE)
                if read:
                    return read
                self._whole.add(meaning.fingerprint)
        self._whole &= {meaning.fingerprint for meaning in held}
        return 0

    def _read_batch(self, meaning: Meaning, pace: float) -> int:
        began = time.monotonic()
        numbers = self._next(meaning.fingerprint)
        if not numbers:
            return 0
        with self._database.read() as uow:
            stories = list(uow.stories.by_numbers(numbers).values())
        vectors = self._vectors(stories, meaning)
        write_vectors(vectors, encoder=meaning.fingerprint, database=self._database, now=self._clock.now())
        self._below[meaning.fingerprint] = min(numbers)
        took = time.monotonic() - began
        self._rest_until = time.monotonic() + took * (1.0 / pace - 1.0)
        return len(numbers)

    def _next(self, fingerprint: str) -> list[int]:
        """The newest stories without a vector: below those read last, then once more from the top."""
        below = self._below.pop(fingerprint, None)
        found = self._missing(fingerprint, below)
        return found if found or below is None else self._missing(fingerprint, None)

    def _missing(self, fingerprint: str, below: int | None) -> list[int]:
        skipped = self._unreadable.get(fingerprint, set())
        with self._database.read() as uow:
            found = uow.vectors.missing(encoder=fingerprint, below=below, limit=BATCH + len(skipped))
        return [number for number in found if number not in skipped][:BATCH]

    def _vectors(self, stories: Sequence[Story], meaning: Meaning) -> list[StoredVector]:
        try:
            return self._reader.read_by(stories, meaning)
        except Exception:
            log.exception("batch.unreadable", encoder=meaning.version, stories=len(stories))
        found = []
        for story in stories:
            try:
                found += self._reader.read_by([story], meaning)
            except Exception:
                log.exception("story.unreadable", story=story.number, encoder=meaning.version)
                self._unreadable.setdefault(meaning.fingerprint, set()).add(story.number)
        return found

    def _finish(self, move: EncoderMove) -> None:
        """Publish, in the transaction that sees that no story is missing."""
        now = self._clock.now()
        skipped = self._unreadable.get(move.fingerprint, set())
        with self._database.write() as uow:
            missing = uow.vectors.missing(encoder=move.fingerprint, below=None, limit=1 + len(skipped))
            if set(missing) - skipped:
                return
            ended = uow.models.change_move(move.id, state=MoveState.SWITCHED, pace=move.pace, ended_at=now)
            if not ended:
                return
            serving = uow.models.serving().get(ModelKind.ENCODER)
            before = serving.model_id if serving else None
            uow.models.publish(
                ModelKind.ENCODER,
                move.model_id,
                previous_id=before,
                action=ReleaseAction.PUBLISH,
                now=now,
                actor=move.started_by,
            )
            uow.changes.add(ChangeKind.MODELS, [None], now)
            uow.audit.add(
                actor=move.started_by,
                action="model.published",
                target=move.model_id,
                now=now,
                details={"kind": "encoder", "move": move.id, "before": before, "unreadable": len(skipped)},
            )
            uow.commit()
        self._whole.discard(move.fingerprint)
        log.info("encoder.published", move=move.id, model_id=move.model_id)
