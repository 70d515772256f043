"""Keeping every joint coverage in line with the stories: new ones, edits, tags, takedowns, picks.

What belongs to a coverage is a function of the coverage, the picks and the stories as the database
holds them.  The matching follows the change sequence with a cursor of its own, kept in the database and
moved in the transaction that writes what it found: a step may run twice, be cut off, or run in another
process, and the outcome is the same.
"""

from collections.abc import Collection, Mapping, Sequence

import structlog

from tianfu.model.coverage import Coverage
from tianfu.model.ports import Clock
from tianfu.serving.services.coverage_lens import CoverageLens, LensGrinder, ReadStory
from tianfu.serving.services.library import Library, numbers_of
from tianfu.serving.store.changes import ChangeKind
from tianfu.serving.store.coverages import Fill
from tianfu.serving.store.database import Database, UnitOfWork

log = structlog.get_logger(__name__)

FOLLOW_BATCH = 500
FILL_BATCH = 300


class CoverageMatcher:
    """Matches stories to open coverages in small steps, between which others may write."""

    def __init__(self, *, database: Database, library: Library, grinder: LensGrinder, clock: Clock) -> None:
        self._database = database
        self._library = library
        self._grinder = grinder
        self._clock = clock
        self._settled_at = -1

    def step(self) -> int:
        """Take in one batch of changes and read one batch of each back-fill.

        Returns:
            How many changes and stories were looked at; 0 when all is in line.
        """
        sequence = self._library.sequence
        if sequence == self._settled_at:
            return 0
        worked = self._follow() + self._fill()
        if worked == 0:
            self._settled_at = sequence
        else:
            self._library.catch_up()
        return worked

    def begin(self, coverage: Coverage, uow: UnitOfWork) -> None:
        """Match everything anew: the coverage was opened, reopened, or its query or angles changed.

        Stories outside the window leave at once, picked ones are judged at once, the rest follows in
        batches of the back-fill.
        """
        cursor = uow.coverages.take_cursor()
        others = [one for one in uow.coverages.open() if one.id != coverage.id]
        if cursor is None or not others:
            uow.coverages.put_cursor(uow.changes.latest())
        total = uow.coverages.count_window(coverage.query)
        uow.coverages.put_fill(coverage.id, Fill(at=None, done=False, seen=0, total=total))
        lens = self._grinder.grind(coverage, uow)
        outside = uow.coverage_stories.outside(coverage.id, coverage.query)
        self._match(lens, sorted({*outside, *lens.picks}), uow)
        self.announce(uow)

    def rematch(self, coverage: Coverage, numbers: Sequence[int], uow: UnitOfWork) -> None:
        """Match these stories again, within the caller's transaction."""
        self._match(self._grinder.grind(coverage, uow), numbers, uow)
        self.announce(uow)

    def announce(self, uow: UnitOfWork) -> None:
        """Tell every process that a coverage changed."""
        uow.changes.add(ChangeKind.COVERAGES, [None], self._clock.now())

    def _follow(self) -> int:
        with self._database.read() as uow:
            if not uow.coverages.open():
                return 0
        with self._database.write() as uow:
            cursor = uow.coverages.take_cursor()
            changes = uow.changes.since(cursor or 0, FOLLOW_BATCH)
            if not changes:
                return 0
            numbers = numbers_of(
                changes, ChangeKind.STORY_INDEXED, ChangeKind.STORY_STATE, ChangeKind.STORY_TAGS
            )
            read = self._grinder.read(numbers, uow)
            concerned = uow.coverages.open() if numbers else []
            moved = sum(self._take_in(one, numbers, read, uow) for one in concerned)
            uow.coverages.put_cursor(changes[-1].sequence)
            if moved:
                self.announce(uow)
            uow.commit()
        if moved:
            log.info("coverages.matched", stories=len(numbers), moved=moved)
        return len(changes)

    def _take_in(
        self, coverage: Coverage, numbers: Sequence[int], read: Mapping[int, ReadStory], uow: UnitOfWork
    ) -> int:
        lens = self._grinder.grind(coverage, uow)
        if lens.anchors.intersection(numbers):
            self.begin(coverage, uow)
        return self._settle(lens, numbers, read, uow)

    def _fill(self) -> int:
        with self._database.read() as uow:
            waiting = uow.coverages.unfilled()
        return sum(self._fill_one(coverage_id) for coverage_id in waiting)

    def _fill_one(self, coverage_id: str) -> int:
        with self._database.write() as uow:
            uow.coverages.take_cursor()
            coverage = uow.coverages.by_id(coverage_id)
            if coverage is None or not coverage.state.is_open:
                return 0
            fill = uow.coverages.fill_of(coverage_id)
            batch = uow.coverages.window(coverage.query, after=fill.at, limit=FILL_BATCH)
            moved = self._match(self._grinder.grind(coverage, uow), sorted(n for _, n in batch), uow)
            done = len(batch) < FILL_BATCH
            at = batch[-1] if batch else fill.at
            seen = fill.seen + len(batch)
            uow.coverages.put_fill(
                coverage_id, Fill(at=at, done=done, seen=seen, total=max(fill.total, seen))
            )
            if moved or done:
                self.announce(uow)
            uow.commit()
        if done:
            log.info("coverage.filled", coverage_id=coverage_id, stories=seen)
        return max(1, len(batch))

    def _match(self, lens: CoverageLens, numbers: Sequence[int], uow: UnitOfWork) -> int:
        return self._settle(lens, numbers, self._grinder.read(numbers, uow), uow)

    def _settle(
        self,
        lens: CoverageLens,
        numbers: Sequence[int],
        read: Mapping[int, ReadStory],
        uow: UnitOfWork,
    ) -> int:
        """Write what is different for these stories; returns how many were."""
        coverage_id = lens.coverage.id
        known = uow.coverage_stories.of(coverage_id, numbers)
        judged = {n: lens.judge(one) for n, one in read.items() if n in set(numbers)}
        wanted = {n: read[n].in_own_text(found) for n, found in judged.items() if found is not None}
        gone: Collection[int] = known.keys() - wanted.keys()
        fresh = [found for n, found in wanted.items() if known.get(n) != found]
        uow.coverage_stories.drop(coverage_id, sorted(gone))
        uow.coverage_stories.put(coverage_id, fresh)
        return len(gone) + len(fresh)
