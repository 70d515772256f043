"""What goes on beside the requests: indexing, chores, moves to other models, and telling how it all does."""

from dataclasses import dataclass

from tianfu.embeddings.text.folding import fold_characters
from tianfu.serving.services.background import Background
from tianfu.serving.services.claims import ClaimDesk
from tianfu.serving.services.coverage_lens import LensGrinder
from tianfu.serving.services.coverage_matching import CoverageMatcher
from tianfu.serving.services.coverages import CoverageDesk
from tianfu.serving.services.gauges import NewsroomGauges
from tianfu.serving.services.indexing import Indexer
from tianfu.serving.services.label_desk import LabelDesk
from tianfu.serving.services.readiness import ReadinessDesk
from tianfu.serving.services.reembedding import Reembedder
from tianfu.serving.services.retention import RetentionChore
from tianfu.serving.services.vitals import Vitals
from tianfu.serving.services.worker import Worker
from tianfu.serving.wiring.feeds import Feeds
from tianfu.serving.wiring.ground import Ground
from tianfu.serving.wiring.models import Models

_IDLE_S = 0.2
_FOLLOWER_IDLE_S = 0.5
"""How long one that only follows waits when nothing is told: changes are, other replicas' events not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """Who works in the background, and the desks whose work is done there too."""

    indexer: Indexer
    reembedder: Reembedder
    worker: Worker
    keeper: Background
    readiness: ReadinessDesk
    vitals: Vitals
    labels: LabelDesk
    coverages: CoverageDesk
    matcher: CoverageMatcher
    claims: ClaimDesk


def build_background(ground: Ground, models: Models, feeds: Feeds) -> Behind:
    """Build the workers; one that does not index follows only."""
    database, library, clock, settings = ground.database, models.library, ground.clock, ground.settings
    indexer = Indexer(
        database=database,
        library=library,
        reader=models.reader,
        finder=models.finder,
        clock=clock,
        worker=ground.worker,
        meters=ground.meters,
    )
    reembedder = Reembedder(
        database=database, library=library, reader=models.reader, clock=clock, worker=ground.worker
    )
    labels = LabelDesk(database=database, clock=clock)
    matcher = CoverageMatcher(
        database=database,
        library=library,
        grinder=LensGrinder(
            encoder=lambda: library.meaning.encoder, clean=ground.parts.clean, fold=fold_characters
        ),
        clock=clock,
    )
    coverages = CoverageDesk(
        database=database, library=library, matcher=matcher, names=ground.parts.names, clock=clock
    )
    claims = ClaimDesk(database=database, library=library, coverages=coverages, clock=clock)
    retention = RetentionChore(
        database=database,
        clock=clock,
        event_days=settings.event_days,
        decision_days=settings.decision_days,
    )
    vitals = Vitals(database=database, library=library, clock=clock)
    chores = [
        feeds.forgetter.step,
        *([feeds.stream.catch_up, feeds.gate.step] if ground.answers else []),
        vitals.step,
        *([matcher.step, claims.expire, retention.step] if settings.indexes else []),
    ]
    worker = Worker(
        library=library,
        indexer=indexer if settings.indexes else None,
        chores=chores,
        idle_s=_IDLE_S if settings.indexes else _FOLLOWER_IDLE_S,
        meters=ground.meters,
    )
    readiness = ReadinessDesk(
        database=database, library=library, live=models.live, worker=worker, clock=clock
    )
    ground.meters.registry.register(NewsroomGauges(readiness))
    moves = [models.live.step, models.switch.step, models.trials.step]
    return Behind(
        indexer=indexer,
        reembedder=reembedder,
        worker=worker,
        keeper=Background(
            "models",
            [*moves, *([reembedder.step, labels.step] if settings.indexes else [])],
            failed=ground.meters.broke,
        ),
        readiness=readiness,
        vitals=vitals,
        labels=labels,
        coverages=coverages,
        matcher=matcher,
        claims=claims,
    )
