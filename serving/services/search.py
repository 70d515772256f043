"""Searching stories by words and by meaning, without telling what stands in texts one may not read."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import structlog

from tianfu.model.errors import IndexUnavailable, StoreUnavailable
from tianfu.model.ports import IndexFilter
from tianfu.model.story import Story
from tianfu.serving.services.access import Caller
from tianfu.serving.services.library import Library
from tianfu.serving.services.meaning import Meaning
from tianfu.serving.services.rights import RightsDesk
from tianfu.serving.store.database import Database, UnitOfWork
from tianfu.serving.store.stories import StoryQuery

log = structlog.get_logger(__name__)

NEIGHBOURS = 200
MAX_WORDS = 10
FLOOR, LEAST_OF_BEST = 0.22, 0.6
"""Cosine below which a story does not mean what was asked, and share of the best cosine.  Of twenty short
searches in the demo, with the box's encoder, those about things told there had their best story at 0.24 to
0.41, but for two that words find, and those about things not told at 0.20 or less, but for one."""
PATIENCE_S = 2.0
"""How long a search looks through stories for its words."""
_LEAST_PATIENCE_S = 0.05
"""Of the last of several looks; none at all would mean no end to the database."""
_RANK_PRIOR = 60
"""Of reciprocal rank fusion (Cormack, Clarke and Büttcher 2009): how little first ranks stand out."""


class FoundBy(StrEnum):
    """What speaks for a story that a search found."""

    WORDS = "words"
    MEANING = "meaning"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Found:
    """A story and what speaks for it."""

    story: Story
    by: FoundBy


class StorySearch:
    """Joins what holds the words with what means the same, the best of both first."""

    def __init__(
        self,
        *,
        database: Database,
        library: Library,
        rights: RightsDesk,
        words: Callable[[str], tuple[npt.NDArray[np.float32], Meaning]],
    ) -> None:
        self._database = database
        self._rights = rights
        self._library = library
        self._words = words

    def page(self, query: StoryQuery, caller: Caller) -> list[Story]:
        """Stories of a page, newest first by the date that counts.

        With words asked for, a story whose title lacks them counts only where the caller may read its
        text: whoever could ask which stories hold some words could read any of them, word by word.

        Raises:
            StoreUnavailable: The database does not answer, or looking through stories for the words took
                longer than two seconds.
        """
        until_s = time.monotonic() + PATIENCE_S
        try:
            with self._database.read() as uow:
                return self._page(query, caller, uow, until_s=until_s if query.words else None)
        except StoreUnavailable as late:
            if not query.words or time.monotonic() < until_s:
                raise
            log.warning("search.words_given_up", words=len(query.words))
            raise StoreUnavailable(
                "Looking through all stories for these words takes too long.",
                advice="Ask for longer words, or for one outlet or some days alone; or search with q.",
            ) from late

    def find(self, asked: str, query: StoryQuery, caller: Caller) -> list[Found]:
        """Search among the stories that ``query`` lets through, at most ``query.limit``, best first.

        Words, parted by blanks, count literally and all of them, in the title before the body; meaning
        by the cosine of the vectors.  While the archive of vectors does not answer, words alone count.
        """
        near = self._near(asked, query)
        literal = self._literal(replace(query, words=tuple(asked.split()[:MAX_WORDS])), caller)
        with self._database.read() as uow:
            meant = self._let_through(near, query, uow)
        literal.sort(key=lambda story: not all(word in story.text.title for word in asked.split()))
        ranks: dict[int, float] = {}
        for listed in ([s.number for s in literal], [s.number for s in meant]):
            for rank, number in enumerate(listed):
                ranks[number] = ranks.get(number, 0.0) + 1.0 / (_RANK_PRIOR + rank)
        stories = {story.number: story for story in (*literal, *meant)}
        words, meaning = {s.number for s in literal}, {s.number for s in meant}
        best = sorted(ranks, key=lambda number: (-ranks[number], -number))[: query.limit]
        return [Found(stories[number], _by(number in words, number in meaning)) for number in best]

    def _literal(self, query: StoryQuery, caller: Caller) -> list[Story]:
        """What holds the words; nothing when looking through all stories takes too long.

        Words of Chinese are shorter than what databases index, so each story is looked through, newest
        first: over an archive of millions a rare word would keep the caller waiting for what meaning finds.
        """
        try:
            with self._database.read() as uow:
                return self._page(query, caller, uow, until_s=time.monotonic() + PATIENCE_S)
        except StoreUnavailable:
            log.warning("search.words_given_up", words=len(query.words))
            return []

    def _page(
        self, query: StoryQuery, caller: Caller, uow: UnitOfWork, *, until_s: float | None
    ) -> list[Story]:
        """A page, looked for until a time of the monotonic clock."""
        found: list[Story] = []
        while True:
            patience_s = None if until_s is None else max(_LEAST_PATIENCE_S, until_s - time.monotonic())
            page = uow.stories.page(query, patience_s=patience_s)
            found += self._readable(page, query.words, caller, uow)
            if len(page) < query.limit or len(found) >= query.limit:
                return found[: query.limit]
            query = replace(query, before=(page[-1].dating.fresh_at, page[-1].number))

    def _readable(
        self, page: list[Story], words: Sequence[str], caller: Caller, uow: UnitOfWork
    ) -> list[Story]:
        titles = {story.number: story.text.title.casefold() for story in page}
        by_body = {n for n, title in titles.items() if not all(word.casefold() in title for word in words)}
        republished = uow.cards.republished(list(by_body))
        return [
            story
            for story in page
            if story.number not in by_body
            or self._rights.permission_to_read(
                story, republished=story.number in republished, caller=caller
            ).shows_whole
        ]

    def _near(self, asked: str, query: StoryQuery) -> list[int]:
        where = IndexFilter(
            since_s=None if query.since is None else int(query.since.timestamp()),
            until_s=None if query.until is None else int(query.until.timestamp()),
            outlets=None if query.outlet_id is None else frozenset({query.outlet_id}),
        )
        vector, meaning = self._words(asked)
        try:
            found = meaning.index.search(vector[None, :], NEIGHBOURS, where)[0]
        except IndexUnavailable as away:
            log.warning("search.by_words_alone", code=away.code)
            return []
        floor = max(FLOOR, LEAST_OF_BEST * found[0].score) if found else FLOOR
        return [one.number for one in found if one.score >= floor]

    def _let_through(self, near: Sequence[int], query: StoryQuery, uow: UnitOfWork) -> list[Story]:
        passed = {
            s.number: s for s in uow.stories.page(replace(query, numbers=tuple(near), limit=NEIGHBOURS))
        }
        return [passed[number] for number in near if number in passed][: query.limit]


def _by(words: bool, meaning: bool) -> FoundBy:
    if words and meaning:
        return FoundBy.BOTH
    return FoundBy.WORDS if words else FoundBy.MEANING
