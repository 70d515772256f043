"""One encoder and everything in this process that speaks its language.

Vectors of two encoders say nothing to each other.  What is compared with a vector is therefore reached
through the meaning that the vector came from: its index, its sketches, its tagger of fine topics.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import structlog

from tianfu.model.errors import SnapshotInvalid
from tianfu.model.feed.table import sketcher
from tianfu.model.ports import Encoder, LearningTagger, VectorIndex
from tianfu.serving.store.changes import Change
from tianfu.serving.store.database import UnitOfWork
from tianfu.serving.store.vectors import StoredVector

log = structlog.get_logger(__name__)


class SnapshottingIndex(VectorIndex, Protocol):
    """A vector index that can be written to disk."""

    @property
    def fault(self) -> str | None:
        """Why a part of it cannot be asked at this moment; ``None`` when all of it can."""
        ...

    def save(self, directory: Path, *, encoder_fingerprint: str, last_sequence: int) -> None:
        """Write a snapshot atomically."""
        ...


class IndexFactory(Protocol):
    """Makes the vector index, empty or from a snapshot."""

    def create(self, dimension: int, *, encoder_fingerprint: str) -> SnapshottingIndex:
        """Make an empty index for the vectors of an encoder."""
        ...

    def load(self, directory: Path, *, encoder_fingerprint: str) -> tuple[SnapshottingIndex, int]:
        """Read a snapshot; returns the index and the last change it holds.

        Raises:
            SnapshotInvalid: Missing, torn, stale, or of another encoder.
        """
        ...

    def drop_others(self, keep: Collection[str]) -> int:
        """Drop what is kept outside this process for other encoders than these, by fingerprint.

        Returns:
            How many encoders' vectors went.

        Raises:
            IndexUnavailable: What keeps them does not answer.
        """
        ...


class ChangeFollower(Protocol):
    """Another cache that follows the change sequence.  Called under the library's lock, in order."""

    def load(self, uow: UnitOfWork) -> None:
        """Start from what the database holds."""
        ...

    def apply(self, changes: Sequence[Change], uow: UnitOfWork) -> None:
        """Take over what changed; may be told the same change twice."""
        ...


class Meaning:
    """An encoder with its index.

    Attributes:
        model_id: Of the published version; ``None`` for what ships or the settings name.
        version: Name and version of the encoder, as in its card.
        learner: Its tagger of fine topics, if there is one.
        index: Of every story that has a vector of this encoder; replaced whole by :meth:`load` only.
        sketch: Shortens its vectors for variety within a page.
    """

    def __init__(
        self,
        *,
        encoder: Encoder,
        version: str,
        indexes: IndexFactory,
        snapshot_dir: Path,
        model_id: str | None = None,
        learner: LearningTagger | None = None,
        teacher: ChangeFollower | None = None,
    ) -> None:
        self.encoder = encoder
        self.version = version
        self.model_id = model_id
        self.learner = learner
        self.index: SnapshottingIndex = indexes.create(
            encoder.dimension, encoder_fingerprint=encoder.fingerprint
        )
        self.sketch = sketcher(encoder.dimension)
        self._teacher = teacher
        self._indexes = indexes
        self._snapshot_dir = snapshot_dir

    @property
    def fingerprint(self) -> str:
        """That of the encoder."""
        return self.encoder.fingerprint

    def load(self, uow: UnitOfWork) -> int:
        """Load the snapshot, or rebuild from the database with a warning.

        Returns:
            The last change that is in it.
        """
        if self._teacher is not None:
            self._teacher.load(uow)
        latest = uow.changes.latest()
        try:
            index, sequence = self._indexes.load(self._snapshot_dir, encoder_fingerprint=self.fingerprint)
            if sequence > latest:
                raise SnapshotInvalid("The snapshot is ahead of the database.")
            if not uow.changes.reach_back_to(sequence):
                raise SnapshotInvalid("The snapshot is older than the changes that are kept.")
            self.index = index
        except SnapshotInvalid as bad:
            if uow.stories.count() > 0:
                log.warning("index.rebuilding", encoder=self.version, why=bad.message)
            self.index = self._indexes.create(self.encoder.dimension, encoder_fingerprint=self.fingerprint)
            for stored in uow.vectors.all(encoder=self.fingerprint):
                self._add(stored, uow)
            return latest
        return sequence

    def take_in(self, numbers: Sequence[int], uow: UnitOfWork) -> list[StoredVector]:
        """Index these stories as the database holds them; returns those that have a vector."""
        stored = list(uow.vectors.of(numbers, encoder=self.fingerprint).values())
        self._add(stored, uow)
        return stored

    def learn(self, changes: Sequence[Change], uow: UnitOfWork) -> None:
        """Take over what editors decided on fine topics."""
        if self._teacher is not None:
            self._teacher.apply(changes, uow)

    def save(self, sequence: int) -> None:
        """Write the index to disk with the change it is at."""
        self.index.save(self._snapshot_dir, encoder_fingerprint=self.fingerprint, last_sequence=sequence)

    def _add(self, stored: Sequence[StoredVector], uow: UnitOfWork) -> None:
        if not stored:
            return
        facts = uow.cards.facts([s.number for s in stored])
        rows = [s for s in stored if s.number in facts]
        if rows:
            self.index.add(
                [s.number for s in rows], np.stack([s.vector for s in rows]), [facts[s.number] for s in rows]
            )
