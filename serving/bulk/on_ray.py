"""Reading batches by actors of Ray, each with an encoder of its own.

Ray only reads: what comes back is stored by the one writer beside this engine, so a batch may be read twice
and is stored once.  When an actor or its machine goes, its batches are given to others and a new actor is
asked for.  Texts travel between the processes of the cluster and nowhere else: no usage statistics, no
dashboard, and nothing that an actor says reaches a log.
"""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from tianfu import __version__
from tianfu.model.errors import EngineMismatch, EngineUnavailable, TianfuError
from tianfu.model.story import Story
from tianfu.serving.bulk.bench import BatchRead, Bench, Recipe, open_bench, open_parcel, packed
from tianfu.serving.bulk.ray_cluster import imported_ray

log = structlog.get_logger(__name__)

_IN_HAND = 2
"""Batches an actor has at a time: one it reads, one that waits beside it."""
_TRIES = 3
"""So often an actor may end over one batch before its stories are tried one by one."""
_START_S = 120.0
"""How long nobody may be ready before the run ends."""
_LOOK_S = 1.0
_MOST_FALSE_STARTS = 5


@dataclass(frozen=True, slots=True)
class Greeting:
    """What an actor says when it is ready.

    Attributes:
        version: Of this product, where it runs.
        fingerprint: Of its encoder; empty with ``fault``.
        fault: Why it cannot read.
    """

    version: str
    fingerprint: str
    fault: str = ""


class RayBench:
    """The actor.  No method of it raises, so that nothing of a text can stand in an error."""

    def __init__(self, recipe: Recipe, fingerprint: str, parcel: Sequence[Any]) -> None:
        """Open the bench.

        Args:
            recipe: Folders as the one who asks has them; tried first.
            fingerprint: Of the encoder that is wanted.
            parcel: A reference to both folders packed, or nothing.
        """
        self._bench: Bench | None = None
        self._fault = ""
        try:
            self._bench = open_bench(recipe)
        except TianfuError as bad:
            self._fault = bad.message
        if parcel and (self._bench is None or self._bench.fingerprint != fingerprint):
            self._unpack(recipe, imported_ray().get(parcel[0]))

    def _unpack(self, recipe: Recipe, parcel: bytes) -> None:
        try:
            self._bench, self._fault = open_parcel(recipe, parcel), ""
        except TianfuError as bad:
            self._fault = bad.message

    def greet(self) -> Greeting:
        """Say what it reads by."""
        if self._bench is None:
            return Greeting(__version__, "", self._fault)
        return Greeting(__version__, self._bench.fingerprint)

    def read(self, stories: Sequence[Story]) -> BatchRead:
        """Read a batch."""
        if self._bench is None:
            return BatchRead(vectors=(), unreadable=tuple(story.number for story in stories))
        return self._bench.read(stories)


@dataclass(slots=True, eq=False)
class _Batch:
    """Stories on their way.

    Attributes:
        tries: How many actors ended over it.
    """

    stories: Sequence[Story]
    tries: int = 0


@dataclass(slots=True, eq=False)
class _Actor:
    """One actor and what it has in hand, in order."""

    handle: Any
    greeting: Any
    in_hand: dict[Any, _Batch] = field(default_factory=dict)


class RayEngine:
    """A crew of actors on the cluster that this process has joined.

    Attributes:
        lost: How many actors ended with work in hand.

    Args:
        ray: Joined, see :func:`tianfu.serving.bulk.ray_cluster.joined`.
        recipe: What each reads by.
        fingerprint: Of that encoder, as it is here.
        actors: How many there should be.
        ship: Whether to send the artefacts along, for machines that do not have them at the same path.
        start_s: How long nobody may be ready before a run ends.
        bench: Class of the actors.
    """

    def __init__(
        self,
        ray: Any,
        recipe: Recipe,
        *,
        fingerprint: str,
        actors: int,
        ship: bool = False,
        start_s: float = _START_S,
        bench: type[RayBench] = RayBench,
    ) -> None:
        self._ray = ray
        self._bench = bench
        self.lost = 0
        self._recipe = recipe
        self._fingerprint = fingerprint
        self._wanted = actors
        self._start_s = start_s
        self._parcel = [self._ray.put(packed(recipe))] if ship else []
        self._starting: list[_Actor] = []
        self._ready: list[_Actor] = []
        self._again: deque[_Batch] = deque()
        self._false_starts = 0
        self._all_given = False

    def run(self, batches: Iterator[Sequence[Story]]) -> Iterator[BatchRead]:
        """What became of each batch, as it comes; see :class:`tianfu.serving.bulk.backfill.BatchEngine`.

        Raises:
            EngineUnavailable: Nobody is left who could read, and nobody comes.
            EngineMismatch: An actor runs another version or reads by another encoder.
        """
        ready_at = time.monotonic()
        self._all_given = False
        while self._hand_out(batches) or self._in_hand():
            self._hire()
            if self._ready:
                ready_at = time.monotonic()
            elif time.monotonic() - ready_at > self._start_s:
                raise EngineUnavailable(
                    f"No machine of the Ray cluster took up the work within {self._start_s:.0f} s.",
                    advice="Look at `ray status` for free CPUs, then run it again: what is stored stays.",
                )
            yield from self._collect()

    def close(self) -> None:
        """Let every actor go, whatever it has in hand."""
        for actor in (*self._starting, *self._ready):
            self._ray.kill(actor.handle)
        self._starting, self._ready = [], []

    def _hire(self) -> None:
        made = self._ray.remote(self._bench).options(
            num_cpus=self._recipe.threads, max_restarts=0, max_task_retries=0
        )
        while len(self._starting) + len(self._ready) < self._wanted:
            handle = made.remote(self._recipe, self._fingerprint, self._parcel)
            self._starting.append(_Actor(handle, handle.greet.remote()))

    def _hand_out(self, batches: Iterator[Sequence[Story]]) -> bool:
        """Give batches to whoever has room; False when none is left."""
        while True:
            free = [actor for actor in self._ready if len(actor.in_hand) < _IN_HAND]
            if not free:
                return bool(self._again) or not self._all_given
            batch = self._again.popleft() if self._again else _next(batches)
            if batch is None:
                self._all_given = True
                return False
            actor = min(free, key=lambda one: len(one.in_hand))
            actor.in_hand[actor.handle.read.remote(list(batch.stories))] = batch

    def _in_hand(self) -> bool:
        return any(actor.in_hand for actor in self._ready)

    def _collect(self) -> Iterator[BatchRead]:
        """Wait a moment for greetings and batches, and take those that are there."""
        greetings = {actor.greeting: actor for actor in self._starting}
        in_hand = {ref: actor for actor in self._ready for ref in actor.in_hand}
        refs = [*greetings, *in_hand]
        done, _ = self._ray.wait(refs, num_returns=len(refs), timeout=0)
        if not done:
            done, _ = self._ray.wait(refs, num_returns=1, timeout=_LOOK_S)
        for ref in done:
            if ref in greetings:
                self._welcome(greetings[ref])
            elif ref in in_hand[ref].in_hand:
                yield from self._take(ref, in_hand[ref])

    def _welcome(self, actor: _Actor) -> None:
        self._starting.remove(actor)
        try:
            greeting: Greeting = self._ray.get(actor.greeting)
        except self._ray.exceptions.RayError as bad:
            self._false_starts += 1
            log.warning("ray.actor_did_not_start", error=type(bad).__name__)
            if self._false_starts >= _MOST_FALSE_STARTS:
                raise EngineUnavailable(
                    "Actors on the Ray cluster end before they are ready.",
                    advice=f"See that tianfu {__version__} is installed on its machines, and their memory.",
                ) from bad
            return
        self._check(greeting)
        self._ready.append(actor)

    def _check(self, greeting: Greeting) -> None:
        if greeting.version != __version__:
            raise EngineMismatch(
                f"The Ray cluster runs tianfu {greeting.version}, this is {__version__}.",
                advice="Install the same version on every machine.",
            )
        if greeting.fault:
            raise EngineUnavailable(
                f"A machine of the Ray cluster cannot open the encoder: {greeting.fault}",
                advice="Run the command on the machine that holds the artefact; it is sent to the others.",
            )
        if greeting.fingerprint != self._fingerprint:
            raise EngineMismatch(
                "A machine of the Ray cluster reads by another encoder than this one.",
                advice="Install the same version of tianfu, with the same artefacts, on every machine.",
            )

    def _take(self, ref: Any, actor: _Actor) -> Iterator[BatchRead]:
        try:
            read: BatchRead = self._ray.get(ref)
        except self._ray.exceptions.RayError as bad:
            yield from self._lost(actor, bad)
            return
        del actor.in_hand[ref]
        self._false_starts = 0
        yield read

    def _lost(self, actor: _Actor, why: BaseException) -> Iterator[BatchRead]:
        """An actor ended: others take up what it had in hand."""
        log.warning("ray.actor_lost", error=type(why).__name__, batches=len(actor.in_hand))
        self.lost += 1
        self._ready.remove(actor)
        self._ray.kill(actor.handle)
        batches = list(actor.in_hand.values())
        actor.in_hand.clear()
        for place, batch in enumerate(batches):
            batch.tries += place == 0  # it was read in order, so the others have no part in this
            if batch.tries < _TRIES:
                self._again.append(batch)
            elif len(batch.stories) > 1:
                self._again.extend(_Batch([story]) for story in batch.stories)
            else:
                yield BatchRead(vectors=(), unreadable=(batch.stories[0].number,))


def _next(batches: Iterator[Sequence[Story]]) -> _Batch | None:
    stories = next(batches, None)
    return None if stories is None else _Batch(stories)
