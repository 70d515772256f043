"""The one place that builds things."""

import secrets
from datetime import timedelta

from tianfu.embeddings.text.folding import fold_characters
from tianfu.model.ports import Clock
from tianfu.serving.parts import ModelParts, load_parts
from tianfu.serving.services.aims import AimDesk
from tianfu.serving.services.background import Background
from tianfu.serving.services.brushing import EventGate, QuarantineDesk
from tianfu.serving.services.cabinet import Cabinet
from tianfu.serving.services.claims import ClaimDesk
from tianfu.serving.services.clock import SystemClock
from tianfu.serving.services.counters import Counters
from tianfu.serving.services.coverage_board import CoverageReader
from tianfu.serving.services.coverage_lens import LensGrinder
from tianfu.serving.services.coverage_matching import CoverageMatcher
from tianfu.serving.services.coverage_shelf import CoverageShelf
from tianfu.serving.services.coverages import CoverageDesk
from tianfu.serving.services.cursor import CursorSigner
from tianfu.serving.services.decision_log import DecisionLog
from tianfu.serving.services.desks import DeskFinder
from tianfu.serving.services.encoder_switch import EncoderSwitch
from tianfu.serving.services.event_stream import EventStream
from tianfu.serving.services.events import EventRecorder
from tianfu.serving.services.feed_context import ContextMaker
from tianfu.serving.services.forgetting import Forgetter
from tianfu.serving.services.gatekeeper import Gatekeeper
from tianfu.serving.services.gauges import NewsroomGauges
from tianfu.serving.services.heat import HeatDesk
from tianfu.serving.services.indexing import Indexer
from tianfu.serving.services.insights import InsightDesk
from tianfu.serving.services.interests import InterestFinder
from tianfu.serving.services.label_desk import LabelDesk
from tianfu.serving.services.library import Library
from tianfu.serving.services.likeness import LikenessFinder
from tianfu.serving.services.links import ReaderLinks
from tianfu.serving.services.live_models import LiveModels, ModelSet
from tianfu.serving.services.machine import Machine
from tianfu.serving.services.meaning_maker import MeaningMaker
from tianfu.serving.services.meters import Meters
from tianfu.serving.services.model_desk import ModelDesk
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.services.pairing import PairDesk
from tianfu.serving.services.pickups import PickupDesk
from tianfu.serving.services.placing import PlacementDesk
from tianfu.serving.services.preview import PreviewDesk
from tianfu.serving.services.readers import ReaderDesk
from tianfu.serving.services.readiness import ReadinessDesk
from tianfu.serving.services.reading import StoryReader
from tianfu.serving.services.receipts import ReceiptBook
from tianfu.serving.services.recommend import FeedDesk
from tianfu.serving.services.reembedding import Reembedder
from tianfu.serving.services.retention import RetentionChore
from tianfu.serving.services.rights import RightsDesk
from tianfu.serving.services.search import StorySearch
from tianfu.serving.services.secrets import SIGNING_SECRET, own_secret
from tianfu.serving.services.sessions import SessionBook
from tianfu.serving.services.signals import Signals
from tianfu.serving.services.signatures import SignatureCheck
from tianfu.serving.services.submissions import SubmissionDesk
from tianfu.serving.services.tagging import TagDesk
from tianfu.serving.services.takedown import TakedownDesk
from tianfu.serving.services.throttle import Throttle
from tianfu.serving.services.trial_desk import TrialDesk
from tianfu.serving.services.trials import TrialRunner
from tianfu.serving.services.vitals import Vitals
from tianfu.serving.services.worker import Worker
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store.database import Database
from tianfu.serving.store.notices import ChangeLine

_IDLE_S = 0.2
_FOLLOWER_IDLE_S = 0.5
"""How long one that only follows waits when nothing is told: changes are, other replicas' events not."""


def build_newsroom(
    settings: ServiceSettings,
    *,
    parts: ModelParts | None = None,
    clock: Clock | None = None,
    machine: Machine | None = None,
) -> Newsroom:
    """Build the running service; :meth:`Newsroom.start` then loads it.

    Args:
        settings: Plain values.
        parts: Models and indexes; the shipped ones when left out.
        clock: The machine's when left out.
        machine: What else is taken from the machine; as it is when left out.
    """
    counters = Counters(settings.rate_limit_url)
    machine = machine or Machine()
    parts = parts or load_parts(settings)
    clock = clock or SystemClock()
    meters = Meters()
    database = Database(settings.effective_database_url).open()
    cabinet = Cabinet(settings.models_dir)
    maker = MeaningMaker(
        loader=parts.loader,
        cabinet=cabinet,
        indexes=parts.indexes,
        clean=parts.clean,
        snapshot_dir=settings.snapshot_dir,
        meters=meters,
    )
    shipped = maker.shipped(parts.encoder, parts.encoder_version, parts.learner)
    live = LiveModels(
        ModelSet(
            taggers=tuple(parts.taggers),
            topics=parts.topics,
            learner=parts.learner,
            judge=parts.judge,
            scorer=parts.scorer,
        ),
        loader=parts.loader,
        cabinet=cabinet,
        database=database,
    )
    trial_runner = TrialRunner(database=database, models=live, clock=clock)
    model_desk = ModelDesk(
        database=database,
        cabinet=cabinet,
        loader=parts.loader,
        shipped_encoder=lambda: shipped.fingerprint,
        clock=clock,
    )
    coverage_shelf = CoverageShelf()
    signals = Signals()
    gate = EventGate()
    receipts = ReceiptBook()
    decisions = DecisionLog(database, receipts, meters)
    library = Library(
        database=database,
        meaning=maker.first(database, shipped),
        new_copy_index=parts.new_copy_index,
        clock=clock,
        hot_window=timedelta(days=settings.hot_days),
    )
    switch = EncoderSwitch(
        database=database, library=library, live=live, shipped=shipped, new_meaning=maker.published
    )
    interests = InterestFinder(library, clock)
    library.follow_with(coverage_shelf)
    library.follow_with(Forgetter([signals, gate, interests, decisions]))
    library.follow_with(live)
    library.follow_with(trial_runner)
    stream = EventStream(database=database, library=library, signals=signals, gate=gate, clock=clock)
    reader = StoryReader(meaning=lambda: library.meaning, models=live, clean=parts.clean)
    finder = LikenessFinder(library=library, judge=lambda: live.now.judge)
    gatekeeper = Gatekeeper(database=database, clock=clock)
    rights = RightsDesk(database=database, library=library, clock=clock)
    cursors = CursorSigner(own_secret(database, "cursor_secret"))
    name = f"w-{secrets.token_hex(6)}"
    indexer = Indexer(
        database=database,
        library=library,
        reader=reader,
        finder=finder,
        clock=clock,
        worker=name,
        meters=meters,
    )
    reembedder = Reembedder(database=database, library=library, reader=reader, clock=clock, worker=name)
    labels = LabelDesk(database=database, clock=clock)
    matcher = CoverageMatcher(
        database=database,
        library=library,
        grinder=LensGrinder(encoder=lambda: library.meaning.encoder, clean=parts.clean, fold=fold_characters),
        clock=clock,
    )
    coverages = CoverageDesk(
        database=database, library=library, matcher=matcher, names=parts.names, clock=clock
    )
    claims = ClaimDesk(database=database, library=library, coverages=coverages, clock=clock)
    retention = RetentionChore(
        database=database,
        clock=clock,
        event_days=settings.event_days,
        decision_days=settings.decision_days,
    )
    vitals = Vitals(database=database, library=library, clock=clock)
    background = [matcher.step, claims.expire, retention.step]
    worker = Worker(
        library=library,
        indexer=indexer if settings.indexes else None,
        chores=[stream.catch_up, vitals.step, *(background if settings.indexes else [])],
        idle_s=_IDLE_S if settings.indexes else _FOLLOWER_IDLE_S,
        meters=meters,
    )
    readiness = ReadinessDesk(
        database=database,
        library=library,
        live=live,
        worker=worker,
        clock=clock,
    )
    meters.registry.register(NewsroomGauges(readiness))
    feeds = FeedDesk(
        database=database,
        library=library,
        contexts=ContextMaker(
            database=database,
            library=library,
            signals=signals,
            interests=interests,
            coverages=coverage_shelf,
            rights=rights,
            names=parts.names,
            models=live,
            clock=clock,
            ticks_s=machine.ticks_s,
        ),
        rights=rights,
        decisions=decisions,
        receipts=receipts,
        cursors=cursors,
        trials=trial_runner,
        clock=clock,
        new_id=machine.new_id,
    )
    return Newsroom(
        machine=machine,
        database=database,
        clock=clock,
        library=library,
        reader=reader,
        finder=finder,
        search=StorySearch(database=database, library=library, rights=rights, words=reader.words),
        gatekeeper=gatekeeper,
        sessions=SessionBook(
            own_secret(database, "session_secret"), gatekeeper=gatekeeper, database=database, clock=clock
        ),
        throttle=Throttle(
            settings.requests_per_minute,
            failed_per_minute=settings.failed_logins_per_minute,
            counters=counters,
        ),
        signatures=SignatureCheck(own_secret(database, SIGNING_SECRET), counters=counters, clock=clock),
        cursors=cursors,
        decisions=decisions,
        interests=interests,
        events=EventRecorder(database=database, library=library, stream=stream, gate=gate, clock=clock),
        stream=stream,
        readers=ReaderDesk(
            database=database,
            library=library,
            signals=signals,
            gate=gate,
            interests=interests,
            names=parts.names,
            clock=clock,
        ),
        feeds=feeds,
        quarantine=QuarantineDesk(database=database, follow=stream.catch_up, clock=clock),
        links=ReaderLinks(CursorSigner(own_secret(database, "link_secret")), clock),
        previews=PreviewDesk(feeds=feeds, library=library, clock=clock),
        rights=rights,
        aims=AimDesk(database=database, library=library, clock=clock),
        tags=TagDesk(database=database, library=library, names=parts.names, clock=clock),
        pairs=PairDesk(database=database, library=library, clock=clock),
        labels=labels,
        takedowns=TakedownDesk(database=database, library=library, clock=clock),
        placements=PlacementDesk(database=database, library=library, clock=clock),
        coverages=coverages,
        coverage_reader=CoverageReader(database=database, library=library, coverages=coverages, clock=clock),
        coverage_matcher=matcher,
        coverage_shelf=coverage_shelf,
        claims=claims,
        pickups=PickupDesk(
            database=database, library=library, signals=signals, rights=rights, names=parts.names
        ),
        desks=DeskFinder(database=database, library=library, names=parts.names, clock=clock),
        insights=InsightDesk(database=database, library=library, names=parts.names, clock=clock),
        heat=HeatDesk(database=database, library=library, clock=clock),
        submissions=SubmissionDesk(database=database, library=library, clock=clock),
        indexer=indexer,
        worker=worker,
        line=None if database.is_sqlite else ChangeLine(database.url, name=name, heard=worker.wake),
        meters=meters,
        readiness=readiness,
        vitals=vitals,
        names=parts.names,
        live=live,
        model_desk=model_desk,
        trial_runner=trial_runner,
        trial_desk=TrialDesk(database=database, models=model_desk, clock=clock),
        encoder_switch=switch,
        reembedder=reembedder,
        keeper=Background(
            "models",
            [
                live.step,
                switch.step,
                trial_runner.step,
                *([reembedder.step, labels.step] if settings.indexes else []),
            ],
        ),
    )
