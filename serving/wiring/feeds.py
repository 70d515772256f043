"""The road of a feed: events, signals, interests, rights, the desk that puts pages together."""

from dataclasses import dataclass

from tianfu.serving.services.brushing import EventGate
from tianfu.serving.services.coverage_shelf import CoverageShelf
from tianfu.serving.services.cursor import CursorSigner
from tianfu.serving.services.decision_log import DecisionLog
from tianfu.serving.services.event_stream import EventStream
from tianfu.serving.services.feed_context import ContextMaker
from tianfu.serving.services.forgetting import Forgetter
from tianfu.serving.services.interests import InterestFinder
from tianfu.serving.services.receipts import ReceiptBook
from tianfu.serving.services.recommend import FeedDesk
from tianfu.serving.services.rights import RightsDesk
from tianfu.serving.services.secrets import own_secret
from tianfu.serving.services.signals import Signals
from tianfu.serving.wiring.ground import Ground
from tianfu.serving.wiring.models import Models


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeds:
    """What readers turn to and what they are shown."""

    signals: Signals
    gate: EventGate
    forgetter: Forgetter
    stream: EventStream
    interests: InterestFinder
    decisions: DecisionLog
    rights: RightsDesk
    cursors: CursorSigner
    coverage_shelf: CoverageShelf
    desk: FeedDesk


def build_feeds(ground: Ground, models: Models) -> Feeds:
    """Build the readers' side, and let its caches follow the library."""
    database, library, clock = ground.database, models.library, ground.clock
    signals, gate, receipts, coverage_shelf = Signals(), EventGate(), ReceiptBook(), CoverageShelf()
    decisions = DecisionLog(database, receipts, ground.meters)
    interests = InterestFinder(library, clock, ground.meters)
    forgetter = Forgetter([signals, gate, interests], urgent=[decisions], erased=decisions.are_gone)
    for follower in (
        coverage_shelf,
        forgetter,
        models.live,
        models.trials,
    ):
        library.follow_with(follower)
    rights = RightsDesk(database=database, library=library, clock=clock)
    cursors = CursorSigner(own_secret(database, "cursor_secret"))
    contexts = ContextMaker(
        database=database,
        library=library,
        signals=signals,
        interests=interests,
        coverages=coverage_shelf,
        rights=rights,
        names=ground.parts.names,
        models=models.live,
        clock=clock,
        ticks_s=ground.machine.ticks_s,
    )
    return Feeds(
        signals=signals,
        gate=gate,
        forgetter=forgetter,
        stream=EventStream(database=database, library=library, signals=signals, gate=gate, clock=clock),
        interests=interests,
        decisions=decisions,
        rights=rights,
        cursors=cursors,
        coverage_shelf=coverage_shelf,
        desk=FeedDesk(
            database=database,
            library=library,
            contexts=contexts,
            rights=rights,
            decisions=decisions,
            receipts=receipts,
            cursors=cursors,
            trials=models.trials,
            clock=clock,
            new_id=ground.machine.new_id,
        ),
    )
