"""``tianfu eval simulate``: the demo's readers live some days against the real API."""

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from tianfu.eval.core import SuiteResult
from tianfu.eval.emulation import Person, Read, Shown, Visit, live
from tianfu.eval.emulation_measures import compared, pictures, small_outlets
from tianfu.model.access import Role
from tianfu.model.feed.scoring import HAND_SET
from tianfu.model.outlet import Outlet
from tianfu.model.vocab.divisions import load_divisions
from tianfu.model.vocab.outlets import load_outlets
from tianfu.model.vocab.topics import load_topics
from tianfu.serving.app import create_app
from tianfu.serving.demo.load import SteppedClock
from tianfu.serving.demo.readers import DemoReader, appeal_of, make_readers
from tianfu.serving.demo.seeds import load_bulletins, load_seeds
from tianfu.serving.demo.stories import DAYS, DemoStory, StoryMill
from tianfu.serving.services.access import create_key
from tianfu.serving.services.machine import Machine
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.wiring import build_newsroom

PERSONALISED, LEARNT = "personalised", "learnt"
ARMS = (PERSONALISED, "not_personalised", "newest")
Told = Callable[[str, int, int], None]
Build = Callable[..., Newsroom]


class ServedWorld:
    """A fresh newsroom behind its own HTTP API, whose clock is turned by hand."""

    def __init__(
        self,
        arm: str,
        stories: Sequence[DemoStory],
        outlets: Sequence[Outlet],
        folder: Path,
        build: Build,
        ranker: Path | None = None,
        *,
        begins: datetime,
        seed: int = 0,
    ) -> None:
        self._arm = arm
        self._clock = SteppedClock(begins)
        self._waiting = sorted(stories, key=lambda s: s.draft.text.published_at, reverse=True)
        self._levels = {outlet.id: outlet.level.value for outlet in outlets}
        self._truth: dict[str, DemoStory] = {}
        self._cursors: dict[str, str] = {}
        self._stood: dict[tuple[str, str], tuple[str, int]] = {}
        self._event = 0
        settings = ServiceSettings(data_dir=folder, worker=False, requests_per_minute=0, ranker_dir=ranker)
        machine = repeatable(seed, self._clock)
        app = create_app(settings, build=lambda given: build(given, clock=self._clock, machine=machine))
        self._client = TestClient(app)
        self._client.__enter__()
        self._room: Newsroom = app.state.newsroom
        _, secret = create_key(
            role=Role.OPERATOR, outlet_id=None, label="emulation", actor="emulation",
            database=self._room.database, clock=self._clock,
        )  # fmt: skip
        self._client.headers["Authorization"] = f"Bearer {secret}"

    def close(self) -> None:
        """Stop the newsroom."""
        self._client.__exit__(None, None, None)

    def move_to(self, moment: datetime) -> None:
        """Publish what is due and let the clock show this time."""
        self._clock.set(moment)
        due: list[DemoStory] = []
        while self._waiting and self._waiting[-1].draft.text.published_at <= moment:
            due.append(self._waiting.pop())
        for start in range(0, len(due), 200):
            batch = due[start : start + 200]
            answer = self._post("/v1/stories", {"stories": [_sent(story) for story in batch]})
            for row, story in zip(answer["results"], batch, strict=True):
                self._truth[row["story_id"]] = story
        self._room.work_off()

    def page(self, person: Person, moment: datetime, number: int) -> Sequence[Shown]:
        """The n-th page of a visit."""
        if self._arm == "newest":
            answer = self._client.get(
                "/v1/stories", params={"limit": 10 * (number + 1), "until": moment.isoformat()}
            ).json()
            return [self._shown(item) for item in answer["items"][10 * number :]]
        asked: dict[str, Any] = {"outlet_id": person.outlet_id, "reader_id": person.id}
        asked["personalise"] = self._arm in (PERSONALISED, LEARNT)
        if number:
            if person.id not in self._cursors:
                return []
            asked = {"outlet_id": person.outlet_id, "cursor": self._cursors[person.id]}
        answer = self._post("/v1/recommend", asked)
        self._cursors.pop(person.id, None)
        if answer["cursor"]:
            self._cursors[person.id] = answer["cursor"]
        self._room.interests.catch_up()
        for item in answer["items"]:
            self._stood[person.id, item["story_id"]] = (answer["trace_id"], item["position"])
        return [self._shown(item) for item in answer["items"]]

    def tell(self, person: Person, reads: Sequence[Read], passed: Sequence[tuple[str, datetime]]) -> None:
        """Tell what was read and what was left."""
        rows = [self._row(person, story_id, "expose", at) for story_id, at in passed]
        for read in reads:
            rows.append(self._row(person, read.story_id, "click", read.at))
            rows.append(self._row(person, read.story_id, "stay", read.at) | {"dwell_s": read.dwell_s})
        if rows:
            self._post("/v1/events", {"outlet_id": person.outlet_id, "events": rows})

    def _row(self, person: Person, story_id: str, kind: str, at: datetime) -> dict[str, Any]:
        self._event += 1
        trace_id, position = self._stood.get((person.id, story_id), (None, None))
        return {
            "event_id": f"e{self._event}", "reader_id": person.id, "story_id": story_id, "type": kind,
            "at": at.isoformat(), "trace_id": trace_id, "position": position,
        }  # fmt: skip

    def _shown(self, item: dict[str, Any]) -> Shown:
        story = self._truth[item["story_id"]]
        return Shown(
            story_id=item["story_id"],
            outlet_id=story.draft.outlet_id,
            level=self._levels[story.draft.outlet_id],
            topics=story.topics,
            places=story.places,
            cluster_id=story.event,
        )

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        answer = self._client.post(path, json=body)
        answer.raise_for_status()
        return answer.json()


def repeatable(seed: int, clock: SteppedClock) -> Machine:
    """A machine whose chance follows a seed, whose ticks are the clock's, and that does one thing at a time.

    The same seed and the same calls give the same feeds.
    """
    drawn = random.Random(seed)  # noqa: S311 - repeatable, not secret
    return Machine(
        new_id=lambda prefix: f"{prefix}{drawn.getrandbits(128):032x}",
        ticks_s=lambda: clock.now().timestamp(),
        background=False,
    )


def simulate(
    *,
    days: int,
    readers: int,
    seed: int,
    told: Told,
    build: Build = build_newsroom,
    ranker: Path | None = None,
    keep: Path | None = None,
    others: bool = False,
    of: Sequence[str] = ARMS,
) -> SuiteResult:
    """Run every arm on a fresh newsroom and measure them side by side.  The same seed gives the same figures.

    Args:
        days: How long.
        readers: How many.
        seed: Of hours, looks and whims.
        told: How far it is.
        build: Makes a newsroom.
        ranker: A learnt one, for an arm of its own.
        keep: Folder that keeps the data of the first arm, for an export.
        others: Draw the readers from the other end of the list: other people than without it.
        of: Names of the arms, the first the one measured.
    """
    began = time.perf_counter()
    outlets = load_outlets()
    begins = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)
    mill = StoryMill(outlets=outlets, counties=load_divisions().counties, now=begins + timedelta(days=DAYS))
    every = spread_out(mill.all(load_seeds(), load_bulletins()), begins)
    stories = [s for s in every if s.draft.text.published_at <= begins + timedelta(days=days)]
    everybody = make_readers(outlets, [topic.code for topic in load_topics().all])
    drawn = everybody[-readers:] if others else everybody[:readers]
    people = [_person(reader) for reader in drawn]
    arms: dict[str, Sequence[Visit]] = {}
    for arm in of if ranker is None else (*of, LEARNT):
        with _folder(keep if arm == of[0] else None) as folder:
            served = ranker if arm == LEARNT else None
            world = ServedWorld(arm, stories, outlets, folder, build, served, begins=begins, seed=seed)
            try:
                arms[arm] = live(world, people, begins=begins, days=days, seed=seed, told=_named(arm, told))
            finally:
                world.close()
    levels = {outlet.id: outlet.level.value for outlet in outlets}
    published = [_as_shown(story, levels) for story in stories]
    found = compared(arms, people, small_outlets(published))
    return SuiteResult(
        suite="simulate",
        model={
            "name": "feed", "version": HAND_SET.version, "days": days, "seed": seed, "stories": len(stories),
            "visits": {arm: len(visits) for arm, visits in arms.items()},
        },
        n=len(people),
        metrics=found.metrics,
        intervals=found.intervals,
        baselines=found.baselines,
        baseline_intervals=found.baseline_intervals,
        seconds=time.perf_counter() - began,
        pictures=pictures(arms, days),
    )  # fmt: skip


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """A folder for an arm's data, gone afterwards unless it is to be kept."""
    if keep is not None:
        yield keep
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def spread_out(stories: Sequence[DemoStory], begins: datetime) -> list[DemoStory]:
    """The same stories in the same order over two whole weeks: the demo's begin a day later."""
    times = [story.draft.text.published_at for story in stories]
    first, last = min(times), max(times)
    factor = timedelta(days=DAYS) / (last - first)
    moved = []
    for story in stories:
        text = story.draft.text
        at = begins + factor * (text.published_at - first)
        moved.append(
            replace(story, draft=replace(story.draft, text=replace(text, published_at=at, expires_at=None)))
        )
    return moved


def _named(arm: str, told: Told) -> Told:
    return lambda step, done, of: told(f"{arm}: {step}", done, of)


def _person(reader: DemoReader) -> Person:
    return Person(
        id=reader.ref.id,
        outlet_id=reader.ref.outlet_id,
        tastes=frozenset(reader.tastes),
        appeal=lambda shown: appeal_of(reader, shown.topics, shown.places),
        visits=min(4.0, 1.2 * reader.keenness),
    )


def _as_shown(story: DemoStory, levels: dict[str, str]) -> Shown:
    return Shown(
        story_id=story.external_id,
        outlet_id=story.draft.outlet_id,
        level=levels[story.draft.outlet_id],
        topics=story.topics,
        places=story.places,
        cluster_id=story.event,
    )


def _sent(story: DemoStory) -> dict[str, Any]:
    text = story.draft.text
    return {
        "outlet_id": story.draft.outlet_id, "external_id": story.external_id, "title": text.title,
        "body": text.body, "published_at": text.published_at.isoformat(), "source": text.source,
        "channel": text.channel, "adcode": text.adcode, "url": text.url,
    }  # fmt: skip
