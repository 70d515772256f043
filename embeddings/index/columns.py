"""Facts of stories as columns of numbers, and filters over them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tianfu.model.ports import IndexFacts, IndexFilter

Mask = npt.NDArray[np.bool_]
Longs = npt.NDArray[np.int64]
Shorts = npt.NDArray[np.int32]


class Codebook:
    """Small numbers for outlet ids and adcodes.  Only ever grows, so readers need no lock."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names: list[str] = list(names)
        self._codes = {name: code for code, name in enumerate(self._names)}

    @property
    def names(self) -> list[str]:
        """All names; the position is the code."""
        return list(self._names)

    def code(self, name: str) -> int:
        """The code of a name, a new one when it has none yet.  For the writer only."""
        known = self._codes.get(name)
        if known is None:
            known = len(self._names)
            self._names.append(name)
            self._codes[name] = known
        return known

    def name(self, code: int) -> str:
        """The name behind a code."""
        return self._names[code]

    def table(self, wanted: Iterable[str]) -> Mask:
        """For each code whether it is wanted."""
        table = np.zeros(len(self._names) + 1, np.bool_)
        codes = (self._codes.get(name) for name in wanted)
        # A name that came after the table was sized stands in no row that this reader sees.
        table[[code for code in codes if code is not None and code < len(table)]] = True
        return table


@dataclass(frozen=True, slots=True, kw_only=True)
class FactColumns:
    """Facts of n stories, row by row.  Never written to once made.

    Attributes:
        numbers: Story numbers, shape (n,).
        published_at_s: Shape (n,).
        outlets: Outlet codes, shape (n,).
        place_rows: Row of each (row, place) pair, ascending, shape (p,).
        places: Place code of each pair, shape (p,).
        in_time_order: Whether rows stand in order of publication, so that a window is a stretch.
    """

    numbers: Longs
    published_at_s: Longs
    outlets: Shorts
    place_rows: Shorts
    places: Shorts
    in_time_order: bool = False

    def __len__(self) -> int:
        return len(self.numbers)

    def span(self, where: IndexFilter) -> tuple[int, int]:
        """The stretch of rows that the filter's time window leaves; all rows when they are not in order."""
        if not self.in_time_order:
            return 0, len(self)
        at = self.published_at_s
        low = 0 if where.since_s is None else int(np.searchsorted(at, where.since_s, side="left"))
        high = len(self) if where.until_s is None else int(np.searchsorted(at, where.until_s, side="left"))
        return low, max(low, high)

    def mask(
        self, where: IndexFilter, book: Codebook, low: int, high: int, excluded: Longs | None
    ) -> Mask | None:
        """Which rows of a stretch meet every condition; ``None`` when no condition rules any out.

        ``excluded`` holds the rows, of the whole part, of the stories that the filter excludes.
        """
        mask: Mask | None = None
        for condition in self._conditions(where, book, slice(low, high)):
            mask = condition if mask is None else mask & condition
        if excluded is not None:
            excluded = excluded[(excluded >= low) & (excluded < high)]
            if len(excluded):
                mask = np.ones(high - low, np.bool_) if mask is None else mask
                mask[excluded - low] = False
        return mask

    def _conditions(self, where: IndexFilter, book: Codebook, rows: slice) -> Iterable[Mask]:
        if where.since_s is not None and not self.in_time_order:
            yield self.published_at_s[rows] >= where.since_s
        if where.until_s is not None and not self.in_time_order:
            yield self.published_at_s[rows] < where.until_s
        if where.outlets is not None:
            yield book.table(where.outlets)[self.outlets[rows]]
        if where.places is not None:
            start, end = np.searchsorted(self.place_rows, (rows.start, rows.stop))
            near = book.table(where.places)[self.places[start:end]]
            mask = np.zeros(rows.stop - rows.start, np.bool_)
            mask[self.place_rows[start:end][near] - rows.start] = True
            yield mask


def excluded_by(where: IndexFilter) -> Longs:
    """The story numbers that a filter excludes, ascending."""
    return np.unique(np.fromiter(where.exclude, np.int64, len(where.exclude)))


def is_among(numbers: Longs, wanted: Longs) -> Mask:
    """For each number whether it is wanted; made for few wanted and many numbers."""
    wanted = np.unique(wanted)
    if not len(wanted):
        return np.zeros(len(numbers), np.bool_)
    at = np.searchsorted(wanted, numbers)
    at[at == len(wanted)] = 0
    found: Mask = wanted[at] == numbers
    return found


def columns_of(numbers: Sequence[int] | Longs, facts: Sequence[IndexFacts], book: Codebook) -> FactColumns:
    """Make columns, in the order given."""
    pairs = [(row, book.code(name)) for row, fact in enumerate(facts) for name in sorted(fact.places)]
    flat = np.asarray(pairs, np.int32).reshape(-1, 2)
    return FactColumns(
        numbers=np.asarray(numbers, np.int64),
        published_at_s=np.fromiter((f.published_at_s for f in facts), np.int64, len(facts)),
        outlets=np.fromiter((book.code(f.outlet_id) for f in facts), np.int32, len(facts)),
        place_rows=flat[:, 0].copy(),
        places=flat[:, 1].copy(),
    )


def joined(parts: Sequence[tuple[FactColumns, Longs]]) -> tuple[FactColumns, Longs]:
    """Some rows of several columns as one, in order of publication.

    Returns:
        The columns, and for each row its position in the given rows strung together.
    """
    numbers = np.concatenate([columns.numbers[rows] for columns, rows in parts])
    times = np.concatenate([columns.published_at_s[rows] for columns, rows in parts])
    outlets = np.concatenate([columns.outlets[rows] for columns, rows in parts])
    order = np.lexsort((numbers, times))
    new_row = np.empty(len(order), np.int64)
    new_row[order] = np.arange(len(order))
    place_rows, places, before = [], [], 0
    for columns, rows in parts:
        moved = np.full(len(columns), -1, np.int64)
        moved[rows] = new_row[before : before + len(rows)]
        before += len(rows)
        at = moved[columns.place_rows]
        place_rows.append(at[at >= 0])
        places.append(columns.places[at >= 0])
    all_rows = np.concatenate(place_rows)
    by_row = np.argsort(all_rows, kind="stable")
    made = FactColumns(
        numbers=numbers[order],
        published_at_s=times[order],
        outlets=outlets[order],
        place_rows=all_rows[by_row].astype(np.int32),
        places=np.concatenate(places)[by_row],
        in_time_order=True,
    )
    return made, order
