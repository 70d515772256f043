"""What the database keeps of a text so that copies of it can be found.

A bottom sketch (FracMinHash with bounds on its size): of the hashes of all runs of four letters, those
not above a limit.  Hashes of a part of a text are a part of the hashes of the text, so a cut, a moved
sentence or an added lead leaves the rest standing, and containment can be estimated from two sketches.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.text.wording import gram_hashes, wording

GRAM = 4
SHARE = 16
"""One hash of so many is kept, within the bounds below."""
FEWEST = 48
MOST = 512
SHORT_LETTERS = 60
"""A body shorter than this is taken together with its title."""
_TOP = 0xFFFFFFFF
_VERSION = 1

Hashes = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """A sketch of one text.

    Attributes:
        limit: Every hash of the text up to this one is in the sketch.
        hashes: uint32, ascending, no two equal.
    """

    limit: int
    hashes: Hashes

    def to_bytes(self) -> bytes:
        """For the database: version, limit, hashes; little-endian 32-bit words."""
        head = np.array([_VERSION, self.limit], dtype="<u4")
        return head.tobytes() + self.hashes.astype("<u4").tobytes()


def fingerprint(title: str, body: str) -> Fingerprint:
    """Take the fingerprint of a clean text.  Equal texts give equal fingerprints, on every machine.

    The headline counts only where the body is hardly more than it: copies get new headlines.
    """
    words = wording(body)
    if words.length < SHORT_LETTERS:
        words = wording(f"{title}\n{body}")
    hashes: Hashes = np.unique(gram_hashes(words.letters, GRAM))
    limit = _TOP // SHARE
    count = int(np.searchsorted(hashes, limit, side="right"))
    if count > MOST:
        count = MOST
        limit = int(hashes[count - 1])
    elif count < FEWEST:
        count = min(FEWEST, len(hashes))
        limit = _TOP if count == len(hashes) else int(hashes[count - 1])
    return Fingerprint(limit, hashes[:count])


def read_fingerprints(stored: Sequence[bytes]) -> tuple[Hashes, Hashes, npt.NDArray[np.int64]]:
    """Read many stored fingerprints at once.

    Fingerprints of another version, torn ones and empty strings count as fingerprints without hashes.

    Returns:
        Limits, shape (n,); all hashes one after the other; how many belong to each, shape (n,).
    """
    sound = [data if _is_sound(data) else b"" for data in stored]
    sizes = np.array([max(len(data) // 4 - 2, 0) for data in sound], dtype=np.int64)
    words = np.frombuffer(b"".join(sound), dtype="<u4").astype(np.uint32)
    lengths = np.array([len(data) // 4 for data in sound], dtype=np.int64)
    starts = np.concatenate(([0], np.cumsum(lengths)))[:-1]
    is_head = np.zeros(len(words), dtype=bool)
    present = starts[lengths > 0]
    is_head[present] = True
    is_head[present + 1] = True
    limits = np.zeros(len(sound), dtype=np.uint32)
    limits[lengths > 0] = words[present + 1]
    return limits, words[~is_head], sizes


def _is_sound(data: bytes) -> bool:
    return len(data) >= 8 and len(data) % 4 == 0 and data[:4] == _VERSION.to_bytes(4, "little")
