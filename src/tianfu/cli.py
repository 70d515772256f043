"""The command line.  Exit codes: 0 done, 1 refused or failed with a plain sentence, 2 wrong usage."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tianfu import __version__
from tianfu.model.access import Role
from tianfu.model.errors import TianfuError

app = typer.Typer(
    name="tianfu", help="天府荐闻: tags, duplicates and feeds for a consortium of newsrooms.",
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
)  # fmt: skip
keys_app = typer.Typer(help="API keys.", no_args_is_help=True)
db_app = typer.Typer(help="The database.", no_args_is_help=True)
models_app = typer.Typer(help="Shipped and imported models.", no_args_is_help=True)
train_app = typer.Typer(help="Train models; needs the extra `train`.", no_args_is_help=True)
eval_app = typer.Typer(help="Measure models; needs the extra `train`.", no_args_is_help=True)
app.add_typer(keys_app, name="keys")
app.add_typer(db_app, name="db")
app.add_typer(models_app, name="models")
app.add_typer(train_app, name="train")
app.add_typer(eval_app, name="eval")

out = Console()
err = Console(stderr=True)

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON value for machines.")]


def main() -> None:
    """Run the command line; one plain sentence for every foreseen error."""
    try:
        app()
    except TianfuError as bad:
        advice = f" {bad.advice}" if bad.advice else ""
        err.print(f"[red]{bad.code}[/]: {bad.message}{advice}", highlight=False, markup=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


@app.command()
def version() -> None:
    """Print the version."""
    out.print(__version__)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the box's data.")] = None,
) -> None:
    """Serve the API; on a box this process also indexes."""
    _serve(_settings(host=host, port=port, data_dir=data_dir), lambda _address: None)


@app.command()
def worker(data_dir: Annotated[Path | None, typer.Option(help="Folder of the box's data.")] = None) -> None:
    """Work through the queue without serving, until interrupted."""
    from tianfu.serving.logs import configure_logs
    from tianfu.serving.wiring import build_newsroom

    settings = _settings(data_dir=data_dir, worker=True)
    configure_logs(settings.log_level)
    room = build_newsroom(settings)
    room.start()
    try:
        room.worker.join()
    finally:
        room.stop()


@app.command()
def demo(
    data_dir: Annotated[Path, typer.Option(help="Folder of the demo.")] = Path("var/demo"),
    serve_after: Annotated[bool, typer.Option("--serve", help="Serve it afterwards.")] = False,
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    fresh: Annotated[bool, typer.Option("--fresh", help="Make it anew even if one stands.")] = False,
) -> None:
    """Make a newsroom of 210 outlets to try: stories, readers, events; kept while it is fresh."""
    from tianfu.serving.demo.load import clear, load_demo, standing_demo
    from tianfu.serving.logs import configure_logs
    from tianfu.serving.wiring import build_newsroom

    settings = _settings(data_dir=data_dir, port=port)
    configure_logs("WARNING")
    now = datetime.now(UTC)
    notes = None if fresh else standing_demo(data_dir, now)
    if notes is None:
        clear(data_dir)
        data_dir.mkdir(parents=True, exist_ok=True)
        room = build_newsroom(settings.model_copy(update={"worker": False}))
        room.start()
        try:
            with _progress() as advance:
                notes = load_demo(room, data_dir, now, advance)
        finally:
            room.stop()
    if serve_after:
        _serve(settings, lambda address: _print_demo(address, asdict(notes)))
    else:
        _print_demo(f"http://{settings.host}:{settings.port}", asdict(notes))


@app.command("import")
def import_stories(
    files: Annotated[list[Path], typer.Argument(help="JSON Lines, CSV, RSS, Atom, ninjs or NewsML-G2.")],
    url: Annotated[str, typer.Option(help="Address of a running service.")] = "http://127.0.0.1:8000",
    key: Annotated[str, typer.Option(envvar="TIANFU_KEY", help="API key, better in TIANFU_KEY.")] = "",
    outlet: Annotated[str | None, typer.Option(help="Outlet of stories that name none.")] = None,
    file_format: Annotated[str | None, typer.Option("--format", help="Where the name does not tell.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many stories.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Send files of stories to a running service; sending them again changes nothing."""
    from itertools import islice

    from tianfu.serving.importers.formats import ImportFormat, read_stories
    from tianfu.serving.importers.send import send_stories

    wanted = _choice(ImportFormat, file_format, "--format")
    defaults = {"outlet_id": outlet} if outlet else {}
    headers = {"Authorization": f"Bearer {key}"}
    reports = {}
    with httpx.Client(base_url=url, headers=headers, timeout=120.0) as client:
        for file in files:
            with _progress() as advance:
                sent = 0

                def shown(count: int, name: str = file.name, advance: Advance = advance) -> None:
                    nonlocal sent
                    sent += count
                    advance(name, sent, limit or 0)

                rows = islice(read_stories(file, wanted), limit)
                reports[str(file)] = send_stories(rows, client=client, defaults=defaults, progress=shown)
    if as_json:
        out.print_json(json.dumps({name: asdict(report) for name, report in reports.items()}))
    else:
        _print_reports({name: asdict(report) for name, report in reports.items()})
    if any(report.rejected for report in reports.values()):
        raise typer.Exit(1)


@app.command()
def reindex(data_dir: Annotated[Path | None, typer.Option(help="Folder of the box's data.")] = None) -> None:
    """Queue every story anew, for the running or next worker to encode, tag and cluster."""
    from tianfu.serving.store.database import Database

    settings = _settings(data_dir=data_dir)
    with Database(settings.effective_database_url) as database, database.write() as uow:
        count = uow.queue.add_all(datetime.now(UTC))
        uow.commit()
    out.print(f"{count} stories queued.")


@keys_app.command("create")
def keys_create(
    role: Annotated[Role, typer.Argument(help="What the key is for.")],
    outlet: Annotated[
        str | None, typer.Option(help="Outlet it speaks for; none for the platform's own.")
    ] = None,
    label: Annotated[str, typer.Option(help="Who holds it.")] = "command line",
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the box's data.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Make a key; its secret is printed this once."""
    from tianfu.serving.services.access import create_key
    from tianfu.serving.services.clock import SystemClock
    from tianfu.serving.services.consortium import put_outlets_once

    with _database(data_dir) as database:
        clock = SystemClock()
        put_outlets_once(database, clock)
        key, secret = create_key(
            role=role, outlet_id=outlet, label=label, actor="command line", database=database, clock=clock
        )
    if as_json:
        out.print_json(
            json.dumps({"key_id": key.id, "secret": secret, "role": role.value, "outlet_id": outlet})
        )
    else:
        out.print(f"key {key.id} ({role.value}{f', {outlet}' if outlet else ''}), secret, shown only now:")
        out.print(secret, highlight=False)


@keys_app.command("list")
def keys_list(data_dir: Annotated[Path | None, typer.Option()] = None, as_json: JsonFlag = False) -> None:
    """List keys, without secrets."""
    with _database(data_dir) as database, database.read() as uow:
        rows = [asdict(key) for key in uow.keys.all()]
    if as_json:
        out.print_json(json.dumps(rows, default=str))
    else:
        _print_table(["id", "role", "outlet_id", "label", "created_at", "revoked_at"], rows)


@keys_app.command("revoke")
def keys_revoke(key_id: str, data_dir: Annotated[Path | None, typer.Option()] = None) -> None:
    """End a key; running services refuse it within five seconds."""
    from tianfu.serving.services.access import revoke_key
    from tianfu.serving.services.clock import SystemClock

    with _database(data_dir) as database:
        revoke_key(key_id, actor="command line", database=database, clock=SystemClock())
    out.print(f"key {key_id} has ended.")


@db_app.command("upgrade")
def db_upgrade(data_dir: Annotated[Path | None, typer.Option()] = None) -> None:
    """Bring the database's schema up to date and write the consortium's outlets."""
    from tianfu.serving.services.clock import SystemClock
    from tianfu.serving.services.consortium import put_outlets_once

    with _database(data_dir) as database:
        put_outlets_once(database, SystemClock())
    out.print("The database is up to date.")


@models_app.command("list")
def models_list(as_json: JsonFlag = False) -> None:
    """List the shipped models."""
    from tianfu.model.artifacts import shipped_cards

    rows = [{k: card.get(k) for k in ("kind", "name", "version", "dimension")} for card in shipped_cards()]
    if as_json:
        out.print_json(json.dumps(rows))
    else:
        _print_table(["kind", "name", "version", "dimension"], rows)


@models_app.command("show")
def models_show(kind: str) -> None:
    """Print a shipped model's card."""
    from tianfu.model.artifacts import shipped_cards

    cards = [card for card in shipped_cards() if kind in (card["kind"], card["name"])]
    if not cards:
        raise typer.BadParameter(f"There is no shipped model '{kind}'; see `tianfu models list`.")
    for card in cards:
        out.print_json(json.dumps(card, ensure_ascii=False))


Advance = Callable[[str, int, int], None]


@contextmanager
def _progress() -> Iterator[Advance]:
    """Show a bar per step; its callback takes name, done and total (0 for unknown)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=not err.is_terminal) as bar:
        tasks: dict[str, Any] = {}

        def advance(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=total or None)
            bar.update(tasks[name], completed=done)

        yield advance


def _settings(**given: Any) -> Any:
    from tianfu.serving.settings import ServiceSettings

    return ServiceSettings(**{name: value for name, value in given.items() if value is not None})


def _database(data_dir: Path | None) -> Any:
    from tianfu.serving.store.database import Database

    return Database(_settings(data_dir=data_dir).effective_database_url)


def _serve(settings: Any, ready: Callable[[str], None]) -> None:
    import uvicorn

    from tianfu.serving.app import create_app
    from tianfu.serving.logs import configure_logs

    configure_logs(settings.log_level)

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready(f"http://{settings.host}:{settings.port}")

    config = uvicorn.Config(
        create_app(settings), host=settings.host, port=settings.port, log_config=None, access_log=False
    )
    Server(config).run()


def _print_demo(address: str, notes: dict[str, Any]) -> None:
    keys, outlet = notes["keys"], notes["outlet_id"]
    app_key, editor_key = keys["app"], keys["editor"]
    out.print(f"\n[bold]天府荐闻[/] is ready at {address}", highlight=False)
    out.print(
        f"{notes['stories']} stories of 210 outlets, {notes['events']} events; the app's outlet is {outlet}."
    )
    for role, secret in keys.items():
        out.print(f"  {role:<10} {secret}", highlight=False)
    feed = {"reader_id": notes["reader_id"], "count": 5}
    text = {"title": "苍溪县红心猕猴桃喜获丰收", "body": "记者在苍溪县歧坪镇看到，果农正忙着采摘红心猕猴桃。"}
    print("\nThree lines to try:")  # noqa: T201 - plain, so that they can be copied
    for line in (
        _curl(address, "/v1/recommend", app_key, feed),
        _curl(address, "/v1/tags/suggest", editor_key, text),
        f"curl -s {address}/v1/stories?limit=3 -H 'Authorization: Bearer {editor_key}'",
    ):
        print(f"\n{line}")  # noqa: T201
    sys.stdout.flush()


def _curl(address: str, path: str, key: str, body: dict[str, Any]) -> str:
    data = json.dumps(body, ensure_ascii=False)
    return (
        f"curl -s {address}{path} -H 'Authorization: Bearer {key}' "
        f"-H 'Content-Type: application/json' -d '{data}'"
    )


def _print_reports(reports: dict[str, dict[str, Any]]) -> None:
    columns = ["created", "revised", "unchanged", "rejected", "seconds"]
    _print_table(["file", *columns], [{"file": Path(name).name, **row} for name, row in reports.items()])
    for name, row in reports.items():
        for place, why in row["faults"][:20]:
            err.print(f"{Path(name).name}, row {place}: {why}", highlight=False)


def _print_table(columns: list[str], rows: list[dict[str, Any]]) -> None:
    table = Table(*columns)
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    out.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def _choice(kind: Any, value: str | None, option: str) -> Any:
    if value is None:
        return None
    try:
        return kind(value)
    except ValueError as bad:
        raise typer.BadParameter(f"{option} takes one of: {', '.join(kind)}") from bad


if __name__ == "__main__":
    main()
