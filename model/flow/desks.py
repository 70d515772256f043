"""Which upper desks would take a story: an estimate from the adoption ledger.

For each upper outlet and class, the share of comparable past stories that the desk took, counted with
their likeness, is drawn towards the desk's base rate, and that towards the outlet's (shrinkage as
with a beta prior).  A desk that has the event already hardly takes it again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tianfu.model.feed.card import areas_of
from tianfu.model.flow.adoption import Adoption
from tianfu.model.flow.desk import Desk
from tianfu.model.outlet import Outlet, OutletLevel

PRIOR_RATE, PRIOR_STORIES = 0.05, 20.0
"""With nothing known, one story in twenty is taken; so many stories outweigh that."""
BASE_STORIES = 20.0
"""So many stories of a class outweigh the outlet's rate over all classes."""
BASE_PRECEDENTS = 2.0
"""So many fully alike precedents outweigh the desk's base rate."""
LEAST_LIKENESS = 0.5
"""Cosine from which a past story is a precedent at all."""
SECOND_TOPIC, UNTAGGED = 0.6, 0.2
"""Fit of a class that is not the primary one, and of one that the story does not carry."""
TOLD_ALREADY = 0.1
"""What remains of the confidence when the outlet has the event already."""
MAX_EXAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Precedent:
    """A past story of an outlet below, as comparable as its likeness.

    Attributes:
        likeness: Cosine of the two vectors, -1..1.
        topics: Classes, primary first.
    """

    cluster_id: str
    outlet_id: str
    likeness: float
    topics: tuple[str, ...]
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What is known of the past.

    Attributes:
        adoptions: By the upper outlets, newest first.
        offered: How many stories outlets published, by (outlet, primary class).
        days: How far back both go.
    """

    adoptions: tuple[Adoption, ...]
    offered: Mapping[tuple[str, str], int]
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskQuestion:
    """A story to be offered.

    Attributes:
        topics: Confidence 0..1 by class, primary first.
        uppers: Outlets above the story's.
        told: Upper outlets that have the event, each with the id and title of its story.
        precedents: Past stories near it, one for each cluster, nearest first.
        likeness: Cosine to each adopted story, by number, where known.
    """

    topics: Mapping[str, float]
    places: tuple[str, ...]
    uppers: tuple[Outlet, ...]
    outlets: Mapping[str, Outlet]
    told: Mapping[str, tuple[str, str]]
    precedents: Sequence[Precedent]
    likeness: Mapping[int, float]
    ledger: Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskAnswer:
    """One desk, and everything the estimate rests on.

    Attributes:
        confidence: Estimated chance that the desk takes the story, 0..1.
        tagged: Whether the story carries the desk's class.
        fit: How well the desk's class fits the story, 0..1.
        base: The desk's smoothed rate, 0..1.
        taken: Adoptions by the desk in the ledger.
        offered: Stories of its class that outlets below published.
        alike: Precedents from outlets below.
        alike_taken: Those that the desk took.
        same_place: Those of ``alike_taken`` about the story's county or city.
        told: Id and title of the outlet's own story of the event, or ``None``.
        examples: Adopted stories most like this one, with their cosines where known.
    """

    desk: Desk
    confidence: float
    tagged: bool
    fit: float
    base: float
    taken: int
    offered: int
    alike: int
    alike_taken: int
    same_place: int
    told: tuple[str, str] | None
    examples: tuple[tuple[Adoption, float | None], ...]


def rank_desks(question: DeskQuestion, *, limit: int) -> list[DeskAnswer]:
    """The desks most likely to take a story, most likely first; ties by desk id."""
    found = [answer for upper in question.uppers for answer in _desks_of(upper, question)]
    return sorted(found, key=lambda one: (-one.confidence, one.desk.id))[:limit]


def is_below(outlet: Outlet, upper: Outlet) -> bool:
    """Whether one outlet may offer stories to the other."""
    if upper.level is OutletLevel.PROVINCE:
        return outlet.level is not OutletLevel.PROVINCE
    return outlet.parent_id == upper.id


def _desks_of(upper: Outlet, question: DeskQuestion) -> list[DeskAnswer]:
    below = {one.id for one in question.outlets.values() if is_below(one, upper)}
    adoptions = [one for one in question.ledger.adoptions if one.adopter_id == upper.id]
    taken_as = {one.cluster_id: one.topic for one in adoptions}
    alike = [one for one in question.precedents if one.outlet_id in below and one.likeness >= LEAST_LIKENESS]
    offered = _offered(question.ledger, below)
    overall = _rate(len(adoptions), sum(offered.values()), PRIOR_RATE, PRIOR_STORIES)
    topics = dict.fromkeys(question.topics) or {"": None}
    topics |= {taken_as[one.cluster_id]: None for one in alike if one.cluster_id in taken_as}
    return [_answer(Desk(upper.id, topic), overall, offered, adoptions, alike, question) for topic in topics]


def _answer(
    desk: Desk,
    overall: float,
    offered: Mapping[str, int],
    adoptions: Sequence[Adoption],
    alike: Sequence[Precedent],
    question: DeskQuestion,
) -> DeskAnswer:
    own = [one for one in adoptions if one.topic == desk.topic or not desk.topic]
    own_clusters = {one.cluster_id for one in own}
    known = offered.get(desk.topic, 0) if desk.topic else sum(offered.values())
    base = _rate(len(own), known, overall, BASE_STORIES)
    fit = _fit(desk.topic, question.topics)
    weights = [(one, _weight(one, question)) for one in alike]
    took = [(one, weight) for one, weight in weights if one.cluster_id in own_clusters]
    chance = _rate(sum(w for _, w in took), sum(w for _, w in weights), base * fit, BASE_PRECEDENTS)
    told = question.told.get(desk.outlet_id)
    return DeskAnswer(
        desk=desk,
        confidence=round(chance * (TOLD_ALREADY if told else 1.0), 4),
        tagged=desk.topic in question.topics,
        fit=fit,
        base=base,
        taken=len(own),
        offered=known,
        alike=len(alike),
        alike_taken=len(took),
        same_place=sum(_near(one.places, question.places) for one, _ in took),
        told=told,
        examples=_examples(own, question.likeness),
    )


def _rate(taken: float, offered: float, prior: float, strength: float) -> float:
    """Share taken, drawn towards a prior rate worth ``strength`` observations; 0..1."""
    return min(1.0, (taken + strength * prior) / (max(taken, offered) + strength))


def _offered(ledger: Ledger, below: set[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for (outlet_id, topic), count in ledger.offered.items():
        if outlet_id in below:
            counts[topic] = counts.get(topic, 0) + count
    return counts


def _fit(topic: str, topics: Mapping[str, float]) -> float:
    if not topic:
        return 1.0
    primary = next(iter(topics), None)
    return topics[topic] * (1.0 if topic == primary else SECOND_TOPIC) if topic in topics else UNTAGGED


def _weight(one: Precedent, question: DeskQuestion) -> float:
    """Likeness above the floor, 0..1; half of it hangs on the same class and the same place."""
    near = (one.likeness - LEAST_LIKENESS) / (1.0 - LEAST_LIKENESS)
    same_topic = bool(set(one.topics) & question.topics.keys())
    return near * (0.5 + 0.25 * same_topic + 0.25 * _near(one.places, question.places))


def _near(places: Sequence[str], others: Sequence[str]) -> bool:
    """Whether both are about one county or city."""
    return bool(_counties(places) & _counties(others))


def _counties(places: Sequence[str]) -> set[str]:
    return {area for place in places for area in areas_of(place) if not area.endswith("0000")}


def _examples(
    own: Sequence[Adoption], likeness: Mapping[int, float]
) -> tuple[tuple[Adoption, float | None], ...]:
    nearest = sorted(own, key=lambda one: -likeness.get(one.number, -1.0))  # stable: newest first
    return tuple((one, likeness.get(one.number)) for one in nearest[:MAX_EXAMPLES])
