"""Facts of stories as columns, and filters over them."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from tianfu.model.ports import IndexFacts, IndexFilter

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


class FactColumns:
    """Facts of n stories, row by row.  Never changes once made.

    Attributes:
        numbers: Story numbers, shape (n,), int64.
        published_at_s: Shape (n,), int64.
        outlets: Outlet id of each row, shape (n,).
        in_time_order: Whether rows stand in order of publication, so that a window is a stretch.
    """

    def __init__(self, numbers: Sequence[int], facts: Sequence[IndexFacts]) -> None:
        self.numbers: Rows = np.asarray(numbers, dtype=np.int64)
        self.facts = tuple(facts)
        self.published_at_s: Rows = np.fromiter((f.published_at_s for f in facts), np.int64, len(facts))
        at = self.published_at_s
        self.in_time_order = bool(np.all(at[:-1] <= at[1:]))
        self._order = np.argsort(self.numbers, kind="stable")
        self._sorted = self.numbers[self._order]
        self._by_outlet = _rows_by((f.outlet_id,) for f in facts)
        self._by_place = _rows_by(f.places for f in facts)

    def __len__(self) -> int:
        return len(self.numbers)

    def rows_of(self, numbers: Rows) -> Rows:
        """Rows of those numbers that are here, in no particular order; repeats give the last row."""
        if not len(self):
            return np.zeros(0, np.int64)
        at = np.searchsorted(self._sorted, numbers, side="right") - 1
        found = (at >= 0) & (self._sorted[np.maximum(at, 0)] == numbers)
        rows: Rows = self._order[at[found]]
        return rows

    def span(self, where: IndexFilter) -> tuple[int, int]:
        """The stretch of rows that the filter's time window leaves; all rows when they are not in order."""
        if not self.in_time_order:
            return 0, len(self)
        at = self.published_at_s
        low = 0 if where.since_s is None else int(np.searchsorted(at, where.since_s, side="left"))
        high = len(self) if where.until_s is None else int(np.searchsorted(at, where.until_s, side="left"))
        return low, max(low, high)

    def mask(self, where: IndexFilter, low: int, high: int) -> Mask | None:
        """Which rows of a stretch meet every condition; ``None`` when no condition rules any out."""
        mask: Mask | None = None
        for condition in self._conditions(where, low, high):
            mask = condition if mask is None else mask & condition
        return mask

    def _conditions(self, where: IndexFilter, low: int, high: int) -> Iterator[Mask]:
        at = self.published_at_s[low:high]
        if where.since_s is not None and not self.in_time_order:
            yield at >= where.since_s
        if where.until_s is not None and not self.in_time_order:
            yield at < where.until_s
        if where.outlets is not None:
            yield _any(self._by_outlet, where.outlets, low, high)
        if where.places is not None:
            yield _any(self._by_place, where.places, low, high)
        if where.exclude:
            out = np.ones(high - low, np.bool_)
            rows = self.rows_of(np.fromiter(where.exclude, np.int64, len(where.exclude)))
            out[rows[(rows >= low) & (rows < high)] - low] = False
            yield out


def _any(rows_by: dict[str, Rows], wanted: Iterable[str], low: int, high: int) -> Mask:
    mask = np.zeros(high - low, np.bool_)
    for key in wanted:
        rows = rows_by.get(key)
        if rows is not None:
            start, end = np.searchsorted(rows, (low, high))
            mask[rows[start:end] - low] = True
    return mask


def _rows_by(keys: Iterable[Iterable[str]]) -> dict[str, Rows]:
    found: dict[str, list[int]] = {}
    for row, names in enumerate(keys):
        for name in names:
            found.setdefault(name, []).append(row)
    return {name: np.asarray(rows, np.int64) for name, rows in found.items()}
