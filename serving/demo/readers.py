"""Two thousand readers with tastes, and what they did in the last two weeks."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tianfu.model.event import Event, EventType, ReaderKind, ReaderRef, Scene
from tianfu.model.outlet import Outlet, OutletLevel
from tianfu.serving.demo.stories import DAYS, DemoStory

READERS = 2_000
EVENTS = 80_000
_READING_SPAN = timedelta(hours=60)
_CHOICES = 48


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
    made = 0
    for day in range(DAYS):
        opens, closes = start + timedelta(days=day), start + timedelta(days=day + 1)
        fresh = [s for s in stories if opens - _READING_SPAN <= s.draft.text.published_at < closes]
        wanted = total * (day + 1) // DAYS - made
        events: list[Event] = []
        while fresh and len(events) < wanted:
            for reader in readers:
                share = wanted * reader.keenness / total_keenness
                visits = int(share / 4) + (rng.random() < share / 4 % 1)
                for _ in range(visits):
                    at = opens + (closes - opens) * rng.betavariate(3, 2)
                    events.extend(_visit(reader, fresh, ids, at, f"{made + len(events)}", rng))
                if len(events) >= wanted:
                    break
        made += min(wanted, len(events))
        yield closes, sorted(events[:wanted], key=lambda event: event.at)


def _visit(
    reader: DemoReader,
    fresh: Sequence[DemoStory],
    ids: dict[str, str],
    at: datetime,
    stem: str,
    rng: random.Random,
) -> list[Event]:
    """One look at the app: a story shown and perhaps passed over, one read, perhaps liked."""
    seen = [s for s in rng.choices(fresh, k=_CHOICES) if s.draft.text.published_at <= at]
    if not seen:
        return []
    ranked = sorted(seen, key=lambda s: -appeal_of(reader, s.topics, s.places) - rng.gammavariate(1, 0.12))
    read, passed = ranked[0], ranked[-1]
    appeal = appeal_of(reader, read.topics, read.places)
    steps: list[tuple[DemoStory, EventType, float, float | None]] = [
        (passed, EventType.EXPOSE, 0, None),
        (read, EventType.CLICK, 8, None),
        (
            read,
            EventType.STAY,
            60,
            round(6 + 90 * appeal_of(reader, read.topics, read.places) * rng.random(), 1),
        ),
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
