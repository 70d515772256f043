"""Desks claim angles before work begins, so that none is taken twice by accident."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from tianfu.model.claim import Claim, ClaimState, check_claim_time, check_free, find_own
from tianfu.model.coverage import Coverage, Pick, PickVerb
from tianfu.model.errors import Conflict, CoverageClosed, Forbidden, InvalidCoverage, NotFound
from tianfu.model.ports import Clock
from tianfu.model.story import Story, StoryState
from tianfu.serving.services.access import Caller
from tianfu.serving.services.coverages import CoverageDesk
from tianfu.serving.services.library import Library
from tianfu.serving.store.database import Database, UnitOfWork

log = structlog.get_logger(__name__)

_LOOK_EVERY = timedelta(seconds=10)
_SERVICE = "service"


class ClaimDesk:
    """Makes, files, releases and ends claims."""

    def __init__(
        self, *, database: Database, library: Library, coverages: CoverageDesk, clock: Clock
    ) -> None:
        self._database = database
        self._library = library
        self._coverages = coverages
        self._clock = clock
        self._looked_at: datetime | None = None

    def claim(self, wanted: Claim, *, caller: Caller) -> tuple[Claim, bool]:
        """Claim an angle; the same desk claiming again renews its own claim.

        Returns:
            The claim as it stands, and whether it is a new one.

        Raises:
            NotFound: No such coverage or angle.
            Forbidden: The outlet is not the caller's, or not a member.
            AngleClaimed: Another desk has it, and the claim is not a shared one.
            CoverageClosed: It takes none any more.
        """
        now = self._clock.now()
        check_claim_time(wanted.until, now)
        with self._database.write() as uow:
            coverage = self._open_one(wanted.coverage_id, caller, uow)
            self._check_claimant(coverage, wanted, caller)
            standing = uow.claims.of(coverage.id)
            check_free(standing, wanted, now)
            own = find_own(standing, wanted, now)
            if own is None:
                uow.claims.add(wanted)
                claim = wanted
            else:
                claim = replace(own, until=wanted.until, note=wanted.note, shared=wanted.shared)
                uow.claims.replace(claim)
            self._note("claim.renewed" if own else "claim.made", claim, caller.key.id, uow)
            uow.commit()
        return claim, own is None

    def release(self, coverage_id: str, claim_id: str, *, caller: Caller) -> Claim:
        """Give an angle up.

        Raises:
            NotFound: No such coverage or claim.
            Forbidden: It is another outlet's, and the caller does not lead the coverage.
            Conflict: The claim does not stand any more.
        """
        return self._end(coverage_id, claim_id, None, caller)

    def file(self, coverage_id: str, claim_id: str, story_id: str, *, caller: Caller) -> Claim:
        """Say that the story is there; it is put into the coverage under the angle as an editor's pick.

        Raises:
            NotFound: No such coverage, claim or story.
            Forbidden: It is another outlet's.
            Conflict: The claim does not stand any more.
            InvalidCoverage: The story is not of the outlet that claimed.
            CoverageClosed: It takes none any more.
        """
        return self._end(coverage_id, claim_id, story_id, caller)

    def change(
        self, coverage_id: str, claim_id: str, *, until: datetime | None, note: str | None, caller: Caller
    ) -> Claim:
        """Move the end of a standing claim, or change its note.

        Raises:
            NotFound: No such coverage or claim.
            Forbidden: It is another outlet's.
            Conflict: The claim does not stand any more.
            InvalidCoverage: The time lies behind, or too far ahead.
        """
        if until is not None:
            check_claim_time(until, self._clock.now())
        with self._database.write() as uow:
            _, claim = self._standing(coverage_id, claim_id, caller, uow)
            changed = replace(claim, until=until or claim.until, note=claim.note if note is None else note)
            uow.claims.replace(changed)
            self._note("claim.changed", changed, caller.key.id, uow)
            uow.commit()
        return changed

    def of(self, coverage_id: str, *, caller: Caller) -> list[Claim]:
        """Every claim on a coverage, oldest first, each in the state it is in now.

        Raises:
            NotFound: There is no such coverage.
        """
        now = self._clock.now()
        with self._database.read() as uow:
            self._coverages.visible(coverage_id, caller, uow)
            claims = uow.claims.of(coverage_id)
        return [replace(claim, state=claim.state_at(now)) for claim in claims]

    def expire(self) -> int:
        """Record claims whose time is up; looks every ten seconds.  Returns how many there were."""
        now = self._clock.now()
        if self._looked_at is not None and now - self._looked_at < _LOOK_EVERY:
            return 0
        self._looked_at = now
        with self._database.read() as uow:
            if not uow.claims.due(now):
                return 0
        with self._database.write() as uow:
            due = uow.claims.due(now)
            for claim in due:
                uow.claims.replace(replace(claim, state=ClaimState.EXPIRED))
                self._note("claim.expired", claim, _SERVICE, uow)
            uow.commit()
        log.info("claims.expired", claims=len(due))
        return len(due)

    def _end(self, coverage_id: str, claim_id: str, story_id: str | None, caller: Caller) -> Claim:
        with self._database.write() as uow:
            coverage, claim = self._standing(coverage_id, claim_id, caller, uow)
            if story_id is None:
                ended = replace(claim, state=ClaimState.RELEASED)
            else:
                ended = replace(claim, state=ClaimState.FILED, story_id=story_id)
                self._put_under_angle(coverage, claim, story_id, caller, uow)
            uow.claims.replace(ended)
            self._note(f"claim.{ended.state.value}", ended, caller.key.id, uow)
            uow.commit()
        self._library.catch_up()
        return ended

    def _put_under_angle(
        self, coverage: Coverage, claim: Claim, story_id: str, caller: Caller, uow: UnitOfWork
    ) -> None:
        if not coverage.state.is_open:
            raise CoverageClosed
        story: Story | None = uow.stories.by_id(story_id)
        if story is None or story.state is StoryState.TAKEN_DOWN:
            raise NotFound("story", story_id)
        if story.outlet_id != claim.outlet_id:
            raise InvalidCoverage(field="story_id", why="is not a story of the outlet that claimed the angle")
        pick = Pick(
            story_number=story.number,
            verb=PickVerb.ADD,
            angle_id=claim.angle_id,
            picked_by=caller.key.id,
            picked_at=self._clock.now(),
            outlet_id=caller.key.outlet_id,
        )
        self._coverages.put_pick(coverage, story, pick, caller, uow)

    def _standing(
        self, coverage_id: str, claim_id: str, caller: Caller, uow: UnitOfWork
    ) -> tuple[Coverage, Claim]:
        coverage = self._coverages.visible(coverage_id, caller, uow)
        claim = next((c for c in uow.claims.of(coverage_id) if c.id == claim_id), None)
        if claim is None:
            raise NotFound("claim", claim_id)
        if not caller.may_act_for(claim.outlet_id):
            self._coverages.must_lead(coverage, caller)
        if not claim.stands(self._clock.now()):
            raise Conflict("这个认领已经结束。", advice="需要的话重新认领。")
        return coverage, claim

    def _open_one(self, coverage_id: str, caller: Caller, uow: UnitOfWork) -> Coverage:
        coverage = self._coverages.visible(coverage_id, caller, uow)
        if not coverage.state.is_open:
            raise CoverageClosed
        return coverage

    def _check_claimant(self, coverage: Coverage, wanted: Claim, caller: Caller) -> None:
        if wanted.outlet_id not in self._library.outlets:
            raise NotFound("outlet", wanted.outlet_id)
        caller.must_act_for(wanted.outlet_id)
        if not coverage.takes(wanted.outlet_id):
            raise Forbidden("这家媒体不在专题的参与名单里。", advice="请发起方先加入这家媒体。")
        if coverage.angle(wanted.angle_id) is None:
            raise NotFound("angle", wanted.angle_id)

    def _note(self, action: str, claim: Claim, actor: str, uow: UnitOfWork) -> None:
        details: dict[str, Any] = {
            "claim_id": claim.id,
            "angle_id": claim.angle_id,
            "outlet_id": claim.outlet_id,
            "until": claim.until.isoformat(),
        }
        uow.audit.add(
            actor=actor, action=action, target=claim.coverage_id, now=self._clock.now(), details=details
        )
