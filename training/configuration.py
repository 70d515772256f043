"""Reading a run's configuration: TOML whose keys are the fields of a dataclass."""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from tianfu.model.errors import UnreadableFile

Shape = TypeVar("Shape")
FOLDERS = frozenset({"data", "start", "companion", "out", "work", "log"})
"""Keys that are paths."""


def toml_values(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        UnreadableFile: It is missing or no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as bad:
        raise UnreadableFile(
            f"The configuration {path.name} cannot be read.", advice="Check the path and the file."
        ) from bad


def read_as(path: Path, shape: type[Shape]) -> Shape:
    """Read a configuration whose keys are the fields of a dataclass.

    Raises:
        UnreadableFile: It is no TOML, a key is not known, or a value breaks its rule.
    """
    return filled(shape, toml_values(path), path)


def filled(shape: type[Shape], values: Mapping[str, Any], path: Path) -> Shape:
    """The dataclass with these values; ``path`` is where they come from, for the error.

    Raises:
        UnreadableFile: A key is not known, or a value breaks its rule.
    """
    try:
        return shape(**values)
    except (TypeError, ValueError) as bad:
        raise UnreadableFile(f"{path}: {bad}", advice=f"See {shape.__name__} for the keys.") from bad


def encoder_values(path: Path, shape: type[Any], *, tasks: Collection[str], example: str) -> dict[str, Any]:
    """Values for the configuration of an encoder; folders in the file are relative to its own folder.

    Args:
        path: The file; its key ``architecture`` is left out.
        shape: The dataclass that the values are for.
        tasks: Names that may stand in its table ``tasks``.
        example: A file that shows all keys, for the advice.

    Raises:
        UnreadableFile: Not TOML, or a key that is not known.
    """
    values = toml_values(path)
    values.pop("architecture", None)
    unknown = sorted(set(values) - {field.name for field in fields(shape)})
    unknown += sorted(set(values.get("tasks", {})) - set(tasks))
    if unknown:
        raise UnreadableFile(
            f"The configuration {path.name} has an unknown key: {unknown[0]}.",
            advice=f"See {example} for the keys there are.",
        )
    return {
        name: (path.parent / value).resolve()
        if name in FOLDERS
        else tuple(value)
        if isinstance(value, list)
        else value
        for name, value in values.items()
    }


def plain_values(values: dict[str, Any]) -> dict[str, Any]:
    """What shapes a run, for the card and the log of runs: no notes and no folders."""
    return {name: value for name, value in values.items() if name not in FOLDERS | {"notes"}}
