"""The library: everything this process keeps in memory, following the change sequence.

The database is the truth.  The vector index, the copy index and the feed view are caches that any
process rebuilds from a snapshot plus the changes since, or from the database alone.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import numpy as np
import structlog

from tianfu.model.aims import Aims
from tianfu.model.errors import SnapshotInvalid
from tianfu.model.feed.table import sketcher
from tianfu.model.feed.view import FeedView
from tianfu.model.outlet import Outlet
from tianfu.model.placement import Placement
from tianfu.model.ports import Clock, CopyIndex, Encoder, VectorIndex
from tianfu.model.rights import RightsBook
from tianfu.serving.services.shelf import Shelf, load_cards
from tianfu.serving.store.aims import SceneKey
from tianfu.serving.store.changes import Change, ChangeKind
from tianfu.serving.store.database import Database, UnitOfWork
from tianfu.serving.store.vectors import StoredVector

log = structlog.get_logger(__name__)

_BATCH = 2_000


class SnapshottingIndex(VectorIndex, Protocol):
    """A vector index that can be written to disk."""

    def save(self, directory: Path, *, encoder_fingerprint: str, last_sequence: int) -> None:
        """Write a snapshot atomically."""
        ...


class IndexFactory(Protocol):
    """Makes the vector index, empty or from a snapshot."""

    def create(self, dimension: int) -> SnapshottingIndex:
        """Make an empty index."""
        ...

    def load(self, directory: Path, *, encoder_fingerprint: str) -> tuple[SnapshottingIndex, int]:
        """Read a snapshot; returns the index and the last change it holds.

        Raises:
            SnapshotInvalid: Missing, torn, stale, or of another encoder.
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


class Library:
    """What this process knows, kept up to date by :meth:`catch_up`.

    One thread at a time catches up; any number read.  ``view``, ``outlets``, ``placements``,
    ``taken_down``, ``aims`` and ``rights`` are replaced whole, never changed in place.
    """

    def __init__(
        self,
        *,
        database: Database,
        encoder: Encoder,
        indexes: IndexFactory,
        new_copy_index: Callable[[], CopyIndex],
        snapshot_dir: Path,
        clock: Clock,
        hot_window: timedelta = timedelta(days=30),
        least_cards: int = 5_000,
    ) -> None:
        self._database = database
        self._encoder = encoder
        self._indexes = indexes
        self._snapshot_dir = snapshot_dir
        self._clock = clock
        self._followers: tuple[ChangeFollower, ...] = ()
        self._lock = threading.Lock()
        self._shelf = Shelf(
            hot_window=hot_window, least_cards=least_cards, sketch=sketcher(encoder.dimension)
        )
        self.new_copy_index = new_copy_index
        self.copies = new_copy_index()
        self.index: SnapshottingIndex = indexes.create(encoder.dimension)
        self.sequence = 0
        self.caught_up_at = clock.now()
        self.outlets: dict[str, Outlet] = {}
        self.placements: tuple[Placement, ...] = ()
        self.taken_down: frozenset[int] = frozenset()
        self.aims: dict[SceneKey, Aims] = {}
        self.rights = RightsBook()

    @property
    def view(self) -> FeedView:
        """The stories that may be shown, as of the last change."""
        return self._shelf.view

    def follow_with(self, follower: ChangeFollower) -> None:
        """Tell another cache of every change; before :meth:`start`."""
        self._followers += (follower,)

    def start(self) -> None:
        """Load the snapshot, or rebuild from the database with a warning, then catch up."""
        began = time.monotonic()
        with self._lock, self._database.read() as uow:
            self._load_index(uow)
            self._load_copies(uow)
            self.sequence = min(self.sequence, uow.changes.latest())
            self._reload_outlets(uow)
            self._reload_placements(uow)
            self._reload_taken_down(uow)
            self._reload_aims(uow)
            self._reload_rights(uow)
            self._fill_shelf(uow)
            for follower in self._followers:
                follower.load(uow)
        self.catch_up()
        log.info("library.started", stories=self.index.size, seconds=round(time.monotonic() - began, 2))

    def catch_up(self, *, at_once: bool = False) -> int:
        """Apply every change since the last; returns how many there were.

        Args:
            at_once: Show what changed with the very next view, whatever making it costs.
        """
        applied = 0
        with self._lock:
            while True:
                with self._database.read() as uow:
                    changes = uow.changes.since(self.sequence)
                    if not changes:
                        self.caught_up_at = self._clock.now()
                        break
                    self._apply(changes, uow)
                self.sequence = changes[-1].sequence
                applied += len(changes)
            self._shelf.refresh(self._clock.now(), at_once=at_once)
        return applied

    def hide(self, numbers: Iterable[int]) -> None:
        """Hide stories at once, ahead of the change sequence, for this process's very next answer."""
        with self._lock:
            self.taken_down |= frozenset(numbers)
            self._shelf.drop(numbers)
            self._shelf.refresh(self._clock.now(), at_once=True)

    def is_showable(self, number: int) -> bool:
        """Whether no takedown stands against a story."""
        return number not in self.taken_down

    def save_snapshot(self) -> None:
        """Write the vector index to disk with the sequence it is at."""
        with self._lock:
            index, sequence = self.index, self.sequence
            index.save(
                self._snapshot_dir, encoder_fingerprint=self._encoder.fingerprint, last_sequence=sequence
            )
        log.info("index.saved", stories=index.size, sequence=sequence)

    def _fill_shelf(self, uow: UnitOfWork) -> None:
        cards = load_cards(uow, self._shelf, self._clock.now())
        self._shelf.fill({}, {})
        numbers = sorted(cards)
        for start in range(0, len(numbers), _BATCH):
            batch = numbers[start : start + _BATCH]
            self._shelf.put(batch, {n: cards[n] for n in batch}, self.index.vectors(batch))
        self._shelf.refresh(self._clock.now(), at_once=True)

    def _load_index(self, uow: UnitOfWork) -> None:
        try:
            self.index, self.sequence = self._indexes.load(
                self._snapshot_dir, encoder_fingerprint=self._encoder.fingerprint
            )
            if self.sequence > uow.changes.latest():
                raise SnapshotInvalid("The snapshot is ahead of the database.")
        except SnapshotInvalid as bad:
            has_stories = uow.stories.count() > 0
            if has_stories:
                log.warning("index.rebuilding", why=bad.message)
            self.index = self._indexes.create(self._encoder.dimension)
            self.sequence = uow.changes.latest()
            for stored in uow.vectors.all(encoder=self._encoder.fingerprint):
                self._index_vectors(stored, uow)

    def _load_copies(self, uow: UnitOfWork) -> None:
        for stored in uow.vectors.all(encoder=self._encoder.fingerprint):
            self.copies.add([s.number for s in stored], [s.text_fingerprint for s in stored])

    def _index_vectors(self, stored: Sequence[StoredVector], uow: UnitOfWork) -> None:
        if not stored:
            return
        numbers = [s.number for s in stored]
        facts = uow.cards.facts(numbers)
        rows = [s for s in stored if s.number in facts]
        self.index.add(
            [s.number for s in rows], np.stack([s.vector for s in rows]), [facts[s.number] for s in rows]
        )

    def _apply(self, changes: Sequence[Change], uow: UnitOfWork) -> None:
        kinds = {change.kind for change in changes}
        numbers = numbers_of(changes, ChangeKind.STORY_INDEXED)
        for start in range(0, len(numbers), _BATCH):
            found = uow.vectors.of(numbers[start : start + _BATCH], encoder=self._encoder.fingerprint)
            stored = list(found.values())
            self._index_vectors(stored, uow)
            self.copies.add([s.number for s in stored], [s.text_fingerprint for s in stored])
        if ChangeKind.OUTLETS in kinds:
            self._reload_outlets(uow)
        if ChangeKind.PLACEMENTS in kinds:
            self._reload_placements(uow)
        if ChangeKind.STORY_STATE in kinds:
            self._reload_taken_down(uow)
        if ChangeKind.AIMS in kinds:
            self._reload_aims(uow)
        if kinds & {ChangeKind.RIGHTS, ChangeKind.OUTLETS}:
            self._reload_rights(uow)
        touched = numbers_of(
            changes,
            ChangeKind.STORY_INDEXED,
            ChangeKind.STORY_STATE,
            ChangeKind.STORY_TAGS,
            ChangeKind.STORY_CLUSTER,
            ChangeKind.STORY_COPIES,
        )
        self._shelf.put(touched, uow.cards.of(touched), self.index.vectors(numbers))
        for follower in self._followers:
            follower.apply(changes, uow)

    def _reload_outlets(self, uow: UnitOfWork) -> None:
        self.outlets = {outlet.id: outlet for outlet in uow.outlets.all()}

    def _reload_placements(self, uow: UnitOfWork) -> None:
        self.placements = tuple(uow.placements.standing(self._clock.now()))

    def _reload_aims(self, uow: UnitOfWork) -> None:
        self.aims = uow.aims.all()

    def _reload_rights(self, uow: UnitOfWork) -> None:
        self.rights = RightsBook(
            agreements=uow.rights.agreements(),
            sources=frozenset(source.name for source in uow.rights.sources()),
            newsrooms={outlet.name: outlet.id for outlet in self.outlets.values()},
        )

    def _reload_taken_down(self, uow: UnitOfWork) -> None:
        self.taken_down = frozenset(uow.cards.taken_down())


def numbers_of(changes: Sequence[Change], *kinds: ChangeKind) -> list[int]:
    """Stories that changes of these kinds concern, ascending, each once."""
    wanted = {c.story_number for c in changes if c.kind in kinds and c.story_number is not None}
    return sorted(wanted)
