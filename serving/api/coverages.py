"""Joint coverages (专题): one event that several outlets tell together."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from tianfu.model.claim import Claim, ClaimState
from tianfu.model.coverage import Coverage, CoverageState
from tianfu.model.errors import InvalidCoverage, InvalidRequest
from tianfu.model.outlet import OutletLevel
from tianfu.model.rules import check_id
from tianfu.serving.api.context import EditorCaller, NewsCaller, NewsroomDep
from tianfu.serving.api.coverage_answers import (
    ClaimOut,
    ClaimsOut,
    CoverageBoardOut,
    CoverageOut,
    CoverageRowOut,
    CoveragesOut,
    CoverageStoriesOut,
    PickOut,
    PickRowOut,
    PicksOut,
    claim_out,
    coverage_fields,
)
from tianfu.serving.api.coverage_forms import ClaimIn, ClaimPatchIn, CoverageIn, CoveragePatchIn, PickIn
from tianfu.serving.api.coverage_pages import board_out, story_row_out
from tianfu.serving.api.forms import CursorParam, PageLimit
from tianfu.serving.services.clock import new_id, new_short_id
from tianfu.serving.store.coverage_stories import MemberQuery

router = APIRouter(prefix="/coverages", tags=["coverages"])


@router.post("", status_code=201)
def open_coverage(given: CoverageIn, room: NewsroomDep, known: EditorCaller) -> CoverageOut:
    """Open a joint coverage; stories that are there already are gathered in the background."""
    coverage = Coverage(
        id=new_short_id("z"),
        title=given.title,
        lead=given.lead,
        query=given.query.to_query(),
        angles=tuple(angle.to_angle() for angle in given.angles),
        outlet_ids=frozenset(given.outlet_ids),
        state=given.state,
        opened_by=known.key.id,
        opened_outlet_id=known.key.outlet_id,
        created_at=room.clock.now(),
    )
    opened = room.coverages.open(coverage, caller=known)
    room.worker.wake()
    return _coverage_out(opened)


@router.get("")
def list_coverages(
    room: NewsroomDep,
    known: NewsCaller,
    state: CoverageState | None = None,
    limit: PageLimit = 20,
    cursor: CursorParam | None = None,
) -> CoveragesOut:
    """List the coverages that the caller's outlet opened or takes part in, newest first."""
    before = None
    if cursor is not None:
        at, coverage_id = room.cursors.read("coverages", cursor)
        before = datetime.fromisoformat(at), coverage_id
    found = room.coverage_reader.known(state=state, before=before, limit=limit + 1, caller=known)
    following = None
    if len(found) > limit:
        last = found[limit - 1][0]
        following = room.cursors.make("coverages", last.created_at.isoformat(), last.id)
    items = [
        CoverageRowOut(**coverage_fields(coverage), stories=stories, outlets_heard=outlets)
        for coverage, (stories, outlets) in found[:limit]
    ]
    return CoveragesOut(items=items, cursor=following)


@router.get("/{coverage_id}")
def get_coverage(coverage_id: str, room: NewsroomDep, known: NewsCaller) -> CoverageBoardOut:
    """Show the board: who tells which side, what is told twice, what nobody tells, how far it reaches.

    An outlet sees the reach among its own readers and that of all outlets together.
    """
    return board_out(room.coverage_reader.board(coverage_id, caller=known))


@router.patch("/{coverage_id}")
def change_coverage(
    coverage_id: str, change: CoveragePatchIn, room: NewsroomDep, known: EditorCaller
) -> CoverageOut:
    """Change a coverage; only who opened it and the platform may.  A closed one can be opened again."""
    changed = room.coverages.change(
        coverage_id, change.to_fields(), expected_revision=change.expected_revision, caller=known
    )
    room.worker.wake()
    return _coverage_out(changed)


@router.get("/{coverage_id}/stories")
def coverage_stories(
    coverage_id: str,
    room: NewsroomDep,
    known: NewsCaller,
    angle: Annotated[
        str | None, Query(max_length=128, description="An angle's id, or `none` for stories of no angle.")
    ] = None,
    outlet_id: Annotated[str | None, Query(max_length=40)] = None,
    level: OutletLevel | None = None,
    picked: Annotated[bool | None, Query(description="By editors only, or by the query only.")] = None,
    limit: PageLimit = 20,
    cursor: CursorParam | None = None,
) -> CoverageStoriesOut:
    """List a coverage's stories, newest first by the date that counts, each with the reasons it is there."""
    for name, value in (("angle", angle), ("outlet_id", outlet_id)):
        if value is not None:
            check_id(value, field=name, error=InvalidRequest)
    before = None
    if cursor is not None:
        at, number = room.cursors.read("coverage_stories", cursor)
        before = datetime.fromisoformat(at), number
    query = MemberQuery(
        coverage_id=coverage_id,
        angle_id=angle,
        outlet_id=outlet_id,
        level=level.value if level else None,
        picked=picked,
        before=before,
        limit=limit + 1,
    )
    found = room.coverage_reader.stories(query, caller=known)
    following = None
    if len(found) > limit:
        last = found[limit - 1][0]
        following = room.cursors.make("coverage_stories", last.dating.fresh_at.isoformat(), last.number)
    items = [story_row_out(s, m, room.library.outlets, room.names) for s, m in found[:limit]]
    return CoverageStoriesOut(items=items, cursor=following)


@router.get("/{coverage_id}/picks")
def list_picks(coverage_id: str, room: NewsroomDep, known: NewsCaller) -> PicksOut:
    """List what editors put in or out by hand, newest first: what was put out stands on no other page."""
    items = [
        PickRowOut(
            story_id=story.id,
            verb=pick.verb,
            angle_id=pick.angle_id,
            picked_by=pick.picked_by,
            picked_at=pick.picked_at,
            outlet_id=story.outlet_id,
            title=story.text.title,
            published_at=story.text.published_at,
        )
        for pick, story in room.coverage_reader.picks(coverage_id, caller=known)
    ]
    return PicksOut(items=items)


@router.post("/{coverage_id}/picks", status_code=201)
def pick_story(coverage_id: str, given: PickIn, room: NewsroomDep, known: EditorCaller) -> PickOut:
    """Put a story in or take it out, above the query: own stories, or all for who leads the coverage."""
    check_id(given.story_id, field="story_id", error=InvalidCoverage)
    pick = room.coverages.pick(coverage_id, given.story_id, given.verb, angle_id=given.angle_id, caller=known)
    room.worker.wake()
    return PickOut(
        story_id=given.story_id,
        verb=pick.verb,
        angle_id=pick.angle_id,
        picked_by=pick.picked_by,
        picked_at=pick.picked_at,
    )


@router.delete("/{coverage_id}/picks/{story_id}", status_code=204)
def withdraw_pick(coverage_id: str, story_id: str, room: NewsroomDep, known: EditorCaller) -> None:
    """Take a pick back; the query decides again."""
    room.coverages.withdraw_pick(coverage_id, story_id, caller=known)
    room.worker.wake()


@router.get("/{coverage_id}/claims")
def list_claims(coverage_id: str, room: NewsroomDep, known: NewsCaller) -> ClaimsOut:
    """List every claim, oldest first, also those that ended."""
    return ClaimsOut(items=[claim_out(c) for c in room.claims.of(coverage_id, caller=known)])


@router.post("/{coverage_id}/claims", status_code=201, responses={200: {"model": ClaimOut}})
def claim_angle(
    coverage_id: str, given: ClaimIn, room: NewsroomDep, known: EditorCaller, response: Response
) -> ClaimOut:
    """Claim an angle; the same desk again renews its claim and gets 200.

    409 `angle_claimed` tells in `facts` which other desk has it, and until when.
    """
    outlet_id = given.outlet_id or known.key.outlet_id
    if outlet_id is None:
        raise InvalidRequest(field="outlet_id", why="is needed with a platform key")
    wanted = Claim(
        id=new_id("k"),
        coverage_id=coverage_id,
        angle_id=given.angle_id,
        outlet_id=outlet_id,
        desk=given.desk,
        note=given.note,
        shared=given.shared,
        until=given.until,
        claimed_by=known.key.id,
        created_at=room.clock.now(),
    )
    claim, is_new = room.claims.claim(wanted, caller=known)
    if not is_new:
        response.status_code = 200
    return claim_out(claim)


@router.patch("/{coverage_id}/claims/{claim_id}")
def change_claim(
    coverage_id: str, claim_id: str, change: ClaimPatchIn, room: NewsroomDep, known: EditorCaller
) -> ClaimOut:
    """Release a claim, file a story for it (`state: filed` with `story_id`), or move its end."""
    if change.state is ClaimState.EXPIRED:
        raise InvalidCoverage(field="state", why="expired comes by itself", advice="Use released.")
    if (change.state is ClaimState.FILED) != (change.story_id is not None):
        raise InvalidCoverage(field="story_id", why="goes with state filed, and only with it")
    if change.state in (ClaimState.FILED, ClaimState.RELEASED) and (change.until or change.note is not None):
        raise InvalidCoverage(field="until", why="and note cannot change together with the state")
    if change.state is ClaimState.RELEASED:
        claim = room.claims.release(coverage_id, claim_id, caller=known)
    elif change.story_id is not None:
        claim = room.claims.file(coverage_id, claim_id, change.story_id, caller=known)
        room.worker.wake()
    else:
        claim = room.claims.change(coverage_id, claim_id, until=change.until, note=change.note, caller=known)
    return claim_out(claim)


def _coverage_out(coverage: Coverage) -> CoverageOut:
    return CoverageOut(**coverage_fields(coverage))
