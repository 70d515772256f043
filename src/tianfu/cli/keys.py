"""Commands for keys and the database."""

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated

import typer

from tianfu.cli.show import DataDir, JsonFlag, database_of, out, print_table
from tianfu.model.access import ApiKey, Role
from tianfu.model.errors import InvalidRequest
from tianfu.serving.services.access import OVERLAP, create_key, revoke_key, rotate_key
from tianfu.serving.services.clock import SystemClock
from tianfu.serving.services.consortium import put_outlets_once
from tianfu.serving.services.counters import Counters
from tianfu.serving.services.secrets import SIGNING_SECRET, own_secret
from tianfu.serving.services.signatures import SignatureCheck
from tianfu.serving.store.database import Database
from tianfu.serving.store.roles import apply_roles, role_statements

keys_app = typer.Typer(help="API keys.", no_args_is_help=True)
db_app = typer.Typer(help="The database.", no_args_is_help=True)


Expiry = Annotated[
    int | None, typer.Option("--days", min=1, max=3_650, help="Days until it ends; left out: never.")
]


@keys_app.command("create")
def keys_create(
    role: Annotated[Role, typer.Argument(help="What the key is for.")],
    outlet: Annotated[
        str | None, typer.Option(help="Outlet it speaks for; none for the platform's own.")
    ] = None,
    label: Annotated[str, typer.Option(help="Who holds it.")] = "command line",
    days: Expiry = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="Narrow it to a part of the API, such as events or stories:read; several times."),
    ] = None,
    signs_events: Annotated[
        bool, typer.Option("--signs-events", help="Batches of events sent with it must be signed.")
    ] = False,
    data_dir: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Make a key; its secret is printed this once."""
    with database_of(data_dir) as database:
        clock = SystemClock()
        put_outlets_once(database, clock)
        made = create_key(
            role=role,
            outlet_id=outlet,
            label=label,
            expires_at=_ends_at(days),
            scopes=scope or (),
            signs_events=signs_events,
            actor="command line",
            database=database,
            clock=clock,
        )
        signing = _signing_secret(made[0], database)
    _print_new(*made, signing, as_json)


@keys_app.command("list")
def keys_list(data_dir: DataDir = None, as_json: JsonFlag = False) -> None:
    """List keys, without secrets."""
    with database_of(data_dir) as database, database.read() as uow:
        rows = [asdict(key) for key in uow.keys.all()]
    if as_json:
        out.print_json(json.dumps(rows, default=str))
    else:
        columns = ["id", "role", "outlet_id", "label", "scopes", "created_at", "expires_at", "replaced_by"]
        print_table([*columns, "revoked_at"], [{**row, "scopes": ", ".join(row["scopes"])} for row in rows])


@keys_app.command("rotate")
def keys_rotate(
    key_id: str,
    overlap_hours: Annotated[
        float, typer.Option(min=0, max=90 * 24, help="How long the old key goes on beside the new one.")
    ] = OVERLAP.total_seconds() / 3_600,
    days: Annotated[
        int | None,
        typer.Option(min=1, max=3_650, help="Days until the new one ends; left out: as long as the old one."),
    ] = None,
    data_dir: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Make a key that takes another's place; both are taken until the overlap is over."""
    with database_of(data_dir) as database:
        made = rotate_key(
            key_id,
            overlap=timedelta(hours=overlap_hours),
            expires_at=_ends_at(days),
            actor="command line",
            database=database,
            clock=SystemClock(),
        )
        signing = _signing_secret(made[0], database)
    _print_new(*made, signing, as_json)


@keys_app.command("revoke")
def keys_revoke(key_id: str, data_dir: DataDir = None, as_json: JsonFlag = False) -> None:
    """End a key; running services refuse it within five seconds."""
    with database_of(data_dir) as database:
        revoke_key(key_id, actor="command line", database=database, clock=SystemClock())
    if as_json:
        out.print_json(json.dumps({"key_id": key_id, "revoked": True}))
    else:
        out.print(f"key {key_id} has ended.")


@db_app.command("roles")
def db_roles(
    app: Annotated[str, typer.Option(help="Account of serve and worker.")] = "tianfu_app",
    analyst: Annotated[str, typer.Option(help="Account that only reads, for exports.")] = "tianfu_analyst",
    apply: Annotated[bool, typer.Option("--apply", help="Run it, as the owner of the database.")] = False,
) -> None:
    """Print the SQL that makes accounts with no more rights than they need, or run it (PostgreSQL)."""
    statements = role_statements(app, analyst)
    if not apply:
        print(";\n".join([*statements, ""]))  # noqa: T201 - plain, so that psql can read it
        return
    with database_of(None) as database:
        if database.is_sqlite:
            raise InvalidRequest(field="--apply", why="needs PostgreSQL in TIANFU_DATABASE_URL")
        apply_roles(database, statements)
    out.print(f"{app} and {analyst} have their rights; set their passwords with psql.")


@db_app.command("upgrade")
def db_upgrade(data_dir: DataDir = None, as_json: JsonFlag = False) -> None:
    """Bring the database's schema up to date and write the consortium's outlets."""
    with database_of(data_dir) as database:
        put_outlets_once(database, SystemClock())
        with database.read() as uow:
            outlets = sum(1 for _ in uow.outlets.all())
    if as_json:
        out.print_json(json.dumps({"upgraded": True, "outlets": outlets}))
    else:
        out.print("The database is up to date.")


def _ends_at(days: int | None) -> datetime | None:
    return None if days is None else SystemClock().now() + timedelta(days=days)


def _signing_secret(key: ApiKey, database: Database) -> str | None:
    if not key.signs_events:
        return None
    master = own_secret(database, SIGNING_SECRET)
    return SignatureCheck(master, counters=Counters(), clock=SystemClock()).secret_of(key.id)


def _print_new(key: ApiKey, secret: str, signing: str | None, as_json: bool) -> None:
    if as_json:
        shown = {"key_id": key.id, "secret": secret, "role": key.role.value, "outlet_id": key.outlet_id}
        ends_at = key.expires_at.isoformat() if key.expires_at else None
        more = {"expires_at": ends_at, "scopes": list(key.scopes), "signing_secret": signing}
        out.print_json(json.dumps({**shown, **more}))
        return
    whose = f", {key.outlet_id}" if key.outlet_id else ""
    out.print(f"key {key.id} ({key.role.value}{whose}), secret, shown only now:")
    out.print(secret, highlight=False)
    if signing is not None:
        out.print("secret to sign batches of events with, shown only now:")
        out.print(signing, highlight=False)
