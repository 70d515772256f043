"""Artefacts: a folder of weights with a card; read and checked before anything is served from it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tianfu.model.errors import ArtefactInvalid

CARD = "card.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """A checked folder.

    Attributes:
        card: ``card.json`` as read: kind, name, version, files with SHA-256, and what the kind needs.
    """

    path: Path
    card: Mapping[str, Any]

    @property
    def version(self) -> str:
        """``name@version``."""
        return f"{self.card['name']}@{self.card['version']}"

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the names and hashes of all files: changes when any weight changes."""
        return fingerprint_of(self.card["files"])

    def file(self, name: str) -> Path:
        """Path of one of its files.

        Raises:
            ArtefactInvalid: The card does not list it.
        """
        if name not in self.card["files"]:
            raise ArtefactInvalid(f"The artefact {self.version} has no file {name}.")
        return self.path / name


def load_artefact(path: Path, *, kind: str) -> Artefact:
    """Read a card and check every file against its hash.

    Raises:
        ArtefactInvalid: No card, another kind, a file missing or altered.
    """
    try:
        card = json.loads((path / CARD).read_text(encoding="utf-8"))
        found_kind, files = card["kind"], card["files"]
        if not {"name", "version"} <= card.keys():
            raise KeyError("name")
    except (OSError, ValueError, KeyError, TypeError) as bad:
        raise ArtefactInvalid(
            f"There is no readable {CARD} in {path.name}.", advice="Import or train the artefact again."
        ) from bad
    if found_kind != kind:
        raise ArtefactInvalid(f"{path.name} is an artefact of kind {found_kind}, not {kind}.")
    for name, wanted in files.items():
        file = path / name
        if not file.is_file() or sha256_of(file) != wanted:
            raise ArtefactInvalid(
                f"The file {name} of {path.name} is missing or altered.",
                advice="Restore it from where it was published.",
            )
    return Artefact(path=path, card=card)


def write_card(path: Path, card: Mapping[str, Any], *, files: Iterable[str]) -> None:
    """Write ``card.json`` with the hash of each named file."""
    hashes = {name: sha256_of(path / name) for name in sorted(files)}
    text = json.dumps({**card, "files": hashes}, ensure_ascii=False, indent=2)
    (path / CARD).write_text(text + "\n", encoding="utf-8")


def sha256_of(file: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fingerprint_of(files: Mapping[str, str]) -> str:
    """SHA-256 over file names and hashes, in order of name."""
    lines = "".join(f"{name} {files[name]}\n" for name in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()
