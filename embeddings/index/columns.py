"""Facts of stories as columns, and filters over them."""

from collections.abc import Iterable, Sequence

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
        places: Rows about each adcode.
    """

    def __init__(self, numbers: Sequence[int], facts: Sequence[IndexFacts]) -> None:
        self.numbers: Rows = np.asarray(numbers, dtype=np.int64)
        self.facts = tuple(facts)
        self.published_at_s: Rows = np.fromiter((f.published_at_s for f in facts), np.int64, len(facts))
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
        return self._order[at[found]]

    def mask(self, where: IndexFilter) -> Mask | None:
        """Rows that meet every condition; ``None`` when there is no condition that rules any out."""
        mask: Mask | None = None
        for condition in self._conditions(where):
            mask = condition if mask is None else mask & condition
        return mask

    def _conditions(self, where: IndexFilter) -> list[Mask]:
        found: list[Mask] = []
        at = self.published_at_s
        if where.since_s is not None:
            found.append(at >= where.since_s)
        if where.until_s is not None:
            found.append(at < where.until_s)
        if where.outlets is not None:
            found.append(self._any(self._by_outlet, where.outlets))
        if where.places is not None:
            found.append(self._any(self._by_place, where.places))
        if where.exclude:
            out = np.ones(len(self), np.bool_)
            out[self.rows_of(np.fromiter(where.exclude, np.int64, len(where.exclude)))] = False
            found.append(out)
        return found

    def _any(self, rows_by: dict[str, Rows], wanted: Iterable[str]) -> Mask:
        mask = np.zeros(len(self), np.bool_)
        for key in wanted:
            rows = rows_by.get(key)
            if rows is not None:
                mask[rows] = True
        return mask


def _rows_by(keys: Iterable[Iterable[str]]) -> dict[str, Rows]:
    found: dict[str, list[int]] = {}
    for row, names in enumerate(keys):
        for name in names:
            found.setdefault(name, []).append(row)
    return {name: np.asarray(rows, np.int64) for name, rows in found.items()}
