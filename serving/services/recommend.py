"""Answering a feed request: gather what is known, assemble, remember the decision, cut a page."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from tianfu.model.errors import CursorExpired, InvalidCursor, NotFound, StoreUnavailable
from tianfu.model.feed.assemble import assemble
from tianfu.model.feed.card import StoryCard
from tianfu.model.feed.orders import CARRIED
from tianfu.model.feed.reasons import Version, in_words, tells_of_a_story, version_of
from tianfu.model.placement import Authority, PlacementAction
from tianfu.model.ports import Clock
from tianfu.model.reader import Reader
from tianfu.model.recommendation import Decision, FeedItem, FeedRequest, PassedOver, Reason
from tianfu.model.rights import Permission
from tianfu.model.story import StoryState
from tianfu.serving.services.cursor import CursorSigner
from tianfu.serving.services.decision_log import DecisionLog
from tianfu.serving.services.feed_context import ContextMaker
from tianfu.serving.services.library import Library
from tianfu.serving.services.receipts import ReceiptBook
from tianfu.serving.services.rights import RightsDesk
from tianfu.serving.services.trials import TrialRunner
from tianfu.serving.store.database import Database

log = structlog.get_logger(__name__)

CURSOR_LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class ShownItem:
    """One item of a page: as decided, the card it shows, its reasons in words, the right to show it."""

    item: FeedItem
    card: StoryCard
    reasons: tuple[Reason, ...]
    permission: Permission
    version: Version


@dataclass(frozen=True, slots=True)
class ReplayedItem:
    """One item of a decision, looked at afterwards; the title is today's."""

    item: FeedItem
    story_id: str
    title: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class ReplayedCandidate:
    """One candidate that was passed over, looked at afterwards; the title is today's."""

    passed: PassedOver
    story_id: str
    title: str


@dataclass(frozen=True, slots=True)
class Replay:
    """A decision with its items and the candidates it passed over spelled out."""

    decision: Decision
    items: Sequence[ReplayedItem]
    passed_over: Sequence[ReplayedCandidate]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """One page of a feed.

    Attributes:
        items: In order.
        cursor: For the next page; ``None`` at the end.
    """

    trace_id: str
    cursor: str | None
    personalised: bool
    degraded: tuple[str, ...]
    items: tuple[ShownItem, ...]


@dataclass(frozen=True, slots=True)
class Previewed:
    """A page that nobody was shown, with the decision behind it."""

    page: FeedPage
    replay: Replay


class FeedDesk:
    """Makes feeds and pages through them.

    Feeds are put together one after another: they are array work in Python, and threads that take it from
    each other bit by bit make all of them wait longer than a line does.
    """

    def __init__(
        self,
        *,
        database: Database,
        library: Library,
        contexts: ContextMaker,
        rights: RightsDesk,
        decisions: DecisionLog,
        receipts: ReceiptBook,
        cursors: CursorSigner,
        trials: TrialRunner,
        clock: Clock,
        new_id: Callable[[str], str],
    ) -> None:
        self._new_id = new_id
        self._database = database
        self._library = library
        self._contexts = contexts
        self._rights = rights
        self._decisions = decisions
        self._receipts = receipts
        self._cursors = cursors
        self._trials = trials
        self._clock = clock
        self._turn = threading.Lock()

    def recommend(self, request: FeedRequest) -> FeedPage:
        """Make a feed and return its first page.

        Never empty while any showable story exists; when a part is down the feed is simpler and
        ``degraded`` names the part.

        Raises:
            NotFound: There is no such outlet, or no such story for scene ``related``.
        """
        began_s = time.monotonic()
        decision = self._decide(request, self._new_id("f"))
        self._decisions.add(decision, began_s=began_s)
        return self._page(decision, 0, request.count)

    def preview(self, request: FeedRequest, stand_in: Reader | None) -> Previewed:
        """Make a feed for somebody made up, and leave no trace of it: its page has no cursor.

        Args:
            request: Names no reader.
            stand_in: Whose memory counts; ``None`` for a stranger.

        Raises:
            NotFound: There is no such outlet, or no such story for scene ``related``.
        """
        decision = self._decide(request, self._new_id("v"), stand_in, counts=False)
        page, _ = self._cut(decision, 0, request.count)
        return Previewed(page, self._spelled_out(decision))

    def _decide(
        self, request: FeedRequest, trace_id: str, stand_in: Reader | None = None, *, counts: bool = True
    ) -> Decision:
        """Put a feed together; one that does not count takes no part in trials."""
        began = time.perf_counter()
        context, degraded = self._contexts.make(request, trace_id, stand_in)
        pick = self._trials.pick(request) if counts and context.reader is not None else None
        if pick is not None:
            context = replace(context, scorer=pick.scorer)
        with self._turn:
            feed = assemble(context)
        took = time.perf_counter() - began
        if counts:
            self._trials.saw(pick, context, feed, seconds=took, degraded=bool(degraded))
        reader = context.reader
        return Decision(
            trace_id=trace_id,
            made_at=self._clock.now(),
            request=replace(request, reader=None),
            reader_key=request.reader.key if reader is not None and request.reader else None,
            personalised=reader is not None and not reader.is_new,
            degraded=degraded,
            items=feed.items,
            candidates=feed.candidates,
            filtered=feed.filtered,
            weights=feed.weights,
            measured=feed.measured,
            orders=feed.orders,
            draws=feed.draws,
            passed_over=feed.passed_over,
            models={
                "encoder": context.encoder,
                "ranker": context.scorer.version,
                **({"trial": pick.label} if pick is not None else {}),
            },
        )

    def next_page(
        self,
        cursor: str,
        *,
        outlet_id: str,
        count: int | None = None,
        personalise: bool = True,
        minor: bool = False,
    ) -> FeedPage:
        """Return a further page; the same cursor gives the same page, less what was taken down since.

        Raises:
            InvalidCursor: Not ours, altered, or of another outlet.
            CursorExpired: Older than a day; or made for a reader who has switched personalisation off since,
                or for a grown-up where a minor asks now.
            StoreUnavailable: What was decided is in no memory here, and the database is away.  A feed made
                anew would not do instead: whom it was for, and what stood on it, is in that decision alone.
        """
        trace_id, offset = self._cursors.read("feed", cursor)
        decision = self._begun(trace_id)
        if decision is None or decision.made_at < self._clock.now() - CURSOR_LIFE:
            raise CursorExpired
        if decision.request.outlet_id != outlet_id:
            raise InvalidCursor("belongs to another outlet")
        if minor and not decision.request.minor:
            raise CursorExpired
        if decision.reader_key is not None and not (personalise and self._still_on(decision.reader_key)):
            raise CursorExpired
        return self._page(decision, offset, count or decision.request.count)

    def _begun(self, trace_id: str) -> Decision | None:
        try:
            return self._decisions.find(trace_id, wait=True)
        except StoreUnavailable as away:
            raise StoreUnavailable(
                "The feed that this cursor goes on with cannot be read now.",
                advice="Ask again with the same cursor in a moment, or without one for a new feed.",
            ) from away

    def _still_on(self, reader_key: str) -> bool:
        """Whether the reader has not switched personalisation off; while nobody can say, as before."""
        try:
            with self._database.glance() as uow:
                reader = uow.readers.by_key(reader_key)
        except StoreUnavailable:
            return True
        return reader is None or reader.personalise

    def replay(self, trace_id: str) -> Replay:
        """A decision with its items spelled out.  Stories that readers' reasons lean on are not named.

        Raises:
            NotFound: There is no such decision, it is too old, or another process made it within the last
                half second and has not written it yet.
        """
        decision = self._decisions.find(trace_id)
        if decision is None:
            raise NotFound("decision", trace_id)
        return self._spelled_out(decision)

    def _spelled_out(self, decision: Decision) -> Replay:
        items, passed = list(decision.items), list(decision.passed_over)
        numbers = [*(one.number for one in items), *(one.number for one in passed)]
        with self._database.read() as uow:
            stories = uow.stories.by_numbers(numbers)
        names = self._contexts.names
        spelled = [
            ReplayedItem(
                item,
                stories[item.number].id,
                stories[item.number].text.title,
                tuple(in_words(why, names=names, title=None) for why in item.whys),
            )
            for item in items
            if item.number in stories
        ]
        misses = [
            ReplayedCandidate(one, stories[one.number].id, stories[one.number].text.title)
            for one in passed
            if one.number in stories and stories[one.number].state is StoryState.LIVE
        ]
        return Replay(decision, spelled, misses)

    def _page(self, decision: Decision, offset: int, count: int) -> FeedPage:
        """A page that goes out to a reader."""
        page, at = self._cut(decision, offset, count)
        self._receipts.note(decision, [one.item for one in page.items], self._clock.now())
        if at == len(decision.items):
            return page
        return replace(page, cursor=self._cursors.make("feed", decision.trace_id, at))

    def _cut(self, decision: Decision, offset: int, count: int) -> tuple[FeedPage, int]:
        """What may still be shown of a decision from an item on, and where the next page begins."""
        shown: list[ShownItem] = []
        gate = self._gate(decision.request)
        told = self._clusters(decision, offset)
        at = offset
        while at < len(decision.items) and len(shown) < count:
            item = decision.items[at]
            at += 1
            card = self._library.view.card_of(item.number)
            permission = gate(item, card)
            if card is not None and permission is not Permission.NONE and card.cluster_id not in told:
                told.add(card.cluster_id)
                version = Version.ONLY
                if item.cluster_size > 1:
                    version = version_of(card, decision.request.outlet_id, self._library.outlets)
                shown.append(ShownItem(item, card, self._in_words(item), permission, version))
        page = FeedPage(
            trace_id=decision.trace_id,
            cursor=None,
            personalised=decision.personalised,
            degraded=decision.degraded,
            items=tuple(shown),
        )
        return page, at

    def _clusters(self, decision: Decision, offset: int) -> set[str]:
        """Clusters of the pages before, as they are now: two of a feed may have become one since."""
        before = [self._library.view.card_of(decision.items[at].number) for at in range(offset)]
        return {card.cluster_id for card in before if card is not None}

    def _gate(self, request: FeedRequest) -> Callable[[FeedItem, StoryCard | None], Permission]:
        """Looks again at what may have changed since: takedown, time, blocks, rights, fitness for minors.

        Also at the orders themselves: what once stood above a block does so no longer when it is withdrawn.
        """
        now = self._clock.now()
        standing = self._contexts.orders(request, now)
        blocks = [p for p in standing if p.action is PlacementAction.BLOCK]
        blocked = {p.story_id for p in blocks}
        blocked_by_province = {p.story_id for p in blocks if p.authority is Authority.PLATFORM}
        emergencies = {p.id for p in standing if p.action is PlacementAction.EMERGENCY}
        carrying = {p.id for p in standing if p.action in CARRIED}

        def permission(item: FeedItem, card: StoryCard | None) -> Permission:
            if card is None or not self._library.is_showable(card.number):
                return Permission.NONE
            if card.story_id in (blocked_by_province if item.placement_id in carrying else blocked):
                return Permission.NONE
            if card.expires_at_s is not None and card.expires_at_s <= now.timestamp():
                return Permission.NONE
            if item.placement_id in emergencies:
                return Permission.EMERGENCY
            if request.minor and not card.fits_minors:
                return Permission.NONE
            return self._rights.permission(card, request.outlet_id)

        return permission

    def _in_words(self, item: FeedItem) -> tuple[Reason, ...]:
        reasons = []
        for why in item.whys:
            led = self._library.view.card_of(why.because) if tells_of_a_story(why.code) else None
            reasons.append(in_words(why, names=self._contexts.names, title=led.title if led else None))
        return tuple(reasons)
