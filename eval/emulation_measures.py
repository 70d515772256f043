"""What lives show of an arm."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

from tianfu.eval.bootstrap import Measure, compare
from tianfu.eval.core import Comparison, Intervals, Metrics
from tianfu.eval.emulation import Person, Shown, Visit

COLD = 10
"""Visits over which the start of a reader is looked at."""
RESAMPLES = 500
WITHOUT_INTERVAL = ("stories_seen", "never_shown", "hours_to_reader")
"""Counts of what somebody met: a sample that draws people twice meets less, so no interval is honest."""

Life = Sequence[Visit]
Ratio = tuple[float, float]
_Floats = npt.NDArray[np.float64]


def compared(
    arms: Mapping[str, Sequence[Visit]], people: Sequence[Person], published: Sequence[Shown]
) -> Comparison:
    """Measure arms on the same people and the same samples of them; the first arm is the model.

    Args:
        arms: Visits by name.
        people: All who lived.
        published: Every story there was.
    """
    found = {name: measure_of(visits, people, published) for name, visits in arms.items()}
    model, *others = found
    result = compare(len(people), found[model], {name: found[name] for name in others}, resamples=RESAMPLES)
    return replace(
        result,
        intervals=_honest(result.intervals),
        baseline_intervals={name: _honest(one) for name, one in result.baseline_intervals.items()},
    )


def _honest(intervals: Intervals) -> Intervals:
    return {name: interval for name, interval in intervals.items() if name not in WITHOUT_INTERVAL}


def measure_of(visits: Sequence[Visit], people: Sequence[Person], published: Sequence[Shown]) -> Measure:
    """Metrics of an arm, of all people or of a sample of them.

    ``reward`` is clicks a visit, ``appeal`` the mean true appeal of first pages, ``ndcg`` their discounted
    appeal over that of the same stories in the best order, ``again`` the share that stood on an earlier
    first page of the reader, ``topics_on_a_page`` distinct classes among ten, ``bubble_bits`` the entropy of
    the classes a reader is shown in all, ``top_two`` the share of the two classes a reader is shown most,
    ``outside_taste`` the share of stories of none of the reader's own classes, ``cold_share`` the appeal of
    the first three visits over that from the tenth on, ``cold_stories`` the share of stories whose event
    nobody had clicked, ``cold_story_clicks`` how often one of those is clicked over how often another is,
    ``county``, ``city``, ``province``, ``own_outlet``, ``small_outlets``, ``first_told`` and ``placed``
    shares of what is shown, ``gini`` how unevenly outlets are shown, ``silent_again`` and ``silent_topics``
    the same of readers who never click, ``stories_seen`` distinct stories shown to anybody, ``never_shown``
    the share of events that nobody was shown, ``hours_to_reader`` the median from an event's first story to
    its first reader.  All but ``reward`` are of first pages.
    """
    by_person: dict[str, list[Visit]] = {person.id: [] for person in people}
    for visit in visits:
        by_person[visit.person].append(visit)
    rows = [(by_person[person.id], person) for person in people]
    ratios = ratios_of(small_outlets(published), first_told(published))
    parts = {
        name: np.array([ratio(*row) for row in rows], dtype=np.float64) for name, ratio in ratios.items()
    }
    outlets = _table(rows, sorted({s.outlet_id for v in visits for s in v.first_page}), _outlets)
    stories = _table(rows, sorted({s.story_id for v in visits for s in v.first_page}), _stories)
    waits = _waits(rows, published)

    def measure(at: npt.NDArray[np.int64]) -> Metrics:
        sums = {name: part[at].sum(axis=0) for name, part in parts.items()}
        found = {name: float(top / bottom) if bottom else 0.0 for name, (top, bottom) in sums.items()}
        found["cold_share"] = _over(found.pop("early"), found.pop("late"))
        found["cold_story_clicks"] = _over(found.pop("cold_clicks"), found.pop("warm_clicks"))
        shortest = waits[at].min(axis=0, initial=np.inf)
        known = shortest[np.isfinite(shortest)]
        shares = outlets[at].sum(axis=0)
        return found | {
            "gini": gini(shares[shares > 0]),
            "stories_seen": float(stories[at].any(axis=0).sum()),
            "never_shown": 1.0 - len(known) / max(1, len(shortest)),
            "hours_to_reader": float(np.median(known)) if len(known) else 0.0,
        }

    return measure


def ratios_of(small: frozenset[str], first: Mapping[str, str]) -> dict[str, Callable[[Life, Person], Ratio]]:
    """Of one person each metric's sum and what it is divided by.

    Args:
        small: Outlets that count as small.
        first: Outlet that told each event first.
    """

    def share(holds: Callable[[Shown], bool]) -> Callable[[Life, Person], Ratio]:
        return lambda life, _: _mean([holds(shown) for v in life for shown in v.first_page])

    def silent(ratio: Callable[[Life], Ratio]) -> Callable[[Life, Person], Ratio]:
        return lambda life, person: (0.0, 0.0) if person.clicks else ratio(life)

    return {
        "reward": lambda life, _: _mean([v.clicks for v in life]),
        "appeal": lambda life, _: _mean([a for v in life for a in v.appeals]),
        "ndcg": lambda life, _: _mean([_order(v.appeals) for v in life if v.appeals]),
        "again": lambda life, _: _mean([a for v in life for a in v.again]),
        "topics_on_a_page": lambda life, _: topics_on_a_page(life),
        "bubble_bits": lambda life, _: _mean([entropy(_classes(life))] if life else []),
        "top_two": lambda life, _: _mean([_top_two(life)] if life else []),
        "outside_taste": lambda life, person: _mean(
            [not person.tastes.intersection(shown.topics) for v in life for shown in v.first_page]
        ),
        "early": lambda life, _: _mean([a for v in life if v.turn < 3 for a in v.appeals]),
        "late": lambda life, _: _mean([a for v in life if v.turn >= COLD - 1 for a in v.appeals]),
        "cold_stories": lambda life, _: _mean([c for v in life for c in v.cold]),
        "cold_clicks": lambda life, _: _clicks_where(life, cold=True),
        "warm_clicks": lambda life, _: _clicks_where(life, cold=False),
        **{
            level: share(lambda shown, level=level: shown.level == level)  # type: ignore[misc]
            for level in ("county", "city", "province")
        },
        "own_outlet": lambda life, person: _mean(
            [shown.outlet_id == person.outlet_id for v in life for shown in v.first_page]
        ),
        "small_outlets": share(lambda shown: shown.outlet_id in small),
        "first_told": share(lambda shown: first.get(shown.cluster_id) == shown.outlet_id),
        "placed": share(lambda shown: shown.placed),
        "silent_again": silent(lambda life: _mean([a for v in life for a in v.again])),
        "silent_topics": silent(topics_on_a_page),
    }


def topics_on_a_page(life: Life) -> Ratio:
    """Distinct classes of each first page, summed, and how many pages."""
    return _mean([len({s.topics[0] for s in v.first_page if s.topics}) for v in life if v.first_page])


def entropy(counts: Mapping[str, int]) -> float:
    """Bits, 0 for nothing."""
    total = sum(counts.values())
    return -sum(n / total * math.log2(n / total) for n in counts.values()) if total else 0.0


def gini(counts: Sequence[float] | _Floats) -> float:
    """How unevenly something is spread, 0 (all the same) to nearly 1; 0 for nothing."""
    ordered = np.sort(np.array(counts, dtype=np.float64))
    if not len(ordered) or ordered.sum() == 0:
        return 0.0
    ranks = np.arange(1, len(ordered) + 1)
    return float((2 * ranks - len(ordered) - 1) @ ordered / (len(ordered) * ordered.sum()))


def small_outlets(published: Sequence[Shown]) -> frozenset[str]:
    """County outlets that published least: the lower half of those that published at all."""
    counts = Counter(item.outlet_id for item in published if item.level == "county")
    ordered = sorted(counts, key=lambda name: (counts[name], name))
    return frozenset(ordered[: len(ordered) // 2])


def first_told(published: Sequence[Shown]) -> dict[str, str]:
    """Outlet that told each event first."""
    latest_first = sorted(published, key=lambda item: (item.published_at, item.story_id), reverse=True)
    return {item.cluster_id: item.outlet_id for item in latest_first}


def _classes(life: Life) -> Counter[str]:
    return Counter(shown.topics[0] for v in life for shown in v.first_page if shown.topics)


def _top_two(life: Life) -> float:
    counts = _classes(life)
    return _over(sum(n for _, n in counts.most_common(2)), counts.total())


def _clicks_where(life: Life, *, cold: bool) -> Ratio:
    pairs = [pair for v in life for pair in zip(v.first_clicks, v.cold, strict=True)]
    return _mean([hit for hit, fresh in pairs if fresh is cold])


def _order(appeals: Sequence[float]) -> float:
    discounts = 1 / np.log2(np.arange(len(appeals)) + 2)
    best = float(np.sort(np.array(appeals))[::-1] @ discounts)
    return float(np.array(appeals) @ discounts) / best if best else 1.0


def _table(
    rows: Sequence[tuple[Life, Person]], names: Sequence[str], of: Callable[[Life], Counter[str]]
) -> _Floats:
    """How often each person met each name, shape (people, names)."""
    found = np.zeros((len(rows), len(names)))
    place = {name: at for at, name in enumerate(names)}
    for row, (life, _) in enumerate(rows):
        for name, count in of(life).items():
            found[row, place[name]] = count
    return found


def _outlets(life: Life) -> Counter[str]:
    return Counter(shown.outlet_id for v in life for shown in v.first_page)


def _stories(life: Life) -> Counter[str]:
    return Counter(shown.story_id for v in life for shown in v.first_page)


def _waits(rows: Sequence[tuple[Life, Person]], published: Sequence[Shown]) -> _Floats:
    """Hours from each event's first story until each person met it, infinite where never."""
    began: dict[str, datetime] = {}
    for story in published:
        known = began.get(story.cluster_id, story.published_at)
        began[story.cluster_id] = min(known, story.published_at)
    place = {name: at for at, name in enumerate(began)}
    found = np.full((len(rows), len(began)), np.inf)
    for row, (life, _) in enumerate(rows):
        for visit in life:
            for shown in visit.first_page:
                if shown.cluster_id in place:
                    waited_h = (visit.at - began[shown.cluster_id]).total_seconds() / 3_600
                    at = place[shown.cluster_id]
                    found[row, at] = min(found[row, at], waited_h)
    return found


def _mean(values: Sequence[float]) -> Ratio:
    return float(sum(values)), float(len(values))


def _over(top: float, bottom: float) -> float:
    return top / bottom if bottom else 0.0
