"""``tianfu export``: a data snapshot for training and study."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from tianfu.cli.show import DataDir, JsonFlag, database_of, out, print_table, progress_bars

app = typer.Typer()


@app.command()
def export(
    to: Annotated[Path, typer.Option("--to", help="New folder to write to.", file_okay=False)],
    since: Annotated[
        datetime | None, typer.Option(help="From this moment on, UTC; thirty days ago when left out.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(help="Before this moment, UTC; now when left out.")
    ] = None,
    outlet: Annotated[
        list[str] | None, typer.Option(help="Only of this outlet; may be given several times.")
    ] = None,
    data_dir: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Write stories, tags, pairs, events and feeds as Parquet; readers by names that lead back to nobody."""
    from tianfu.serving.exporting.export import export_snapshot
    from tianfu.serving.store.snapshots import Window

    now = datetime.now(UTC)
    end = _utc(until) if until else now
    window = Window(
        since=_utc(since) if since else end - timedelta(days=30), until=end, outlets=tuple(outlet or ())
    )
    with database_of(data_dir) as database, progress_bars() as advance:
        done = export_snapshot(database, window, to, now=now, told=advance)
    if not any(done.rows.values()) and not as_json:
        out.print("Nothing was received or happened in that time; is it the right --data-dir?")
    if as_json:
        out.print_json(json.dumps({"rows": dict(done.rows), "data_hash": done.data_hash, "to": str(to)}))
        return
    print_table(["table", "rows"], [{"table": name, "rows": rows} for name, rows in done.rows.items()])
    out.print(f"The snapshot is in {to}; its data hash is {done.data_hash[:12]}.", highlight=False)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
