"""Commands for the audit trail."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from tianfu.cli.show import DataDir, JsonFlag, database_of, err, out
from tianfu.serving.services.audit_check import AuditVerdict, verify_audit
from tianfu.serving.store.audit import AuditHead

audit_app = typer.Typer(help="The audit trail.", no_args_is_help=True)


@audit_app.callback()
def audit() -> None:
    """Look after the audit trail."""


@audit_app.command("verify")
def audit_verify(
    head: Annotated[
        str | None,
        typer.Option(help="A head noted earlier elsewhere, NUMBER:HASH, that the trail must still hold."),
    ] = None,
    data_dir: DataDir = None,
    as_json: JsonFlag = False,
) -> None:
    """Check every link of the audit trail; exit code 1 when a row was altered, moved, added or is gone."""
    noted = _noted(head)
    with database_of(data_dir) as database, database.read() as uow:
        verdict = verify_audit(uow, noted=noted)
    if as_json:
        out.print_json(json.dumps({"whole": verdict.is_whole, **asdict(verdict)}))
    else:
        _print(verdict)
    if not verdict.is_whole:
        raise typer.Exit(1)


def _noted(head: str | None) -> AuditHead | None:
    if head is None:
        return None
    number, _, digest = head.partition(":")
    if not number.isdigit() or len(digest) != 64:
        raise typer.BadParameter("--head takes NUMBER:HASH, as GET /v1/audit and the log tell them")
    return AuditHead(sequence=int(number), hash=digest)


def _print(verdict: AuditVerdict) -> None:
    head = verdict.head
    if verdict.is_whole:
        out.print(f"The audit trail is whole: {verdict.rows} rows, head {head.sequence}:", end="")
        out.print(head.hash, highlight=False)
        return
    err.print(
        f"[red]audit_{verdict.flaw}[/]: The audit trail is broken at row {verdict.at}. "
        "Keep the database as it is; compare it with a backup and the audit.sealed lines of the logs.",
        highlight=False,
    )
