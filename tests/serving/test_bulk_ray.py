"""Bulk encoding on a real Ray of two small machines, one of which goes while it reads."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from support.builders import NOW, FakeClock
from support.bulk import SlowBench, index_stories
from typer.testing import CliRunner

from tianfu.cli import app
from tianfu.model.artifacts import shipped
from tianfu.model.story import Story
from tianfu.serving.bulk.backfill import Backfill
from tianfu.serving.bulk.bench import Recipe, open_bench
from tianfu.serving.bulk.on_ray import RayEngine
from tianfu.serving.bulk.ray_cluster import crew_of, imported_ray, joined
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store.database import Database

pytestmark = [
    pytest.mark.slow,
    pytest.mark.box,
]

COUNT, BATCH = 120, 8
RECIPE = Recipe(encoder_dir=shipped("encoder"), judge_dir=shipped("pairs"))
TINY = {"num_cpus": 1, "object_store_memory": 80 * 1024 * 1024, "include_dashboard": False}


class FullCrew(RayEngine):
    """Hands out nothing before both actors are there."""

    full = False

    def _hand_out(self, batches: Iterator[Sequence[Story]]) -> bool:
        self.full = self.full or len(self._ready) == 2
        return super()._hand_out(batches) if self.full else True


@dataclass
class Machines:
    """A cluster on this machine, and the one of its two nodes that may go."""

    address: str
    cluster: Any
    spare: Any


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    imported_ray()
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))  # for the slow actor
        cluster = Cluster()
        try:
            cluster.add_node(wait=False, **TINY)
            spare = cluster.add_node(wait=False, **TINY)
            cluster.wait_for_nodes(timeout=200)
            yield Machines(cluster.address, cluster, spare)
        finally:
            imported_ray().shutdown()
            cluster.shutdown()


def vectors_of(database: Database, fingerprint: str) -> dict[int, Any]:
    with database.read() as uow:
        return {one.number: one.vector for part in uow.vectors.all(encoder=fingerprint) for one in part}


def nearest(vectors: dict[int, Any], count: int = 10) -> list[set[int]]:
    rows = np.stack([vectors[number] for number in sorted(vectors)])
    return [set(line[:count].tolist()) for line in np.argsort(-(rows @ rows.T), axis=1, kind="stable")]


def test_a_machine_that_goes_costs_no_story_and_changes_no_vector(
    machines: Machines, settings: ServiceSettings
) -> None:
    index_stories(settings, COUNT)
    bench = open_bench(RECIPE)
    with Database(settings.effective_database_url) as database:
        work = Backfill(database=database, encoder=bench.fingerprint, clock=FakeClock(NOW), batch=BATCH)
        gone: list[Any] = []

        def lose_one(done: int, _of: int) -> None:
            if done >= 3 * BATCH and not gone:
                gone.append(machines.spare)
                machines.cluster.remove_node(machines.spare, allow_graceful=False)

        with joined(machines.address) as ray:
            assert crew_of(ray, threads=1, actors=None) == (2, False)
            engine = FullCrew(ray, RECIPE, fingerprint=bench.fingerprint, actors=2, bench=SlowBench)
            work.run(engine, lose_one)
            engine.close()

        assert engine.lost == 1
        assert (work.report.written, work.report.unreadable) == (COUNT, ())
        by_ray = vectors_of(database, bench.fingerprint)
        with database.read() as uow:
            assert uow.vectors.count(encoder=bench.fingerprint) == COUNT
            stories = uow.stories.by_numbers(list(by_ray))
    here = {v.number: v.vector for v in bench.read(list(stories.values())).vectors}
    assert sorted(by_ray) == list(range(1, COUNT + 1))
    for number, vector in here.items():
        np.testing.assert_array_equal(by_ray[number], vector.astype(np.float16).astype(np.float32))
    shares = [len(a & b) / 10 for a, b in zip(nearest(by_ray), nearest(here), strict=True)]
    assert np.mean(shares) >= 0.98


def test_the_command_fills_in_what_is_missing_and_then_has_nothing_to_do(
    machines: Machines, settings: ServiceSettings
) -> None:
    index_stories(settings, 20)
    where = ["--data-dir", str(settings.data_dir), "--ray", machines.address]
    asked = ["reindex", *where, "--actors", "1", "--json"]

    first, second = (CliRunner().invoke(app, asked) for _ in range(2))

    assert (first.exit_code, second.exit_code) == (0, 0), first.output
    told = [json.loads(done.stdout) for done in (first, second)]
    assert [(one["missing"], one["written"]) for one in told] == [(20, 20), (0, 0)]
    assert not imported_ray().is_initialized()
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
