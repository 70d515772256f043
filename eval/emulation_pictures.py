"""Lives drawn day by day."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from tianfu.eval.emulation import Visit
from tianfu.eval.emulation_measures import COLD, entropy, topics_on_a_page
from tianfu.eval.pictures import Curves

Arms = Mapping[str, Sequence[Visit]]


def pictures(arms: Arms, days: int) -> list[Curves]:
    """Reward, appeal, diversity, the width of readers' bubbles, exposure by level, and readers' starts."""
    drawn = [_by_day(title, name, value, arms, days) for title, (name, value) in _SERIES.items()]
    return [*drawn, _start(arms)]


def days_of(visits: Sequence[Visit]) -> Iterator[tuple[int, list[Visit]]]:
    """Visits by day, in order."""
    for day in sorted({visit.day for visit in visits}):
        yield day, [visit for visit in visits if visit.day == day]


def bubble_of_a_day(visits: Sequence[Visit]) -> float:
    """Entropy of the classes a reader is shown on a day, in bits, mean over those who came."""
    by_person: dict[str, dict[str, int]] = {}
    for visit in visits:
        counts = by_person.setdefault(visit.person, {})
        for shown in visit.first_page:
            if shown.topics:
                counts[shown.topics[0]] = counts.get(shown.topics[0], 0) + 1
    return _mean([entropy(counts) for counts in by_person.values()])


def _level(level: str) -> Callable[[Sequence[Visit]], float]:
    return lambda found: _mean([float(s.level == level) for v in found for s in v.first_page])


def _diversity(found: Sequence[Visit]) -> float:
    classes, pages = topics_on_a_page(found)
    return classes / pages if pages else 0.0


_SERIES: Mapping[str, tuple[str, Callable[[Sequence[Visit]], float]]] = {
    "Reward day by day": ("clicks a visit", lambda found: _mean([v.clicks for v in found])),
    "How well pages fit": ("mean true appeal", lambda found: _mean([a for v in found for a in v.appeals])),
    "How diverse pages are": ("classes among ten", _diversity),
    "How wide a reader's bubble is": ("bits a reader and day", bubble_of_a_day),
    "Exposure of county outlets": ("share of what is shown", _level("county")),
    "Exposure of city outlets": ("share of what is shown", _level("city")),
    "Exposure of the province's units": ("share of what is shown", _level("province")),
}


def _by_day(
    title: str, name: str, value: Callable[[Sequence[Visit]], float], arms: Arms, days: int
) -> Curves:
    lines = {
        arm: [(float(day + 1), value(found)) for day, found in days_of(visits)]
        for arm, visits in arms.items()
    }
    top = max((y for points in lines.values() for _, y in points), default=1.0)
    return Curves(
        title=title, x="day", y=name, lines=lines, x_range=(1, max(2, days)), y_range=(0, 1.1 * top or 1.0)
    )


def _start(arms: Arms) -> Curves:
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


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
