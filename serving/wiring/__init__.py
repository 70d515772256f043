"""The one place that builds things: ground, models, feeds, background, and the desks that endpoints ask."""

from tianfu.model.ports import Clock
from tianfu.serving.parts import ModelParts, load_parts
from tianfu.serving.services.aims import AimDesk
from tianfu.serving.services.brushing import QuarantineDesk
from tianfu.serving.services.clock import SystemClock
from tianfu.serving.services.coverage_board import CoverageReader
from tianfu.serving.services.cursor import CursorSigner
from tianfu.serving.services.desks import DeskFinder
from tianfu.serving.services.events import EventRecorder
from tianfu.serving.services.gatekeeper import Gatekeeper
from tianfu.serving.services.heat import HeatDesk
from tianfu.serving.services.insights import InsightDesk
from tianfu.serving.services.links import ReaderLinks
from tianfu.serving.services.machine import Machine
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.services.pairing import PairDesk
from tianfu.serving.services.pickups import PickupDesk
from tianfu.serving.services.placing import PlacementDesk
from tianfu.serving.services.preview import PreviewDesk
from tianfu.serving.services.readers import ReaderDesk
from tianfu.serving.services.search import StorySearch
from tianfu.serving.services.secrets import SIGNING_SECRET, own_secret
from tianfu.serving.services.sessions import SessionBook
from tianfu.serving.services.signatures import SignatureCheck
from tianfu.serving.services.submissions import SubmissionDesk
from tianfu.serving.services.tagging import TagDesk
from tianfu.serving.services.takedown import TakedownDesk
from tianfu.serving.services.throttle import Throttle
from tianfu.serving.services.trial_desk import TrialDesk
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store.notices import ChangeLine
from tianfu.serving.wiring.background import Behind, build_background
from tianfu.serving.wiring.feeds import Feeds, build_feeds
from tianfu.serving.wiring.ground import Ground, lay_ground
from tianfu.serving.wiring.models import Models, build_models

__all__ = ["build_newsroom"]


def build_newsroom(
    settings: ServiceSettings,
    *,
    parts: ModelParts | None = None,
    clock: Clock | None = None,
    machine: Machine | None = None,
    answers: bool = True,
) -> Newsroom:
    """Build the running service; :meth:`Newsroom.start` then loads it.

    Args:
        settings: Plain values.
        parts: Models and indexes; the shipped ones when left out.
        clock: The machine's when left out.
        machine: What else is taken from the machine; as it is when left out.
        answers: Whether requests are answered; without, no cards of stories and no events are kept.
    """
    parts = parts or load_parts(settings)
    ground = lay_ground(settings, parts, clock or SystemClock(), machine or Machine(), answers=answers)
    models = build_models(ground)
    feeds = build_feeds(ground, models)
    behind = build_background(ground, models, feeds)
    return _open_desks(ground, models, feeds, behind)


def _open_desks(ground: Ground, models: Models, feeds: Feeds, behind: Behind) -> Newsroom:
    """The desks that endpoints ask, beside what was built before them."""
    database, library, clock, names = ground.database, models.library, ground.clock, ground.parts.names
    settings, counters = ground.settings, ground.counters
    gatekeeper = Gatekeeper(database=database, clock=clock)
    return Newsroom(
        machine=ground.machine,
        answers=ground.answers,
        database=database,
        clock=clock,
        names=names,
        meters=ground.meters,
        line=None
        if database.is_sqlite
        else ChangeLine(database.url, name=ground.worker, heard=behind.worker.wake),
        # who may come in
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
        links=ReaderLinks(CursorSigner(own_secret(database, "link_secret")), clock),
        # models and stories
        library=library,
        reader=models.reader,
        finder=models.finder,
        live=models.live,
        model_desk=models.desk,
        trial_runner=models.trials,
        trial_desk=TrialDesk(database=database, models=models.desk, clock=clock),
        encoder_switch=models.switch,
        search=StorySearch(
            database=database, library=library, rights=feeds.rights, words=models.reader.words
        ),
        # readers and feeds
        feeds=feeds.desk,
        previews=PreviewDesk(feeds=feeds.desk, library=library, clock=clock),
        aims=AimDesk(database=database, library=library, clock=clock),
        rights=feeds.rights,
        cursors=feeds.cursors,
        decisions=feeds.decisions,
        interests=feeds.interests,
        stream=feeds.stream,
        events=EventRecorder(
            database=database, library=library, stream=feeds.stream, gate=feeds.gate, clock=clock
        ),
        readers=ReaderDesk(
            database=database,
            library=library,
            signals=feeds.signals,
            gate=feeds.gate,
            interests=feeds.interests,
            names=names,
            clock=clock,
        ),
        quarantine=QuarantineDesk(database=database, follow=feeds.stream.catch_up, clock=clock),
        # editors
        tags=TagDesk(database=database, library=library, names=names, clock=clock),
        pairs=PairDesk(database=database, library=library, clock=clock),
        labels=behind.labels,
        takedowns=TakedownDesk(database=database, library=library, clock=clock),
        placements=PlacementDesk(database=database, library=library, clock=clock),
        coverages=behind.coverages,
        coverage_reader=CoverageReader(
            database=database, library=library, coverages=behind.coverages, clock=clock
        ),
        coverage_matcher=behind.matcher,
        coverage_shelf=feeds.coverage_shelf,
        claims=behind.claims,
        pickups=PickupDesk(
            database=database, library=library, signals=feeds.signals, rights=feeds.rights, names=names
        ),
        desks=DeskFinder(database=database, library=library, names=names, clock=clock),
        insights=InsightDesk(database=database, library=library, names=names, clock=clock),
        heat=HeatDesk(database=database, library=library, clock=clock),
        submissions=SubmissionDesk(database=database, library=library, clock=clock),
        # behind the requests
        indexer=behind.indexer,
        worker=behind.worker,
        reembedder=behind.reembedder,
        keeper=behind.keeper,
        readiness=behind.readiness,
        vitals=behind.vitals,
    )
