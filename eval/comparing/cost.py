"""How fast both models are, side by side."""

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Item = TypeVar("Item")
AT_ONCE = 50
MOST = 1_000


def per_second(
    old: Callable[[Sequence[Item]], Any], new: Callable[[Sequence[Item]], Any], items: Sequence[Item]
) -> tuple[float, float]:
    """Items a second of both, in turns over small batches, so that other work on the machine slows both.

    Args:
        old: Answers a batch.
        new: Likewise.
        items: At least one; the first :data:`MOST` are answered once more.
    """
    spent = [0.0, 0.0]
    chosen = items[:MOST]
    for turn, start in enumerate(range(0, len(chosen), AT_ONCE)):
        batch = chosen[start : start + AT_ONCE]
        for which in (0, 1) if turn % 2 == 0 else (1, 0):
            began = time.perf_counter()
            (old, new)[which](batch)
            spent[which] += time.perf_counter() - began
    return len(chosen) / max(spent[0], 1e-9), len(chosen) / max(spent[1], 1e-9)
