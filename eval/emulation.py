"""Readers with known tastes who live for some days against the real service.

Everything a reader does follows from their taste, from what they are shown and from draws that are the same
in every arm, so that readers of two arms differ by what they were shown and nothing else.
"""

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

LOOK_ON = 0.88
"""Chance to look at the next item, clicked or not: position bias that falls geometrically."""
CLICK = 0.75
"""Chance to click an item one looks at and likes entirely."""
NOISE = 0.02
"""Chance to click one that one does not like at all."""
ANOTHER_PAGE = 0.35
MEMORY = 0.3
"""How much one visit moves a reader's content with the app."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A reader with the truth about their taste.

    Attributes:
        id: As the service knows them.
        appeal: How much a story appeals, 0..1, from its true topics and places.
        visits: How often a day they look at the app when content.
    """

    id: str
    outlet_id: str
    tastes: frozenset[str]
    appeal: Callable[["Shown"], float]
    visits: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A story as somebody was shown it, with the truth about it.

    Attributes:
        level: Of its outlet.
        cluster_id: Stories of one event share it.
    """

    story_id: str
    outlet_id: str
    level: str
    topics: tuple[str, ...]
    places: tuple[str, ...]
    cluster_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A story that was read, and for how long."""

    story_id: str
    at: datetime
    dwell_s: float


class World(Protocol):
    """The service as its readers meet it, in one arm."""

    def move_to(self, moment: datetime) -> None:
        """Publish what is due and let the clock show this time."""
        ...

    def page(self, person: Person, moment: datetime, number: int) -> Sequence[Shown]:
        """The n-th page of a visit, 0 the first."""
        ...

    def tell(self, person: Person, reads: Sequence[Read], passed: Sequence[tuple[str, datetime]]) -> None:
        """Tell what was read, and what was looked at and left."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit: what stood on the first page, and what came of it.

    Attributes:
        day: 0 the first.
        turn: The person's visits before this one.
        clicks: On all pages.
        appeals: Of the first page's stories, in order.
    """

    person: str
    day: int
    turn: int
    first_page: tuple[Shown, ...]
    clicks: int
    first_clicks: int
    appeals: tuple[float, ...]


@dataclass(slots=True)
class _Life:
    """How one person stands with the app."""

    content: float = 0.6
    turns: int = 0
    read: set[str] = field(default_factory=set)


def live(
    world: World,
    people: Sequence[Person],
    *,
    begins: datetime,
    days: int,
    seed: int,
    told: Callable[[str, int, int], None],
) -> list[Visit]:
    """Let people live hour by hour; returns every visit in order of time.

    Args:
        world: One arm.
        people: In any order.
        begins: The first midnight.
        days: How many.
        seed: The same seed draws the same hours, looks and whims in every arm.
        told: How far it is.
    """
    lives = {person.id: _Life() for person in people}
    visits: list[Visit] = []
    for hour in range(24 * days):
        moment = begins + timedelta(hours=hour + 1)
        world.move_to(moment)
        for person in people:
            draw = _draws(seed, person.id, hour)
            life = lives[person.id]
            wish = person.visits * (0.4 + life.content) * _OF_DAY[hour % 24]
            if draw.random() < wish:
                visits.append(_visit(world, person, life, moment, hour // 24, draw))
        told("hours", hour + 1, 24 * days)
    return visits


def _visit(
    world: World, person: Person, life: _Life, moment: datetime, day: int, draw: random.Random
) -> Visit:
    first: tuple[Shown, ...] = ()
    clicks = first_clicks = 0
    for number in range(3):
        page = world.page(person, moment, number)
        if number == 0:
            first = tuple(page)
        read, passed = _look(person, life, page, moment, draw)
        world.tell(person, read, passed)
        clicks += len(read)
        first_clicks += len(read) if number == 0 else 0
        if not page or draw.random() > ANOTHER_PAGE:
            break
    life.content += MEMORY * (min(1.0, clicks / 3) - life.content)
    life.turns += 1
    return Visit(
        person=person.id,
        day=day,
        turn=life.turns - 1,
        first_page=first,
        clicks=clicks,
        first_clicks=first_clicks,
        appeals=tuple(person.appeal(shown) for shown in first),
    )


def _look(
    person: Person, life: _Life, page: Sequence[Shown], moment: datetime, draw: random.Random
) -> tuple[list[Read], list[tuple[str, datetime]]]:
    """Look down a page until the eye tires; whims are drawn for every place, looked at or not."""
    whims = [(draw.random(), draw.random(), draw.random()) for _ in range(20)]
    reads: list[Read] = []
    passed: list[tuple[str, datetime]] = []
    for place, shown in enumerate(page[: len(whims)]):
        look, like, stay = whims[place]
        if place and look > LOOK_ON:
            break
        at = moment + timedelta(seconds=5 * place)
        appeal = 0.0 if shown.cluster_id in life.read else person.appeal(shown)
        if like < NOISE + CLICK * appeal**2:
            life.read.add(shown.cluster_id)
            reads.append(Read(story_id=shown.story_id, at=at, dwell_s=round(5 + 90 * appeal * stay, 1)))
        else:
            passed.append((shown.story_id, at))
    return reads, passed


def _draws(seed: int, person: str, hour: int) -> random.Random:
    digest = hashlib.sha256(f"{seed}/{person}/{hour}".encode()).digest()
    return random.Random(int.from_bytes(digest[:8], "big"))  # noqa: S311 - repeatable, not secret


_BUSY: Mapping[int, float] = {7: 3, 8: 3, 12: 3, 13: 2, 18: 2, 19: 3, 20: 3, 21: 3, 22: 2}
_OF_DAY = [_BUSY.get(hour, 0.3 if hour < 7 else 1.0) / 38.0 for hour in range(24)]
"""Share of a day's visits in each hour."""


def days_of(visits: Sequence[Visit]) -> Iterator[tuple[int, list[Visit]]]:
    """Visits by day, in order."""
    for day in sorted({visit.day for visit in visits}):
        yield day, [visit for visit in visits if visit.day == day]
