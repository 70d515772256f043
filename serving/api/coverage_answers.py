"""What the routes of joint coverages answer."""

from datetime import datetime
from typing import Any

from tianfu.model.claim import Claim, ClaimState
from tianfu.model.cluster import Relation
from tianfu.model.coverage import Coverage, CoverageState, PickVerb
from tianfu.model.coverage_match import Ground
from tianfu.model.outlet import OutletLevel
from tianfu.model.tag import TextField
from tianfu.serving.api.forms import Out


class StandingQueryOut(Out):
    """The standing query."""

    since: datetime
    until: datetime
    words_all: list[str]
    words_any: list[str]
    words_none: list[str]
    topics: list[str]
    places: list[str]
    examples: list[str]
    least_likeness: float


class AngleOut(Out):
    """An angle."""

    id: str
    name: str
    description: str
    words: list[str]


class CoverageOut(Out):
    """A coverage as opened; no outlet ids means every outlet."""

    id: str
    channel: str
    title: str
    lead: str
    state: CoverageState
    query: StandingQueryOut
    angles: list[AngleOut]
    outlet_ids: list[str]
    opened_by: str
    opened_outlet_id: str | None
    created_at: datetime
    revision: int


class CoverageRowOut(CoverageOut):
    """A coverage in a list."""

    stories: int
    outlets_heard: int


class CoveragesOut(Out):
    """A page of coverages, newest first."""

    items: list[CoverageRowOut]
    cursor: str | None


class SpanOut(Out):
    """Where a word stands in the outlet's own text."""

    field: TextField
    start: int
    end: int
    text: str


class MatchReasonOut(Out):
    """One thing that speaks for a story, also in words for editors."""

    ground: Ground
    value: str
    score: float
    text: str
    evidence: list[SpanOut]


class AngleShareOut(Out):
    """A story's place under an angle."""

    angle_id: str
    confidence: float
    reasons: list[MatchReasonOut]


class CoverageStoryOut(Out):
    """A story of a coverage."""

    story_id: str
    outlet_id: str
    level: OutletLevel | None
    title: str
    url: str | None
    published_at: datetime
    cluster_id: str
    picked: bool
    score: float


class CoverageStoryRowOut(CoverageStoryOut):
    """A story of a coverage with the reasons it is there."""

    reasons: list[MatchReasonOut]
    angles: list[AngleShareOut]


class CoverageStoriesOut(Out):
    """A page of stories, newest first."""

    items: list[CoverageStoryRowOut]
    cursor: str | None


class PickOut(Out):
    """A pick as recorded."""

    story_id: str
    verb: PickVerb
    angle_id: str | None
    picked_by: str
    picked_at: datetime


class PickRowOut(PickOut):
    """A pick with the story it speaks of."""

    outlet_id: str
    title: str
    published_at: datetime


class PicksOut(Out):
    """Every pick that stands, newest first."""

    items: list[PickRowOut]


class ClaimOut(Out):
    """A claim, in the state it is in now."""

    id: str
    angle_id: str
    outlet_id: str
    desk: str
    note: str
    shared: bool
    state: ClaimState
    story_id: str | None
    claimed_by: str
    created_at: datetime
    until: datetime


class ClaimsOut(Out):
    """Every claim, oldest first."""

    items: list[ClaimOut]


class AngleBoardOut(AngleOut):
    """An angle with what stands under it: the latest stories, and who has claimed it."""

    stories: int
    outlet_ids: list[str]
    latest: list[CoverageStoryOut]
    claims: list[ClaimOut]


class OutletBoardOut(Out):
    """What one outlet contributed; ``angles`` counts its stories by angle id."""

    outlet_id: str
    name: str
    level: OutletLevel
    stories: int
    firsts: int
    angles: dict[str, int]
    first_at: datetime
    last_at: datetime


class LevelBoardOut(Out):
    """What one level contributed."""

    level: OutletLevel
    outlets: int
    stories: int


class DoubleMemberOut(Out):
    """One telling of what several tell."""

    story_id: str
    outlet_id: str
    title: str
    published_at: datetime
    minutes_after_first: float
    relation: Relation


class DoubleOut(Out):
    """What several outlets tell, first publisher first."""

    cluster_id: str
    first_outlet_id: str
    outlets: int
    stories: list[DoubleMemberOut]


class GapsOut(Out):
    """What nobody tells."""

    empty_angles: list[str]
    unfiled_claims: list[ClaimOut]
    silent_outlets: list[str]
    silent_places: list[str]


class HourOut(Out):
    """Stories of one hour, by the date that counts."""

    starts_at: datetime
    stories: int
    by_level: dict[OutletLevel, int]


class ReachOut(Out):
    """Reach in one outlet's app; all three are null where fewer than 20 known readers are behind them."""

    outlet_id: str
    exposures: int | None
    clicks: int | None
    readers: int | None


class ReachTotalOut(Out):
    """Reach in the apps of all outlets whose readers are many enough; `outlets` says how many these are."""

    outlets: int
    exposures: int
    clicks: int
    readers: int


class FillOut(Out):
    """How far stories from before the last change of the query are matched."""

    done: bool
    seen: int
    total: int


class CoverageBoardOut(CoverageOut):
    """Everything about a coverage at one moment.

    `reach` is the asking outlet's own, or every outlet's for the platform.  `reach_total` is null where it
    would tell of fewer than two others.
    """

    fill: FillOut
    stories: int
    unassigned: int
    by_angle: list[AngleBoardOut]
    by_outlet: list[OutletBoardOut]
    by_level: list[LevelBoardOut]
    doubles: list[DoubleOut]
    gaps: GapsOut
    claims: list[ClaimOut]
    timeline: list[HourOut]
    reach: list[ReachOut]
    reach_total: ReachTotalOut | None


def coverage_fields(coverage: Coverage) -> dict[str, Any]:
    """What every answer about a coverage holds."""
    return {
        "id": coverage.id,
        "channel": f"coverage:{coverage.id}",
        "title": coverage.title,
        "lead": coverage.lead,
        "state": coverage.state,
        "query": StandingQueryOut.model_validate(coverage.query),
        "angles": [AngleOut.model_validate(angle) for angle in coverage.angles],
        "outlet_ids": sorted(coverage.outlet_ids),
        "opened_by": coverage.opened_by,
        "opened_outlet_id": coverage.opened_outlet_id,
        "created_at": coverage.created_at,
        "revision": coverage.revision,
    }


def claim_out(claim: Claim) -> ClaimOut:
    """Translate a claim."""
    return ClaimOut.model_validate(claim)
