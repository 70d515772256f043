"""Commands for keys and the database."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from tianfu.cli.show import DataDir, JsonFlag, database_of, out, print_table
from tianfu.model.access import Role
from tianfu.model.errors import InvalidRequest
from tianfu.serving.services.access import create_key, revoke_key
from tianfu.serving.services.clock import SystemClock
from tianfu.serving.services.consortium import put_outlets_once
from tianfu.serving.store.roles import apply_roles, role_statements

keys_app = typer.Typer(help="API keys.", no_args_is_help=True)
db_app = typer.Typer(help="The database.", no_args_is_help=True)


@keys_app.command("create")
def keys_create(
    role: Annotated[Role, typer.Argument(help="What the key is for.")],
    outlet: Annotated[
        str | None, typer.Option(help="Outlet it speaks for; none for the platform's own.")
    ] = None,
    label: Annotated[str, typer.Option(help="Who holds it.")] = "command line",
    data_dir: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Make a key; its secret is printed this once."""
    with database_of(data_dir) as database:
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
def keys_list(data_dir: DataDir = None, as_json: JsonFlag = False) -> None:
    """List keys, without secrets."""
    with database_of(data_dir) as database, database.read() as uow:
        rows = [asdict(key) for key in uow.keys.all()]
    if as_json:
        out.print_json(json.dumps(rows, default=str))
    else:
        print_table(["id", "role", "outlet_id", "label", "created_at", "revoked_at"], rows)


@keys_app.command("revoke")
def keys_revoke(key_id: str, data_dir: DataDir = None) -> None:
    """End a key; running services refuse it within five seconds."""
    with database_of(data_dir) as database:
        revoke_key(key_id, actor="command line", database=database, clock=SystemClock())
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
def db_upgrade(data_dir: DataDir = None) -> None:
    """Bring the database's schema up to date and write the consortium's outlets."""
    with database_of(data_dir) as database:
        put_outlets_once(database, SystemClock())
    out.print("The database is up to date.")
