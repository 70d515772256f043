"""Snapshots: a folder written aside and renamed into place, with a manifest that proves it whole."""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.artefact import sha256_of
from tianfu.model.errors import SnapshotInvalid
from tianfu.model.ports import FloatMatrix, IndexFacts

FORMAT = 1
_MANIFEST = "manifest.json"
_FILES = ("vectors.npy", "numbers.npy", "facts.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a snapshot holds, row by row."""

    numbers: npt.NDArray[np.int64]
    vectors: FloatMatrix
    facts: Sequence[IndexFacts]


def write(directory: Path, contents: Contents, *, encoder_fingerprint: str, last_sequence: int) -> None:
    """Write a snapshot so that at any moment the folder holds a whole one, the old or the new."""
    aside = directory.with_name(f".{directory.name}.{os.getpid()}.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    np.save(aside / "vectors.npy", contents.vectors.astype(np.float16))
    np.save(aside / "numbers.npy", contents.numbers)
    rows = [[f.published_at_s, f.outlet_id, sorted(f.places)] for f in contents.facts]
    (aside / "facts.json").write_text(json.dumps(rows), encoding="utf-8")
    manifest = {
        "format": FORMAT,
        "encoder": encoder_fingerprint,
        "dimension": int(contents.vectors.shape[1]),
        "count": len(contents.numbers),
        "last_sequence": last_sequence,
        "sha256": {name: sha256_of(aside / name) for name in _FILES},
    }
    (aside / _MANIFEST).write_text(json.dumps(manifest, indent=2), encoding="utf-8")
    for name in (*_FILES, _MANIFEST):
        _sync(aside / name)
    _swap(aside, directory)


def read(directory: Path, *, encoder_fingerprint: str) -> tuple[Contents, int]:
    """Read a snapshot and the last change it holds.

    Raises:
        SnapshotInvalid: Missing, torn, altered, of another format or encoder.
    """
    try:
        manifest = json.loads((directory / _MANIFEST).read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT:
            raise SnapshotInvalid(f"The snapshot has format {manifest['format']}, not {FORMAT}.")
        if manifest["encoder"] != encoder_fingerprint:
            raise SnapshotInvalid("The snapshot was made with another encoder.")
        for name in _FILES:
            if sha256_of(directory / name) != manifest["sha256"][name]:
                raise SnapshotInvalid(f"The snapshot's {name} is torn or altered.")
        vectors = np.load(directory / "vectors.npy").astype(np.float32)
        numbers = np.load(directory / "numbers.npy")
        rows = json.loads((directory / "facts.json").read_text(encoding="utf-8"))
        facts = [IndexFacts(published_at_s=at, outlet_id=o, places=frozenset(p)) for at, o, p in rows]
        if not len(numbers) == len(vectors) == len(facts) == manifest["count"]:
            raise SnapshotInvalid("The snapshot's files do not fit together.")
        return Contents(numbers=numbers, vectors=vectors, facts=facts), int(manifest["last_sequence"])
    except FileNotFoundError as missing:
        raise SnapshotInvalid("There is no whole snapshot.") from missing
    except (OSError, ValueError, KeyError, TypeError) as torn:
        raise SnapshotInvalid(f"The snapshot cannot be read: {torn}") from torn


def _swap(aside: Path, directory: Path) -> None:
    """Put the new folder in place.  A folder cannot be replaced in one step, so the old one steps aside."""
    old = directory.with_name(f".{directory.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if directory.exists():
        directory.rename(old)
    aside.rename(directory)
    _sync(directory.parent)
    shutil.rmtree(old, ignore_errors=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
