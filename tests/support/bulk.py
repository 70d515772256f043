"""For tests of bulk encoding: stories that wait for another encoder, a slow actor, a Ray of paper."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from support.builders import NOW, FakeClock, a_body, a_draft
from support.fakes import fake_parts
from tianfu.model.story import Story
from tianfu.serving.bulk.bench import BatchRead
from tianfu.serving.bulk.on_ray import RayBench
from tianfu.serving.services.ingest import ingest
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.wiring import build_newsroom


def index_stories(settings: ServiceSettings, count: int) -> None:
    """Take in stories and index them by the small encoder of the tests."""
    room = build_newsroom(settings, parts=fake_parts(), clock=FakeClock(NOW))
    places = ("利州", "苍溪", "剑阁", "旺苍", "青川", "昭化", "朝天")
    things = ("农业", "学校", "旅游", "交通", "水利", "医保", "非遗")
    drafts = [
        a_draft(
            f"s{n}",
            title=f"{places[n % 7]}{things[n // 7 % 7]}第{n}次通报",
            body=a_body(n, 60 + 40 * (n % 9)),
            hours_ago=1 + n / 10,
        )
        for n in range(count)
    ]
    room.start()
    try:
        ingest(drafts, database=room.database, clock=room.clock)
        while room.indexer.step():
            pass
    finally:
        room.stop()


class SlowBench(RayBench):
    """An actor that takes its time, so that a machine can go while it reads."""

    def read(self, stories: Sequence[Story]) -> BatchRead:
        time.sleep(0.2)
        return super().read(stories)


class PaperError(Exception):
    """Stands for every error of Ray."""


@dataclass
class PaperRay:
    """Ray as far as the engine uses it, in one process: work is done when it is asked for.

    Attributes:
        dies: Whether an actor ends when it gets these stories; told with the number of the actor.
        greets: What an actor says first; raises for one that does not start.
    """

    dies: Callable[[int, Sequence[Story]], bool] = lambda _actor, _stories: False
    greets: Callable[[int], Any] = lambda _actor: None
    actors: int = 0
    killed: list[int] = field(default_factory=list)
    dead: set[int] = field(default_factory=set)
    exceptions: Any = field(default_factory=lambda: SimpleNamespace(RayError=PaperError))

    def put(self, value: Any) -> Any:
        return value

    def remote(self, kind: type) -> Any:
        return SimpleNamespace(options=lambda **_: SimpleNamespace(remote=self._hire))

    def _hire(self, *_: Any) -> Any:
        self.actors += 1
        number = self.actors
        return SimpleNamespace(
            number=number,
            greet=SimpleNamespace(remote=lambda: _Asked(lambda: self.greets(number))),
            read=SimpleNamespace(remote=lambda stories: _Asked(lambda: self._read(number, stories))),
        )

    def _read(self, number: int, stories: Sequence[Story]) -> BatchRead:
        if number in self.dead or self.dies(number, stories):
            self.dead.add(number)
            raise PaperError
        return BatchRead(vectors=tuple(SimpleNamespace(number=s.number) for s in stories))  # type: ignore[misc]

    def wait(self, refs: list[Any], *, num_returns: int, timeout: float) -> tuple[list[Any], list[Any]]:
        assert refs
        return refs[:1], refs[1:]

    def get(self, ref: "_Asked") -> Any:
        return ref.work()

    def kill(self, handle: Any) -> None:
        self.killed.append(handle.number)


@dataclass(eq=False)
class _Asked:
    work: Callable[[], Any]
