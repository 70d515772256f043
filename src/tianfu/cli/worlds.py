"""The real API as emulated readers meet it: over a fresh newsroom, or over a service that runs."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from fastapi.testclient import TestClient

from tianfu.cli.emulated_desk import EmulatedDesk
from tianfu.eval.emulation import Person, Read, Shown
from tianfu.model.access import Role
from tianfu.model.recommendation import MAX_EXCLUDE, PlacedBy
from tianfu.serving.app import create_app
from tianfu.serving.demo.load import SteppedClock
from tianfu.serving.demo.stories import DemoStory
from tianfu.serving.services.access import create_key
from tianfu.serving.services.machine import Machine
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.settings import ServiceSettings

_BATCH = 200
_PEOPLES = frozenset({PlacedBy.EDITOR.value, PlacedBy.MUST_CARRY.value})

Build = Callable[..., Newsroom]
Client = httpx.Client | TestClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """How readers of an arm are served.

    Attributes:
        personalise: Whether their own features count.
        newest: Whether they are shown the newest stories instead of feeds.
        leaves_out_seen: Whether the client leaves out what the reader has looked at.
        orders: Whether editors give orders meanwhile.
        learnt: Whether a learnt ranker serves, where one is given.
    """

    name: str
    personalise: bool = True
    newest: bool = False
    leaves_out_seen: bool = False
    orders: bool = False
    learnt: bool = False


class Wire:
    """Every outlet's stories in order of time, for one world."""

    def __init__(self, stories: Sequence[DemoStory], levels: Mapping[str, str]) -> None:
        self._waiting = sorted(stories, key=lambda s: s.draft.text.published_at, reverse=True)
        self.levels = levels

    def due(self, moment: datetime) -> list[DemoStory]:
        """Those published since the last time, oldest first."""
        found: list[DemoStory] = []
        while self._waiting and self._waiting[-1].draft.text.published_at <= moment:
            found.append(self._waiting.pop())
        return found


class ApiWorld:
    """Readers of one arm, served over HTTP."""

    def __init__(self, arm: Arm, client: Client, levels: Mapping[str, str], run: str = "") -> None:
        self._arm = arm
        self._client = client
        self._levels = levels
        self._run = run
        self._truth: dict[str, DemoStory] = {}
        self._cursors: dict[str, str] = {}
        self._stood: dict[tuple[str, str], tuple[str, int]] = {}
        self._seen: dict[str, dict[str, None]] = {}
        self._event = 0

    def page(self, person: Person, moment: datetime, number: int) -> Sequence[Shown]:
        """The n-th page of a visit."""
        if self._arm.newest:
            limit, until = 10 * (number + 1), quote(self._asked_at(moment).isoformat())
            items = self._got(self._client.get(f"/v1/stories?limit={limit}&until={until}"))["items"]
            items = items[10 * number :]
            return [self._shown(item) for item in items]
        if number and person.id not in self._cursors:
            return []
        answer = self._post("/v1/recommend", self._question(person, number))
        self._cursors.pop(person.id, None)
        if answer["cursor"]:
            self._cursors[person.id] = answer["cursor"]
        for item in answer["items"]:
            self._stood[person.id, item["story_id"]] = (answer["trace_id"], item["position"])
        return [self._shown(item) for item in answer["items"]]

    def tell(self, person: Person, reads: Sequence[Read], passed: Sequence[tuple[str, datetime]]) -> None:
        """Tell what was read and what was left."""
        rows = [self._row(person, story_id, "expose", at) for story_id, at in passed]
        for read in reads:
            rows.append(self._row(person, read.story_id, "click", read.at))
            rows.append(self._row(person, read.story_id, "stay", read.at) | {"dwell_s": read.dwell_s})
        seen = self._seen.setdefault(person.id, {})
        seen.update(dict.fromkeys(row["story_id"] for row in rows))
        if rows:
            self._post("/v1/events", {"outlet_id": person.outlet_id, "events": rows})

    def _question(self, person: Person, number: int) -> dict[str, Any]:
        if number:
            return {"outlet_id": person.outlet_id, "cursor": self._cursors[person.id]}
        asked: dict[str, Any] = {
            "outlet_id": person.outlet_id, "reader_id": self._run + person.id,
            "personalise": self._arm.personalise,
        }  # fmt: skip
        if self._arm.leaves_out_seen:
            asked["exclude"] = list(self._seen.get(person.id, ()))[-MAX_EXCLUDE:]
        return asked

    def _asked_at(self, moment: datetime) -> datetime:
        return moment

    def _row(self, person: Person, story_id: str, kind: str, at: datetime) -> dict[str, Any]:
        self._event += 1
        trace_id, position = self._stood.get((person.id, story_id), (None, None))
        return {
            "event_id": f"{self._run}e{self._event}", "reader_id": self._run + person.id,
            "story_id": story_id, "type": kind, "at": self._asked_at(at).isoformat(), "trace_id": trace_id,
            "position": position,
        }  # fmt: skip

    def _shown(self, item: Mapping[str, Any]) -> Shown:
        """What is known in truth of an item; of stories that are not ours, what the service says."""
        story = self._truth.get(item["story_id"])
        placed = item.get("placed_by") in _PEOPLES
        if story is not None:
            return as_shown(story, self._levels, story_id=item["story_id"], placed=placed)
        outlet_id = item["outlet"]["id"] if "outlet" in item else item["outlet_id"]
        return Shown(
            story_id=item["story_id"], outlet_id=outlet_id, level=self._levels.get(outlet_id, "county"),
            topics=tuple(topic["code"] for topic in item.get("topics", ())), places=(),
            cluster_id=item["cluster_id"], published_at=datetime.fromisoformat(item["published_at"]),
            placed=placed,
        )  # fmt: skip

    def _post(self, path: str, body: dict[str, Any], **headers: str) -> Any:
        return self._got(self._client.post(path, json=body, headers=headers))

    def _got(self, answer: Any) -> Any:
        answer.raise_for_status()
        return answer.json()


class ServedWorld(ApiWorld):
    """A fresh newsroom behind its own HTTP API, whose clock is turned by hand and whose chance is drawn."""

    def __init__(
        self,
        arm: Arm,
        wire: Wire,
        folder: Path,
        build: Build,
        *,
        begins: datetime,
        seed: int,
    ) -> None:
        self._clock = SteppedClock(begins)
        self._wire = wire
        settings = ServiceSettings(data_dir=folder, worker=False, requests_per_minute=0)
        machine = repeatable(seed, self._clock)
        app = create_app(settings, build=lambda given: build(given, clock=self._clock, machine=machine))
        client = TestClient(app)
        super().__init__(arm, client, wire.levels)
        client.__enter__()
        self._test_client = client
        self._room: Newsroom = app.state.newsroom
        _, secret = create_key(
            role=Role.OPERATOR, outlet_id=None, label="emulation", actor="emulation",
            database=self._room.database, clock=self._clock,
        )  # fmt: skip
        client.headers["Authorization"] = f"Bearer {secret}"
        self.desk = EmulatedDesk(self._post) if arm.orders else None

    def close(self) -> None:
        """Stop the newsroom."""
        self._test_client.__exit__(None, None, None)

    def move_to(self, moment: datetime) -> None:
        """Publish what is due and let the clock show this time."""
        self._clock.set(moment)
        due = self._wire.due(moment)
        for start in range(0, len(due), _BATCH):
            batch = due[start : start + _BATCH]
            answer = self._post("/v1/stories", {"stories": [_sent(story) for story in batch]})
            for row, story in zip(answer["results"], batch, strict=True):
                self._truth[row["story_id"]] = story
        self._room.work_off()
        if self.desk is not None:
            self.desk.give(self._truth, self._levels, moment)
            self._room.work_off()

    def page(self, person: Person, moment: datetime, number: int) -> Sequence[Shown]:
        """The n-th page of a visit."""
        shown = super().page(person, moment, number)
        self._room.interests.catch_up()
        if self.desk is not None and number == 0:
            self.desk.check(person.outlet_id, shown, moment)
        return shown


class Sender:
    """Sends what is due to a running service, dated now, and can take it all down again."""

    def __init__(self, client: httpx.Client, wire: Wire, run: str) -> None:
        self._client = client
        self._wire = wire
        self._run = run
        self.truth: dict[str, DemoStory] = {}

    def move_to(self, moment: datetime) -> None:
        """Send what is due, once, and wait until it is indexed."""
        due = self._wire.due(moment)
        for start in range(0, len(due), _BATCH):
            batch = due[start : start + _BATCH]
            now = {"published_at": datetime.now(UTC).isoformat()}
            rows = [_sent(s) | now | {"external_id": f"{self._run}-{s.external_id}"} for s in batch]
            answer = self._client.post("/v1/stories", json={"stories": rows}, headers={"Prefer": "wait=60"})
            answer.raise_for_status()
            for row, story in zip(answer.json()["results"], batch, strict=True):
                if row["story_id"] is not None:
                    self.truth[row["story_id"]] = story

    def take_down(self) -> None:
        """Take down everything that was sent."""
        for story_id in self.truth:
            path = f"/v1/stories/{story_id}/takedown"
            self._client.post(path, json={"reason": "emulation"}).raise_for_status()


class RunningWorld(ApiWorld):
    """A service that runs somewhere.  Its clock, its chance and its other stories are its own."""

    def __init__(
        self, arm: Arm, client: httpx.Client, sender: Sender, levels: Mapping[str, str], run: str
    ) -> None:
        super().__init__(arm, client, levels, f"{run}-{arm.name}-")
        self._sender = sender
        self._truth = sender.truth
        self._http = client

    def move_to(self, moment: datetime) -> None:
        """Have what is due sent; the same stories serve all arms."""
        self._sender.move_to(moment)

    def _asked_at(self, moment: datetime) -> datetime:
        return datetime.now(UTC)

    def erase(self, people: Sequence[Person]) -> None:
        """Have the service forget these readers."""
        for person in people:
            self._got(
                self._http.delete(
                    f"/v1/readers/{self._run}{person.id}", params={"outlet_id": person.outlet_id}
                )
            )


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


def as_shown(
    story: DemoStory, levels: Mapping[str, str], *, story_id: str | None = None, placed: bool = False
) -> Shown:
    """A story with the truth about it, under its own id unless another is given."""
    return Shown(
        story_id=story_id or story.external_id,
        outlet_id=story.draft.outlet_id,
        level=levels[story.draft.outlet_id],
        topics=story.topics,
        places=story.places,
        cluster_id=story.event,
        published_at=story.draft.text.published_at,
        placed=placed,
    )


def _sent(story: DemoStory) -> dict[str, Any]:
    text = story.draft.text
    return {
        "outlet_id": story.draft.outlet_id, "external_id": story.external_id, "title": text.title,
        "body": text.body, "published_at": text.published_at.isoformat(), "source": text.source,
        "channel": text.channel, "adcode": text.adcode, "url": text.url,
    }  # fmt: skip
