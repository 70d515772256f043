"""What an outlet could carry from others: found and scored in columns, see :class:`FeedView`.

The score is a weighted mean of six features of 0..1 each, so that every reason can show its number.
Nothing here knows a reader: what readers like is told by class of story, and not at all by few.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tianfu.model.feed.view import FeedView, Rows
from tianfu.model.flow.audience import Audience, area_of_outlet
from tianfu.model.outlet import Outlet, OutletLevel

WEIGHTS: Mapping[str, float] = {
    "place": 0.30,
    "topic": 0.20,
    "carried": 0.15,
    "hot": 0.15,
    "substance": 0.10,
    "fresh": 0.10,
}
"""Set by hand: closeness first, then what readers read.  They sum to 1."""
FEATURES = tuple(WEIGHTS)
FULL_CHARS = 800
"""A body of this length counts as fully told."""
FULL_OUTLETS = 8
"""Carried by this many outlets counts as carried everywhere."""
FRESH_HALF_LIFE_H = 24.0
NEARBY, ELSEWHERE, NOWHERE = 0.5, 0.15, 0.1
"""Fit of a story about the area around, about no place near, and about no place at all."""

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupWish:
    """Which stories an editor looks for; ``None`` means no condition.

    Attributes:
        since_s: Published from then on, seconds since the epoch.
        topic: Code of a class.
        level: Only stories of outlets of this level.
    """

    since_s: int
    topic: str | None = None
    level: OutletLevel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupPlace:
    """Everything known of the asking outlet and the moment.

    Attributes:
        hot: Strength 0..1 of stories read much elsewhere, by story number.
        may_carry: By row of the view: whether rights allow this outlet to carry it; ``None`` allows all.
    """

    outlet: Outlet
    outlets: Mapping[str, Outlet]
    now_s: int
    audience: Audience
    hot: Mapping[int, float] = field(default_factory=dict)
    may_carry: Mask | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pickup:
    """A story worth carrying.

    Attributes:
        row: Of the view; the first publisher's among the stories asked for.
        score: 0..1, six decimals.
        features: Each feature's value, 0..1.
        outlets: How many outlets have the cluster.
    """

    row: int
    number: int
    score: float
    features: Mapping[str, float]
    outlets: int


def find_pickups(
    view: FeedView,
    place: PickupPlace,
    wish: PickupWish,
    *,
    after: tuple[float, int] | None = None,
    limit: int = 20,
) -> list[Pickup]:
    """Stories of other outlets that the outlet has not told, one for each cluster, best first.

    Args:
        view: All stories that may be shown.
        place: Who asks, and when.
        wish: What for.
        after: Resume after this (score, number).
        limit: Most stories.
    """
    rows = _eligible(view, place, wish)
    outlets = _carriers(view, rows)
    features = _features(view, rows, outlets, place)
    scores = (features @ np.array([WEIGHTS[name] for name in FEATURES])).round(6)
    order = np.lexsort((view.number[rows], -scores))
    if after is not None:
        score, number = after
        later = (scores[order] < score) | ((scores[order] == score) & (view.number[rows[order]] > number))
        order = order[later]
    return [
        Pickup(
            row=int(rows[at]),
            number=int(view.number[rows[at]]),
            score=float(scores[at]),
            features=dict(zip(FEATURES, features[at].tolist(), strict=True)),
            outlets=int(outlets[at]),
        )
        for at in order[:limit]
    ]


def _eligible(view: FeedView, place: PickupPlace, wish: PickupWish) -> Rows:
    """One row for each cluster the outlet has nothing of: the earliest that meets every condition."""
    told = np.unique(view.cluster[view.of_outlet(place.outlet.id)])
    wanted: Mask = (view.published_s >= wish.since_s) & (view.published_s <= place.now_s)
    wanted &= view.expires_s > place.now_s
    wanted &= ~np.isin(view.cluster, told)
    if place.may_carry is not None:
        wanted &= place.may_carry
    if wish.topic is not None:
        wanted &= (view.topics == int(wish.topic)).any(axis=1)
    if wish.level is not None:
        wanted &= np.isin(view.outlet, _codes_of(view, place.outlets, wish.level))
    rows: Rows = np.flatnonzero(wanted)[::-1]
    _, first = np.unique(view.cluster[rows], return_index=True)
    return rows[first]


def _codes_of(view: FeedView, outlets: Mapping[str, Outlet], level: OutletLevel) -> npt.NDArray[np.int32]:
    ids = [outlet.id for outlet in outlets.values() if outlet.level is level]
    return np.array([view.outlet_code(one) for one in ids], dtype=np.int32)


def _carriers(view: FeedView, rows: Rows) -> npt.NDArray[np.intp]:
    """How many outlets have each row's cluster."""
    versions, of = view.versions(rows)
    pairs = np.unique(np.stack([of, view.outlet[versions]], axis=1), axis=0)
    return np.bincount(pairs[:, 0], minlength=len(rows))


def _features(view: FeedView, rows: Rows, outlets: npt.NDArray[np.intp], place: PickupPlace) -> Floats:
    age_h = (place.now_s - view.published_s[rows]) / 3_600
    columns: Mapping[str, Floats] = {
        "place": _closeness(view, rows, place.outlet),
        "topic": _taste(view, rows, place.audience),
        "carried": np.minimum(1.0, np.log2(np.maximum(outlets, 1)) / np.log2(FULL_OUTLETS)),
        "hot": _heat(view, rows, place.hot),
        "substance": np.minimum(1.0, view.chars[rows] / FULL_CHARS),
        "fresh": np.exp2(-np.maximum(age_h, 0.0) / FRESH_HALF_LIFE_H),
    }
    return np.stack([columns[name] for name in FEATURES], axis=1).astype(np.float64)


def _closeness(view: FeedView, rows: Rows, outlet: Outlet) -> Floats:
    area, around = area_of_outlet(outlet.adcode, outlet.city_adcode)
    somewhere = (view.places[rows] >= 0).any(axis=1)
    fit = np.where(somewhere, ELSEWHERE, NOWHERE)
    fit = np.where(view.lies_in(rows, around), NEARBY, fit)
    return np.where(view.lies_in(rows, area), 1.0, fit)


def _taste(view: FeedView, rows: Rows, audience: Audience) -> Floats:
    shares = audience.shares
    top = max(shares.values(), default=1.0)
    by_code = np.zeros(100)
    for code, share in shares.items():
        by_code[int(code)] = share / top
    topics = view.topics[rows]
    liked: Floats = np.where(topics >= 0, by_code[np.maximum(topics, 0)], 0.0)
    best: Floats = np.max(liked, axis=1, initial=0.0)
    return best


def _heat(view: FeedView, rows: Rows, hot: Mapping[int, float]) -> Floats:
    numbers = np.array(sorted(hot), dtype=np.int64)
    found = view.rows_of(numbers)
    by_cluster: dict[int, float] = {}
    for number, row in zip(numbers.tolist(), found.tolist(), strict=True):
        if row >= 0:
            cluster = int(view.cluster[row])
            by_cluster[cluster] = max(by_cluster.get(cluster, 0.0), hot[number])
    return np.array([by_cluster.get(c, 0.0) for c in view.cluster[rows].tolist()], dtype=np.float64)
