"""What lives show of an arm."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from tianfu.eval.bootstrap import compare
from tianfu.eval.core import Comparison, Intervals, Metrics
from tianfu.eval.emulation import Person, Shown, Visit, days_of
from tianfu.eval.pictures import Curves

PAGE = 10
COLD = 10
"""Visits over which the start of a reader is looked at."""


def compared(
    arms: Mapping[str, Sequence[Visit]], people: Sequence[Person], small: frozenset[str]
) -> Comparison:
    """Measure arms on the same people and the same samples of them; the first arm is the model.

    Args:
        arms: Visits by name.
        people: All who lived.
        small: Outlets that count as small.
    """
    measures = {name: _measure(visits, people, small) for name, visits in arms.items()}
    model, *others = measures
    found = compare(len(people), measures[model], {name: measures[name] for name in others}, resamples=200)
    return replace(
        found,
        intervals=_without_counts(found.intervals),
        baseline_intervals={name: _without_counts(one) for name, one in found.baseline_intervals.items()},
    )


def _without_counts(intervals: Intervals) -> Intervals:
    """Samples that draw people twice see fewer different stories: no interval of such a count is honest."""
    return {name: interval for name, interval in intervals.items() if name != "stories_seen"}


def _measure(
    visits: Sequence[Visit], people: Sequence[Person], small: frozenset[str]
) -> Callable[[np.ndarray[tuple[int], np.dtype[np.int64]]], Metrics]:
    by_person: dict[str, list[Visit]] = {person.id: [] for person in people}
    for visit in visits:
        by_person[visit.person].append(visit)
    rows = [(by_person[person.id], person) for person in people]

    def measure(at: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Metrics:
        return measures([rows[place] for place in at.tolist()], small)

    return measure


def measures(rows: Sequence[tuple[Sequence[Visit], Person]], small: frozenset[str]) -> dict[str, float]:
    """Metrics of an arm.

    ``reward`` is clicks a visit, ``appeal`` the mean true appeal of first pages, ``ndcg`` their discounted
    appeal over that of the same stories in the best order, ``topics_on_a_page`` distinct classes among ten,
    ``bubble_bits`` the entropy of the classes a reader is shown in all, ``outside_taste`` the share of
    stories of none of the reader's own classes, ``cold_share`` the appeal of the first three visits over that
    from the tenth on, ``county``, ``city``, ``province``, ``own_outlet`` and ``small_outlets`` shares of what
    is shown, ``gini`` how unevenly outlets are shown, ``stories_seen`` distinct stories shown to anybody.
    """
    visits = [visit for found, _ in rows for visit in found]
    shown = [item for visit in visits for item in visit.first_page]
    own = sum(
        item.outlet_id == person.outlet_id for found, person in rows for v in found for item in v.first_page
    )
    outside = sum(
        not person.tastes.intersection(item.topics)
        for found, person in rows
        for v in found
        for item in v.first_page
    )
    many = max(1, len(shown))
    levels = Counter(item.level for item in shown)
    return {
        "reward": _mean([visit.clicks for visit in visits]),
        "appeal": _mean([a for visit in visits for a in visit.appeals]),
        "ndcg": _mean([_order(visit.appeals) for visit in visits if visit.appeals]),
        "topics_on_a_page": _mean(
            [len({item.topics[0] for item in v.first_page if item.topics}) for v in visits if v.first_page]
        ),
        "bubble_bits": _mean([_entropy(found) for found, _ in rows if found]),
        "outside_taste": outside / many,
        "cold_share": _cold(visits),
        **{level: levels[level] / many for level in ("county", "city", "province")},
        "own_outlet": own / many,
        "small_outlets": sum(item.outlet_id in small for item in shown) / many,
        "gini": gini(list(Counter(item.outlet_id for item in shown).values())),
        "stories_seen": float(len({item.story_id for item in shown})),
    }


def gini(counts: Sequence[int]) -> float:
    """How unevenly something is spread, 0 (all the same) to nearly 1; 0 for nothing."""
    ordered = np.sort(np.array(counts, dtype=np.float64))
    if not len(ordered) or ordered.sum() == 0:
        return 0.0
    ranks = np.arange(1, len(ordered) + 1)
    return float((2 * ranks - len(ordered) - 1) @ ordered / (len(ordered) * ordered.sum()))


def pictures(arms: Mapping[str, Sequence[Visit]], days: int) -> list[Curves]:
    """Reward, appeal, breadth and the start of readers, drawn by arm."""
    series: Mapping[str, tuple[str, Callable[[Sequence[Visit]], float]]] = {
        "Reward day by day": ("clicks a visit", lambda found: _mean([v.clicks for v in found])),
        "How well pages fit": (
            "mean true appeal",
            lambda found: _mean([a for v in found for a in v.appeals]),
        ),
        "How broad pages are": (
            "classes among ten",
            lambda found: _mean(
                [len({i.topics[0] for i in v.first_page if i.topics}) for v in found if v.first_page]
            ),
        ),
        "County outlets": (
            "share of what is shown",
            lambda found: _mean([float(i.level == "county") for v in found for i in v.first_page]),
        ),
    }
    drawn = [_by_day(title, name, value, arms, days) for title, (name, value) in series.items()]
    return [*drawn, _start(arms)]


def _by_day(
    title: str,
    name: str,
    value: Callable[[Sequence[Visit]], float],
    arms: Mapping[str, Sequence[Visit]],
    days: int,
) -> Curves:
    lines = {
        arm: [(float(day + 1), value(found)) for day, found in days_of(visits)]
        for arm, visits in arms.items()
    }
    top = max((y for points in lines.values() for _, y in points), default=1.0)
    return Curves(
        title=title, x="day", y=name, lines=lines, x_range=(1, max(2, days)), y_range=(0, 1.1 * top or 1.0)
    )


def _start(arms: Mapping[str, Sequence[Visit]]) -> Curves:
    lines = {
        arm: [
            (float(turn + 1), _mean([a for v in visits if v.turn == turn for a in v.appeals]))
            for turn in range(COLD)
        ]
        for arm, visits in arms.items()
    }
    top = max((y for points in lines.values() for _, y in points), default=1.0)
    return Curves(
        title="The start of a reader", x="visit", y="mean true appeal", lines=lines, x_range=(1, COLD),
        y_range=(0, 1.1 * top or 1.0),
    )  # fmt: skip


def _order(appeals: Sequence[float]) -> float:
    discounts = 1 / np.log2(np.arange(len(appeals)) + 2)
    best = float(np.sort(np.array(appeals))[::-1] @ discounts)
    return float(np.array(appeals) @ discounts) / best if best else 1.0


def _entropy(found: Sequence[Visit]) -> float:
    counts = Counter(item.topics[0] for visit in found for item in visit.first_page if item.topics)
    total = sum(counts.values())
    return -sum(n / total * math.log2(n / total) for n in counts.values()) if total else 0.0


def _cold(visits: Sequence[Visit]) -> float:
    early = _mean([a for v in visits if v.turn < 3 for a in v.appeals])
    late = _mean([a for v in visits if v.turn >= COLD - 1 for a in v.appeals])
    return early / late if late else 0.0


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0


def small_outlets(shown: Sequence[Shown]) -> frozenset[str]:
    """County outlets that published least: the lower half of those that published at all."""
    counts = Counter(item.outlet_id for item in shown if item.level == "county")
    ordered = sorted(counts, key=lambda name: (counts[name], name))
    return frozenset(ordered[: len(ordered) // 2])
