"""Bringing the demo newsroom to life in a data folder, and the truth about it beside."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tianfu.model.access import Role
from tianfu.model.outlet import OutletLevel
from tianfu.model.vocab.divisions import load_divisions
from tianfu.model.vocab.outlets import load_outlets
from tianfu.model.vocab.topics import load_topics
from tianfu.serving.demo.coverages import open_coverages
from tianfu.serving.demo.readers import EVENTS, READERS, DemoReader, make_events, make_readers
from tianfu.serving.demo.seeds import load_bulletins, load_seeds
from tianfu.serving.demo.stories import DemoStory, StoryMill
from tianfu.serving.services.access import Caller, create_key
from tianfu.serving.services.clock import SystemClock
from tianfu.serving.services.consortium import put_outlets_once
from tianfu.serving.services.events import EventRecorder
from tianfu.serving.services.ingest import ingest
from tianfu.serving.services.newsroom import Newsroom

MAX_AGE = timedelta(hours=20)
_BATCH = 500
Progress = Callable[[str, int, int], None]


class SteppedClock:
    """A clock that shows what it is set to."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        """The time it was set to."""
        return self._now

    def set(self, now: datetime) -> None:
        """Set it."""
        self._now = now


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoNotes:
    """What a person needs to try the demo.

    Attributes:
        keys: Secret by what it is for: ``app``, ``editor``, ``operator``, ``scientist``, ``admin``.
        outlet_id: The county outlet that the app and editor keys belong to.
        reader_id: A reader of that outlet with a history.
    """

    made_at: str
    keys: dict[str, str]
    outlet_id: str
    reader_id: str
    stories: int
    events: int


def standing_demo(data_dir: Path, now: datetime) -> DemoNotes | None:
    """The demo in this folder, when there is one and it is still fresh."""
    try:
        notes = DemoNotes(**json.loads((data_dir / "demo.json").read_text(encoding="utf-8")))
        made_at = datetime.fromisoformat(notes.made_at)
    except (OSError, ValueError, TypeError):
        return None
    return notes if now - made_at < MAX_AGE else None


def clear(data_dir: Path) -> None:
    """Remove an older demo; folders that hold anything else are left alone."""
    for name in ("tianfu.db", "tianfu.db-wal", "tianfu.db-shm", "demo.json", "truth.json"):
        (data_dir / name).unlink(missing_ok=True)
    for folder in ("index", "models"):
        shutil.rmtree(data_dir / folder, ignore_errors=True)


def load_demo(
    room: Newsroom,
    data_dir: Path,
    now: datetime,
    progress: Progress,
    *,
    most_stories: int | None = None,
    most_readers: int | None = None,
) -> DemoNotes:
    """Fill an empty, started newsroom with outlets, stories, readers, events and joint coverages.

    Stories and events go through the same services as those of real outlets.

    Args:
        room: Empty and started.
        data_dir: Where the notes and the truth go.
        now: The moment that the demo leads up to.
        progress: Told how far it is.
        most_stories: For a smaller newsroom: the first so many.
        most_readers: The same of readers, and of what they did.
    """
    outlets = load_outlets()
    put_outlets_once(room.database, room.clock)
    room.library.catch_up()
    mill = StoryMill(outlets=outlets, counties=load_divisions().counties, now=now, by_day=True)
    stories = mill.all(load_seeds(), load_bulletins())[:most_stories]
    ids = _ingest_all(stories, room, progress)
    readers = make_readers(outlets, [topic.code for topic in load_topics().all])[:most_readers]
    events = _record_all(readers, stories, ids, room, now, progress)
    outlet_id, reader_id = _favourite(
        readers, outlets=[o.id for o in outlets if o.level is OutletLevel.COUNTY]
    )
    made = {
        role: create_key(
            role=role,
            outlet_id=outlet_id if role in (Role.APP, Role.EDITOR) else None,
            label=f"demo {role.value}",
            actor="demo",
            database=room.database,
            clock=SystemClock(),
        )
        for role in Role
    }
    operator = Caller(key=made[Role.OPERATOR][0])
    open_coverages(room, stories, ids, outlet_id=outlet_id, caller=operator, now=now)
    notes = DemoNotes(
        made_at=now.isoformat(),
        keys={role.value: secret for role, (_, secret) in made.items()},
        outlet_id=outlet_id,
        reader_id=reader_id,
        stories=len(stories),
        events=events,
    )
    (data_dir / "truth.json").write_text(_truth(stories, readers), encoding="utf-8")
    file = data_dir / "demo.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(asdict(notes), ensure_ascii=False, indent=2), encoding="utf-8")
    return notes


def _ingest_all(stories: Sequence[DemoStory], room: Newsroom, progress: Progress) -> dict[str, str]:
    ids: dict[str, str] = {}
    for start in range(0, len(stories), _BATCH):
        batch = stories[start : start + _BATCH]
        receipts = ingest([s.draft for s in batch], database=room.database, clock=room.clock)
        ids.update({receipt.external_id: receipt.story_id for receipt in receipts})
    done = 0
    while count := room.indexer.step():
        done += count
        progress("stories", done, len(stories))
    return ids


def _record_all(
    readers: Sequence[DemoReader],
    stories: Sequence[DemoStory],
    ids: dict[str, str],
    room: Newsroom,
    now: datetime,
    progress: Progress,
) -> int:
    clock = SteppedClock(now)
    recorder: EventRecorder = room.events.with_clock(clock)
    total, expected = 0, EVENTS * len(readers) // READERS
    for closes, events in make_events(readers, stories, ids, now, total=expected):
        clock.set(closes)
        by_outlet: dict[str, list[int]] = {}
        for place, event in enumerate(events):
            by_outlet.setdefault(event.reader.outlet_id, []).append(place)
        for places in by_outlet.values():
            for start in range(0, len(places), _BATCH):
                recorder.record([events[place] for place in places[start : start + _BATCH]])
        total += len(events)
        progress("events", total, expected)
    return total


def _favourite(readers: Sequence[DemoReader], *, outlets: Sequence[str]) -> tuple[str, str]:
    """The county outlet with most readers, and its keenest signed-in reader."""
    counts: dict[str, int] = {}
    for reader in readers:
        if reader.ref.outlet_id in outlets:
            counts[reader.ref.outlet_id] = counts.get(reader.ref.outlet_id, 0) + 1
    outlet_id = min(counts, key=lambda name: (-counts[name], name))
    own = [r for r in readers if r.ref.outlet_id == outlet_id and r.ref.kind == "reader"]
    return outlet_id, max(own, key=lambda r: r.keenness).ref.id


def _truth(stories: Sequence[DemoStory], readers: Sequence[DemoReader]) -> str:
    rows = [
        {
            "outlet_id": s.draft.outlet_id,
            "external_id": s.external_id,
            "event": s.event,
            "copied_from": s.copied_from,
            "relation": s.relation.value if s.relation else None,
            "edits": list(s.edits),
            "topics": list(s.topics),
            "places": list(s.places),
        }
        for s in stories
    ]
    people = [
        {
            "outlet_id": r.ref.outlet_id,
            "kind": r.ref.kind.value,
            "id": r.ref.id,
            "tastes": r.tastes,
            "home": r.home,
        }
        for r in readers
    ]
    return json.dumps({"made_at": datetime.now(UTC).isoformat(), "stories": rows, "readers": people})
