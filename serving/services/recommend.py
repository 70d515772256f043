"""Answering a feed request: gather what is known, assemble, remember the decision, cut a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import structlog

from tianfu.model.errors import CursorExpired, InvalidCursor, NotFound, TianfuError
from tianfu.model.event import Scene
from tianfu.model.feed import rank
from tianfu.model.feed.assemble import assemble
from tianfu.model.feed.candidates import PER_SOURCE, FeedContext
from tianfu.model.feed.card import StoryCard
from tianfu.model.outlet import Outlet
from tianfu.model.ports import Clock, FloatMatrix, IndexFilter
from tianfu.model.reader import INTEREST_HALF_LIFE_S, Engagement, Reader
from tianfu.model.recommendation import Decision, FeedItem, FeedRequest
from tianfu.model.tag import TagKind
from tianfu.serving.services.clock import new_id
from tianfu.serving.services.cursor import CursorSigner
from tianfu.serving.services.decision_log import DecisionLog
from tianfu.serving.services.library import Library
from tianfu.serving.services.signals import Signals
from tianfu.serving.store.database import Database

log = structlog.get_logger(__name__)

CURSOR_LIFE = timedelta(hours=24)
_RECENT_ENGAGEMENTS = 24
_MAX_INTERESTS = 5
_SAME_INTEREST = 0.55


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """One page of a feed.

    Attributes:
        items: Items with the cards they show, in order.
        cursor: For the next page; ``None`` at the end.
    """

    trace_id: str
    cursor: str | None
    personalised: bool
    degraded: tuple[str, ...]
    items: tuple[tuple[FeedItem, StoryCard], ...]


class FeedDesk:
    """Makes feeds and pages through them."""

    def __init__(
        self,
        *,
        database: Database,
        library: Library,
        signals: Signals,
        decisions: DecisionLog,
        cursors: CursorSigner,
        names: Mapping[tuple[TagKind, str], str],
        encoder_version: str,
        clock: Clock,
    ) -> None:
        self._database = database
        self._library = library
        self._signals = signals
        self._decisions = decisions
        self._cursors = cursors
        self._names = names
        self._encoder_version = encoder_version
        self._clock = clock

    def recommend(self, request: FeedRequest) -> FeedPage:
        """Make a feed and return its first page.

        Never empty while any showable story exists; when a part is down the feed is simpler and
        ``degraded`` names the part.

        Raises:
            NotFound: There is no such outlet, or no such story for scene ``related``.
        """
        outlet = self._library.outlets.get(request.outlet_id)
        if outlet is None:
            raise NotFound("outlet", request.outlet_id)
        degraded: list[str] = []
        reader = self._reader(request, degraded)
        context = self._context(request, outlet, reader, degraded)
        feed = assemble(context)
        decision = Decision(
            trace_id=new_id("f"),
            made_at=self._clock.now(),
            request=request,
            reader_key=request.reader.key if reader is not None and request.reader else None,
            personalised=reader is not None and not reader.is_new,
            degraded=tuple(degraded),
            items=feed.items,
            candidates=feed.candidates,
            models={"encoder": self._encoder_version, "ranker": rank.VERSION},
        )
        self._decisions.add(decision)
        return self._page(decision, 0, request.count)

    def next_page(self, cursor: str, *, outlet_id: str, count: int | None = None) -> FeedPage:
        """Return a further page; the same cursor gives the same page, less what was taken down since.

        Raises:
            InvalidCursor: Not ours, altered, or of another outlet.
            CursorExpired: Older than a day.
        """
        trace_id, offset = self._cursors.read("feed", cursor)
        decision = self._decisions.find(trace_id)
        if decision is None or decision.made_at < self._clock.now() - CURSOR_LIFE:
            raise CursorExpired
        if decision.request.outlet_id != outlet_id:
            raise InvalidCursor("belongs to another outlet")
        return self._page(decision, offset, count or decision.request.count)

    def _page(self, decision: Decision, offset: int, count: int) -> FeedPage:
        cards = self._library.view.by_number
        now_s = self._clock.now().timestamp()
        shown: list[tuple[FeedItem, StoryCard]] = []
        end = offset
        for item in decision.items[offset:]:
            if len(shown) == count:
                break
            end += 1
            card = cards.get(item.number)
            if card is None or not self._library.is_showable(item.number):
                continue
            if card.expires_at_s is not None and card.expires_at_s <= now_s:
                continue
            shown.append((item, card))
        more = end < len(decision.items)
        return FeedPage(
            trace_id=decision.trace_id,
            cursor=self._cursors.make("feed", decision.trace_id, end) if more else None,
            personalised=decision.personalised,
            degraded=decision.degraded,
            items=tuple(shown),
        )

    def _reader(self, request: FeedRequest, degraded: list[str]) -> Reader | None:
        ref = request.personal_reader
        if ref is None:
            return None
        try:
            with self._database.read() as uow:
                reader = uow.readers.of([ref]).get(ref.key) or Reader(ref=ref)
        except TianfuError as down:
            log.warning("feed.degraded", part="readers", code=down.code)
            degraded.append("readers")
            return None
        return reader if reader.personalise else None

    def _context(
        self, request: FeedRequest, outlet: Outlet, reader: Reader | None, degraded: list[str]
    ) -> FeedContext:
        now = self._clock.now()
        library = self._library
        view = library.view
        near: list[tuple[str, int, float]] = []
        read: list[int] = []
        if request.scene is Scene.RELATED:
            near, read = self._related(request)
        elif reader is not None:
            liked = [e for e in reader.engagements if e.weight > 0][-_RECENT_ENGAGEMENTS:]
            read = [e.number for e in liked[-_MAX_INTERESTS:]]
            near = self._near_interests(liked, int(now.timestamp()), degraded)
        return FeedContext(
            now_s=int(now.timestamp()),
            request=request,
            outlet=outlet,
            outlets=library.outlets,
            view=view,
            reader=reader,
            near=near,
            read_after=self._signals.after(read),
            hot=self._signals.hot(outlet, now.timestamp()),
            hidden=library.taken_down,
            placements=tuple(p for p in library.placements if p.reaches(outlet, request.scene, now)),
            names=self._names,
        )

    def _related(self, request: FeedRequest) -> tuple[list[tuple[str, int, float]], list[int]]:
        story_id = request.story_id or ""
        card = self._library.view.by_id.get(story_id)
        number = card.number if card else self._stored_number(story_id)
        vectors = self._library.index.vectors([number])
        if number not in vectors:
            return [], [number]
        found = self._library.index.search(
            vectors[number][None, :], PER_SOURCE, IndexFilter(exclude=frozenset({number}))
        )
        return [(str(number), n.number, n.score) for n in found[0]], [number]

    def _stored_number(self, story_id: str) -> int:
        with self._database.read() as uow:
            story = uow.stories.by_id(story_id)
        if story is None:
            raise NotFound("story", story_id)
        return story.number

    def _near_interests(
        self, liked: list[Engagement], now_s: int, degraded: list[str]
    ) -> list[tuple[str, int, float]]:
        """Stories near each of the reader's interests (greedy groups of what they read)."""
        if not liked:
            return []
        try:
            vectors = self._library.index.vectors([e.number for e in liked])
            centres, because = interest_centres(liked, vectors, now_s)
            if not because:
                return []
            oldest = self._library.view.cards[-1].published_at_s if self._library.view.cards else None
            where = IndexFilter(since_s=oldest, exclude=frozenset(e.number for e in liked))
            found = self._library.index.search(centres, PER_SOURCE // 2, where)
        except (TianfuError, RuntimeError) as down:
            log.warning("feed.degraded", part="index", error=type(down).__name__)
            degraded.append("index")
            return []
        return [
            (str(read), n.number, n.score) for read, hits in zip(because, found, strict=True) for n in hits
        ]


def interest_centres(
    liked: list[Engagement], vectors: Mapping[int, FloatMatrix], now_s: int
) -> tuple[FloatMatrix, list[int]]:
    """Group what a reader turned to into at most five interests.

    Latest first, each story joins the first interest whose centre is at cosine 0.55 or nearer, else it
    opens a new one; weights decay with the reader's half-life.

    Returns:
        Centres of unit length, shape (interests, dimension), and the latest story of each.
    """
    sums: list[FloatMatrix] = []
    latest: list[int] = []
    for engagement in reversed(liked):
        vector = vectors.get(engagement.number)
        if vector is None:
            continue
        weight = engagement.weight * 0.5 ** (max(0, now_s - engagement.at_s) / INTEREST_HALF_LIFE_S)
        cosines = [float(s @ vector) / (float(np.linalg.norm(s)) or 1.0) for s in sums]
        home = next((i for i, cosine in enumerate(cosines) if cosine >= _SAME_INTEREST), None)
        if home is not None:
            sums[home] = sums[home] + weight * vector
        elif len(sums) < _MAX_INTERESTS:
            sums.append(weight * vector)
            latest.append(engagement.number)
    if not sums:
        return np.zeros((0, 0), dtype=np.float32), []
    centres = np.stack(sums).astype(np.float32)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    return centres, latest
