"""Filling in an encoder's vectors for a whole archive, without any Ray but one of paper."""

import importlib.util
import json
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from support.builders import NOW, FakeClock
from support.bulk import PaperError, PaperRay, index_stories
from support.fakes import FakeEncoder, OverlapJudge
from typer.testing import CliRunner

from tianfu import __version__
from tianfu.cli import app, bulk
from tianfu.embeddings.encoder.windows import encode_stories
from tianfu.model.artifacts import shipped
from tianfu.model.errors import ArtefactInvalid, EngineMismatch, EngineUnavailable, InvalidSetting
from tianfu.model.story import Story
from tianfu.serving.bulk import backfill, ray_cluster
from tianfu.serving.bulk.backfill import Backfill, HereEngine
from tianfu.serving.bulk.bench import BatchRead, Bench, Recipe, open_bench, open_parcel, packed
from tianfu.serving.bulk.on_ray import Greeting, RayEngine
from tianfu.serving.bulk.ray_cluster import imported_ray, joined
from tianfu.serving.bulk.target import target_of
from tianfu.serving.services.vector_writing import write_vectors
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store.changes import ChangeKind
from tianfu.serving.store.database import Database

COUNT = 30
OTHER = FakeEncoder(seed=9, dimension=48, fingerprint="other")
RECIPE = Recipe(encoder_dir=shipped("encoder"), judge_dir=shipped("pairs"))
READY = Greeting(__version__, "other")


@pytest.fixture
def database(settings: ServiceSettings) -> Iterator[Database]:
    index_stories(settings, COUNT)
    with Database(settings.effective_database_url) as opened:
        yield opened


def a_bench() -> Bench:
    return Bench(OTHER, OverlapJudge(), lambda body: body)


def work_on(database: Database, batch: int = 7) -> Backfill:
    return Backfill(database=database, encoder=OTHER.fingerprint, clock=FakeClock(NOW), batch=batch)


def told(database: Database) -> list[int]:
    """Stories that followers were told of, as often as they were."""
    with database.read() as uow:
        changes = uow.changes.since(0)
    return [c.story_number or 0 for c in changes if c.kind is ChangeKind.STORY_VECTORS]


def test_every_story_gets_the_vector_that_its_text_has(database: Database) -> None:
    work, seen = work_on(database), []
    work.run(HereEngine(a_bench()), lambda done, of: seen.append((done, of)))

    with database.read() as uow:
        stories = uow.stories.by_numbers(range(1, COUNT + 1))
        vectors = uow.vectors.of(list(stories), encoder="other")
    expected = encode_stories(OTHER, [(s.text.title, s.text.body) for s in stories.values()])
    for number, row in zip(stories, expected, strict=True):
        np.testing.assert_allclose(vectors[number].vector, row, atol=1e-3)
        assert vectors[number].text_fingerprint == stories[number].text.body.encode()
    assert (work.report.missing, work.report.read, work.report.written) == (COUNT, COUNT, COUNT)
    assert seen == [(7, 30), (14, 30), (21, 30), (28, 30), (30, 30)]
    assert told(database) == list(range(1, COUNT + 1))


class Stuttering(HereEngine):
    """Brings every batch twice, and stops after so many."""

    def __init__(self, batches: int = 1_000) -> None:
        super().__init__(a_bench())
        self._left = batches

    def run(self, batches: Iterator[Sequence[Story]]) -> Iterator[BatchRead]:
        for read in super().run(batches):
            if not self._left:
                raise EngineUnavailable("All gone.")
            self._left -= 1
            yield read
            yield read


def test_a_batch_that_comes_twice_is_stored_and_told_once(database: Database) -> None:
    work = work_on(database)
    work.run(Stuttering())

    assert work.report.written == COUNT
    assert told(database) == list(range(1, COUNT + 1))


def test_an_interrupted_run_goes_on_where_it_was(database: Database) -> None:
    first = work_on(database)
    with pytest.raises(EngineUnavailable):
        first.run(Stuttering(batches=2))
    second = work_on(database)
    second.run(HereEngine(a_bench()))
    third = work_on(database)

    assert (first.report.written, second.report.missing, second.report.read) == (14, 16, 16)
    assert third.report.missing == 0
    assert told(database) == list(range(1, COUNT + 1))


def test_what_a_worker_stored_of_a_later_revision_stays(database: Database) -> None:
    with database.read() as uow:
        stories = uow.stories.by_numbers([1, 2])
    vectors = a_bench().read([stories[1], stories[2]]).vectors  # the order of rows is the database's own
    newer = replace(vectors[0], revision=2, vector=-vectors[0].vector)
    common: dict[str, Any] = {"encoder": "other", "database": database, "now": NOW}

    assert write_vectors([newer], **common) == 1
    assert write_vectors(vectors, **common) == 1
    assert write_vectors(vectors, **common) == 0

    with database.read() as uow:
        assert uow.vectors.of([1], encoder="other")[1].revision == 2
    assert told(database) == [1, 2]


def test_a_story_that_cannot_be_read_is_named_and_holds_no_other_up(database: Database) -> None:
    class Picky(FakeEncoder):
        def encode(self, texts: Sequence[str]) -> Any:
            if any("第4次" in text for text in texts):
                raise ValueError("no")
            return super().encode(texts)

    picky = Picky(seed=9, dimension=48, fingerprint="other")
    work = work_on(database)
    work.run(HereEngine(Bench(picky, OverlapJudge(), lambda body: body)))

    assert work.report.unreadable == (5,)
    assert (work.report.read, work.report.written) == (COUNT, COUNT - 1)


def stories_of(*sizes: int) -> list[list[Any]]:
    found, number = [], 0
    for size in sizes:
        found.append([SimpleNamespace(number=number + n) for n in range(size)])
        number += size
    return found


def engine_on(ray: PaperRay, actors: int = 2, **options: Any) -> RayEngine:
    return RayEngine(ray, RECIPE, fingerprint="other", actors=actors, **options)


def numbers_from(engine: RayEngine, *sizes: int) -> tuple[list[int], list[int]]:
    reads = list(engine.run(iter(stories_of(*sizes))))
    return (
        sorted(vector.number for read in reads for vector in read.vectors),
        sorted(number for read in reads for number in read.unreadable),
    )


def test_each_batch_is_read_once_while_nobody_ends() -> None:
    ray = PaperRay(greets=lambda _: READY)
    engine = engine_on(ray)

    assert numbers_from(engine, 3, 3, 3, 3, 2) == (list(range(14)), [])
    assert (ray.actors, engine.lost) == (2, 0)
    engine.close()
    assert sorted(ray.killed) == [1, 2]


def test_what_an_actor_had_in_hand_is_read_by_another() -> None:
    reads = []

    def dies(actor: int, stories: Sequence[Any]) -> bool:
        reads.append(actor)
        return actor == 1 and reads.count(1) == 3

    ray = PaperRay(dies=dies, greets=lambda _: READY)
    engine = engine_on(ray)

    assert numbers_from(engine, *[2] * 12) == (list(range(24)), [])
    assert (engine.lost, ray.actors) == (1, 3)


def test_a_story_over_which_every_actor_ends_is_given_up_alone() -> None:
    ray = PaperRay(dies=lambda _, stories: any(s.number == 5 for s in stories), greets=lambda _: READY)
    engine = engine_on(ray)

    read, unreadable = numbers_from(engine, 4, 4, 4)

    assert unreadable == [5]
    assert read == [n for n in range(12) if n != 5]


def test_actors_that_never_start_end_the_run() -> None:
    def greets(_: int) -> Greeting:
        raise PaperError

    with pytest.raises(EngineUnavailable, match="before they are ready"):
        list(engine_on(PaperRay(greets=greets)).run(iter(stories_of(1))))


def test_a_cluster_without_room_ends_the_run() -> None:
    class Full(PaperRay):
        def wait(self, refs: list[Any], *, num_returns: int, timeout: float) -> tuple[list[Any], list[Any]]:
            return [], refs

    with pytest.raises(EngineUnavailable, match="took up the work"):
        list(engine_on(Full(), start_s=0.01).run(iter(stories_of(1))))


@pytest.mark.parametrize(
    ("greeting", "error", "says"),
    [
        (Greeting("0.0.9", "other"), EngineMismatch, "tianfu 0.0.9"),
        (Greeting(__version__, "third"), EngineMismatch, "another encoder"),
        (Greeting(__version__, "", "no card"), EngineUnavailable, "no card"),
    ],
)
def test_whoever_would_read_otherwise_reads_nothing(
    greeting: Greeting, error: type[EngineUnavailable], says: str
) -> None:
    with pytest.raises(error, match=says):
        list(engine_on(PaperRay(greets=lambda _: greeting)).run(iter(stories_of(1))))


def test_a_parcel_opens_to_the_same_bench(tmp_path: Path) -> None:
    elsewhere = Recipe(encoder_dir=tmp_path / "a", judge_dir=tmp_path / "b")
    with pytest.raises(ArtefactInvalid):
        open_bench(elsewhere)

    assert open_parcel(elsewhere, packed(RECIPE)).fingerprint == open_bench(RECIPE).fingerprint


@pytest.mark.box
def test_it_fills_the_encoder_that_serves_where_none_is_on_its_way(
    database: Database, settings: ServiceSettings
) -> None:
    target = target_of(settings, database, threads=2)

    assert (target.recipe.encoder_dir, target.recipe.threads) == (shipped("encoder").resolve(), 2)
    assert not target.moving


class Noisy(HereEngine):
    """An engine beside which Ray writes to standard output."""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__(open_bench(RECIPE))

    def run(self, batches: Iterator[Sequence[Story]]) -> Iterator[BatchRead]:
        for place, read in enumerate(super().run(batches)):
            print("(raylet) A worker died.")  # noqa: T201
            yield read
            if place == 1 and self.stops:
                raise KeyboardInterrupt

    stops = False

    def close(self) -> None:
        pass


@pytest.fixture
def by_command(
    database: Database, settings: ServiceSettings, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Result]:
    """Run the command over the test's database, with no Ray behind it."""
    monkeypatch.setattr(bulk, "joined", lambda _address: nullcontext())
    monkeypatch.setattr(bulk, "crew_of", lambda _ray, **_: (1, False))
    monkeypatch.setattr(bulk, "RayEngine", Noisy)
    monkeypatch.setattr(backfill, "BATCH", 8)
    monkeypatch.setenv("TIANFU_DATABASE_URL", settings.effective_database_url)
    asked = ["reindex", "--data-dir", str(settings.data_dir), "--ray", "local", "--json"]
    return lambda: CliRunner().invoke(app, asked)


@pytest.mark.box
def test_standard_output_holds_the_answer_alone(by_command: Callable[[], Result]) -> None:
    done = by_command()

    assert done.exit_code == 0
    assert json.loads(done.stdout)["written"] == COUNT
    assert "(raylet)" in done.stderr


@pytest.mark.box
def test_an_interrupted_command_says_what_is_stored_and_goes_on_from_there(
    by_command: Callable[[], Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Noisy, "stops", True)
    stopped = by_command()
    monkeypatch.setattr(Noisy, "stops", False)
    second = by_command()

    assert (stopped.exit_code, second.exit_code) == (1, 0)
    assert "16 vectors are stored" in stopped.stderr
    assert json.loads(second.stdout)["written"] == COUNT - 16


@pytest.mark.parametrize("address", ["", "nowhere", "ray://127.0.0.1:10001", "127.0.0.1:", ":6379"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidSetting) as refused, joined(address):
        pass
    assert refused.value.field == "--ray"


def test_an_address_at_which_nobody_answers_is_said_so() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{held.getsockname()[1]}"
        with pytest.raises(EngineUnavailable, match="answers at") as silent, joined(address):
            pass
    assert silent.value.code == "engine_unavailable"


@pytest.mark.parametrize(("failures", "starts"), [(0, 1), (2, 3), (9, 3)])
def test_a_ray_of_this_machine_that_is_slow_to_start_is_tried_again(
    failures: int, starts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def init(**options: Any) -> None:
        tried.append(options["address"])
        if len(tried) <= failures:
            raise RuntimeError("raylet did not come up")

    ray = SimpleNamespace(init=init, shutdown=lambda: None)
    monkeypatch.setattr(ray_cluster, "imported_ray", lambda: ray)

    if failures > starts:
        with pytest.raises(EngineUnavailable, match="did not start"), joined("local"):
            pass
    else:
        with joined("local") as found:
            assert found is ray
    assert tried == ["local"] * starts


def test_another_version_of_ray_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def init(**_: Any) -> None:
        raise RuntimeError("Version mismatch: The cluster was started with: Ray: 2.51.0")

    ray = SimpleNamespace(init=init, shutdown=lambda: None)
    monkeypatch.setattr(ray_cluster, "imported_ray", lambda: ray)
    with pytest.raises(EngineMismatch, match="another version of Ray"), joined("auto"):
        pass


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "ray" else find(name, *rest)
    )
    with pytest.raises(InvalidSetting) as refused:
        imported_ray()
    assert "tianfu[ray]" in refused.value.advice
