"""What is known at the moment a feed is asked for."""

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import numpy as np
import structlog

from tianfu.model.aims import Aims
from tianfu.model.errors import NotFound, StoreUnavailable, TianfuError
from tianfu.model.event import Scene
from tianfu.model.feed.context import FeedContext, Proposals, Surroundings, surroundings
from tianfu.model.feed.sources import COVERAGE_PREFIX
from tianfu.model.feed.view import Numbers
from tianfu.model.outlet import Outlet
from tianfu.model.placement import Placement
from tianfu.model.ports import Clock
from tianfu.model.reader import Reader
from tianfu.model.recommendation import FeedRequest
from tianfu.model.tag import TagKind
from tianfu.serving.services.coverage_shelf import CoverageShelf
from tianfu.serving.services.interests import InterestFinder
from tianfu.serving.services.library import Library, Sight
from tianfu.serving.services.live_models import LiveModels
from tianfu.serving.services.rights import RightsDesk
from tianfu.serving.services.signals import Signals, scopes_of
from tianfu.serving.store.database import Database

log = structlog.get_logger(__name__)

_LAST_READS = 5
_HOT_KEEP_S = 1.0


class ContextMaker:
    """Makes contexts; a part that is down is named and left out.

    Attributes:
        names: Chinese name of a tag by kind and code.
    """

    def __init__(
        self,
        *,
        database: Database,
        library: Library,
        signals: Signals,
        interests: InterestFinder,
        coverages: CoverageShelf,
        rights: RightsDesk,
        names: Mapping[tuple[TagKind, str], str],
        models: LiveModels,
        clock: Clock,
        ticks_s: Callable[[], float],
    ) -> None:
        self._ticks_s = ticks_s
        self._database = database
        self._library = library
        self._signals = signals
        self._interests = interests
        self._coverages = coverages
        self._rights = rights
        self._models = models
        self._clock = clock
        self._hot: dict[str, tuple[int, float, float, Proposals]] = {}
        self._around: dict[str, tuple[Mapping[str, Outlet], Surroundings]] = {}
        self._topics_named = topics_named(names)
        self.names = names

    def make(
        self, request: FeedRequest, trace_id: str, stand_in: Reader | None = None
    ) -> tuple[FeedContext, tuple[str, ...]]:
        """Gather what is known for one request.

        Args:
            request: What the app asks for.
            trace_id: Chance in this feed follows from it.
            stand_in: Somebody made up, whose memory counts instead of that of the request's reader.

        Returns:
            The context, and the names of parts that were down.

        Raises:
            NotFound: There is no such outlet, or no such story for scene ``related``.
        """
        outlet = self._library.outlets.get(request.outlet_id)
        if outlet is None:
            raise NotFound("outlet", request.outlet_id)
        now = self._clock.now()
        sight = self._library.sight
        view = sight.view
        degraded: list[str] = []
        reader = stand_in or self._reader(request, degraded)
        read = self._reads(request, reader, degraded)
        context = FeedContext(
            now_s=int(now.timestamp()),
            request=request,
            outlet=outlet,
            outlets=self._library.outlets,
            around=self._surroundings(outlet),
            view=view,
            reader=reader,
            near=self._near(request, reader, read, now, sight, degraded),
            read_after=self._after(outlet.id, read),
            hot=self._hot_here(outlet, now),
            coverages=self._asked_coverages(request, outlet),
            placements=self.orders(request, now),
            permissions=self._rights.permissions(outlet.id, view),
            aims=self._aims(request, reader),
            topics_named=self._topics_named,
            chance=zlib.crc32(trace_id.encode()),
            scorer=self._models.now.scorer,
            encoder=sight.meaning.version,
        )
        return context, tuple(degraded)

    def orders(self, request: FeedRequest, now: datetime) -> list[Placement]:
        """People's orders in force for such a feed at this moment."""
        outlet = self._library.outlets[request.outlet_id]
        return [
            p
            for p in self._library.placements
            if p.reaches(outlet, request.scene, now, channel=request.channel, adcode=request.adcode)
        ]

    def _aims(self, request: FeedRequest, reader: Reader | None) -> Aims:
        """What the outlet wants of the scene, steered by the reader's own sliders."""
        aims = self._library.aims.get((request.outlet_id, request.scene), Aims())
        return aims if reader is None or reader.sliders is None else aims.times(reader.sliders)

    def _reader(self, request: FeedRequest, degraded: list[str]) -> Reader | None:
        ref = request.personal_reader
        if ref is None:
            return None
        try:
            with self._database.glance() as uow:
                reader = uow.readers.one(ref) or Reader(ref=ref)
        except TianfuError as down:
            log.warning("feed.degraded", part="readers", code=down.code)
            degraded.append("readers")
            return None
        return reader if reader.personalise else None

    def _reads(self, request: FeedRequest, reader: Reader | None, degraded: list[str]) -> list[int]:
        """Numbers of the stories that what follows leans on: the one being read, or the last ones read."""
        if request.scene is Scene.RELATED:
            return self._being_read(request.story_id or "", degraded)
        liked = [e.number for e in reader.engagements if e.weight > 0] if reader is not None else []
        return liked[-_LAST_READS:]

    def _being_read(self, story_id: str, degraded: list[str]) -> list[int]:
        """The story's number; nothing while nobody can say what story an id outside the view is."""
        number = self._library.view.number_of(story_id)
        if number is not None:
            return [number]
        try:
            with self._database.glance() as uow:
                story = uow.stories.by_id(story_id)
        except StoreUnavailable as down:
            log.warning("feed.degraded", part="stories", code=down.code)
            degraded.append("stories")
            return []
        if story is None:
            raise NotFound("story", story_id)
        return [story.number]

    def _near(
        self,
        request: FeedRequest,
        reader: Reader | None,
        read: Sequence[int],
        now: datetime,
        sight: Sight,
        degraded: list[str],
    ) -> list[Proposals]:
        try:
            if request.scene is Scene.RELATED:
                return [self._interests.near_story(number, sight) for number in read]
            if reader is None:
                return []
            remember = request.reader is not None
            return self._interests.near_reader(reader, int(now.timestamp()), sight, remember=remember)
        except (TianfuError, RuntimeError) as down:
            log.warning("feed.degraded", part="index", error=type(down).__name__)
            degraded.append("index")
            return []

    def _after(self, outlet_id: str, read: Sequence[int]) -> list[Proposals]:
        found: dict[int, list[tuple[int, float]]] = {}
        for story, number, strength in self._signals.after(outlet_id, read):
            found.setdefault(story, []).append((number, strength))
        return [_proposals(dict(rows), because=story) for story, rows in found.items()]

    def _hot_here(self, outlet: Outlet, now: datetime) -> dict[str, Proposals]:
        """What is hot here, in the city and in the province, as of at most a second ago.

        Counts decay alike, so what nothing was added to is as hot as before, for a minute.
        """
        found = {}
        clock_s, now_s = self._ticks_s(), now.timestamp()
        for name, scope in zip(("outlet", "city", "province"), scopes_of(outlet), strict=True):
            kept = self._hot.get(scope)
            version = self._signals.version(scope)
            age_s = max(clock_s - kept[1], now_s - kept[2]) if kept is not None else math.inf
            if kept is None or age_s >= _HOT_KEEP_S * (1 if kept[0] != version else 60):
                kept = (version, clock_s, now_s, _proposals(self._signals.hot(scope, now_s)))
                self._hot[scope] = kept
            found[name] = kept[3]
        return found

    def _asked_coverages(self, request: FeedRequest, outlet: Outlet) -> dict[str, Numbers]:
        """Stories of the joint coverages that a request names, to take or to leave; none of foreign ones."""
        named = {request.channel or "", *request.wanted.channels, *request.unwanted.channels}
        return {
            channel: np.array(
                self._coverages.shown_to(outlet.id, channel.removeprefix(COVERAGE_PREFIX)), dtype=np.int64
            )
            for channel in named
            if channel.startswith(COVERAGE_PREFIX)
        }

    def _surroundings(self, outlet: Outlet) -> Surroundings:
        kept = self._around.get(outlet.id)
        if kept is None or kept[0] is not self._library.outlets:
            kept = (self._library.outlets, surroundings(outlet, self._library.outlets))
            self._around[outlet.id] = kept
        return kept[1]


def topics_named(names: Mapping[tuple[TagKind, str], str]) -> dict[str, tuple[str, ...]]:
    """Class codes by code and by Chinese name."""
    found: dict[str, tuple[str, ...]] = {}
    for (kind, code), name in names.items():
        if kind is TagKind.TOPIC:
            for word in {code, name}:
                found[word] = (*found.get(word, ()), code)
    return found


def _proposals(strengths: Mapping[int, float], because: int = 0) -> Proposals:
    return Proposals(
        np.fromiter(strengths.keys(), dtype=np.int64, count=len(strengths)),
        np.fromiter(strengths.values(), dtype=np.float32, count=len(strengths)),
        because,
    )
