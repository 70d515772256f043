"""The running service as one object: what endpoints ask for, and its start and stop."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from tianfu.model.feed.scoring import Scorer
from tianfu.model.ports import Clock
from tianfu.model.tag import TagKind
from tianfu.serving.services.access import Gatekeeper
from tianfu.serving.services.aims import AimDesk
from tianfu.serving.services.brushing import QuarantineDesk
from tianfu.serving.services.claims import ClaimDesk
from tianfu.serving.services.consortium import put_outlets_once
from tianfu.serving.services.coverage_board import CoverageReader
from tianfu.serving.services.coverage_matching import CoverageMatcher
from tianfu.serving.services.coverage_shelf import CoverageShelf
from tianfu.serving.services.coverages import CoverageDesk
from tianfu.serving.services.cursor import CursorSigner
from tianfu.serving.services.decision_log import DecisionLog
from tianfu.serving.services.desks import DeskFinder
from tianfu.serving.services.events import EventRecorder
from tianfu.serving.services.heat import HeatDesk
from tianfu.serving.services.indexing import Indexer
from tianfu.serving.services.insights import InsightDesk
from tianfu.serving.services.interests import InterestFinder
from tianfu.serving.services.library import Library
from tianfu.serving.services.likeness import LikenessFinder
from tianfu.serving.services.links import ReaderLinks
from tianfu.serving.services.pickups import PickupDesk
from tianfu.serving.services.placing import PlacementDesk
from tianfu.serving.services.preview import PreviewDesk
from tianfu.serving.services.readers import ReaderDesk
from tianfu.serving.services.reading import StoryReader
from tianfu.serving.services.recommend import FeedDesk
from tianfu.serving.services.rights import RightsDesk, list_central_sources_once
from tianfu.serving.services.search import StorySearch
from tianfu.serving.services.sessions import SessionBook
from tianfu.serving.services.submissions import SubmissionDesk
from tianfu.serving.services.tagging import TagDesk
from tianfu.serving.services.takedown import TakedownDesk
from tianfu.serving.services.throttle import Throttle
from tianfu.serving.services.vitals import Vitals
from tianfu.serving.services.worker import Worker
from tianfu.serving.store.database import Database

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Newsroom:
    """Everything that serves, wired.  :meth:`start` loads, :meth:`stop` lets go."""

    database: Database
    clock: Clock
    library: Library
    reader: StoryReader
    finder: LikenessFinder
    search: StorySearch
    gatekeeper: Gatekeeper
    sessions: SessionBook
    throttle: Throttle
    cursors: CursorSigner
    decisions: DecisionLog
    interests: InterestFinder
    events: EventRecorder
    readers: ReaderDesk
    links: ReaderLinks
    feeds: FeedDesk
    previews: PreviewDesk
    aims: AimDesk
    rights: RightsDesk
    quarantine: QuarantineDesk
    tags: TagDesk
    takedowns: TakedownDesk
    placements: PlacementDesk
    coverages: CoverageDesk
    coverage_reader: CoverageReader
    coverage_matcher: CoverageMatcher
    coverage_shelf: CoverageShelf
    claims: ClaimDesk
    pickups: PickupDesk
    submissions: SubmissionDesk
    desks: DeskFinder
    insights: InsightDesk
    heat: HeatDesk
    indexer: Indexer
    worker: Worker
    vitals: Vitals
    names: Mapping[tuple[TagKind, str], str]
    scorer: Scorer
    models: Mapping[str, str]

    def start(self) -> None:
        """Load the caches, rebuild the signals, begin background work."""
        put_outlets_once(self.database, self.clock)
        list_central_sources_once(self.database, self.clock)
        if self.database.is_sqlite and self.worker.indexes:
            self._release_leases()
        self.library.start()
        events = self.events.replay()
        self.decisions.start()
        self.interests.start()
        self.worker.start()
        log.info("newsroom.started", events=events)

    def _release_leases(self) -> None:
        """Take up at once what a killed process held: a box's database has one worker, this one."""
        with self.database.write() as uow:
            released = uow.queue.release()
            uow.commit()
        if released:
            log.warning("queue.released", stories=released)

    def stop(self) -> None:
        """End background work, write what waits, save the index."""
        self.worker.stop()
        self.interests.stop()
        self.decisions.stop()
        self.library.save_snapshot()
        self.database.close()
        log.info("newsroom.stopped")

    def wait_indexed(self, numbers: Mapping[int, int], timeout_s: float) -> bool:
        """Wait until these stories are indexed at these revisions, or the time is up."""
        deadline = time.monotonic() + timeout_s
        self.worker.wake()
        while True:
            with self.database.read() as uow:
                found = uow.stories.by_numbers(list(numbers))
            if all(n in found and found[n].indexed_revision >= r for n, r in numbers.items()):
                return True
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self.worker.wait_round(min(left, 0.25))
