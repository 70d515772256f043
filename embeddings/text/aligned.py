"""A text made out of another, and where each of its characters came from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Offsets = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """A derived text with the way back to its source.

    Attributes:
        text: The derived text.
        source: What it was made of.
        starts: Shape (len(text),): where each character begins in ``source``; ``None`` when the two
            are equal character by character.
        ends: Shape (len(text),): one past where each ends (an entity such as ``&amp;`` is one
            character here and five in the source).
    """

    text: str
    source: str
    starts: Offsets | None = None
    ends: Offsets | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Move a half-open span of ``text`` into ``source``; an empty span stays empty.

        Raises:
            ValueError: The span does not lie inside ``text``.
        """
        if not 0 <= start <= end <= len(self.text):
            raise ValueError("span outside the text")
        if self.starts is None or self.ends is None:
            return start, end
        if start == end:
            at = int(self.starts[start]) if start < len(self.text) else len(self.source)
            return at, at
        return int(self.starts[start]), int(self.ends[end - 1])

    def then(self, further: "Aligned") -> "Aligned":
        """Follow with a step that started from this text; the result leads back to this source."""
        if self.starts is None or self.ends is None:
            return Aligned(further.text, self.source, further.starts, further.ends)
        if further.starts is None or further.ends is None:
            return Aligned(further.text, self.source, self.starts, self.ends)
        if not further.text:
            return Aligned("", self.source, further.starts, further.ends)
        return Aligned(further.text, self.source, self.starts[further.starts], self.ends[further.ends - 1])


def from_pieces(source: str, pieces: Iterable[tuple[str, int, int]]) -> Aligned:
    """Join pieces ``(text, start, end)`` of a source, in order.

    A piece as long as its stretch of the source is taken character by character; of any other, each
    character stands for the whole stretch.
    """
    texts: list[str] = []
    starts: list[Offsets] = []
    ends: list[Offsets] = []
    for text, start, end in pieces:
        texts.append(text)
        if len(text) == end - start:
            run = np.arange(start, end, dtype=np.int32)
            starts.append(run)
            ends.append(run + 1)
        else:
            starts.append(np.full(len(text), start, dtype=np.int32))
            ends.append(np.full(len(text), end, dtype=np.int32))
    return Aligned("".join(texts), source, _joined(starts), _joined(ends))


def without(text: str, dropped: Sequence[tuple[int, int]]) -> Aligned:
    """Leave out half-open ranges; they may overlap and come in any order."""
    if not dropped:
        return Aligned(text, text)
    pieces: list[tuple[str, int, int]] = []
    at = 0
    for start, end in sorted(dropped):
        if start > at:
            pieces.append((text[at:start], at, start))
        at = max(at, end)
    if at < len(text):
        pieces.append((text[at:], at, len(text)))
    return from_pieces(text, pieces)


def _joined(parts: list[Offsets]) -> Offsets:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int32)
