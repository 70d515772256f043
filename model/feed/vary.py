"""Variety: one version of each cluster, and no run of the same topic, outlet or event."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tianfu.model.event import Scene
from tianfu.model.feed.context import FeedContext
from tianfu.model.feed.filters import permitted
from tianfu.model.feed.rank import Candidates
from tianfu.model.feed.scoring import COLUMN
from tianfu.model.feed.view import Rows
from tianfu.model.feed.wishes import away
from tianfu.model.outlet import OutletLevel
from tianfu.model.rights import PERMISSIONS, Permission

WINDOW = 10
MAX_TOPIC_IN_WINDOW = 3
MAX_OUTLET_IN_WINDOW = 3
POOL = 180
"""How many of the best candidates variety chooses from."""
ONE_SUBJECT = frozenset({Scene.RELATED, Scene.CHANNEL})
TOPIC_PENALTY = 0.35
OUTLET_PENALTY = 0.25
LIKENESS_PENALTY = 0.8
"""What a cosine of 1 with an item of the window costs; cosines below the floor cost nothing."""
LIKENESS_FLOOR = 0.3
EXPLORED_PLACES = (6, 3)
SHORTLIST = 5
"""Most stories that a kept place is drawn from: few enough to write down, and for a ranker to agree often."""
RECORDED_DRAWS = 2 * WINDOW
"""Draws of the first two pages are written down; hardly anybody looks further."""
_OTHERS = 2
_LAST = 1_000.0
_DRAWS = 1
"""Keeps the draws of places apart from other things that chance decides in the same feed."""
_LINK_OUT = PERMISSIONS.index(Permission.LINK_OUT)


def one_per_cluster(found: Candidates, context: FeedContext, *, most: int | None = POOL) -> Candidates:
    """Keep of each cluster its best score, shown by the version closest to this outlet, best first.

    Of clusters at most so many are kept, the best.

    What may be shown whole before what may only be linked to; own stories first, then the city's, then the
    first publisher's, then whoever told it next; versions that may not be shown here are passed over.
    """
    best_first = np.lexsort((-context.view.number[found.rows], -found.score))
    _, first = np.unique(context.view.cluster[found.rows[best_first]], return_index=True)
    best = found.at(best_first[np.sort(first)[:most]])
    rows, of = nearest_versions(best.rows, context)
    return best.at(of).shown_as(rows)


def nearest_versions(rows: Rows, context: FeedContext) -> tuple[Rows, npt.NDArray[np.intp]]:
    """Of each row's cluster the permitted version closest to this outlet.

    Returns:
        The versions, and the places in ``rows`` of those that have one.
    """
    view = context.view
    versions, of = view.versions(rows)
    may = permitted(versions, context) & ~away(versions, context)
    versions, of = versions[may], of[may]
    rank = closeness_of_outlets(context)[view.outlet[versions]]
    order = np.lexsort(
        (
            view.number[versions], view.told_s[versions], ~view.leads[versions], rank,
            _linked(versions, context), of,
        )
    )  # fmt: skip
    places, first = np.unique(of[order], return_index=True)
    return versions[order[first]], places


def _linked(rows: Rows, context: FeedContext) -> npt.NDArray[np.bool_]:
    """Where only a link may be shown."""
    if context.permissions is None:
        return np.zeros(len(rows), dtype=np.bool_)
    return np.equal(context.permissions[context.view.rights[rows]], _LINK_OUT)


def closeness_of_outlets(context: FeedContext) -> npt.NDArray[np.int64]:
    """By code of an outlet: 0 the asking one, 1 its city's, 2 any other, the province's units too."""
    ranks = np.full(len(context.view.outlet_codes) + 1, _OTHERS, dtype=np.int64)
    for outlet_id in context.around.uppers:
        if context.outlets[outlet_id].level is not OutletLevel.PROVINCE:
            ranks[context.view.outlet_code(outlet_id)] = 1
    if context.outlet.parent_id is not None:
        ranks[context.view.outlet_code(context.outlet.parent_id)] = 1
    ranks[context.view.outlet_code(context.outlet.id)] = 0
    return ranks


@dataclass(frozen=True, slots=True)
class Line:
    """An order of candidates.

    Attributes:
        places: In the candidates, best first.
        propensities: Probability that each stands where it stands, given those before it, 0..1.
        draws: Shortlists of two or more, as places in the candidates, that chance chose from; the first
            was drawn.
        drawn: Where chance chose, from however few.
    """

    places: npt.NDArray[np.intp]
    propensities: npt.NDArray[np.float64]
    drawn: npt.NDArray[np.bool_]
    draws: tuple[npt.NDArray[np.intp], ...] = ()


class _Window:
    """What the last nine items hold, as seen from every candidate."""

    def __init__(
        self,
        topics: npt.NDArray[np.int64],
        outlets: npt.NDArray[np.int64],
        sketches: npt.NDArray[np.float32] | None,
        strength: float,
    ) -> None:
        n = len(topics)
        self._kinds = (topics, outlets)
        self._sketches = sketches
        self._strength = strength
        self._counts = np.zeros((2, n))
        self._weights = strength * np.array([TOPIC_PENALTY, OUTLET_PENALTY])
        self._most = np.array([[MAX_TOPIC_IN_WINDOW], [MAX_OUTLET_IN_WINDOW]])
        self._same = np.zeros((WINDOW - 1, 2, n))
        self._alike = np.zeros((WINDOW - 1, n), dtype=np.float32)
        self.chosen: list[int] = []

    def penalty(self) -> npt.NDArray[np.float64]:
        """What standing next costs each candidate; beyond ``_LAST`` where the window is full of its kind."""
        cost = self._weights @ self._counts
        if self._sketches is not None:
            cost += self._strength * LIKENESS_PENALTY * self._alike.max(axis=0)
        cost += _LAST * (self._counts >= self._most).any(axis=0)
        return np.asarray(cost, dtype=np.float64)

    def add(self, place: int) -> None:
        """Let a candidate in, and the oldest out."""
        slot = len(self.chosen) % (WINDOW - 1)
        self.chosen.append(place)
        self._counts -= self._same[slot]
        for row, kind in enumerate(self._kinds):
            np.equal(kind, kind[place], out=self._same[slot, row])
        self._counts += self._same[slot]
        if self._sketches is not None:
            np.maximum(self._sketches @ self._sketches[place] - LIKENESS_FLOOR, 0.0, out=self._alike[slot])


def spread(found: Candidates, count: int, context: FeedContext) -> Line:
    """Order by score with a penalty for what the last nine items had already.

    Greedy, after maximal marginal relevance (Carbonell and Goldstein 1998): at each place the best of
    score minus penalties for the same topic, the same outlet and the likeness of texts.  Three of one topic
    or outlet within a window of ten is the most while anything else is left.  Where a reader asked for one
    subject, beside a story or in a channel, topics and texts are not spread.  Some places of each ten are
    kept for stories that chance proposes, see :func:`explored_places` and :func:`shortlisted`.
    """
    window = _Window(*_kinds(found, context), _sketches(found, context), context.aims.factor("varied"))
    value = found.score.astype(np.float64)
    silent = found.features[:, COLUMN["explore"]] > 0.0
    kept_free = explored_places(context) if silent.any() else frozenset()
    chance = np.random.default_rng((context.chance, _DRAWS))
    propensities: list[float] = []
    drawn: list[bool] = []
    draws: list[npt.NDArray[np.intp]] = []
    for place in range(min(count, len(value))):
        worth = value - window.penalty()
        best, propensity, by_chance = int(worth.argmax()), 1.0, False
        if place % WINDOW in kept_free:
            eligible = np.flatnonzero((worth > -_LAST / 2) & silent)
            if len(eligible):
                among = shortlisted(eligible, chance)
                best, propensity, by_chance = int(among[0]), 1.0 / len(eligible), True
                draws += [among] if place < RECORDED_DRAWS and len(among) > 1 else []
        propensities.append(propensity)
        drawn.append(by_chance)
        value[best] = -np.inf
        window.add(best)
    return Line(
        np.array(window.chosen, dtype=np.intp),
        np.array(propensities),
        np.array(drawn, dtype=np.bool_),
        tuple(draws),
    )


def shortlisted(eligible: npt.NDArray[np.intp], chance: np.random.Generator) -> npt.NDArray[np.intp]:
    """Draw a shortlist, the first of which gets the place.

    The order is drawn anew and not that in which stories were proposed: that one is part of their score, so
    those that it put first may stand further up already, and who is left would not be equally likely.
    """
    return chance.permutation(eligible)[:SHORTLIST]


def explored_places(context: FeedContext) -> frozenset[int]:
    """Places of each ten that are kept for exploration: none, one or two, as the outlet's aim says."""
    return frozenset(EXPLORED_PLACES[: round(context.aims.factor("explore"))])


def _kinds(found: Candidates, context: FeedContext) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Topic and outlet of each candidate; where one is not to be spread, all differ."""
    apart = -1 - np.arange(len(found.rows), dtype=np.int64)
    scene = context.request.scene
    topics = context.view.topics[found.rows, 0].astype(np.int64)
    outlets = context.view.outlet[found.rows].astype(np.int64)
    return (
        apart if scene in ONE_SUBJECT else np.where(topics < 0, apart, topics),
        apart if scene is Scene.RELATED else outlets,
    )


def _sketches(found: Candidates, context: FeedContext) -> npt.NDArray[np.float32] | None:
    """Short vectors of the texts, shape (n, SKETCH); none where texts are not to be spread."""
    if context.request.scene in ONE_SUBJECT:
        return None
    return context.view.sketches(found.rows)
