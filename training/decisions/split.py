"""Older stories to learn from, newer ones to measure on, and no copy on both sides."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tianfu.model.cluster import components


@dataclass(frozen=True, slots=True)
class Split:
    """Places of items on either side.

    Attributes:
        cut: When the first measured group began; ``None`` without items.
        train: Items of groups that began before the cut, and that are older than it themselves.
        held: Items of groups that began at the cut or later.
        late: Newer members of groups that began before the cut: on neither side.
    """

    cut: datetime | None
    train: list[int]
    held: list[int]
    late: list[int]


def grouped(keys: Iterable[Sequence[Hashable]]) -> list[int]:
    """A number for each item; items that share a key, directly or over others, have the same."""
    numbers: dict[Hashable, int] = {}
    items = [[numbers.setdefault(key, len(numbers)) for key in own] for own in keys]
    joined = components(numbers.values(), ((own[0], other) for own in items for other in own))
    lowest = {number: min(group) for number, group in joined.items()}
    return [lowest[own[0]] for own in items]


def split_by_time(groups: Sequence[int], times: Sequence[datetime], *, held_share: float) -> Split:
    """Put whole groups on the side that the time of their first item tells.

    Args:
        groups: Of each item.
        times: Of each item.
        held_share: Share of the groups, the newest, that is measured on; groups of one moment stay together.
    """
    if not groups:
        return Split(None, [], [], [])
    began: dict[int, datetime] = {}
    for group, time in zip(groups, times, strict=True):
        began[group] = min(time, began.get(group, time))
    firsts = sorted(began.values())
    cut = firsts[min(int(len(firsts) * (1 - held_share)), len(firsts) - 1)]
    old = [began[group] < cut for group in groups]
    return Split(
        cut,
        train=[at for at, time in enumerate(times) if old[at] and time < cut],
        held=[at for at in range(len(times)) if not old[at]],
        late=[at for at, time in enumerate(times) if old[at] and time >= cut],
    )
