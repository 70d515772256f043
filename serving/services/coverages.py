"""Opening, changing and reading joint coverages, and editors' picks."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tianfu.model.access import Role
from tianfu.model.coverage import Coverage, Pick, PickVerb, StandingQuery
from tianfu.model.errors import Conflict, CoverageClosed, Forbidden, InvalidCoverage, NotFound
from tianfu.model.outlet import Outlet, OutletLevel
from tianfu.model.own_topic import is_own_topic
from tianfu.model.ports import Clock
from tianfu.model.story import Story, StoryState
from tianfu.model.tag import TagKind
from tianfu.model.vocab.divisions import load_divisions
from tianfu.serving.services.access import Caller
from tianfu.serving.services.coverage_matching import CoverageMatcher
from tianfu.serving.services.library import Library
from tianfu.serving.store.database import Database, UnitOfWork

MAX_OPEN = 200
"""Coverages that gather stories at one time: every arriving story is matched with each."""
MAX_PICKS = 2_000


class CoverageDesk:
    """Opens coverages as far as a key reaches, and keeps the editors' word above the query's."""

    def __init__(
        self,
        *,
        database: Database,
        library: Library,
        matcher: CoverageMatcher,
        names: Mapping[tuple[TagKind, str], str],
        clock: Clock,
    ) -> None:
        self._database = database
        self._library = library
        self._matcher = matcher
        self._names = names
        self._clock = clock

    def open(self, coverage: Coverage, *, caller: Caller) -> Coverage:
        """Open a coverage.

        Without members named it reaches as far as the key does: the platform's and a provincial
        outlet's over all, a city's over the city's outlets, a county's over itself.

        Raises:
            Forbidden: It names outlets beyond the key's reach.
            NotFound: An outlet or example story does not exist.
            InvalidCoverage: A topic or place is not in our vocabularies.
            Conflict: Too many are open.
        """
        coverage = self._within_reach(coverage, caller)
        self._check_codes(coverage.query)
        with self._database.write() as uow:
            _check_examples(coverage.query, uow)
            if len(uow.coverages.open()) >= MAX_OPEN:
                raise Conflict(f"进行中的专题已有 {MAX_OPEN} 个。", advice="先关闭不再需要的专题。")
            uow.coverages.add(coverage)
            self._matcher.begin(coverage, uow)
            self._note("coverage.opened", coverage.id, caller, uow, state=coverage.state.value)
            uow.commit()
        self._library.catch_up()
        return coverage

    def change(
        self, coverage_id: str, fields: Mapping[str, Any], *, expected_revision: int | None, caller: Caller
    ) -> Coverage:
        """Change a coverage; a new query, angles or members match every story of the window anew.

        Raises:
            NotFound: There is none, or the caller may not know of it.
            Forbidden: It is another outlet's, or would reach beyond the key.
            Conflict: Somebody else changed it, or an angle that goes has a standing claim.
        """
        with self._database.write() as uow:
            known = self.visible(coverage_id, caller, uow)
            self.must_lead(known, caller)
            if expected_revision is not None and expected_revision != known.revision:
                raise Conflict(
                    f"专题已是第 {known.revision} 版，不是第 {expected_revision} 版。",
                    advice="重新读取后再改。",
                )
            changed = replace(known, **fields, revision=known.revision + 1)
            if changed.outlet_ids != known.outlet_ids:
                changed = self._within_reach(changed, caller)
            self._check_codes(changed.query)
            _check_examples(changed.query, uow)
            self._check_angles_free(known, changed, uow)
            uow.coverages.replace(changed)
            if changed.state.is_open and _matches_otherwise(known, changed):
                self._matcher.begin(changed, uow)
            else:
                self._matcher.announce(uow)
            self._note("coverage.changed", coverage_id, caller, uow, fields=sorted(fields))
            uow.commit()
        self._library.catch_up()
        return changed

    def pick(
        self, coverage_id: str, story_id: str, verb: PickVerb, *, angle_id: str | None, caller: Caller
    ) -> Pick:
        """Put a story into a coverage, or take it out, above the query.

        A member's editor decides on the outlet's own stories; who leads the coverage, on all.

        Raises:
            NotFound: No such coverage, story or angle.
            Forbidden: The story is another outlet's.
            CoverageClosed: It takes none any more.
        """
        with self._database.write() as uow:
            coverage, story = self._to_pick(coverage_id, story_id, caller, uow)
            if angle_id is not None and coverage.angle(angle_id) is None:
                raise NotFound("angle", angle_id)
            if len(uow.coverages.picks(coverage_id)) >= MAX_PICKS:
                raise Conflict(f"这个专题已有 {MAX_PICKS} 条人工选稿。", advice="撤回不再需要的选稿。")
            pick = Pick(
                story_number=story.number,
                verb=verb,
                angle_id=angle_id,
                picked_by=caller.key.id,
                picked_at=self._clock.now(),
                outlet_id=caller.key.outlet_id,
            )
            self.put_pick(coverage, story, pick, caller, uow)
            uow.commit()
        self._library.catch_up()
        return pick

    def put_pick(self, coverage: Coverage, story: Story, pick: Pick, caller: Caller, uow: UnitOfWork) -> None:
        """Record a pick and match what it touches, within the caller's transaction."""
        before = uow.coverages.picks(coverage.id, [story.number]).get(story.number)
        uow.coverages.put_pick(coverage.id, pick)
        self._match_after(coverage, story, [before, pick], uow)
        verb = "added" if pick.verb is PickVerb.ADD else "removed"
        details = {"story_id": story.id, "angle_id": pick.angle_id}
        self._note(f"coverage.story_{verb}", coverage.id, caller, uow, **details)

    def withdraw_pick(self, coverage_id: str, story_id: str, *, caller: Caller) -> None:
        """Take a pick back: the query decides again.

        Raises:
            NotFound: There is no such coverage, story or pick.
            Forbidden: The story is another outlet's.
            CoverageClosed: It changes no more.
        """
        with self._database.write() as uow:
            coverage, story = self._to_pick(coverage_id, story_id, caller, uow)
            before = uow.coverages.picks(coverage_id, [story.number]).get(story.number)
            if before is None:
                raise NotFound("pick", story_id)
            uow.coverages.drop_pick(coverage_id, story.number)
            self._match_after(coverage, story, [before], uow)
            self._note("coverage.pick_withdrawn", coverage_id, caller, uow, story_id=story_id)
            uow.commit()
        self._library.catch_up()

    def visible(self, coverage_id: str, caller: Caller, uow: UnitOfWork) -> Coverage:
        """Find a coverage that the caller may know of: its opener, its members, the platform.

        Raises:
            NotFound: There is none.
        """
        coverage = uow.coverages.by_id(coverage_id)
        if coverage is None or not may_see(coverage, caller):
            raise NotFound("coverage", coverage_id)
        return coverage

    def must_lead(self, coverage: Coverage, caller: Caller) -> None:
        """Refuse unless the caller opened it, speaks for the outlet that did, or is the platform.

        Raises:
            Forbidden: None of these.
        """
        if not leads(coverage, caller):
            raise Forbidden("只有发起专题的编辑部和省级平台可以这样做。", advice="请联系发起的编辑部。")

    def _to_pick(
        self, coverage_id: str, story_id: str, caller: Caller, uow: UnitOfWork
    ) -> tuple[Coverage, Story]:
        coverage = self.visible(coverage_id, caller, uow)
        if not coverage.state.is_open:
            raise CoverageClosed
        story = uow.stories.by_id(story_id)
        if story is None or story.state is StoryState.TAKEN_DOWN:
            raise NotFound("story", story_id)
        if not leads(coverage, caller):
            caller.must_act_for(story.outlet_id)
        return coverage, story

    def _match_after(
        self, coverage: Coverage, story: Story, picks: list[Pick | None], uow: UnitOfWork
    ) -> None:
        """A pick with an angle shapes that angle, so everything is matched anew."""
        if any(pick is not None and pick.angle_id is not None for pick in picks):
            self._matcher.begin(coverage, uow)
        self._matcher.rematch(coverage, [story.number], uow)

    def _within_reach(self, coverage: Coverage, caller: Caller) -> Coverage:
        outlets = self._library.outlets
        for outlet_id in sorted(coverage.outlet_ids):
            if outlet_id not in outlets:
                raise NotFound("outlet", outlet_id)
        reach = reach_of(caller, outlets)
        if reach is None:
            return coverage
        if not coverage.outlet_ids <= reach:
            raise Forbidden(
                "专题的参与媒体超出了这个密钥的范围。", advice="市级可邀本市各媒体，县级只含本媒体。"
            )
        return replace(coverage, outlet_ids=coverage.outlet_ids or reach)

    def _check_codes(self, query: StandingQuery) -> None:
        for code in query.topics:
            kind = TagKind.FINE_TOPIC if code.startswith("medtop:") else TagKind.TOPIC
            if not is_own_topic(code) and (kind, code) not in self._names:
                raise InvalidCoverage(field="query.topics", why=f"{code} is not in our vocabulary")
        for adcode in query.places:
            if adcode not in load_divisions().by_adcode:
                raise InvalidCoverage(field="query.places", why=f"{adcode} is not one of our divisions")

    def _check_angles_free(self, known: Coverage, changed: Coverage, uow: UnitOfWork) -> None:
        gone = {angle.id for angle in known.angles} - {angle.id for angle in changed.angles}
        now = self._clock.now()
        if any(claim.stands(now) and claim.angle_id in gone for claim in uow.claims.of(known.id)):
            raise Conflict("要删的角度还有未交稿的认领。", advice="先请认领方交稿或放弃。")

    def _note(self, action: str, coverage_id: str, caller: Caller, uow: UnitOfWork, **details: Any) -> None:
        uow.audit.add(
            actor=caller.key.id, action=action, target=coverage_id, now=self._clock.now(), details=details
        )


def leads(coverage: Coverage, caller: Caller) -> bool:
    """Whether a caller leads a coverage: who opened it, its outlet, or the platform."""
    if caller.key.outlet_id is None:
        return caller.key.role in (Role.OPERATOR, Role.ADMIN)
    return caller.key.outlet_id == coverage.opened_outlet_id


def may_see(coverage: Coverage, caller: Caller) -> bool:
    """Whether a caller may know of a coverage."""
    outlet_id = caller.key.outlet_id
    return outlet_id is None or coverage.is_known_to(outlet_id)


def reach_of(caller: Caller, outlets: Mapping[str, Outlet]) -> frozenset[str] | None:
    """Outlets that a key may open coverages for; ``None`` means all of them."""
    own = caller.key.outlet_id
    if own is None or (own in outlets and outlets[own].level is OutletLevel.PROVINCE):
        return None
    return frozenset({own} | {o.id for o in outlets.values() if o.parent_id == own})


def _matches_otherwise(known: Coverage, changed: Coverage) -> bool:
    reopened = not known.state.is_open
    return reopened or any(
        getattr(known, name) != getattr(changed, name) for name in ("query", "angles", "outlet_ids")
    )


def _check_examples(query: StandingQuery, uow: UnitOfWork) -> None:
    known = uow.stories.by_ids(query.examples)
    for story_id in query.examples:
        if story_id not in known:
            raise NotFound("story", story_id)
