"""The shipped, versioned weights, each folder with its card."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any


def shipped(kind: str) -> Path:
    """Folder of the artefact that serves for a kind: ``encoder``, ``topics`` or ``pairs``.

    Its name begins with the kind, as in ``encoder-static``.
    """
    found = sorted(card.parent for card in _folder().glob(f"{kind}*/card.json"))
    return found[0] if found else _folder() / kind


def shipped_version(version: str) -> Path | None:
    """Folder of the shipped artefact of that ``name@version``, or ``None``."""
    for card in sorted(_folder().glob("*/card.json")):
        values = json.loads(card.read_text(encoding="utf-8"))
        if f"{values['name']}@{values['version']}" == version:
            return card.parent
    return None


def shipped_cards() -> list[dict[str, Any]]:
    """The cards of everything that ships, by kind."""
    return [json.loads(card.read_text(encoding="utf-8")) for card in sorted(_folder().glob("*/card.json"))]


def _folder() -> Path:
    return Path(str(files("tianfu.model.artifacts")))
