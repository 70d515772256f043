"""``tianfu eval simulate``: the demo's readers live some days against the real API."""

import secrets
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tianfu.cli.reach import client_of
from tianfu.cli.remembered import remembered
from tianfu.cli.show import settings_of
from tianfu.cli.worlds import Arm, Build, RunningWorld, Sender, ServedWorld, Wire, as_shown
from tianfu.embeddings.scorer import load_scorer
from tianfu.eval.core import SuiteResult, Told
from tianfu.eval.emulation import Person, Visit, live
from tianfu.eval.emulation_measures import compared
from tianfu.eval.emulation_pictures import pictures
from tianfu.model.feed.scoring import HAND_SET
from tianfu.model.outlet import Outlet
from tianfu.model.vocab.divisions import load_divisions
from tianfu.model.vocab.outlets import load_outlets
from tianfu.model.vocab.topics import load_topics
from tianfu.serving.demo.readers import DemoReader, appeal_of, make_readers
from tianfu.serving.demo.seeds import load_bulletins, load_seeds
from tianfu.serving.demo.stories import DAYS, DemoStory, StoryMill
from tianfu.serving.parts import ModelParts, load_parts
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.wiring import build_newsroom

ARMS: Mapping[str, Arm] = {
    arm.name: arm
    for arm in (
        Arm(name="personalised"),
        Arm(name="off", personalise=False),
        Arm(name="off_unseen", personalise=False, leaves_out_seen=True),
        Arm(name="newest", newest=True),
        Arm(name="orders", orders=True),
        Arm(name="learnt", learnt=True),
    )
}
"""``orders`` is personalised with editors' orders in force, ``learnt`` with a learnt ranker."""
BEGINS = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)
USUAL = ("personalised", "off", "off_unseen", "newest")
NOT_OURS = (
    "its clock is its own: what happens in hours here happens within minutes there, so that freshness, heat "
    "and half-lives hardly move",
    "its chance is its own: two runs differ",
    "stories it had before stand in the same feeds, and are judged by the service's own tags",
    "all arms share its heat and what is read after what",
    "its limit of requests a key may slow the run or end it",
)
"""What cannot be controlled of a running service, said beside every figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who lives, and what is published meanwhile."""

    people: Sequence[Person]
    stories: Sequence[DemoStory]
    levels: Mapping[str, str]
    begins: datetime
    days: int


def simulate(
    *,
    days: int,
    readers: int,
    seed: int,
    told: Told,
    build: Build = build_newsroom,
    parts: ModelParts | None = None,
    ranker: Path | None = None,
    keep: Path | None = None,
    others: bool = False,
    of: Sequence[str] = USUAL,
    silent: float = 0.1,
) -> SuiteResult:
    """Run arms on fresh newsrooms beside each other and measure them.  The same seed gives the same figures.

    Args:
        days: How long.
        readers: How many.
        seed: Of hours, looks and whims, and of what chance decides in feeds.
        told: How far it is.
        build: Makes a newsroom.
        parts: Models that serve; the shipped ones when left out.
        ranker: A learnt one, for the arm ``learnt``, which is then run too.
        keep: Folder that keeps the data of the first arm, for an export.
        others: Draw the readers from the other end of the list: other people than without it.
        of: Names of the arms, the first the one measured.
        silent: Share of readers who look and never click, 0..1.
    """
    began = time.perf_counter()
    cast = cast_of(days, readers, others=others, silent=silent, begins=BEGINS)
    names: list[str] = [*of, "learnt"] if ranker is not None else [*of]
    arms = [ARMS[name] for name in dict.fromkeys(names)]
    shared = remembered(parts or load_parts(settings_of()))
    worlds: dict[str, ServedWorld] = {}
    with ExitStack() as stack:
        for place, arm in enumerate(arms):
            folder = keep if keep is not None and place == 0 else _passing(stack)
            scorer = load_scorer(ranker) if arm.learnt and ranker is not None else shared.scorer

            def built(given: ServiceSettings, **more: Any) -> Any:
                return build(given, parts=replace(shared, scorer=scorer), **more)  # noqa: B023 - called at once

            wire = Wire(cast.stories, cast.levels)
            world = ServedWorld(arm, wire, folder, built, begins=cast.begins, seed=seed)
            worlds[arm.name] = stack.enter_context(closing(world))
        lived = live(dict(worlds), cast.people, begins=cast.begins, days=days, seed=seed, told=told)
    facts = {"days": days, "seed": seed, "stories": len(cast.stories), "orders": _orders(worlds)}
    return _result(lived, cast, facts, began)


def simulate_against(
    *,
    url: str,
    key: str,
    days: int,
    readers: int,
    seed: int,
    told: Told,
    of: Sequence[str] = USUAL,
    silent: float = 0.1,
) -> SuiteResult:
    """Let readers live against a service that runs, all arms on the same one; see :data:`NOT_OURS`.

    Their memories are erased and the stories taken down at the end, whatever happens.

    Args:
        url: Where it answers.
        key: An operator's: it sends stories and asks for every outlet.
        days: How long, by the emulated clock.
        readers: How many.
        seed: Of hours, looks and whims.
        told: How far it is.
        of: Names of the arms; not ``orders`` or ``learnt``, which would reach others' readers.
        silent: Share of readers who look and never click, 0..1.

    Raises:
        BadParameter: The address or the key can be none.
    """
    began = time.perf_counter()
    cast = cast_of(days, readers, others=False, silent=silent, begins=datetime.now(UTC))
    run = f"sim-{secrets.token_hex(4)}"
    with client_of(url, key) as client:
        sender = Sender(client, Wire(cast.stories, cast.levels), run)
        worlds = {name: RunningWorld(ARMS[name], client, sender, cast.levels, run) for name in of}
        try:
            lived = live(dict(worlds), cast.people, begins=cast.begins, days=days, seed=seed, told=told)
        finally:
            for world in worlds.values():
                world.erase(cast.people)
            sender.take_down()
    facts = {"days": days, "seed": seed, "stories": len(cast.stories), "url": url, "not_controlled": NOT_OURS}
    return _result(lived, cast, facts, began)


def cast_of(days: int, readers: int, *, others: bool, silent: float, begins: datetime) -> Cast:
    """The demo's readers and its stories, spread over two whole weeks from ``begins`` on."""
    outlets = load_outlets()
    mill = StoryMill(outlets=outlets, counties=load_divisions().counties, now=begins + timedelta(days=DAYS))
    every = spread_out(mill.all(load_seeds(), load_bulletins()), begins)
    everybody = make_readers(outlets, [topic.code for topic in load_topics().all])
    drawn = everybody[-readers:] if others else everybody[:readers]
    return Cast(
        people=[_person(r, clicks=not _silent(place, silent)) for place, r in enumerate(drawn)],
        stories=[s for s in every if s.draft.text.published_at <= begins + timedelta(days=days)],
        levels=_levels(outlets),
        begins=begins,
        days=days,
    )


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


def _result(
    lived: Mapping[str, Sequence[Visit]], cast: Cast, facts: Mapping[str, Any], began: float
) -> SuiteResult:
    published = [as_shown(story, cast.levels) for story in cast.stories]
    found = compared(lived, cast.people, published)
    visits = {arm: len(of_arm) for arm, of_arm in lived.items()}
    return SuiteResult(
        suite="simulate",
        model={"name": "feed", "version": HAND_SET.version, **facts, "visits": visits},
        n=len(cast.people),
        metrics=found.metrics,
        intervals=found.intervals,
        baselines=found.baselines,
        baseline_intervals=found.baseline_intervals,
        seconds=time.perf_counter() - began,
        pictures=pictures(lived, cast.days),
    )


def _orders(worlds: Mapping[str, ServedWorld]) -> dict[str, dict[str, int]]:
    """First pages under an order, and on how many it was kept."""
    return {
        name: {
            "pages_with_a_pin": world.desk.pinned[0], "pinned_exactly": world.desk.pinned[1],
            "pages_with_a_must_carry": world.desk.carried[0], "carried": world.desk.carried[1],
        }
        for name, world in worlds.items()
        if world.desk is not None
    }  # fmt: skip


def _passing(stack: ExitStack) -> Path:
    """A folder that goes with the run."""
    return Path(stack.enter_context(tempfile.TemporaryDirectory()))


def _silent(place: int, share: float) -> bool:
    """Whether the reader at a place of the list is one who never clicks: evenly, exactly so many."""
    return int((place + 1) * share) > int(place * share)


def _levels(outlets: Sequence[Outlet]) -> dict[str, str]:
    return {outlet.id: outlet.level.value for outlet in outlets}


def _person(reader: DemoReader, *, clicks: bool) -> Person:
    return Person(
        id=reader.ref.id,
        outlet_id=reader.ref.outlet_id,
        tastes=frozenset(reader.tastes),
        appeal=lambda shown: appeal_of(reader, shown.topics, shown.places),
        visits=min(4.0, 1.2 * reader.keenness),
        clicks=clicks,
    )
