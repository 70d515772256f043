"""Commands for trials of rankers.  Running services follow within seconds."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from tianfu.cli.show import DataDir, JsonFlag, out, print_table, settings_of
from tianfu.model.trial import Arm, Rails, TrialKind
from tianfu.serving.parts import model_desk
from tianfu.serving.services.clock import SystemClock
from tianfu.serving.services.trial_desk import TrialDesk, TrialReport
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store.database import Database

trials_app = typer.Typer(help="Trials of rankers.", no_args_is_help=True)

_MEANS = ("fallback", "slow", "seconds", "varied", "small", "overlap")


@trials_app.command("begin")
def trials_begin(
    kind: Annotated[TrialKind, typer.Argument(help="Unseen, or before a share of the readers.")],
    version: Annotated[str, typer.Argument(help="Id or name@version of a ranker in the registry.")],
    share: Annotated[float, typer.Option(help="Of readers in a split; of feeds in the shadow.")] = 0.1,
    days: Annotated[float, typer.Option(help="How long.")] = 7.0,
    data_dir: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Begin a trial; a broken guard rail ends it."""
    settings = settings_of(data_dir=data_dir)
    with Database(settings.effective_database_url) as database:
        trial = _desk(settings, database).begin(
            kind, version, share=share, days=days, rails=Rails(), actor="command line"
        )
    if as_json:
        out.print_json(json.dumps(asdict(trial), default=str))
        return
    out.print(
        f"Trial {trial.id} runs; see `tianfu trials report {trial.id}`.", highlight=False, soft_wrap=True
    )


@trials_app.command("list")
def trials_list(data_dir: DataDir = None, as_json: JsonFlag = False) -> None:
    """List trials, newest first."""
    settings = settings_of(data_dir=data_dir)
    with Database(settings.effective_database_url) as database:
        rows = [asdict(trial) for trial in _desk(settings, database).all()]
    if as_json:
        out.print_json(json.dumps(rows, default=str))
    else:
        short = [
            {**row, "model_id": row["model_id"][:12], "ends_at": row["ends_at"].isoformat(timespec="minutes")}
            for row in rows
        ]
        print_table(["id", "kind", "model_id", "share", "state", "ends_at", "why"], short)


@trials_app.command("report")
def trials_report(trial_id: str, data_dir: DataDir = None, as_json: JsonFlag = False) -> None:
    """Show what a trial has shown so far, with 95 % intervals over readers."""
    settings = settings_of(data_dir=data_dir)
    with Database(settings.effective_database_url) as database:
        report = _desk(settings, database).report(trial_id)
    if as_json:
        out.print_json(json.dumps(asdict(report), default=str))
        return
    rows = [_row(arm, report) for arm in Arm]
    print_table(["arm", "feeds", *_MEANS, "clicks"], rows)
    if report.more is not None:
        out.print(
            f"More clicks by exposure: {report.more.value:+.4f} "
            f"({report.more.low:+.4f} to {report.more.high:+.4f}, {report.more.readers} readers)."
        )
    if report.trial.why:
        out.print(f"{report.trial.state}: {report.trial.why}.", highlight=False)


@trials_app.command("end")
def trials_end(trial_id: str, data_dir: DataDir = None, as_json: JsonFlag = False) -> None:
    """End a trial; the ranker that serves goes on for everybody."""
    settings = settings_of(data_dir=data_dir)
    with Database(settings.effective_database_url) as database:
        ended = _desk(settings, database).end(trial_id, actor="command line")
    if as_json:
        out.print_json(json.dumps(asdict(ended), default=str))
    else:
        out.print(f"Trial {trial_id} has ended.")


def _desk(settings: ServiceSettings, database: Database) -> TrialDesk:
    return TrialDesk(database=database, models=model_desk(settings, database), clock=SystemClock())


def _row(arm: Arm, report: TrialReport) -> dict[str, object]:
    counted, rate = report.counts[arm], report.clicks.get(arm)
    clicks = f"{rate.value:.4f} ({rate.low:.4f} to {rate.high:.4f})" if rate else ""
    means = {name: f"{counted.mean(name):.4f}" for name in _MEANS}
    return {"arm": arm.value, "feeds": counted.feeds, **means, "clicks": clicks}
