"""Rights between newsrooms: agreements, listed sources, and what each outlet may show."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from tianfu.model.errors import Conflict, InvalidRequest, NotFound
from tianfu.model.feed.card import StoryCard
from tianfu.model.feed.view import FeedView
from tianfu.model.ports import Clock
from tianfu.model.rights import (
    PERMISSIONS,
    Agreement,
    Permission,
    RightsBook,
    RightsFacts,
    check_source,
    in_words,
)
from tianfu.model.story import Story
from tianfu.model.vocab.sources import CENTRAL_SOURCES
from tianfu.serving.services.access import Caller
from tianfu.serving.services.library import Library
from tianfu.serving.store.changes import ChangeKind
from tianfu.serving.store.database import Database, UnitOfWork
from tianfu.serving.store.rights import ListedSource

_CODES: Mapping[Permission, int] = {permission: code for code, permission in enumerate(PERMISSIONS)}


@dataclass(frozen=True, slots=True)
class _Known:
    """What one outlet may do with each kind of story, as one book says."""

    book: RightsBook
    codes: npt.NDArray[np.int8]


class RightsDesk:
    """Answers what an outlet may show; sets agreements and the list of sources.

    What was worked out for an outlet is kept until the book changes; new kinds of stories are added to it, so
    that a feed rarely waits for any.
    """

    def __init__(self, *, database: Database, library: Library, clock: Clock) -> None:
        self._database = database
        self._library = library
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}

    def permissions(self, outlet_id: str, view: FeedView) -> npt.NDArray[np.int8]:
        """By code of rights in a view: what an outlet may do, as a place in ``PERMISSIONS``."""
        book = self._library.rights
        with self._lock:
            known = self._known.get(outlet_id)
        if known is None or known.book is not book:
            known = _Known(book, np.zeros(0, dtype=np.int8))
        if len(known.codes) >= len(view.rights_codes):
            return known.codes
        new = [
            _CODES[book.permission(facts, outlet_id)]
            for facts in islice(view.rights_codes, len(known.codes), None)
        ]
        known = _Known(book, np.concatenate([known.codes, np.array(new, dtype=np.int8)]))
        with self._lock:
            self._known[outlet_id] = known
        return known.codes

    def may_carry(self, outlet_id: str, view: FeedView) -> npt.NDArray[np.bool_]:
        """By row of a view: whether an outlet may show the story whole."""
        whole = np.array([permission.shows_whole for permission in PERMISSIONS])
        return np.asarray(whole[self.permissions(outlet_id, view)[view.rights]], dtype=np.bool_)

    def permission(self, card: StoryCard, outlet_id: str) -> Permission:
        """What an outlet may do with one story."""
        return self._library.rights.permission(card.rights_facts, outlet_id)

    def permission_to_read(self, story: Story, *, republished: bool, caller: Caller) -> Permission:
        """What a caller may read of a story; keys of the platform itself read everything."""
        if caller.key.outlet_id is None:
            return Permission.OWN
        text = story.text
        facts = RightsFacts(story.outlet_id, text.reuse, text.source, republished, text.url is not None)
        return self._library.rights.permission(facts, caller.key.outlet_id)

    def say(self, permission: Permission, outlet_id: str, source: str) -> str:
        """A permission in plain Chinese.

        Args:
            permission: As decided.
            outlet_id: Whose story it is.
            source: Where that outlet took it from.
        """
        outlet = self._library.outlets.get(outlet_id)
        return in_words(permission, outlet=outlet.name if outlet else outlet_id, source=source)

    def agreement(self, outlet_id: str) -> Agreement:
        """What an outlet lets others do with its stories.

        Raises:
            NotFound: There is no such outlet.
        """
        self._must_exist(outlet_id)
        return self._library.rights.agreements.get(outlet_id) or Agreement(outlet_id=outlet_id)

    def agree(self, agreement: Agreement, *, caller: Caller) -> None:
        """Set what an outlet lets others do; the next feed everywhere follows it.

        Raises:
            NotFound: There is no such outlet.
            InvalidRequest: It makes an exception for the outlet itself.
        """
        for outlet_id in (agreement.outlet_id, *agreement.exceptions):
            self._must_exist(outlet_id)
        if agreement.outlet_id in agreement.exceptions:
            raise InvalidRequest(field="exceptions", why="cannot name the outlet itself")
        with self._database.write() as uow:
            uow.rights.put_agreement(agreement, set_by=caller.key.id, now=self._clock.now())
            details = {"reuse": agreement.reuse.value, "exceptions": len(agreement.exceptions)}
            self._note("rights.agreed", agreement.outlet_id, caller, uow, details)
            uow.commit()
        self._library.catch_up()

    def sources(self) -> list[ListedSource]:
        """The listed sources, by name."""
        with self._database.read() as uow:
            return uow.rights.sources()

    def list_source(self, name: str, *, caller: Caller) -> None:
        """Put a source on the list; one that is on it stays.

        Raises:
            InvalidRequest: The name breaks its rule.
            Conflict: It is a newsroom of the consortium, whose agreement counts.
        """
        check_source(name)
        if name in self._library.rights.newsrooms:
            raise Conflict("This is a newsroom of the consortium.", advice="Set its agreement instead.")
        with self._database.write() as uow:
            uow.rights.add_sources([name], added_by=caller.key.id, now=self._clock.now())
            self._note("rights.source_listed", name, caller, uow, {})
            uow.commit()
        self._library.catch_up()

    def unlist_source(self, name: str, *, caller: Caller) -> None:
        """Take a source off the list.

        Raises:
            NotFound: It is not on it.
        """
        with self._database.write() as uow:
            if not uow.rights.drop_source(name):
                raise NotFound("source", name)
            self._note("rights.source_unlisted", name, caller, uow, {})
            uow.commit()
        self._library.catch_up()

    def _must_exist(self, outlet_id: str) -> None:
        if outlet_id not in self._library.outlets:
            raise NotFound("outlet", outlet_id)

    def _note(
        self, action: str, target: str, caller: Caller, uow: UnitOfWork, details: dict[str, Any]
    ) -> None:
        now = self._clock.now()
        uow.changes.add(ChangeKind.RIGHTS, [None], now)
        uow.audit.add(actor=caller.key.id, action=action, target=target, now=now, details=details)


def list_central_sources_once(database: Database, clock: Clock) -> None:
    """Begin the list of sources with the central media; done once, so that one taken off stays off."""
    with database.write() as uow:
        if uow.settings.get("sources_listed") is None:
            uow.rights.add_sources(CENTRAL_SOURCES, added_by="shipped", now=clock.now())
            uow.settings.put("sources_listed", "1")
            uow.commit()
