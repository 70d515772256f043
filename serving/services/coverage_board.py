"""The board of a joint coverage: everything an editor in charge wants to see at one glance."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from tianfu.model.claim import Claim
from tianfu.model.coverage import Coverage, CoverageState, Pick
from tianfu.model.coverage_board import (
    BoardStory,
    Double,
    Gaps,
    Hour,
    Reach,
    ReachTotal,
    doubles,
    gaps,
    reach_of_all,
    timeline,
)
from tianfu.model.coverage_match import Membership
from tianfu.model.outlet import Outlet
from tianfu.model.ports import Clock
from tianfu.model.story import Story, StoryState
from tianfu.model.vocab.divisions import load_divisions
from tianfu.serving.services.access import Caller
from tianfu.serving.services.coverages import CoverageDesk, may_see
from tianfu.serving.services.library import Library
from tianfu.serving.store.coverage_stories import MemberQuery
from tianfu.serving.store.coverages import Fill
from tianfu.serving.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageBoard:
    """One moment of a coverage.

    Attributes:
        stories: All that may be shown, newest first by the date that counts.
        claims: Each in the state it is in now.
        reach: By outlet, without those that have none: the asking outlet's alone, or for the platform all.
        reach_total: Of all outlets together, where that tells of no single other one.
        fill: How far the back-fill is.
    """

    coverage: Coverage
    fill: Fill
    stories: tuple[BoardStory, ...]
    doubles: tuple[Double, ...]
    gaps: Gaps
    claims: tuple[Claim, ...]
    timeline: tuple[Hour, ...]
    reach: tuple[Reach, ...]
    reach_total: ReachTotal | None
    outlets: Mapping[str, Outlet]


class CoverageReader:
    """Reads coverages for those who may know of them."""

    def __init__(
        self, *, database: Database, library: Library, coverages: CoverageDesk, clock: Clock
    ) -> None:
        self._database = database
        self._library = library
        self._coverages = coverages
        self._clock = clock

    def known(
        self,
        *,
        state: CoverageState | None,
        before: tuple[datetime, str] | None,
        limit: int,
        caller: Caller,
    ) -> list[tuple[Coverage, tuple[int, int]]]:
        """Coverages the caller may know of, newest first, each with its number of stories and outlets.

        Args:
            state: Only those in this state.
            before: Resume after this (created_at, id).
            limit: Most rows.
            caller: Who asks.
        """
        with self._database.read() as uow:
            found = [c for c in uow.coverages.all(state=state) if may_see(c, caller)]
            if before is not None:
                found = [c for c in found if (c.created_at, c.id) < before]
            counts = uow.coverage_stories.count([c.id for c in found[:limit]])
        return [(coverage, counts.get(coverage.id, (0, 0))) for coverage in found[:limit]]

    def board(self, coverage_id: str, *, caller: Caller) -> CoverageBoard:
        """Everything about one coverage; an outlet learns of its own readers, and of all together.

        Raises:
            NotFound: There is none, or the caller may not know of it.
        """
        now = self._clock.now()
        own = caller.key.outlet_id
        with self._database.read() as uow:
            coverage = self._coverages.visible(coverage_id, caller, uow)
            stories = uow.coverage_stories.board(coverage_id)
            edges = uow.clusters.of(sorted(_told_twice(stories)))
            claims = [replace(c, state=c.state_at(now)) for c in uow.claims.of(coverage_id)]
            reach = uow.coverage_stories.reach(coverage_id)
            fill = uow.coverages.fill_of(coverage_id)
        outlets = self._library.outlets
        return CoverageBoard(
            coverage=coverage,
            fill=fill,
            stories=tuple(stories),
            doubles=tuple(doubles(stories, edges)),
            gaps=gaps(coverage, stories, claims, outlets, areas_to_tell(coverage.query.places), now),
            claims=tuple(claims),
            timeline=tuple(timeline(stories, outlets)),
            reach=tuple(one for one in reach if own in (None, one.outlet_id)),
            reach_total=reach_of_all(reach, asker=own),
            outlets=outlets,
        )

    def stories(self, query: MemberQuery, *, caller: Caller) -> list[tuple[BoardStory, Membership]]:
        """A page of a coverage's stories, newest first by the date that counts, each with its reasons.

        Raises:
            NotFound: There is no such coverage, or the caller may not know of it.
        """
        with self._database.read() as uow:
            self._coverages.visible(query.coverage_id, caller, uow)
            return uow.coverage_stories.page(query)

    def picks(self, coverage_id: str, *, caller: Caller) -> list[tuple[Pick, Story]]:
        """Editors' words on stories, also those that put one out, newest first; taken-down ones are left out.

        Raises:
            NotFound: There is no such coverage, or the caller may not know of it.
        """
        with self._database.read() as uow:
            self._coverages.visible(coverage_id, caller, uow)
            picks = uow.coverages.picks(coverage_id)
            stories = uow.stories.by_numbers(list(picks))
        found = [(pick, stories[number]) for number, pick in picks.items() if number in stories]
        shown = [row for row in found if row[1].state is StoryState.LIVE]
        return sorted(shown, key=lambda row: (row[0].picked_at, row[0].story_number), reverse=True)


def areas_to_tell(places: Iterable[str]) -> list[str]:
    """Divisions that a coverage of these places should tell of, each once.

    A province stands for its cities, a city for its counties, a county for itself.
    """
    divisions = load_divisions()
    found: dict[str, None] = {}
    for place in places:
        inside = [child.adcode for child in divisions.children(place) if len(child.adcode) == 6]
        found.update(dict.fromkeys(inside or [place]))
    return list(found)


def _told_twice(stories: Iterable[BoardStory]) -> set[int]:
    groups: dict[str, list[int]] = {}
    for story in stories:
        groups.setdefault(story.cluster_id, []).append(story.number)
    return {number for group in groups.values() if len(group) > 1 for number in group}
