"""Commands around the running service.

What only one of them needs is imported by it: the web framework alone costs every other command a second.
"""

import json
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from tianfu.cli.reach import client_of
from tianfu.cli.show import (
    Advance,
    DataDir,
    JsonFlag,
    choice_of,
    err,
    out,
    print_table,
    progress_bars,
    settings_of,
)
from tianfu.serving.importers.formats import ImportFormat, read_stories
from tianfu.serving.importers.send import send_stories
from tianfu.serving.logs import configure_logs
from tianfu.serving.process import give_back_memory, give_way, loading, one_thread_each
from tianfu.serving.services.ingest import queue_all
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store.database import Database

app = typer.Typer()
_WORKER_GIVES_WAY = 10
"""Steps of niceness by which a worker stands back behind what answers people on the same machine."""


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Serve the API; on a box this process also indexes, in a province workers of their own do."""
    _serve(settings_of(host=host, port=port, data_dir=data_dir), lambda _address: None)


@app.command()
def worker(data_dir: DataDir = None) -> None:
    """Work through the queue without serving, until interrupted; run as many as there is work for."""
    from prometheus_client import start_http_server

    from tianfu.serving.wiring import build_newsroom

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    settings = settings_of(data_dir=data_dir, worker=True)
    configure_logs(settings.log_level)
    give_back_memory()
    one_thread_each()
    give_way(_WORKER_GIVES_WAY)
    with loading():
        room = build_newsroom(settings, answers=False)
        room.start()
    if settings.metrics_port:
        start_http_server(settings.metrics_port, settings.host, registry=room.meters.registry)
    try:
        with suppress(KeyboardInterrupt):
            room.worker.join()
    finally:
        room.stop()


@app.command()
def demo(
    data_dir: Annotated[Path, typer.Option(help="Folder of the demo.")] = Path("var/demo"),
    serve_after: Annotated[bool, typer.Option("--serve", help="Serve it afterwards.")] = False,
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    fresh: Annotated[bool, typer.Option("--fresh", help="Make it anew even if one stands.")] = False,
    stories: Annotated[
        int | None, typer.Option(min=100, help="For a smaller one, when it is made: the oldest so many.")
    ] = None,
    readers: Annotated[
        int | None, typer.Option(min=20, help="The same of readers, and of what they did.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Make a newsroom of 210 outlets to try: stories, readers, events; kept while it is fresh."""
    from tianfu.serving.demo.load import clear, load_demo, standing_demo
    from tianfu.serving.wiring import build_newsroom

    settings = settings_of(data_dir=data_dir, port=port)
    configure_logs("WARNING")
    now = datetime.now(UTC)
    notes = None if fresh else standing_demo(data_dir, now)
    if notes is None:
        clear(data_dir)
        data_dir.mkdir(parents=True, exist_ok=True)
        room = build_newsroom(settings.model_copy(update={"worker": False}))
        room.start()
        try:
            with progress_bars() as advance:
                notes = load_demo(room, data_dir, now, advance, most_stories=stories, most_readers=readers)
        finally:
            room.stop()
    if serve_after:
        _serve(settings, lambda address: _print_demo(address, asdict(notes), as_json=as_json))
    elif as_json:
        out.print_json(json.dumps({"data_dir": str(data_dir), **asdict(notes)}))
    else:
        out.print(f"The demo newsroom is in {data_dir}; serve it with: tianfu demo --serve")


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
    wanted = choice_of(ImportFormat, file_format, "--format")
    defaults = {"outlet_id": outlet} if outlet else {}
    reports = {}
    with client_of(url, key) as client:
        for file in files:
            with progress_bars() as advance:
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
def reindex(
    data_dir: DataDir = None,
    ray: Annotated[
        str | None, typer.Option(help="Encode by a Ray cluster: local, auto, or HOST:PORT of its head.")
    ] = None,
    actors: Annotated[int | None, typer.Option(min=1, help="With --ray: encoders at work at a time.")] = None,
    threads: Annotated[int, typer.Option(min=1, max=8, help="With --ray: threads of one encoder.")] = 1,
    as_json: JsonFlag = False,
) -> None:
    """Queue every story anew, for the running or next worker to encode, tag and cluster.

    With --ray instead: encode at once what has no vector yet of the encoder that serves or is on its way.
    """
    settings = settings_of(data_dir=data_dir)
    if ray is not None:
        from tianfu.cli.bulk import reindex_on_ray

        reindex_on_ray(settings, ray, actors=actors, threads=threads, as_json=as_json)
        return
    with Database(settings.effective_database_url) as database:
        count = queue_all(database, datetime.now(UTC))
    if as_json:
        out.print_json(json.dumps({"queued": count}))
    else:
        out.print(f"{count} stories queued.")


def _serve(settings: ServiceSettings, ready: Callable[[str], None]) -> None:
    import uvicorn

    from tianfu.serving.app import create_app

    configure_logs(settings.log_level)
    give_back_memory()
    one_thread_each()

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            with loading():
                await super().startup(sockets)
            if self.started:
                ready(f"http://{settings.host}:{settings.port}")

    config = uvicorn.Config(
        create_app(settings), host=settings.host, port=settings.port, log_config=None, access_log=False
    )
    Server(config).run()


def _print_demo(address: str, notes: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        out.print_json(json.dumps({"address": address, **notes}))
        return
    keys, outlet = notes["keys"], notes["outlet_id"]
    app_key, editor_key = keys["app"], keys["editor"]
    out.print(f"\n[bold]天府荐闻[/] is ready at {address}", highlight=False)
    out.print(
        f"{notes['stories']} stories of 210 outlets, {notes['events']} events; the app's outlet is {outlet}."
    )
    out.print(
        f"The console for editors and operators: {address}/console; sign in with a key:", highlight=False
    )
    for role, secret in keys.items():
        out.print(f"  {role:<10} {secret}", highlight=False)
    feed = {"reader_id": notes["reader_id"], "count": 5}
    text = {"title": "苍溪县红心猕猴桃喜获丰收", "body": "记者在苍溪县歧坪镇看到，果农正忙着采摘红心猕猴桃。"}
    print("\nThree lines to try:")  # noqa: T201 - plain, so that they can be copied
    for line in (
        _curl(address, "/v1/recommend", app_key, feed),
        _curl(address, "/v1/tags/suggest", editor_key, text),
        f"curl -s '{address}/v1/stories?limit=3' -H 'Authorization: Bearer {editor_key}'",
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
    print_table(["file", *columns], [{"file": Path(name).name, **row} for name, row in reports.items()])
    for name, row in reports.items():
        for place, why in row["faults"][:20]:
            err.print(f"{Path(name).name}, row {place}: {why}", highlight=False)
