"""A packed 4-bit encoder: its shape, its unigram vocabulary, and its tensors in float32."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tianfu.model.errors import UnreadableFile

BLOCK = 32
"""Weights that share one scale."""
Q4_BYTES = 2 + BLOCK // 2
"""Bytes of one block: the scale, then two weights a byte."""
F32, Q4 = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedShape:
    """The encoder's sizes; ``tokens`` counts rows of the word table, which may exceed the pieces."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    tokens: int
    positions: int
    token_types: int
    epsilon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedVocabulary:
    """A unigram vocabulary.

    Attributes:
        pieces: In order of id, the metaspace written as U+2581.
        scores: Log probability of each piece.
        normal: What each changed code point becomes; others stay.
    """

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    begin: int
    end: int
    pad: int
    unknown: int
    normal: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a tensor lies: ``kind`` (``F32`` or ``Q4``), how many numbers, first byte, bytes."""

    kind: int
    count: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedModel:
    """A file read and checked; tensors are turned to float32 when asked for.

    Attributes:
        raw: The whole file.
        entries: Where each tensor lies in it.
    """

    shape: PackedShape
    vocabulary: PackedVocabulary
    raw: bytes = field(repr=False)
    entries: Mapping[str, Entry] = field(repr=False)

    def tensor(self, name: str, *shape: int) -> npt.NDArray[np.float32]:
        """A whole tensor in float32, brought to a shape.

        Raises:
            UnreadableFile: No such tensor, or of another size.
        """
        entry = self._entry(name)
        if entry.count != int(np.prod(shape)):
            raise UnreadableFile(f"The tensor {name} holds {entry.count} numbers, not {shape}.")
        bytes_of = np.frombuffer(self.raw, np.uint8, entry.size, entry.offset)
        flat = dequantise(bytes_of) if entry.kind == Q4 else bytes_of.view("<f4").astype(np.float32)
        return flat.reshape(shape)

    def word_rows(self, ids: Sequence[int]) -> npt.NDArray[np.float32]:
        """Some rows of the word table, shape (len(ids), hidden)."""
        entry = self._entry("emb.word")
        table = np.frombuffer(self.raw, np.uint8, entry.size, entry.offset)
        rows = table.reshape(self.shape.tokens, -1)[np.asarray(ids, dtype=np.int64)]
        flat = dequantise(rows) if entry.kind == Q4 else np.ascontiguousarray(rows).view("<f4")
        return flat.reshape(len(ids), self.shape.hidden).astype(np.float32)

    def _entry(self, name: str) -> Entry:
        if name not in self.entries:
            raise UnreadableFile(f"The packed encoder has no tensor {name}.")
        return self.entries[name]


def dequantise(blocks: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Turn blocks of one float16 scale and 32 four-bit weights into float32, flat, in order.

    Byte ``j`` of a block holds weight ``j`` in its low half and weight ``j + 16`` in its high half;
    the value is (half - 8) times the scale.
    """
    rows = np.ascontiguousarray(blocks).reshape(-1, Q4_BYTES)
    scales = np.ascontiguousarray(rows[:, :2]).view("<f2").astype(np.float32)  # (blocks, 1)
    halves = np.concatenate((rows[:, 2:] & 0x0F, rows[:, 2:] >> 4), axis=1)  # (blocks, 32)
    return ((halves.astype(np.float32) - 8) * scales).reshape(-1)
