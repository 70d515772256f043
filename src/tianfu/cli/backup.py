"""``tianfu backup`` and ``tianfu restore``: one file to come back from."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tianfu.cli.show import DataDir, JsonFlag, err, out, settings_of
from tianfu.serving.services.backups import make_backup, restore_backup
from tianfu.serving.services.cabinet import Cabinet

app = typer.Typer()


@app.command()
def backup(
    to: Annotated[
        Path, typer.Option("--to", help="New file to write, or a folder for one named by the time.")
    ],
    without_models: Annotated[
        bool, typer.Option("--without-models", help="Even if the data folder lacks models that serve.")
    ] = False,
    data_dir: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the database and the models in the data folder to one file, while the service goes on."""
    settings = settings_of(data_dir=data_dir)
    now = datetime.now(UTC)
    to = to / f"tianfu-{now:%Y%m%dT%H%M%SZ}.tianfu" if to.is_dir() else to
    made = make_backup(
        settings.effective_database_url,
        Cabinet(settings.models_dir),
        to,
        now=now,
        without_models=without_models,
    )
    size = to.stat().st_size
    if as_json:
        told = {"to": str(to), "bytes": size, "schema": made.schema, "models": made.models}
        out.print_json(json.dumps(told))
        return
    out.print(f"{to}: {size / 1e6:.1f} MB, {made.database}, {len(made.models)} models.", highlight=False)
    out.print("It holds keys' hashes, secrets and readers' histories: keep it where nobody else reads.")


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="What `tianfu backup` wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a database that holds something.")] = False,
    data_dir: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Put a backup in the database's place, the service being stopped; exit code 1 for a broken trail."""
    settings = settings_of(data_dir=data_dir)
    done = restore_backup(
        source,
        settings.effective_database_url,
        Cabinet(settings.models_dir),
        settings.snapshot_dir,
        force=force,
    )
    whole = done.audit.is_whole
    if as_json:
        told = {"made_at": done.backup.made_at, "stories": done.stories, "models": done.backup.models}
        out.print_json(json.dumps({**told, "audit_rows": done.audit.rows, "audit_whole": whole}))
    else:
        out.print(
            f"{done.stories} stories of {done.backup.made_at} stand again; the next start builds the index."
        )
        if done.backup.database == "postgresql":
            out.print("Give the accounts their rights again: tianfu db roles --apply")
    if not whole:
        err.print(f"[red]audit_{done.audit.flaw}[/]: The audit trail in it is broken at row {done.audit.at}.")
        raise typer.Exit(1)
