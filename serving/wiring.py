"""The one place that builds things."""

import secrets
from datetime import timedelta

from tianfu.embeddings.text.folding import fold_characters
from tianfu.model.ports import Clock
from tianfu.serving.parts import ModelParts, load_parts
from tianfu.serving.services.access import Gatekeeper
from tianfu.serving.services.aims import AimDesk
from tianfu.serving.services.brushing import EventGate, QuarantineDesk
from tianfu.serving.services.claims import ClaimDesk
from tianfu.serving.services.clock import SystemClock
from tianfu.serving.services.coverage_board import CoverageReader
from tianfu.serving.services.coverage_lens import LensGrinder
from tianfu.serving.services.coverage_matching import CoverageMatcher
from tianfu.serving.services.coverage_shelf import CoverageShelf
from tianfu.serving.services.coverages import CoverageDesk
from tianfu.serving.services.cursor import CursorSigner
from tianfu.serving.services.decision_log import DecisionLog
from tianfu.serving.services.desks import DeskFinder
from tianfu.serving.services.events import EventRecorder
from tianfu.serving.services.feed_context import ContextMaker
from tianfu.serving.services.heat import HeatDesk
from tianfu.serving.services.indexing import Indexer
from tianfu.serving.services.insights import InsightDesk
from tianfu.serving.services.interests import InterestFinder
from tianfu.serving.services.library import Library
from tianfu.serving.services.likeness import LikenessFinder
from tianfu.serving.services.links import ReaderLinks
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.services.pickups import PickupDesk
from tianfu.serving.services.placing import PlacementDesk
from tianfu.serving.services.preview import PreviewDesk
from tianfu.serving.services.readers import ReaderDesk
from tianfu.serving.services.reading import StoryReader
from tianfu.serving.services.receipts import ReceiptBook
from tianfu.serving.services.recommend import FeedDesk
from tianfu.serving.services.rights import RightsDesk
from tianfu.serving.services.search import StorySearch
from tianfu.serving.services.sessions import SessionBook
from tianfu.serving.services.signals import Signals
from tianfu.serving.services.submissions import SubmissionDesk
from tianfu.serving.services.tagging import TagDesk
from tianfu.serving.services.takedown import TakedownDesk
from tianfu.serving.services.teaching import Teacher
from tianfu.serving.services.throttle import Throttle
from tianfu.serving.services.vitals import Vitals
from tianfu.serving.services.worker import Worker
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store.database import Database


def build_newsroom(
    settings: ServiceSettings, *, parts: ModelParts | None = None, clock: Clock | None = None
) -> Newsroom:
    """Build the running service; :meth:`Newsroom.start` then loads it.

    Args:
        settings: Plain values.
        parts: Models and indexes; the shipped ones when left out.
        clock: The machine's when left out.
    """
    parts = parts or load_parts(settings)
    clock = clock or SystemClock()
    database = Database(settings.effective_database_url).open()
    teacher = (
        Teacher(parts.learner, clean=parts.clean, encoder_fingerprint=parts.encoder.fingerprint)
        if parts.learner is not None
        else None
    )
    coverage_shelf = CoverageShelf()
    library = Library(
        database=database,
        encoder=parts.encoder,
        indexes=parts.indexes,
        new_copy_index=parts.new_copy_index,
        snapshot_dir=settings.snapshot_dir,
        clock=clock,
        hot_window=timedelta(days=settings.hot_days),
        followers=[coverage_shelf, *([teacher] if teacher is not None else [])],
    )
    reader = StoryReader(encoder=parts.encoder, taggers=parts.taggers, judge=parts.judge, clean=parts.clean)
    finder = LikenessFinder(library=library, judge=parts.judge)
    gatekeeper = Gatekeeper(database=database, clock=clock)
    signals = Signals()
    gate = EventGate()
    interests = InterestFinder(library, clock)
    rights = RightsDesk(database=database, library=library, clock=clock)
    receipts = ReceiptBook()
    decisions = DecisionLog(database, receipts)
    cursors = CursorSigner(_kept_secret(database, "cursor_secret"))
    indexer = Indexer(
        database=database,
        library=library,
        reader=reader,
        finder=finder,
        encoder_fingerprint=parts.encoder.fingerprint,
        clock=clock,
        worker=f"w-{secrets.token_hex(6)}",
    )
    matcher = CoverageMatcher(
        database=database,
        library=library,
        grinder=LensGrinder(encoder=parts.encoder, clean=parts.clean, fold=fold_characters),
        clock=clock,
    )
    coverages = CoverageDesk(
        database=database, library=library, matcher=matcher, names=parts.names, clock=clock
    )
    claims = ClaimDesk(database=database, library=library, coverages=coverages, clock=clock)
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
            scorer=parts.scorer,
            clock=clock,
        ),
        rights=rights,
        decisions=decisions,
        receipts=receipts,
        cursors=cursors,
        models={"encoder": parts.encoder_version, "ranker": parts.scorer.version},
        clock=clock,
    )
    vitals = Vitals(database=database, library=library, clock=clock)
    return Newsroom(
        database=database,
        clock=clock,
        library=library,
        reader=reader,
        finder=finder,
        search=StorySearch(database=database, library=library, vector=reader.vector_of),
        gatekeeper=gatekeeper,
        sessions=SessionBook(
            _kept_secret(database, "session_secret"), gatekeeper=gatekeeper, database=database, clock=clock
        ),
        throttle=Throttle(settings.requests_per_minute),
        cursors=cursors,
        decisions=decisions,
        interests=interests,
        events=EventRecorder(database=database, library=library, signals=signals, gate=gate, clock=clock),
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
        links=ReaderLinks(CursorSigner(_kept_secret(database, "link_secret")), clock),
        previews=PreviewDesk(feeds=feeds, library=library, clock=clock),
        quarantine=QuarantineDesk(database=database, library=library, signals=signals, clock=clock),
        rights=rights,
        aims=AimDesk(database=database, library=library, clock=clock),
        tags=TagDesk(database=database, library=library, names=parts.names, clock=clock),
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
        worker=Worker(
            library=library,
            indexer=indexer if settings.worker else None,
            chores=[vitals.step, *([matcher.step, claims.expire] if settings.worker else [])],
        ),
        vitals=vitals,
        names=parts.names,
        scorer=parts.scorer,
        models={
            "encoder": parts.encoder_version,
            "pairs": parts.judge.version,
            "ranker": parts.scorer.version,
            **{f"tagger_{place}": tagger.version for place, tagger in enumerate(parts.taggers)},
        },
    )


def _kept_secret(database: Database, name: str) -> bytes:
    """A secret that every process on this database shares, made by whichever asks first."""
    with database.write() as uow:
        uow.settings.put(name, secrets.token_hex(32), keep=True)
        value = uow.settings.get(name)
        uow.commit()
    return bytes.fromhex(value or "")
