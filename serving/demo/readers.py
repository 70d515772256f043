"""Two thousand readers with tastes, and what they did in the last two weeks."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from tianfu.model.event import Event, EventType, ReaderKind, ReaderRef, Scene
from tianfu.model.expiry import BEIJING
from tianfu.model.outlet import Outlet, OutletLevel
from tianfu.serving.demo.stories import DAYS, DemoStory

READERS = 2_000
EVENTS = 80_000
_READING_SPAN = timedelta(hours=60)
_CHOICES = 48
_PASSED = 2
"""Stories that a visit shows beside the one it opens."""
_OWN_APPEAL = 0.2
"""How much more an app's own stories appeal in it: they stand above those of others."""
_PULL_SPREAD = 1.3
"""Of the logarithm of how much a story is put before readers: few are everywhere, many hardly anywhere."""
_HOURS = (2, 1, 1, 1, 1, 2, 10, 30, 34, 22, 18, 22, 40, 36, 20, 16, 16, 24, 34, 46, 52, 48, 30, 10)
"""How much is read in each hour of the day in China: on the way to work, at noon, above all after supper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoReader:
    """A reader with the truth about their taste.

    Attributes:
        tastes: Weight of each topic class they like; all others count 0.15.
        home: Adcode of their county.
        locality: How much they prefer stories of their own county, 0..1.
        keenness: Share of all events that is theirs, relative to the others.
    """

    ref: ReaderRef
    tastes: dict[str, float]
    home: str
    locality: float
    keenness: float


def make_readers(outlets: Sequence[Outlet], topics: Sequence[str], *, seed: int = 35) -> list[DemoReader]:
    """Make readers of county and city apps, a few outlets having many and most few."""
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    homes = sorted((o for o in outlets if o.level is not OutletLevel.PROVINCE), key=lambda o: o.id)
    rng.shuffle(homes)
    weights = [1.0 / (1 + place) ** 0.7 for place in range(len(homes))]
    readers = []
    for number in range(READERS):
        outlet = rng.choices(homes, weights)[0]
        liked = rng.sample(list(topics), k=rng.choice((2, 3, 3, 4)))
        kind = ReaderKind.READER if rng.random() < 0.7 else ReaderKind.DEVICE
        readers.append(
            DemoReader(
                ref=ReaderRef(outlet_id=outlet.id, kind=kind, id=f"demo-{kind.value[0]}{number:04d}"),
                tastes={topic: rng.uniform(0.6, 1.0) for topic in liked},
                home=outlet.adcode,
                locality=rng.betavariate(2, 2),
                keenness=rng.lognormvariate(0, 0.8),
            )
        )
    return readers


def make_events(
    readers: Sequence[DemoReader],
    stories: Sequence[DemoStory],
    ids: dict[str, str],
    now: datetime,
    *,
    total: int = EVENTS,
    seed: int = 36,
) -> Iterator[tuple[datetime, list[Event]]]:
    """Yield each day's end with that day's events, oldest day first.

    Args:
        readers: With tastes.
        stories: All of the demo, oldest first.
        ids: Public story id by external id.
        now: Nothing happens later.
        total: How many in all, where something is published every day.
        seed: Same seed, same events.
    """
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    start = now - timedelta(days=DAYS)
    total_keenness = sum(reader.keenness for reader in readers)
    pulls = {s.external_id: rng.lognormvariate(0, _PULL_SPREAD) for s in stories}
    made = 0
    for day in range(DAYS):
        opens, closes = start + timedelta(days=day), start + timedelta(days=day + 1)
        fresh = [s for s in stories if opens - _READING_SPAN <= s.draft.text.published_at < closes]
        shown = list(accumulate(pulls[s.external_id] for s in fresh))
        own: dict[str, list[DemoStory]] = {}
        for story in fresh:
            own.setdefault(story.draft.outlet_id, []).append(story)
        hours = _hours_from(opens)
        wanted = total * (day + 1) // DAYS - made
        events: list[Event] = []
        while fresh and len(events) < wanted:
            for reader in readers:
                share = wanted * reader.keenness / total_keenness
                visits = int(share / 5) + (rng.random() < share / 5 % 1)
                for _ in range(visits):
                    at = opens + timedelta(hours=rng.choices(range(24), hours)[0] + rng.random())
                    seen = rng.choices(fresh, cum_weights=shown, k=_CHOICES)
                    seen += own.get(reader.ref.outlet_id, ())
                    events.extend(_visit(reader, seen, ids, at, f"{made + len(events)}", rng))
                if len(events) >= wanted:
                    break
        made += min(wanted, len(events))
        yield closes, sorted(events[:wanted], key=lambda event: event.at)


def _hours_from(opens: datetime) -> list[int]:
    """How much is read in each of the 24 hours from a moment on."""
    first = opens.astimezone(BEIJING).hour
    return [_HOURS[(first + later) % 24] for later in range(24)]


def _visit(
    reader: DemoReader,
    offered: Sequence[DemoStory],
    ids: dict[str, str],
    at: datetime,
    stem: str,
    rng: random.Random,
) -> list[Event]:
    """One look at the app: some stories shown, the one that appeals most read, perhaps liked."""
    known = {s.external_id: s for s in offered if s.draft.text.published_at <= at}
    if not known:
        return []
    appeals = {
        name: appeal_of(reader, s.topics, s.places)
        + (_OWN_APPEAL if s.draft.outlet_id == reader.ref.outlet_id else 0.0)
        + rng.gammavariate(1, 0.12)
        for name, s in known.items()
    }
    ranked = sorted(known.values(), key=lambda s: -appeals[s.external_id])
    read = ranked[0]
    appeal = appeal_of(reader, read.topics, read.places)
    steps: list[tuple[DemoStory, EventType, float, float | None]] = [
        *((story, EventType.EXPOSE, 0, None) for story in (read, *ranked[1:][:_PASSED])),
        (read, EventType.CLICK, 8, None),
        (read, EventType.STAY, 60, round(6 + 90 * appeal * rng.random(), 1)),
    ]
    if rng.random() < 0.35 * appeal:
        steps.append((read, rng.choice((EventType.LIKE, EventType.SHARE, EventType.COLLECT)), 65, None))
    return [
        Event(
            event_id=f"demo-{stem}-{place}",
            reader=reader.ref,
            story_id=ids[story.external_id],
            type=kind,
            at=at + timedelta(seconds=later),
            scene=Scene.HOME,
            dwell_s=dwell_s,
        )
        for place, (story, kind, later, dwell_s) in enumerate(steps)
    ]


def appeal_of(reader: DemoReader, topics: Sequence[str], places: Sequence[str]) -> float:
    """How much a story appeals, 0..1: taste for its topics, closeness of its places."""
    taste = max((reader.tastes.get(topic, 0.15) for topic in topics), default=0.15)
    near = 1.0 if reader.home in places else 0.4 if _same_city(reader.home, places) else 0.0
    return 1.0 - math.prod((1.0 - 0.8 * taste, 1.0 - 0.6 * reader.locality * near))


def _same_city(home: str, places: Sequence[str]) -> bool:
    return any(place[:4] == home[:4] for place in places)
