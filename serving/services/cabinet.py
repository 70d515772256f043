"""The cabinet: artefact folders copied into the data directory, each under its content hash."""

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from tianfu.embeddings.artefact import CARD, load_artefact
from tianfu.model.errors import ArtefactInvalid
from tianfu.model.release import ModelKind

_COMPANION = "companion"
_PAGES = ("card.md",)


class Cabinet:
    """Keeps artefacts.  A version's folder is there whole or not at all, and never changes.

    Attributes:
        folder: Where they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, model_id: str) -> Path:
        """Where a version lies, or would.

        Raises:
            ArtefactInvalid: It is not in this machine's data directory.
        """
        found = self.folder / model_id
        if not (found / CARD).is_file():
            raise ArtefactInvalid(
                f"The model {model_id[:12]} is not in {self.folder}.",
                advice="Import the same artefact on this machine with `tianfu models import`.",
            )
        return found

    def folders(self) -> list[Path]:
        """Every version's folder that is here, by its content hash."""
        found = self.folder.glob("[0-9a-f]*") if self.folder.is_dir() else ()
        return sorted(folder for folder in found if (folder / CARD).is_file())

    def take(self, source: Path) -> tuple[str, ModelKind, Mapping[str, Any]]:
        """Copy an artefact in; one that is here already stays.

        Returns:
            Its content hash, what it can serve as, and its card.

        Raises:
            ArtefactInvalid: No card, a kind that does not serve, a file missing or altered.
        """
        kind = kind_of(source)
        artefact = load_artefact(source, kind=kind.card_kind)
        model_id = content_hash(artefact.card)
        target = self.folder / model_id
        if not (target / CARD).is_file():
            self._copy(source, artefact.card["files"], target)
        return model_id, kind, artefact.card

    def _copy(self, source: Path, files: Iterable[str], target: Path) -> None:
        making = self.folder / f".{uuid4().hex}"
        _copy_artefact(source, files, making)
        companion = source / _COMPANION
        if companion.is_dir():
            inner = load_artefact(companion, kind=kind_of(companion).card_kind)
            _copy_artefact(companion, inner.card["files"], making / _COMPANION)
        try:
            making.rename(target)
        except OSError:  # another process was quicker
            shutil.rmtree(making)
            if not (target / CARD).is_file():
                raise


def kind_of(folder: Path) -> ModelKind:
    """What an artefact can serve as.

    Raises:
        ArtefactInvalid: No readable card, or of a kind that does not serve.
    """
    try:
        found = str(json.loads((folder / CARD).read_text(encoding="utf-8"))["kind"])
    except (OSError, ValueError, KeyError, TypeError) as bad:
        raise ArtefactInvalid(
            f"There is no readable {CARD} in {folder}.", advice="Give the folder that training wrote."
        ) from bad
    for kind in ModelKind:
        if found == kind.card_kind:
            return kind
    known = ", ".join(kind.card_kind for kind in ModelKind)
    raise ArtefactInvalid(f"{folder} is an artefact of kind {found}; what can serve is one of: {known}.")


def content_hash(card: Mapping[str, Any]) -> str:
    """SHA-256 of a card, which names the SHA-256 of every file."""
    return hashlib.sha256(json.dumps(card, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _copy_artefact(source: Path, files: Iterable[str], target: Path) -> None:
    target.mkdir(parents=True)
    for name in (CARD, *files, *(page for page in _PAGES if (source / page).is_file())):
        file = target / name
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, file)
