"""The running service as one object: what endpoints ask for, and its start and stop."""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import BoundedSemaphore

import structlog

from tianfu.model.feed.scoring import Scorer
from tianfu.model.ports import Clock
from tianfu.model.tag import TagKind
from tianfu.serving.services.aims import AimDesk
from tianfu.serving.services.background import Background
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
from tianfu.serving.services.encoder_switch import EncoderSwitch
from tianfu.serving.services.event_stream import EventStream
from tianfu.serving.services.events import EventRecorder
from tianfu.serving.services.gatekeeper import Gatekeeper
from tianfu.serving.services.heat import HeatDesk
from tianfu.serving.services.indexing import Indexer
from tianfu.serving.services.insights import InsightDesk
from tianfu.serving.services.interests import InterestFinder
from tianfu.serving.services.label_desk import LabelDesk
from tianfu.serving.services.library import Library
from tianfu.serving.services.likeness import LikenessFinder
from tianfu.serving.services.links import ReaderLinks
from tianfu.serving.services.live_models import LiveModels, versions
from tianfu.serving.services.machine import Machine
from tianfu.serving.services.meters import Meters
from tianfu.serving.services.model_desk import ModelDesk
from tianfu.serving.services.pairing import PairDesk
from tianfu.serving.services.pickups import PickupDesk
from tianfu.serving.services.placing import PlacementDesk
from tianfu.serving.services.preview import PreviewDesk
from tianfu.serving.services.readers import ReaderDesk
from tianfu.serving.services.readiness import ReadinessDesk
from tianfu.serving.services.reading import StoryReader
from tianfu.serving.services.recommend import FeedDesk
from tianfu.serving.services.reembedding import Reembedder
from tianfu.serving.services.rights import RightsDesk, list_central_sources_once
from tianfu.serving.services.search import StorySearch
from tianfu.serving.services.sessions import SessionBook
from tianfu.serving.services.signatures import SignatureCheck
from tianfu.serving.services.submissions import SubmissionDesk
from tianfu.serving.services.tagging import TagDesk
from tianfu.serving.services.takedown import TakedownDesk
from tianfu.serving.services.throttle import Throttle
from tianfu.serving.services.trial_desk import TrialDesk
from tianfu.serving.services.trials import TrialRunner
from tianfu.serving.services.turns import Turns
from tianfu.serving.services.vitals import Vitals
from tianfu.serving.services.worker import Worker
from tianfu.serving.store.database import Database
from tianfu.serving.store.notices import ChangeLine

log = structlog.get_logger(__name__)

_MAX_WAITING = 8


@dataclass(frozen=True, kw_only=True)
class Newsroom:
    """Everything that serves, wired.  :meth:`start` loads, :meth:`stop` lets go.

    Attributes:
        line: Hears of other processes' changes at once; ``None`` on a box, which is one process.
        answers: Whether requests are answered here, or stories only indexed.
        exporting: Exports of an outlet's readers, one at a time.
    """

    machine: Machine
    answers: bool
    database: Database
    clock: Clock
    library: Library
    reader: StoryReader
    finder: LikenessFinder
    search: StorySearch
    gatekeeper: Gatekeeper
    sessions: SessionBook
    throttle: Throttle
    signatures: SignatureCheck
    cursors: CursorSigner
    decisions: DecisionLog
    interests: InterestFinder
    events: EventRecorder
    stream: EventStream
    readers: ReaderDesk
    links: ReaderLinks
    feeds: FeedDesk
    previews: PreviewDesk
    aims: AimDesk
    rights: RightsDesk
    quarantine: QuarantineDesk
    tags: TagDesk
    pairs: PairDesk
    labels: LabelDesk
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
    line: ChangeLine | None
    vitals: Vitals
    names: Mapping[tuple[TagKind, str], str]
    meters: Meters
    readiness: ReadinessDesk
    live: LiveModels
    model_desk: ModelDesk
    trial_runner: TrialRunner
    trial_desk: TrialDesk
    encoder_switch: EncoderSwitch
    reembedder: Reembedder
    keeper: Background
    waiting: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(_MAX_WAITING))
    exporting: Turns = field(default_factory=lambda: Turns(1, what="exports of this outlet's readers"))

    @property
    def scorer(self) -> Scorer:
        """The ranker that serves at this moment."""
        return self.live.now.scorer

    @property
    def models(self) -> Mapping[str, str]:
        """Name and version of every model that serves at this moment, by part."""
        return versions(self.live.now, self.library.meaning)

    @property
    def model_faults(self) -> Mapping[str, str]:
        """Why a published version does not serve in this process, by kind; nothing when all do."""
        found = {kind.value: why for kind, why in self.live.now.faults.items()}
        return found if self.encoder_switch.fault is None else found | {"encoder": self.encoder_switch.fault}

    def start(self) -> None:
        """Load the caches, rebuild the signals, begin background work."""
        put_outlets_once(self.database, self.clock)
        list_central_sources_once(self.database, self.clock)
        if self.database.is_sqlite and self.worker.indexes:
            self._release_leases()
        if self.line is not None:
            self.line.start()
        self.library.start()
        events = self.stream.load() if self.answers else 0
        if self.machine.background:
            if self.answers:
                self.decisions.start()
                self.interests.start()
            self.worker.start()
            self.keeper.start()
        log.info("newsroom.started", events=events)

    def work_off(self) -> None:
        """Index, follow changes, look up and write down, here and now and to the end.

        What threads in the background do a little later, where there are any.
        """
        while self.indexer.step():
            pass
        self.library.catch_up(at_once=True)
        while self.stream.catch_up():
            pass
        self.interests.catch_up()
        self.decisions.flush()

    def _release_leases(self) -> None:
        """Take up at once what a killed process held: a box's database has one worker, this one."""
        with self.database.write() as uow:
            released = uow.queue.release()
            uow.commit()
        if released:
            log.warning("queue.released", stories=released)

    def stop(self) -> None:
        """End background work, write what waits, save the index: each step whatever became of those before.

        Raises:
            Exception: That of the last step that failed; the others are in its context.
        """
        line = [] if self.line is None else [self.line.stop]
        steps = [
            self.worker.stop, self.keeper.stop, self.decisions.stop, self.trial_runner.flush, *line,
            self.interests.stop, self.library.save_snapshot, self.database.close,
        ]  # fmt: skip
        with ExitStack() as in_turn:
            for step in reversed(steps):
                in_turn.callback(step)
        log.info("newsroom.stopped")

    def wait_indexed(self, numbers: Mapping[int, int], timeout_s: float) -> bool | None:
        """Wait until these stories are indexed at these revisions and known here, or the time is up.

        Eight may wait at once; further ones are answered without, so that those who wait leave threads to
        everybody else's feeds.

        Returns:
            Whether they are; ``None`` when nothing was waited for.
        """
        self.worker.wake()
        if not self.waiting.acquire(blocking=False):
            return None
        try:
            return self._wait(numbers, time.monotonic() + timeout_s)
        finally:
            self.waiting.release()

    def _wait(self, numbers: Mapping[int, int], deadline: float) -> bool:
        while True:
            with self.database.read() as uow:
                found = uow.stories.by_numbers(list(numbers))
            if all(n in found and found[n].indexed_revision >= r for n, r in numbers.items()):
                self.library.catch_up()
                return True
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self.worker.wait_round(min(left, 0.25))
