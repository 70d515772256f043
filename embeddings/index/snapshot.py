"""Snapshots: a folder of immutable part files and one manifest, replaced in one step.

A part is written once, under its unique name, and never again; tombstones are written at each save.  All
files are on disk before the manifest that lists them takes the place of the last one, so a crash leaves
the old snapshot or the new one, whole.  Files that no manifest lists are swept away afterwards.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import faiss
import numpy as np

from tianfu.embeddings.artefact import sha256_of
from tianfu.embeddings.index.building import coarse_if_due
from tianfu.embeddings.index.columns import FactColumns
from tianfu.embeddings.index.parts import SealedPart, Tuning
from tianfu.embeddings.index.view import Segment
from tianfu.model.errors import SnapshotInvalid

FORMAT = 2
MANIFEST = "manifest.json"
_COLUMNS = ("numbers", "published_at_s", "outlets", "place_rows", "places")
_ADVICE = "Rebuild the index from the database."


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a snapshot holds.

    Attributes:
        segments: Sealed parts with their tombstones, oldest first.
        names: Outlet ids and adcodes by code.
    """

    dimension: int
    segments: Sequence[Segment[SealedPart]]
    names: Sequence[str]


def write(directory: Path, contents: Contents, *, encoder_fingerprint: str, last_sequence: int) -> None:
    """Write a snapshot; at any moment the folder holds a whole one, the old or the new.

    One process at a time may write to a folder.
    """
    directory.mkdir(parents=True, exist_ok=True)
    known = _known_hashes(directory)
    files: dict[str, str] = {}
    parts = []
    for segment in contents.segments:
        part = segment.part
        for name, save in _files_of(part):
            files[name] = known.get(name) or _written(directory / name, save)
        alive = None
        if segment.living < len(part):
            alive = f"{uuid4().hex}.npy"
            files[alive] = _written(directory / alive, _save_bits(segment))
        parts.append(
            {
                "name": part.name,
                "rows": len(part),
                "living": segment.living,
                "alive": alive,
                "coarse": part.coarse is not None,
            }
        )
    manifest = {
        "format": FORMAT,
        "encoder": encoder_fingerprint,
        "dimension": contents.dimension,
        "last_sequence": last_sequence,
        "count": sum(segment.living for segment in contents.segments),
        "parts": parts,
        "names": list(contents.names),
        "sha256": files,
    }
    text = json.dumps({**manifest, "seal": _seal(manifest)}, ensure_ascii=False, indent=1)
    _written(directory / MANIFEST, lambda path: path.write_text(text, encoding="utf-8"))
    for stray in directory.iterdir():
        if stray.is_file() and stray.name != MANIFEST and stray.name not in files:
            stray.unlink()


def read(directory: Path, *, encoder_fingerprint: str, tuning: Tuning) -> tuple[Contents, int]:
    """Read a snapshot and the last change it holds.

    Raises:
        SnapshotInvalid: Missing, torn, altered, of another format or encoder; the message says which.
    """
    if not (directory / MANIFEST).exists():
        raise SnapshotInvalid("There is no index snapshot.", advice=_ADVICE)
    try:
        manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
        _check(manifest, directory, encoder_fingerprint)
        segments = [_read_segment(directory, entry, tuning) for entry in manifest["parts"]]
        contents = Contents(dimension=int(manifest["dimension"]), segments=segments, names=manifest["names"])
        if sum(segment.living for segment in segments) != manifest["count"]:
            raise SnapshotInvalid("The index snapshot's files do not fit together.", advice=_ADVICE)
        return contents, int(manifest["last_sequence"])
    except FileNotFoundError as missing:
        raise SnapshotInvalid("The index snapshot lacks a file.", advice=_ADVICE) from missing
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as torn:
        raise SnapshotInvalid("The index snapshot cannot be read.", advice=_ADVICE) from torn


def _check(manifest: Any, directory: Path, encoder_fingerprint: str) -> None:
    found = manifest["format"]
    if found != FORMAT:
        raise SnapshotInvalid(f"The index snapshot has format {found}, not {FORMAT}.", advice=_ADVICE)
    if manifest.pop("seal") != _seal(manifest):
        raise SnapshotInvalid("The index snapshot's manifest is altered.", advice=_ADVICE)
    if manifest["encoder"] != encoder_fingerprint:
        raise SnapshotInvalid("The index snapshot was made with another encoder.", advice=_ADVICE)
    for name, expected in manifest["sha256"].items():
        if sha256_of(directory / name) != expected:
            raise SnapshotInvalid("The index snapshot has a torn or altered file.", advice=_ADVICE)


def _read_segment(directory: Path, entry: Any, tuning: Tuning) -> Segment[SealedPart]:
    with np.load(directory / f"{entry['name']}.npz") as columns:
        facts = FactColumns(**{name: columns[name] for name in _COLUMNS}, in_time_order=True)
    exact = faiss.read_index(str(directory / f"{entry['name']}.faiss"))
    # A snapshot of an older release has no bits; they are made of the vectors.
    kept = directory / f"{entry['name']}.coarse"
    coarse = faiss.read_index(str(kept)) if entry.get("coarse") else coarse_if_due(exact, tuning)
    if coarse is not None and coarse.ntotal != exact.ntotal:
        raise SnapshotInvalid("The index snapshot's files do not fit together.", advice=_ADVICE)
    part = SealedPart(exact, facts, tuning, coarse=coarse, name=entry["name"])
    if not len(part) == part.faiss_index.ntotal == entry["rows"]:
        raise SnapshotInvalid("The index snapshot's files do not fit together.", advice=_ADVICE)
    if entry["alive"] is None:
        return Segment.whole(part)
    bits = np.unpackbits(np.load(directory / entry["alive"]), count=len(part))
    return Segment(part, bits.astype(np.bool_), int(bits.sum()))


def _files_of(part: SealedPart) -> Iterator[tuple[str, Callable[[Path], object]]]:
    """Names of a part's files, and what writes each."""
    yield f"{part.name}.faiss", _save_index(part.faiss_index)
    yield f"{part.name}.npz", _save_columns(part)
    if part.coarse is not None:
        yield f"{part.name}.coarse", _save_index(part.coarse)


def _save_index(index: Any) -> Callable[[Path], object]:
    return lambda path: faiss.write_index(index, str(path))


def _save_columns(part: SealedPart) -> Callable[[Path], object]:
    def save(path: Path) -> None:
        with path.open("wb") as file:
            np.savez(file, **{name: getattr(part.columns, name) for name in _COLUMNS})

    return save


def _save_bits(segment: Segment[SealedPart]) -> Callable[[Path], object]:
    def save(path: Path) -> None:
        with path.open("wb") as file:
            np.save(file, np.packbits(segment.alive))

    return save


def _written(path: Path, save: Callable[[Path], object]) -> str:
    """Write a file aside, force it to disk, rename it into place; returns its SHA-256."""
    aside = path.with_name(f"{path.name}.new")
    save(aside)
    digest = sha256_of(aside)
    _sync(aside)
    aside.replace(path)
    _sync(path.parent)
    return digest


def _known_hashes(directory: Path) -> dict[str, str]:
    """Hashes of the files that the present manifest lists and that are still there."""
    try:
        listed = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))["sha256"]
        return {name: digest for name, digest in listed.items() if (directory / name).is_file()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _seal(manifest: Any) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
