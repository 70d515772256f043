"""The board of a joint coverage: doubles, gaps, timeline and reach, as pure functions of its stories."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tianfu.model.claim import Claim
from tianfu.model.cluster import DuplicateEdge, Relation, relations_to_lead
from tianfu.model.coverage import Coverage
from tianfu.model.dating import Dating, first_told
from tianfu.model.outlet import Outlet, OutletLevel
from tianfu.model.placement import lies_within

LEAST_READERS = 20
"""Reach of an outlet with fewer readers than this is not told: few people could be recognised."""
LEAST_OTHERS = 2
"""Other outlets that a sum told to an outlet holds at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardStory:
    """A story as the board sees it; ``angles`` most confident first, with the confidence of each."""

    number: int
    story_id: str
    outlet_id: str
    title: str
    url: str | None
    published_at: datetime
    dating: Dating
    cluster_id: str
    picked: bool
    score: float
    angles: tuple[tuple[str, float], ...]
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Double:
    """What several outlets tell: the stories of one cluster, first publisher first."""

    cluster_id: str
    stories: tuple[BoardStory, ...]
    relations: Mapping[int, Relation]

    @property
    def first(self) -> BoardStory:
        """Who had it first, by the dates that count."""
        return self.stories[0]


def doubles(stories: Iterable[BoardStory], edges: Sequence[DuplicateEdge]) -> list[Double]:
    """Find what at least two outlets tell, most told first."""
    groups: dict[str, list[BoardStory]] = {}
    for story in stories:
        groups.setdefault(story.cluster_id, []).append(story)
    found = []
    for cluster_id, group in groups.items():
        if len({story.outlet_id for story in group}) < 2:
            continue
        told = tuple(first_told(group, dating=lambda story: story.dating, number=lambda story: story.number))
        relations = relations_to_lead(told[0].number, [s.number for s in told], edges)
        found.append(Double(cluster_id=cluster_id, stories=told, relations=relations))
    return sorted(found, key=lambda d: (-len(d.stories), d.first.dating.first_at, d.cluster_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """What nobody tells.

    Attributes:
        empty_angles: Ids of angles without a story.
        unfiled: Standing claims under which the outlet has no story in the angle yet.
        silent_outlets: Members without a story, province first, then by id.
        silent_places: Adcodes that no story is about.
    """

    empty_angles: tuple[str, ...]
    unfiled: tuple[Claim, ...]
    silent_outlets: tuple[str, ...]
    silent_places: tuple[str, ...]


def gaps(
    coverage: Coverage,
    stories: Sequence[BoardStory],
    claims: Iterable[Claim],
    outlets: Mapping[str, Outlet],
    areas: Iterable[str],
    now: datetime,
) -> Gaps:
    """Say what is missing.

    Args:
        coverage: Names its angles and members.
        stories: All of its stories.
        claims: All claims on it.
        outlets: The consortium's newsrooms.
        areas: Adcodes that should be told of.
        now: The present time, for claims.
    """
    told = {(s.outlet_id, angle_id) for s in stories for angle_id, _ in s.angles}
    angles = {angle_id for _, angle_id in told}
    heard = {s.outlet_id for s in stories}
    spoken_of = {place for s in stories for place in s.places}
    rank = list(OutletLevel)
    silent = [o for o in outlets.values() if coverage.takes(o.id) and o.id not in heard]
    return Gaps(
        empty_angles=tuple(a.id for a in coverage.angles if a.id not in angles),
        unfiled=tuple(c for c in claims if c.stands(now) and (c.outlet_id, c.angle_id) not in told),
        silent_outlets=tuple(o.id for o in sorted(silent, key=lambda o: (rank.index(o.level), o.id))),
        silent_places=tuple(a for a in areas if not any(lies_within(p, a) for p in spoken_of)),
    )


@dataclass(frozen=True, slots=True)
class Hour:
    """Stories of one hour, by level of their outlets; hours without any are left out."""

    starts_at: datetime
    by_level: Mapping[OutletLevel, int]

    @property
    def stories(self) -> int:
        """How many in all."""
        return sum(self.by_level.values())


def timeline(stories: Iterable[BoardStory], outlets: Mapping[str, Outlet]) -> list[Hour]:
    """Count stories by the hour that counts as their publication, oldest first."""
    hours: dict[datetime, Counter[OutletLevel]] = {}
    for story in stories:
        outlet = outlets.get(story.outlet_id)
        if outlet is not None:
            hour = story.dating.fresh_at.replace(minute=0, second=0, microsecond=0)
            hours.setdefault(hour, Counter())[outlet.level] += 1
    return [Hour(hour, dict(hours[hour])) for hour in sorted(hours)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far a coverage got with the readers of one outlet's app.

    Attributes:
        readers: Different readers who allow personalisation, and so can be told apart.
    """

    outlet_id: str
    exposures: int
    clicks: int
    readers: int

    @property
    def may_be_told(self) -> bool:
        """Whether so many readers are behind the counts that nobody is recognised."""
        return self.readers >= LEAST_READERS


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachTotal:
    """How far a coverage got in all apps together; ``outlets`` says how many are counted."""

    outlets: int
    exposures: int
    clicks: int
    readers: int


def reach_of_all(reach: Iterable[Reach], *, asker: str | None) -> ReachTotal | None:
    """Add up what may be told of each outlet.

    Who knows its own counts can take them off the sum.  So an outlet is told the sum of at least two others,
    and nobody learns how a single other app does.

    Args:
        reach: Of each outlet.
        asker: The outlet that asks; ``None`` for the platform, which sees every outlet.

    Returns:
        The sum, or ``None`` where there is none that may be told.
    """
    told = [one for one in reach if one.may_be_told]
    others = [one for one in told if one.outlet_id != asker]
    if not told or (asker is not None and len(others) < LEAST_OTHERS):
        return None
    return ReachTotal(
        outlets=len(told),
        exposures=sum(one.exposures for one in told),
        clicks=sum(one.clicks for one in told),
        readers=sum(one.readers for one in told),
    )
