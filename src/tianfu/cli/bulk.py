"""Encoding an archive by a Ray cluster, from the command line."""

import json
import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from typing import Any

import typer

from tianfu.cli.show import err, out, progress_bars
from tianfu.serving.bulk.backfill import Backfill, BackfillReport
from tianfu.serving.bulk.bench import open_bench
from tianfu.serving.bulk.on_ray import RayEngine
from tianfu.serving.bulk.ray_cluster import crew_of, imported_ray, joined
from tianfu.serving.bulk.target import Target, target_of
from tianfu.serving.services.clock import SystemClock
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store.database import Database


def reindex_on_ray(
    settings: ServiceSettings, address: str, *, actors: int | None, threads: int, as_json: bool
) -> None:
    """Have every story read that has no vector yet of the encoder that serves or is on its way.

    Raises:
        TianfuError: Ray is missing, does not answer, or is of another version; what is stored stays.
        Exit: It was interrupted; what is stored stays.
    """
    imported_ray()
    with Database(settings.effective_database_url) as database:
        target = target_of(settings, database, threads=threads)
        fingerprint = open_bench(target.recipe).fingerprint
        work = Backfill(database=database, encoder=fingerprint, clock=SystemClock())
        try:
            if work.report.missing:
                _run(work, target, fingerprint, address, actors)
        except KeyboardInterrupt:
            err.print(
                f"Stopped. {work.report.written} vectors are stored; the same command goes on from there."
            )
            raise typer.Exit(1) from None
    _tell(work.report, target, as_json=as_json)


def _run(work: Backfill, target: Target, fingerprint: str, address: str, actors: int | None) -> None:
    # What Ray has to say of lost workers is for people: standard output is for the answer alone.
    with redirect_stdout(sys.stderr), joined(address) as ray, progress_bars() as advance:
        many, ship = crew_of(ray, threads=target.recipe.threads, actors=actors)
        engine = RayEngine(ray, target.recipe, fingerprint=fingerprint, actors=many, ship=ship)
        advance("stories", 0, work.report.missing)
        try:
            work.run(engine, lambda done, of: advance("stories", done, of))
        finally:
            engine.close()


def _tell(report: BackfillReport, target: Target, *, as_json: bool) -> None:
    if as_json:
        told: dict[str, Any] = {"encoder": target.label, "moving": target.moving, **asdict(report)}
        out.print_json(json.dumps(told))
        return
    out.print(
        f"{report.written} vectors of {target.label} stored in {report.seconds:.1f} s.", highlight=False
    )
    if report.unreadable:
        numbers = ", ".join(str(number) for number in report.unreadable[:20])
        err.print(f"{len(report.unreadable)} stories cannot be read by it: {numbers}", highlight=False)
    if target.moving:
        out.print("Running workers publish it once nothing is missing; see `tianfu models move`.")
