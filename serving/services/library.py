"""The library: everything this process keeps in memory, following the change sequence.

The database is the truth.  The vector index, the copy index and the feed view are caches that any
process rebuilds from a snapshot plus the changes since, or from the database alone.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

import structlog

from tianfu.model.aims import Aims
from tianfu.model.feed.card import StoryCard
from tianfu.model.feed.view import FeedView
from tianfu.model.outlet import Outlet
from tianfu.model.placement import Placement
from tianfu.model.ports import Clock, CopyIndex
from tianfu.model.rights import RightsBook
from tianfu.serving.services.meaning import ChangeFollower, Meaning, SnapshottingIndex
from tianfu.serving.services.shelf import Shelf, load_cards
from tianfu.serving.store.aims import SceneKey
from tianfu.serving.store.changes import Change, ChangeKind
from tianfu.serving.store.database import Database, UnitOfWork
from tianfu.serving.store.vectors import StoredVector

log = structlog.get_logger(__name__)

_BATCH = 2_000
_ON_CARDS = (
    ChangeKind.STORY_INDEXED,
    ChangeKind.STORY_STATE,
    ChangeKind.STORY_TAGS,
    ChangeKind.STORY_CLUSTER,
    ChangeKind.STORY_COPIES,
)
"""Changes after which a story's card may read otherwise."""


class Sight(NamedTuple):
    """What a feed looks at: stories, and the meaning by which they are told apart.  Always of one piece."""

    meaning: Meaning
    view: FeedView


class Library:
    """What this process knows, kept up to date by :meth:`catch_up`.

    One thread at a time catches up; any number read.  ``view``, ``outlets``, ``placements``,
    ``taken_down``, ``aims`` and ``rights`` are replaced whole, never changed in place.  Whoever compares
    stories takes :attr:`sight` once and stays with it, so that no answer mixes two encoders.

    Attributes:
        beside: Further meanings that are kept up to date: one on its way, or the one that served before.
    """

    def __init__(
        self,
        *,
        database: Database,
        meaning: Meaning,
        new_copy_index: Callable[[], CopyIndex],
        clock: Clock,
        hot_window: timedelta = timedelta(days=30),
        least_cards: int = 5_000,
        shows: bool = True,
    ) -> None:
        """Keep nothing yet; :meth:`start` loads.

        Args:
            database: The truth.
            meaning: Which encoder's vectors and index serve.
            new_copy_index: Makes an empty index of copies.
            clock: Tells which stories are hot.
            hot_window: How long feeds show a story.
            least_cards: So many of the newest are shown however old they are.
            shows: Whether feeds are made here; where none are, ``view`` stays empty.
        """
        self._database = database
        self._clock = clock
        self._followers: tuple[ChangeFollower, ...] = ()
        self._lock = threading.Lock()
        self._shows = shows
        self._shelf = Shelf(meaning, hot_window=hot_window, least_cards=least_cards)
        self.beside: tuple[Meaning, ...] = ()
        self.new_copy_index = new_copy_index
        self.copies = new_copy_index()
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

    @property
    def sight(self) -> Sight:
        """The stories that may be shown and their meaning, of one piece."""
        shelf = self._shelf
        return Sight(shelf.meaning, shelf.view)

    @property
    def meaning(self) -> Meaning:
        """The meaning that serves."""
        return self._shelf.meaning

    @property
    def index(self) -> SnapshottingIndex:
        """The vector index that serves."""
        return self._shelf.meaning.index

    def follow_with(self, follower: ChangeFollower) -> None:
        """Tell another cache of every change; before :meth:`start`."""
        self._followers += (follower,)

    def start(self) -> None:
        """Load the snapshot, or rebuild from the database with a warning, then catch up."""
        began = time.monotonic()
        with self._lock, self._database.read() as uow:
            self._load(uow)
        self.catch_up()
        log.info("library.started", stories=self.index.size, seconds=round(time.monotonic() - began, 2))

    def catch_up(self, *, at_once: bool = False) -> int:
        """Apply every change since the last; returns how many there were.

        Takedowns and what is shown again show with the very next view, other changes when it is time for one.

        Args:
            at_once: Show all that changed with the very next view, whatever making it costs.
        """
        applied = 0
        with self._lock:
            while True:
                with self._database.read() as uow:
                    changes = uow.changes.since(self.sequence)
                    if not changes:
                        self.caught_up_at = self._clock.now()
                        break
                    if changes[0].sequence > self.sequence + 1 and not uow.changes.reach_back_to(
                        self.sequence
                    ):
                        log.warning("library.left_behind", sequence=self.sequence)
                        self._load(uow)
                        continue
                    self._apply(changes, uow)
                self.sequence = changes[-1].sequence
                applied += len(changes)
                at_once |= any(change.kind is ChangeKind.STORY_STATE for change in changes)
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

    def stand_by(self, meaning: Meaning) -> None:
        """Keep a further meaning up to date from now on, loading it while everything goes on."""
        with self._database.read() as uow:
            sequence = meaning.load(uow)
        with self._lock, self._database.read() as uow:
            missed = [c for c in uow.changes.since(sequence) if c.sequence <= self.sequence]
            while missed:
                self._take_in(meaning, missed, uow)
                sequence = missed[-1].sequence
                missed = [c for c in uow.changes.since(sequence) if c.sequence <= self.sequence]
            self.beside = (*(one for one in self.beside if one is not meaning), meaning)
        log.info("meaning.stands_by", encoder=meaning.version, stories=meaning.index.size)

    def switch_to(self, meaning: Meaning) -> None:
        """Serve by a meaning that stands by, from the very next answer on; the one before stands by then."""
        with self._lock:
            before = self._shelf
            if before.meaning is meaning:
                return
            shelf = Shelf(meaning, hot_window=before.hot_window, least_cards=before.least_cards)
            cards = before.cards()
            _fill(shelf, cards)
            shelf.refresh(self._clock.now(), at_once=True)
            self.beside = (*(one for one in self.beside if one is not meaning), before.meaning)
            self._shelf = shelf
        log.info("meaning.switched", encoder=meaning.version, before=before.meaning.version)

    def let_go(self, meaning: Meaning) -> None:
        """No longer keep a meaning that stands by."""
        with self._lock:
            self.beside = tuple(one for one in self.beside if one is not meaning)

    def save_snapshot(self) -> None:
        """Write the vector indexes to disk with the sequence they are at."""
        with self._lock:
            for meaning in (self.meaning, *self.beside):
                meaning.save(self.sequence)
        log.info("index.saved", stories=self.index.size, sequence=self.sequence)

    def _load(self, uow: UnitOfWork) -> None:
        self.sequence = min(meaning.load(uow) for meaning in (self.meaning, *self.beside))
        self._load_copies(uow)
        self._reload_outlets(uow)
        self._reload_placements(uow)
        self._reload_taken_down(uow)
        self._reload_aims(uow)
        self._reload_rights(uow)
        if self._shows:
            self._fill_shelf(uow)
        for follower in self._followers:
            follower.load(uow)

    def _fill_shelf(self, uow: UnitOfWork) -> None:
        cards = load_cards(uow, self._shelf, self._clock.now())
        _fill(self._shelf, cards)
        self._shelf.refresh(self._clock.now(), at_once=True)

    def _load_copies(self, uow: UnitOfWork) -> None:
        for found in uow.vectors.fingerprints(encoder=self.meaning.fingerprint):
            self.copies.add(list(found), list(found.values()))

    def _add_copies(self, stored: Sequence[StoredVector]) -> None:
        self.copies.add([s.number for s in stored], [s.text_fingerprint for s in stored])

    def _take_in(self, meaning: Meaning, changes: Sequence[Change], uow: UnitOfWork) -> list[int]:
        """Bring one meaning up to date; returns the numbers of stories that have a new vector in it."""
        own = [c for c in changes if c.kind is not ChangeKind.STORY_VECTORS or c.key == meaning.fingerprint]
        numbers = numbers_of(own, ChangeKind.STORY_INDEXED, ChangeKind.STORY_VECTORS)
        for start in range(0, len(numbers), _BATCH):
            stored = meaning.take_in(numbers[start : start + _BATCH], uow)
            if meaning is self.meaning:
                self._add_copies(stored)
        meaning.learn(changes, uow)
        return numbers

    def _apply(self, changes: Sequence[Change], uow: UnitOfWork) -> None:
        kinds = {change.kind for change in changes}
        numbers = self._take_in(self.meaning, changes, uow)
        for meaning in self.beside:
            self._take_in(meaning, changes, uow)
        if ChangeKind.OUTLETS in kinds:
            self._reload_outlets(uow)
        if ChangeKind.PLACEMENTS in kinds:
            self._reload_placements(uow)
        if ChangeKind.STORY_STATE in kinds:
            self._renew_taken_down(numbers_of(changes, ChangeKind.STORY_STATE), uow)
        if ChangeKind.AIMS in kinds:
            self._reload_aims(uow)
        if kinds & {ChangeKind.RIGHTS, ChangeKind.OUTLETS}:
            self._reload_rights(uow)
        if self._shows:
            self._renew_cards(changes, numbers, uow)
        for follower in self._followers:
            follower.apply(changes, uow)

    def _renew_cards(self, changes: Sequence[Change], read: Sequence[int], uow: UnitOfWork) -> None:
        """Renew the cards of all stories that changes touched; those ``read`` have a new vector."""
        touched = sorted({*numbers_of(changes, *_ON_CARDS), *read})
        self._shelf.put(touched, uow.cards.of(touched), self.index.vectors(read))

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

    def _renew_taken_down(self, changed: Sequence[int], uow: UnitOfWork) -> None:
        """Ask about the changed stories alone: every process does so with every takedown."""
        self.taken_down = self.taken_down.difference(changed) | uow.cards.taken_down_of(changed)


def _fill(shelf: Shelf, cards: Mapping[int, StoryCard]) -> None:
    """Put these cards on an empty shelf, with the vectors of its meaning."""
    shelf.fill({}, {})
    numbers = sorted(cards)
    for start in range(0, len(numbers), _BATCH):
        batch = numbers[start : start + _BATCH]
        shelf.put(batch, {n: cards[n] for n in batch}, shelf.meaning.index.vectors(batch))


def numbers_of(changes: Sequence[Change], *kinds: ChangeKind) -> list[int]:
    """Stories that changes of these kinds concern, ascending, each once."""
    wanted = {c.story_number for c in changes if c.kind in kinds and c.story_number is not None}
    return sorted(wanted)
