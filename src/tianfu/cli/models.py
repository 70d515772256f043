"""Commands for versions of models: take in, publish, roll back.  Running services follow within seconds."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from tianfu.cli.show import DataDir, JsonFlag, out, print_table, progress_bars, settings_of
from tianfu.embeddings.artefact import CARD
from tianfu.model.artifacts import shipped_cards
from tianfu.model.errors import ModelRefused
from tianfu.model.release import ModelKind, ModelVersion
from tianfu.serving.parts import indexes_of, model_desk
from tianfu.serving.services.model_desk import ModelDesk
from tianfu.serving.store.database import Database
from tianfu.serving.store.models import EncoderMove, MoveState

models_app = typer.Typer(help="Versions of models.", no_args_is_help=True)

_ACTOR = "command line"
Kind = Annotated[ModelKind, typer.Argument(help="What it serves as.")]


@models_app.command("list")
def models_list(data_dir: DataDir = None, as_json: JsonFlag = False) -> None:
    """List what ships and what was taken in, and what of it serves."""
    rows: list[dict[str, Any]] = [
        {"kind": card["kind"], "version": f"{card['name']}@{card['version']}", "id": "shipped"}
        for card in shipped_cards()
    ]
    settings = settings_of(data_dir=data_dir)
    standing: list[dict[str, Any]] = []
    if settings.has_database:
        with Database(settings.effective_database_url) as database:
            desk = model_desk(settings, database)
            rows += [_row(version) for version in desk.versions()]
            standing = [
                {
                    "kind": one.kind.value,
                    "serves": one.serving.label if one.serving else "shipped",
                    "before": one.previous.label if one.previous else "",
                    "since": one.publication.at.isoformat() if one.publication else "",
                }
                for one in desk.standing()
            ]
    if as_json:
        out.print_json(json.dumps({"versions": rows, "serving": standing}))
        return
    print_table(["kind", "version", "id", "imported_at", "imported_by"], rows)
    if standing:
        print_table(["kind", "serves", "before", "since"], standing)


@models_app.command("show")
def models_show(
    wanted: Annotated[str, typer.Argument(help="Kind, name, name@version, or id of an imported version.")],
    data_dir: DataDir = None,
) -> None:
    """Print the card of a model that ships, or else of one that was imported."""
    cards: list[Any] = [card for card in shipped_cards() if wanted in _names_of(card)]
    settings = settings_of(data_dir=data_dir)
    if not cards and settings.has_database:
        with Database(settings.effective_database_url) as database:
            found = model_desk(settings, database).versions()
        cards = [v.card for v in found if v.id.startswith(wanted) or wanted in (*_names_of(v.card), v.label)]
    if not cards:
        raise typer.BadParameter(f"There is no model '{wanted}'; see `tianfu models list`.")
    for card in cards:
        out.print_json(json.dumps(card, ensure_ascii=False))


@models_app.command("import")
def models_import(
    source: Annotated[
        Path, typer.Argument(help="An artefact, or a sentence-transformers directory.", file_okay=False)
    ],
    out_dir: Annotated[
        Path, typer.Option("--out", help="For a sentence-transformers directory: folder of the artefact.")
    ] = Path("runs/imported"),
    name: Annotated[str | None, typer.Option(help="Name in the card; the directory's when left out.")] = None,
    version: Annotated[str, typer.Option(help="Version in the card.")] = "1",
    int8: Annotated[bool, typer.Option(help="Weights of eight bits: a quarter of the size.")] = True,
    prompt: Annotated[str | None, typer.Option(help="Put before every story, instead of its own.")] = None,
    data_dir: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Take an artefact into the registry; or make one of any sentence-transformers directory."""
    if not (source / CARD).is_file():
        _convert(source, out_dir, name=name, version=version, int8=int8, prompt=prompt, as_json=as_json)
        return
    settings = settings_of(data_dir=data_dir)
    with Database(settings.effective_database_url) as database:
        desk = model_desk(settings, database)
        taken = desk.take_in(source, actor=_ACTOR)
        refused = _refusal(desk, taken)
    if as_json:
        why = {} if refused is None else {"why": refused.message, "advice": refused.advice}
        told = {"id": taken.id, "kind": taken.kind, "version": taken.label, "may_serve": refused is None}
        out.print_json(json.dumps({**told, **why}, ensure_ascii=False))
        return
    further = f"Let it serve with: tianfu models publish {taken.kind} {taken.id[:12]}"
    if refused is not None:
        further = f"{refused.message} {refused.advice}"
    out.print(f"{taken.kind} {taken.label} is in the registry as {taken.id[:12]}.", highlight=False)
    out.print(further, highlight=False)


@models_app.command("publish")
def models_publish(
    kind: Kind,
    wanted: Annotated[str, typer.Argument(help="Id, name@version, folder of an artefact, or 'shipped'.")],
    pace: Annotated[float, typer.Option(help="Encoders: share of one core for reading stories again.")] = 0.5,
    data_dir: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Let a version serve; an encoder first reads every story again in the background."""
    settings = settings_of(data_dir=data_dir)
    with Database(settings.effective_database_url) as database:
        desk = model_desk(settings, database)
        folder = Path(wanted)
        if (folder / CARD).is_file():
            wanted = desk.take_in(folder, actor=_ACTOR).id
        done = desk.publish(kind, wanted, actor=_ACTOR, pace=pace)
    if as_json:
        move = done.id if isinstance(done, EncoderMove) else None
        told = {"kind": kind, "model_id": done.model_id, "serves": move is None, "move": move}
        out.print_json(json.dumps(told))
    elif isinstance(done, EncoderMove):
        out.print("Running workers read every story again; see `tianfu models move`.", highlight=False)
    else:
        out.print(f"{kind} {wanted} serves; running services follow within seconds.", highlight=False)


@models_app.command("rollback")
def models_rollback(kind: Kind, data_dir: DataDir = None, as_json: JsonFlag = False) -> None:
    """Let what served before serve again; doing so twice goes back twice."""
    settings = settings_of(data_dir=data_dir)
    with Database(settings.effective_database_url) as database:
        done = model_desk(settings, database).rollback(kind, actor=_ACTOR)
    if as_json:
        out.print_json(json.dumps({"kind": kind, "model_id": done.model_id, "serves": True}))
    else:
        out.print(f"{kind}: {(done.model_id or 'what ships')[:12]} serves again.", highlight=False)


@models_app.command("move")
def models_move(
    pause: Annotated[bool, typer.Option("--pause", help="Stop reading for now.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on.")] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="Give it up; what serves now goes on.")] = False,
    pace: Annotated[float | None, typer.Option(help="Share of one core it may take.")] = None,
    data_dir: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Show the move to another encoder; pause, resume, pace or cancel it."""
    states = {MoveState.PAUSED: pause, MoveState.RUNNING: resume, MoveState.CANCELLED: cancel}
    chosen = [state for state, given in states.items() if given]
    if len(chosen) > 1:
        raise typer.BadParameter("Give one of --pause, --resume, --cancel.")
    settings = settings_of(data_dir=data_dir)
    with Database(settings.effective_database_url) as database:
        desk = model_desk(settings, database)
        if chosen or pace is not None:
            desk.change_move(state=chosen[0] if chosen else None, pace=pace, actor=_ACTOR)
        with database.read() as uow:
            moves = list(uow.models.moves(5))
            total = uow.vectors.readable()
            rows = [_move_row(move, uow.vectors.count(encoder=move.fingerprint), total) for move in moves]
    if as_json:
        out.print_json(json.dumps(rows))
    else:
        print_table(["model", "state", "read", "of", "pace", "started_at", "ended_at"], rows)


@models_app.command("clean")
def models_clean(data_dir: DataDir = None, as_json: JsonFlag = False) -> None:
    """Delete vectors of encoders that neither serve, served just before, nor are on their way."""
    settings = settings_of(data_dir=data_dir)
    with Database(settings.effective_database_url) as database:
        desk = model_desk(settings, database)
        dropped = _cleaned(desk)
        archives = indexes_of(settings).drop_others(desk.encoders_in_use())
    if as_json:
        out.print_json(json.dumps({"vectors": dropped, "collections": archives}))
        return
    out.print(f"{dropped} vectors deleted." + (f" {archives} collections dropped." if archives else ""))


def _names_of(card: Mapping[str, Any]) -> set[str]:
    """What lists and other commands call a model: its kind under either name, its name, its label."""
    kinds = {kind.value for kind in ModelKind if kind.card_kind == card["kind"]}
    return {*kinds, str(card["kind"]), str(card["name"]), f"{card['name']}@{card['version']}"}


def _refusal(desk: ModelDesk, version: ModelVersion) -> ModelRefused | None:
    """Why a version may not serve, if it may not."""
    try:
        desk.check(version)
    except ModelRefused as refused:
        return refused
    return None


def _cleaned(desk: ModelDesk) -> int:
    dropped = 0
    with progress_bars() as advance:
        while part := desk.drop_vectors():
            dropped += part
            advance("vectors", dropped, 0)
    return dropped


def _row(version: ModelVersion) -> dict[str, Any]:
    return {
        "kind": version.kind.card_kind,
        "version": version.label,
        "id": version.id[:12],
        "imported_at": version.imported_at.isoformat(timespec="seconds"),
        "imported_by": version.imported_by,
        "data_hash": version.data_hash,
    }


def _move_row(move: EncoderMove, done: int, total: int) -> dict[str, Any]:
    return {
        "model": move.model_id[:12],
        "state": move.state.value,
        "read": done,
        "of": total,
        "pace": move.pace,
        "started_at": move.started_at.isoformat(timespec="seconds"),
        "ended_at": move.ended_at.isoformat(timespec="seconds") if move.ended_at else None,
    }


def _convert(
    source: Path,
    target: Path,
    *,
    name: str | None,
    version: str,
    int8: bool,
    prompt: str | None,
    as_json: bool,
) -> None:
    from tianfu.training.imports.run import import_encoder

    with progress_bars() as advance:
        done = import_encoder(
            source,
            target,
            name=name or source.resolve().name,
            version=version,
            int8=int8,
            prompt=prompt,
            progress=advance,
        )
    if as_json:
        out.print_json(json.dumps(asdict(done), default=str))
        return
    eight = "" if done.int8_cosine is None else f", {done.int8_cosine:.4f} in eight bits"
    out.print(f"{done.dimension} numbers; lowest cosine with torch {done.lowest_cosine:.6f}{eight}.")
    out.print(f"The encoder is in {done.path}; take it in with `tianfu models import {done.path}`.")
