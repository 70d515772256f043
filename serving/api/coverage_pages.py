"""Translating a coverage's stories and board for the HTTP answers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tianfu.model.coverage_board import BoardStory, Double, Reach
from tianfu.model.coverage_match import Ground, MatchReason, Membership
from tianfu.model.outlet import Outlet, OutletLevel
from tianfu.model.tag import TagKind, TextField
from tianfu.serving.api.coverage_answers import (
    AngleBoardOut,
    AngleShareOut,
    CoverageBoardOut,
    CoverageStoryOut,
    CoverageStoryRowOut,
    DoubleMemberOut,
    DoubleOut,
    FillOut,
    GapsOut,
    HourOut,
    LevelBoardOut,
    MatchReasonOut,
    OutletBoardOut,
    ReachOut,
    ReachTotalOut,
    SpanOut,
    claim_out,
    coverage_fields,
)
from tianfu.serving.services.coverage_board import CoverageBoard

Names = Mapping[tuple[TagKind, str], str]
_LATEST = 5


def board_out(board: CoverageBoard) -> CoverageBoardOut:
    """Translate the whole board."""
    missing = board.gaps
    return CoverageBoardOut(
        **coverage_fields(board.coverage),
        fill=FillOut.model_validate(board.fill),
        stories=len(board.stories),
        unassigned=sum(not story.angles for story in board.stories),
        by_angle=_by_angle(board),
        by_outlet=_by_outlet(board),
        by_level=_by_level(board),
        doubles=[_double_out(double) for double in board.doubles],
        gaps=GapsOut(
            empty_angles=list(missing.empty_angles),
            unfiled_claims=[claim_out(claim) for claim in missing.unfiled],
            silent_outlets=list(missing.silent_outlets),
            silent_places=list(missing.silent_places),
        ),
        claims=[claim_out(claim) for claim in board.claims],
        timeline=[
            HourOut(starts_at=hour.starts_at, stories=hour.stories, by_level=dict(hour.by_level))
            for hour in board.timeline
        ],
        reach=[reach_out(reach) for reach in board.reach],
        reach_total=ReachTotalOut.model_validate(board.reach_total) if board.reach_total else None,
    )


def reach_out(reach: Reach) -> ReachOut:
    """Translate reach; counts of few readers are not told."""
    told = reach.may_be_told
    return ReachOut(
        outlet_id=reach.outlet_id,
        exposures=reach.exposures if told else None,
        clicks=reach.clicks if told else None,
        readers=reach.readers if told else None,
    )


def story_out(story: BoardStory, outlets: Mapping[str, Outlet]) -> CoverageStoryOut:
    """Translate a story."""
    return CoverageStoryOut(**_story_fields(story, outlets))


def story_row_out(
    story: BoardStory, member: Membership, outlets: Mapping[str, Outlet], names: Names
) -> CoverageStoryRowOut:
    """Translate a story with its reasons."""
    return CoverageStoryRowOut(
        **_story_fields(story, outlets),
        reasons=[_reason_out(reason, names) for reason in member.reasons],
        angles=[
            AngleShareOut(
                angle_id=share.angle_id,
                confidence=share.confidence,
                reasons=[_reason_out(reason, names) for reason in share.reasons],
            )
            for share in member.angles
        ],
    )


def reason_text(reason: MatchReason, names: Names) -> str:
    """Say a reason to an editor."""
    match reason.ground:
        case Ground.WORDS:
            in_title = any(span.field is TextField.TITLE for span in reason.evidence)
            return f"{'标题' if in_title else '正文'}有「{reason.value}」"
        case Ground.TOPIC:
            kind = TagKind.TOPIC if reason.value.isdigit() else TagKind.FINE_TOPIC
            return f"主题：{names.get((kind, reason.value), reason.value)}"
        case Ground.PLACE:
            return f"地点：{names.get((TagKind.PLACE, reason.value), reason.value)}"
        case Ground.LIKENESS:
            return f"内容相近（{reason.score:.2f}）"
        case Ground.PICK:
            return "编辑选入"


def _reason_out(reason: MatchReason, names: Names) -> MatchReasonOut:
    return MatchReasonOut(
        ground=reason.ground,
        value=reason.value,
        score=reason.score,
        text=reason_text(reason, names),
        evidence=[SpanOut.model_validate(span) for span in reason.evidence],
    )


def _story_fields(story: BoardStory, outlets: Mapping[str, Outlet]) -> dict[str, Any]:
    outlet = outlets.get(story.outlet_id)
    return {
        "story_id": story.story_id,
        "outlet_id": story.outlet_id,
        "level": outlet.level if outlet else None,
        "title": story.title,
        "url": story.url,
        "published_at": story.published_at,
        "cluster_id": story.cluster_id,
        "picked": story.picked,
        "score": story.score,
    }


def _by_angle(board: CoverageBoard) -> list[AngleBoardOut]:
    found: list[AngleBoardOut] = []
    for angle in board.coverage.angles:
        under = [s for s in board.stories if any(angle_id == angle.id for angle_id, _ in s.angles)]
        found.append(
            AngleBoardOut(
                id=angle.id,
                name=angle.name,
                description=angle.description,
                words=list(angle.words),
                stories=len(under),
                outlet_ids=sorted({s.outlet_id for s in under}),
                latest=[story_out(s, board.outlets) for s in under[:_LATEST]],
                claims=[claim_out(c) for c in board.claims if c.angle_id == angle.id],
            )
        )
    return found


def _by_outlet(board: CoverageBoard) -> list[OutletBoardOut]:
    """Outlets with a story: province first, then by number of stories."""
    groups: dict[str, list[BoardStory]] = {}
    for story in board.stories:
        groups.setdefault(story.outlet_id, []).append(story)
    firsts = Counter(double.first.outlet_id for double in board.doubles)
    rows = [
        _outlet_row(board.outlets[outlet_id], group, firsts[outlet_id])
        for outlet_id, group in groups.items()
        if outlet_id in board.outlets
    ]
    rank = list(OutletLevel)
    return sorted(rows, key=lambda row: (rank.index(row.level), -row.stories, row.outlet_id))


def _outlet_row(outlet: Outlet, group: Sequence[BoardStory], firsts: int) -> OutletBoardOut:
    return OutletBoardOut(
        outlet_id=outlet.id,
        name=outlet.name,
        level=outlet.level,
        stories=len(group),
        firsts=firsts,
        angles=dict(Counter(angle_id for story in group for angle_id, _ in story.angles)),
        first_at=min(story.published_at for story in group),
        last_at=max(story.published_at for story in group),
    )


def _by_level(board: CoverageBoard) -> list[LevelBoardOut]:
    level = {outlet_id: outlet.level for outlet_id, outlet in board.outlets.items()}
    stories = Counter(level[s.outlet_id] for s in board.stories if s.outlet_id in level)
    outlets = Counter(level[o] for o in {s.outlet_id for s in board.stories} if o in level)
    return [LevelBoardOut(level=one, outlets=outlets[one], stories=stories[one]) for one in OutletLevel]


def _double_out(double: Double) -> DoubleOut:
    first = double.first
    return DoubleOut(
        cluster_id=double.cluster_id,
        first_outlet_id=first.outlet_id,
        outlets=len({story.outlet_id for story in double.stories}),
        stories=[
            DoubleMemberOut(
                story_id=story.story_id,
                outlet_id=story.outlet_id,
                title=story.title,
                published_at=story.published_at,
                minutes_after_first=round((story.published_at - first.published_at).total_seconds() / 60, 1),
                relation=double.relations[story.number],
            )
            for story in double.stories
        ],
    )
