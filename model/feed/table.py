"""All stories that feeds may show, as columns that change row by row, and the views made of them."""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Generic, TypeVar
from weakref import ReferenceType

import numpy as np
import numpy.typing as npt

from tianfu.model.cluster import cluster_id_of
from tianfu.model.feed.card import StoryCard
from tianfu.model.feed.view import ROW, SKETCH, FeedView
from tianfu.model.rights import RightsFacts

NEVER_S = np.iinfo(np.int64).max
_SMALLEST = 1_024


_Name = TypeVar("_Name", bound=Hashable)


class Codes(Generic[_Name]):
    """Small whole numbers for names, handed out in order of first sight and never taken back."""

    def __init__(self) -> None:
        self._codes: dict[_Name, int] = {}

    def of(self, name: _Name) -> int:
        """The number of a name, a new one for a new name."""
        return self._codes.setdefault(name, len(self._codes))

    def known(self) -> Mapping[_Name, int]:
        """Every name with its number, at this moment."""
        return dict(self._codes)


class StoryTable:
    """Rows that are put, replaced and dropped one at a time; :meth:`view` sorts them into a view.

    Putting costs microseconds; making a view is array work.  Not thread-safe.
    """

    def __init__(self) -> None:
        self._rows = np.zeros(_SMALLEST, dtype=ROW)
        self._sketches = np.zeros((_SMALLEST, SKETCH), dtype=np.float16)
        self._cards = np.empty(_SMALLEST, dtype=object)
        self._slots: dict[int, int] = {}
        self._numbers: dict[str, int] = {}
        self._used = 0
        self._free: list[int] = []
        self._left: list[int] = []
        self._resting: deque[tuple[int, list[int]]] = deque()
        self._made = 0
        self._views: list[tuple[int, ReferenceType[FeedView]]] = []
        self._outlets: Codes[str] = Codes()
        self._rights: Codes[RightsFacts] = Codes()

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, number: int) -> bool:
        return number in self._slots

    def put(self, card: StoryCard, sketch: npt.NDArray[np.float16] | None = None) -> None:
        """Add a story or replace its row; without a sketch the one it had stays.

        Args:
            card: What feeds know of it.
            sketch: Short vector of unit length, shape (SKETCH,).
        """
        slot = self._slots.get(card.number)
        if slot is not None:
            del self._numbers[self._cards[slot].story_id]
        if slot is None or sketch is not None:
            slot = self._moved(slot)
            self._sketches[slot] = 0 if sketch is None else sketch
            self._slots[card.number] = slot
        self._rows[slot] = self._encoded(card)
        self._cards[slot] = card
        self._numbers[card.story_id] = card.number

    def drop(self, number: int) -> bool:
        """Take a story out; False when it was not there."""
        slot = self._slots.pop(number, None)
        if slot is None:
            return False
        del self._numbers[self._cards[slot].story_id]
        self._leave(slot)
        return True

    def cards(self) -> list[StoryCard]:
        """Every card, in no order."""
        return [self._cards[slot] for slot in self._slots.values()]

    def older_than(self, oldest_s: float, *, beyond: int) -> list[int]:
        """Stories published before a moment (seconds since the epoch), sparing the newest so many."""
        if len(self._slots) <= beyond:
            return []
        slots = np.fromiter(self._slots.values(), dtype=np.intp, count=len(self._slots))
        published_s = self._rows["published_s"][slots]
        if published_s.min() >= oldest_s:
            return []
        last = np.argsort(-published_s, kind="stable")[beyond:]
        numbers: list[int] = self._rows["number"][slots[last[published_s[last] < oldest_s]]].tolist()
        return numbers

    def view(self) -> FeedView:
        """A view of the rows as they are now, which later changes do not touch.

        Sketches are half of what a view is made of, and most are those of the view before, so views share
        them with the table: a place that a story has left is not written on while a view that was made before
        is still in anybody's hands.
        """
        self._release()
        slots = np.fromiter(self._slots.values(), dtype=np.intp, count=len(self._slots))
        slots = slots[np.lexsort((-self._rows["number"][slots], -self._rows["published_s"][slots]))]
        view = FeedView(
            rows=self._rows[slots],
            cards=self._cards[slots],
            sketches=self._sketches,
            slots=slots.astype(np.int32),
            numbers=dict(self._numbers),
            outlets=self._outlets.known(),
            rights=self._rights.known(),
        )
        self._made += 1
        self._views.append((self._made, ReferenceType(view)))
        return view

    def _release(self) -> None:
        """Free the places that were left before the oldest view that still stands was made."""
        if self._left:
            self._resting.append((self._made, self._left))
            self._left = []
        self._views = [(made, view) for made, view in self._views if view() is not None]
        oldest = self._views[0][0] if self._views else self._made + 1
        while self._resting and self._resting[0][0] < oldest:
            self._free += self._resting.popleft()[1]

    def _encoded(self, card: StoryCard) -> tuple[object, ...]:
        topics = [int(code) for code in card.topics[:3]]
        places = [int(code) for code in card.places[:3]]
        return (
            card.number,
            card.counted_s,
            card.counted_s if card.told_at_s is None else card.told_at_s,
            NEVER_S if card.expires_at_s is None else card.expires_at_s,
            self._outlets.of(card.outlet_id),
            hash(card.cluster_id),
            hash(card.channel),
            topics + [-1] * (3 - len(topics)),
            places + [-1] * (3 - len(places)),
            min(card.body_chars, 2_000_000_000),
            self._rights.of(card.rights_facts),
            card.fits_minors,
            card.cluster_id == cluster_id_of(card.story_id),
        )

    def _moved(self, slot: int | None) -> int:
        """A place that no view looks at; the one that a story had is left."""
        if slot is not None:
            self._leave(slot)
        if self._free:
            return self._free.pop()
        if self._used == len(self._rows):
            self._grow()
        self._used += 1
        return self._used - 1

    def _leave(self, slot: int) -> None:
        self._cards[slot] = None
        self._left.append(slot)

    def _grow(self) -> None:
        size = 2 * len(self._rows)
        rows, sketches, cards = self._rows, self._sketches, self._cards
        self._rows = np.zeros(size, dtype=ROW)
        self._sketches = np.zeros((size, SKETCH), dtype=np.float16)
        self._cards = np.empty(size, dtype=object)
        self._rows[: len(rows)], self._sketches[: len(rows)], self._cards[: len(rows)] = rows, sketches, cards


def view_of(cards: Iterable[StoryCard]) -> FeedView:
    """A view of just these stories."""
    table = StoryTable()
    for card in cards:
        table.put(card)
    return table.view()


Sketcher = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float16]]
"""Takes vectors of shape (n, dimension), gives sketches of shape (n, SKETCH)."""


def sketcher(dimension: int, *, seed: int = 20_240_601) -> Sketcher:
    """Make the function that shortens vectors of one encoder to sketches for variety within a page.

    A Gaussian random projection (Johnson and Lindenstrauss 1984): the cosine of two sketches estimates
    that of the vectors with a standard deviation of about ``1 / sqrt(SKETCH)``.

    Args:
        dimension: Of the vectors.
        seed: Same seed, same sketches.

    Returns:
        Takes shape (n, dimension), gives shape (n, SKETCH), rows of unit length.
    """
    plane = np.random.default_rng(seed).standard_normal((dimension, SKETCH)).astype(np.float32)

    def sketch(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float16]:
        flat = vectors @ plane
        norms = np.linalg.norm(flat, axis=1, keepdims=True)
        return (flat / np.where(norms == 0.0, 1.0, norms)).astype(np.float16)

    return sketch
