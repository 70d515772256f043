"""The bare wording of a text: letters, digits and ideographs, folded, as numbers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.text.folding import wording_table

_MIX = np.uint64(0x9E3779B97F4A7C15)
_MIX_2 = np.uint64(0xBF58476D1CE4E5B9)


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """Folded letters of a text.

    Attributes:
        letters: uint32, shape (n,): folded code points.
        offsets: int32, shape (n,): where each stands in the text it was taken from.
    """

    letters: npt.NDArray[np.uint32]
    offsets: npt.NDArray[np.int32]

    @property
    def length(self) -> int:
        """How many letters."""
        return len(self.letters)

    @property
    def spelled(self) -> str:
        """The folded letters as a string, one character each."""
        return self.letters.astype("<u4").tobytes().decode("utf-32-le")


def wording(text: str) -> Wording:
    """Take the bare wording of a text; punctuation, blanks, width, case and script do not matter."""
    points = np.frombuffer(text.encode("utf-32-le", "replace"), dtype=np.uint32)
    table = wording_table()
    folded = table[np.where(points < len(table), points, 0)]
    offsets = np.flatnonzero(folded).astype(np.int32)
    return Wording(folded[offsets], offsets)


def gram_hashes(letters: npt.NDArray[np.uint32], size: int) -> npt.NDArray[np.uint32]:
    """Hash every run of ``size`` letters, in order; shape (max(n - size + 1, 0),).

    The same on every machine and in every version: fingerprints are stored.
    """
    count = len(letters) - size + 1
    if count <= 0:
        return np.zeros(0, dtype=np.uint32)
    wide = letters.astype(np.uint64)
    hashed = wide[:count].copy()
    for step in range(1, size):
        hashed *= _MIX
        hashed ^= hashed >> np.uint64(29)
        hashed += wide[step : step + count]
    hashed *= _MIX_2
    hashed ^= hashed >> np.uint64(32)
    hashed *= _MIX
    return (hashed >> np.uint64(32)).astype(np.uint32)
