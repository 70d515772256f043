"""Which artefact people mean by what they write behind ``--model`` and the like."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tianfu.cli.show import settings_of
from tianfu.embeddings.artefact import CARD
from tianfu.model.artifacts import shipped, shipped_cards, shipped_version
from tianfu.serving.services.cabinet import Cabinet

ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="Folder of one, or NAME@VERSION of one that ships or was imported; left out: what ships.",
    ),
]
SHORTEST_ID = 8
"""So many digits of an id mean a version, as for ``tianfu models publish``."""


def artefact_folder(model: str | None, *, kind: str, data_dir: Path | None = None) -> Path:
    """Folder that ``--model`` means.

    Args:
        model: See :func:`named_folder`; ``None`` for what ships, whatever is published.
        kind: Of the artefact wanted, as cards call it.
        data_dir: See :func:`named_folder`.

    Raises:
        BadParameter: There is none, or there are several.
    """
    if model is None:
        return shipped(kind)
    found = named_folder(model, data_dir)
    if found is None:
        names = [f"{card['name']}@{card['version']}" for card in shipped_cards() if card["kind"] == kind]
        raise typer.BadParameter(
            f"'{model}' is no folder, no shipped model and none in the registry; `tianfu models list` names"
            f" them. Shipped of kind {kind}: {', '.join(names)}."
        )
    return found


def named_folder(name: str, data_dir: Path | None = None) -> Path | None:
    """Folder of an artefact by its path or name, or ``None``.

    Args:
        name: A folder, ``NAME@VERSION`` of something that ships or was imported, or the first eight and more
            digits of the id of what was imported.
        data_dir: Of the box, which keeps what was imported; by default that of the environment.

    Raises:
        BadParameter: Several versions in the registry are called so.
    """
    if Path(name).is_dir():
        return Path(name)
    return shipped_version(name) or _registered(name, data_dir)


def _registered(name: str, data_dir: Path | None) -> Path | None:
    kept = Cabinet(settings_of(data_dir=data_dir).models_dir).folders()
    found = [
        folder
        for folder in kept
        if name == _label(folder) or (len(name) >= SHORTEST_ID and folder.name.startswith(name))
    ]
    if len(found) > 1:
        ids = ", ".join(folder.name[:12] for folder in found)
        raise typer.BadParameter(f"Several versions in the registry are '{name}'; name one by its id: {ids}.")
    return found[0] if found else None


def _label(folder: Path) -> str:
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    return f"{card['name']}@{card['version']}"
