"""Readers with known tastes who live for some days against the real service.

Everything a reader does follows from their taste, from what they are shown and from draws that are the same
in every arm, so that readers of two arms differ by what they were shown and nothing else.
"""

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
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
        clicks: False for somebody who only ever looks.
    """

    id: str
    outlet_id: str
    tastes: frozenset[str]
    appeal: Callable[["Shown"], float]
    visits: float
    clicks: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A story as somebody was shown it, with the truth about it.

    Attributes:
        level: Of its outlet.
        cluster_id: Stories of one event share it.
        published_at: UTC.
        placed: Whether a person put it where it stands.
    """

    story_id: str
    outlet_id: str
    level: str
    topics: tuple[str, ...]
    places: tuple[str, ...]
    cluster_id: str
    published_at: datetime
    placed: bool = False


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
        at: When.
        day: 0 the first.
        turn: The person's visits before this one.
        clicks: On all pages.
        first_clicks: Which of the first page's stories were clicked, in order, as are the next three.
        appeals: How much each appeals in truth.
        again: Whether it stood on an earlier first page of this person.
        cold: Whether nobody had clicked its event before.
    """

    person: str
    at: datetime
    day: int
    turn: int
    first_page: tuple[Shown, ...]
    clicks: int
    first_clicks: tuple[bool, ...]
    appeals: tuple[float, ...]
    again: tuple[bool, ...]
    cold: tuple[bool, ...]


@dataclass(slots=True)
class _Life:
    """How one person stands with the app."""

    content: float = 0.6
    turns: int = 0
    read: set[str] = field(default_factory=set)
    met: set[str] = field(default_factory=set)


class Lives:
    """People living in one world, an hour at a time.

    Args:
        world: One arm.
        people: In any order.
        begins: The first midnight.
        seed: The same seed draws the same hours, looks and whims in every arm.
    """

    def __init__(self, world: World, people: Sequence[Person], *, begins: datetime, seed: int) -> None:
        self._world = world
        self._people = people
        self._begins = begins
        self._seed = seed
        self._lives = {person.id: _Life() for person in people}
        self._clicked: set[str] = set()
        self.visits: list[Visit] = []

    def hour(self, hour: int) -> None:
        """Live one hour, 0 the first; who looks at the app does so at its end."""
        moment = self._begins + timedelta(hours=hour + 1)
        self._world.move_to(moment)
        for person in self._people:
            draw = _draws(self._seed, person.id, hour)
            wish = person.visits * (0.4 + self._lives[person.id].content) * _OF_DAY[hour % 24]
            if draw.random() < wish:
                self.visits.append(self._visit(person, moment, hour // 24, draw))

    def _visit(self, person: Person, moment: datetime, day: int, draw: random.Random) -> Visit:
        life = self._lives[person.id]
        first: tuple[Shown, ...] = ()
        cold: tuple[bool, ...] = ()
        read_first: frozenset[str] = frozenset()
        clicks = 0
        for number in range(3):
            page = self._world.page(person, moment, number)
            if number == 0:
                first = tuple(page)
                cold = tuple(shown.cluster_id not in self._clicked for shown in first)
            read, passed = _look(person, life, page, moment, draw)
            self._world.tell(person, read, passed)
            clicks += len(read)
            stories = frozenset(one.story_id for one in read)
            self._clicked.update(shown.cluster_id for shown in page if shown.story_id in stories)
            read_first = stories if number == 0 else read_first
            if not page or draw.random() > ANOTHER_PAGE:
                break
        again = tuple(shown.cluster_id in life.met for shown in first)
        life.met.update(shown.cluster_id for shown in first)
        life.content += MEMORY * (min(1.0, clicks / 3) - life.content)
        life.turns += 1
        return Visit(
            person=person.id,
            at=moment,
            day=day,
            turn=life.turns - 1,
            first_page=first,
            clicks=clicks,
            first_clicks=tuple(shown.story_id in read_first for shown in first),
            appeals=tuple(person.appeal(shown) for shown in first),
            again=again,
            cold=cold,
        )


def live(
    worlds: Mapping[str, World],
    people: Sequence[Person],
    *,
    begins: datetime,
    days: int,
    seed: int,
    told: Callable[[str, int, int], None],
) -> dict[str, list[Visit]]:
    """Let the same people live in several worlds, hour by hour beside each other.

    Returns:
        Every visit of each world, in order of time.
    """
    every = {name: Lives(world, people, begins=begins, seed=seed) for name, world in worlds.items()}
    for hour in range(24 * days):
        for lives in every.values():
            lives.hour(hour)
        told("hours", hour + 1, 24 * days)
    return {name: lives.visits for name, lives in every.items()}


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
        if person.clicks and like < NOISE + CLICK * appeal**2:
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
