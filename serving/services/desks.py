"""Which upper desks would take a story."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

import numpy as np
import numpy.typing as npt

from tianfu.model.errors import NotFound
from tianfu.model.flow.desk import name_of_desk, uppers_of
from tianfu.model.flow.desk_grounds import desk_grounds
from tianfu.model.flow.desks import DeskAnswer, DeskQuestion, Ledger, Precedent, rank_desks
from tianfu.model.flow.grounds import Ground, Names
from tianfu.model.outlet import Outlet, OutletLevel
from tianfu.model.ports import Clock, IndexFilter
from tianfu.model.story import Story
from tianfu.model.tag import TagKind, TagState
from tianfu.serving.services.library import Library
from tianfu.serving.store.adoptions import AdoptionQuery
from tianfu.serving.store.database import Database, UnitOfWork

LEDGER_DAYS = 90
LEDGER_LIFE = timedelta(minutes=5)
"""The ledger is read again after this; reading it costs far more than using it."""
NEIGHBOURS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDesk:
    """A desk in words."""

    answer: DeskAnswer
    name: str
    outlet: Outlet
    grounds: tuple[Ground, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What is offered to desks, stored or not.

    Attributes:
        topics: Confidence 0..1 by class, primary first.
        told: Outlets that have the event, each with the id and title of its story.
        vector: Unit length, shape (dimension,); ``None`` while it is not known.
        number: Of the story, when it is stored.
        cluster_ids: Clusters of the event itself, which are no precedents.
    """

    outlet_id: str
    topics: Mapping[str, float]
    places: tuple[str, ...]
    told: Mapping[str, tuple[str, str]]
    vector: npt.NDArray[np.float32] | None
    number: int | None = None
    cluster_ids: frozenset[str] = frozenset()


class DeskFinder:
    """Estimates from the ledger; keeps what it read of it for some minutes."""

    def __init__(self, *, database: Database, library: Library, names: Names, clock: Clock) -> None:
        self._database = database
        self._library = library
        self._names = names
        self._clock = clock
        self._lock = Lock()
        self._ledgers: dict[tuple[str, ...], tuple[datetime, Ledger]] = {}

    def find(self, story_id: str, *, limit: int) -> list[FoundDesk]:
        """The desks above a story's outlet most likely to take it; none above a provincial one.

        Raises:
            NotFound: There is no such story.
        """
        with self._database.read() as uow:
            story = uow.stories.by_id(story_id)
            if story is None or not self._library.is_showable(story.number):
                raise NotFound("story", story_id)
            return self._rank(self._offer_of(story, uow), uow, limit=limit)

    def find_for(self, offer: Offer, *, limit: int) -> list[FoundDesk]:
        """The same for a text that is not stored.

        Raises:
            NotFound: There is no such outlet.
        """
        if offer.outlet_id not in self._library.outlets:
            raise NotFound("outlet", offer.outlet_id)
        with self._database.read() as uow:
            return self._rank(offer, uow, limit=limit)

    def _rank(self, offer: Offer, uow: UnitOfWork, *, limit: int) -> list[FoundDesk]:
        outlets = self._library.outlets
        uppers = uppers_of(outlets[offer.outlet_id], outlets)
        if not uppers:
            return []
        ledger = self._ledger(tuple(upper.id for upper in uppers), uow)
        answers = rank_desks(self._question(offer, uppers, ledger, uow), limit=limit)
        return [self._in_words(answer) for answer in answers]

    def _in_words(self, answer: DeskAnswer) -> FoundDesk:
        outlet = self._library.outlets[answer.desk.outlet_id]
        said = desk_grounds(answer, days=LEDGER_DAYS, outlet_name=outlet.name, names=self._names)
        name = name_of_desk(answer.desk, self._library.outlets, self._names)
        return FoundDesk(answer=answer, name=name, outlet=outlet, grounds=tuple(said))

    def _offer_of(self, story: Story, uow: UnitOfWork) -> Offer:
        group = [s for s in uow.stories.in_clusters([story.cluster_id]) if s.number != story.number]
        told = {s.outlet_id: (s.id, s.text.title) for s in group if self._library.is_showable(s.number)}
        tags = uow.tags.of([story.number]).get(story.number, ())
        standing = [tag for tag in tags if tag.state is not TagState.REJECTED]
        places = tuple(tag.code for tag in standing if tag.kind is TagKind.PLACE)
        return Offer(
            outlet_id=story.outlet_id,
            topics={tag.code: tag.confidence for tag in standing if tag.kind is TagKind.TOPIC},
            places=places or ((story.text.adcode,) if story.text.adcode else ()),
            told=told,
            vector=self._library.index.vectors([story.number]).get(story.number),
            number=story.number,
            cluster_ids=frozenset({story.cluster_id}),
        )

    def _question(
        self, offer: Offer, uppers: tuple[Outlet, ...], ledger: Ledger, uow: UnitOfWork
    ) -> DeskQuestion:
        return DeskQuestion(
            topics=offer.topics,
            places=offer.places,
            uppers=uppers,
            outlets=self._library.outlets,
            told=offer.told,
            precedents=self._precedents(offer, uow),
            likeness=self._likeness(offer, ledger),
            ledger=ledger,
        )

    def _precedents(self, offer: Offer, uow: UnitOfWork) -> list[Precedent]:
        """The nearest past stories from below the province, one for each cluster but the story's own."""
        if offer.vector is None:
            return []
        below = {o.id for o in self._library.outlets.values() if o.level is not OutletLevel.PROVINCE}
        since = self._clock.now() - timedelta(days=LEDGER_DAYS)
        own = frozenset() if offer.number is None else frozenset({offer.number})
        where = IndexFilter(since_s=int(since.timestamp()), outlets=below, exclude=own)
        near = self._library.index.search(offer.vector[None, :], NEIGHBOURS, where)[0]
        cards = uow.cards.of([one.number for one in near])
        found: dict[str, Precedent] = {}
        for one in near:
            card = cards.get(one.number)
            if card is not None and card.cluster_id not in offer.cluster_ids:
                precedent = Precedent(
                    cluster_id=card.cluster_id,
                    outlet_id=card.outlet_id,
                    likeness=one.score,
                    topics=card.topics,
                    places=card.places,
                )
                found.setdefault(card.cluster_id, precedent)
        return list(found.values())

    def _likeness(self, offer: Offer, ledger: Ledger) -> Mapping[int, float]:
        if offer.vector is None:
            return {}
        known = self._library.index.vectors(sorted({one.number for one in ledger.adoptions}))
        return {number: float(vector @ offer.vector) for number, vector in known.items()}

    def _ledger(self, uppers: tuple[str, ...], uow: UnitOfWork) -> Ledger:
        now = self._clock.now()
        with self._lock:
            kept = self._ledgers.get(uppers)
        if kept is not None and now - kept[0] < LEDGER_LIFE:
            return kept[1]
        since, until = now - timedelta(days=LEDGER_DAYS), now + timedelta(seconds=1)
        read = uow.adoptions.read(AdoptionQuery(since=since, until=until, adopters=uppers))
        ledger = Ledger(adoptions=tuple(read), offered=uow.adoptions.offered(since, until), days=LEDGER_DAYS)
        with self._lock:
            self._ledgers[uppers] = (now, ledger)
        return ledger
