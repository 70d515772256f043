"""When to merge parts."""

from collections.abc import Sequence
from dataclasses import dataclass

MOST_ALIKE = 4
"""So many neighbouring parts of like size become one."""
MOST_DEAD = 0.3
"""A part with a larger share of tombstones is written anew."""


@dataclass(frozen=True, slots=True)
class Merge:
    """Parts ``start`` up to, without, ``stop``, oldest first, become one."""

    start: int
    stop: int


def plan_merge(parts: Sequence[tuple[int, int]]) -> Merge | None:
    """Choose parts to merge, or none.

    Sizes stay geometric, so a row is merged again only as often as the logarithm of the whole.

    Args:
        parts: Rows and living rows of each part, oldest first.
    """
    taken = 0
    start = len(parts)
    while start > 0 and parts[start - 1][1] <= 2 * max(taken, parts[-1][1]):
        start -= 1
        taken += parts[start][1]
    if len(parts) - start >= MOST_ALIKE:
        return Merge(start, len(parts))
    for at, (rows, living) in enumerate(parts):
        if living < (1 - MOST_DEAD) * rows:
            return Merge(at, at + 1)
    return None
