"""What the command line shows: progress, tables, settings from options."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tianfu.model.errors import InvalidSetting
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store.database import Database

out = Console()
err = Console(stderr=True)

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON value for machines.")]
DataDir = Annotated[Path | None, typer.Option(help="Folder of the box's data.")]

TO_COPY = frozenset({"id", "kind", "version"})
"""Columns whose cells other commands take; they stay on one line."""

QUIET_S = 30.0
"""In a log a step is heard of again after so long."""

_PREFIX = ServiceSettings.model_config.get("env_prefix", "")
Advance = Callable[[str, int, int], None]


@contextmanager
def progress_bars() -> Iterator[Advance]:
    """Show a bar per step; its callback takes name, done and total (0 for unknown).

    Where nobody watches, as in a log, a line tells each new step, and how far it is every half minute.
    """
    if not err.is_terminal:
        yield _lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err) as bar:
        tasks: dict[str, Any] = {}

        def advance(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=total or None)
            bar.update(tasks[name], completed=done)

        yield advance


def _lines() -> Advance:
    told: dict[str, float] = {}

    def advance(name: str, done: int, total: int) -> None:
        if time.monotonic() - told.get(name, -QUIET_S) >= QUIET_S:
            told[name] = time.monotonic()
            err.print(f"{name}: {done} of {total}" if total else name, highlight=False)

    return advance


def settings_of(**given: Any) -> ServiceSettings:
    """Settings from the environment, overruled by the options that were given.

    Raises:
        InvalidSetting: One breaks its rule; ``field`` is the option or the variable.
    """
    options = {name: value for name, value in given.items() if value is not None}
    try:
        return ServiceSettings(**options)
    except (ValidationError, SettingsError) as bad:
        name, why = _fault_of(bad)
        field = f"--{name.replace('_', '-')}" if name in options else f"{_PREFIX}{name.upper()}"
        raise InvalidSetting(field=field, why=why, advice="Correct it, or leave it out.") from bad


def _fault_of(bad: ValidationError | SettingsError) -> tuple[str, str]:
    """Name of the first setting that breaks its rule, and the rule."""
    if isinstance(bad, SettingsError):  # only its sentence names the field
        return str(bad).split('"')[1], "should be a list in JSON"
    first = bad.errors()[0]
    return str(first["loc"][0]), first["msg"].replace("Input ", "", 1)


def database_of(data_dir: Path | None) -> Database:
    """The box's database, not opened yet."""
    return Database(settings_of(data_dir=data_dir).effective_database_url)


def print_table(columns: list[str], rows: list[dict[str, Any]]) -> None:
    """Print rows as a table; missing cells stay empty, and nothing is cut off: it may have to be copied."""
    table = Table()
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in TO_COPY)
    for row in rows:
        table.add_row(*(cell(row.get(column)) for column in columns))
    out.print(table)


def cell(value: Any) -> str:
    """Write one value for people."""
    if value is None:
        return ""
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def has_folder(file: Path | None, option: str) -> None:
    """See, before long work begins, that there is a folder for what it will write.

    Raises:
        BadParameter: There is none.
    """
    if file is not None and not file.absolute().parent.is_dir():
        raise typer.BadParameter(f"{option}: there is no folder {file.parent}.")


def choice_of(kind: Any, value: str | None, option: str) -> Any:
    """Read an enum's member from an option.

    Raises:
        BadParameter: It is none of them.
    """
    if value is None:
        return None
    try:
        return kind(value)
    except ValueError as bad:
        raise typer.BadParameter(f"{option} takes one of: {', '.join(kind)}") from bad
