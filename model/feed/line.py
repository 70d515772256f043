"""The items of a feed in columns: cheap to make and keep, spelled out only where they are looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt

from tianfu.model.feed.rank import SOURCES
from tianfu.model.feed.scoring import FEATURES
from tianfu.model.recommendation import FeedItem, PlacedBy, ReasonCode, Why

PLACERS = tuple(PlacedBy)
CODES = tuple(ReasonCode)
EXTRA = "placed_or_wished"
"""Name of what placements and wishes added to a score, beside the features."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemColumns(Sequence[FeedItem]):
    """Items in order; all arrays share their first axis, the item's position.

    Attributes:
        number: Story numbers.
        placed_by: Places in :data:`PLACERS`.
        score: The ranker's.
        parts: What each of FEATURES added, and placements and wishes last, shape (n, features + 1).
        features: What the ranker knew of it, 0..1, shape (n, features).
        sources: Bits of ``SOURCES``.
        codes: Two reasons each as places in :data:`CODES`, -1 for none, shape (n, 2).
        because: What each reason speaks of, shape (n, 2).
        cluster_size: Stories of its cluster.
        propensity: See :class:`FeedItem`.
        placements: Id of the order by position, for items that a person placed.
    """

    number: npt.NDArray[np.int64]
    placed_by: npt.NDArray[np.int8]
    score: npt.NDArray[np.float32]
    parts: npt.NDArray[np.float32]
    features: npt.NDArray[np.float32]
    sources: npt.NDArray[np.int64]
    codes: npt.NDArray[np.int8]
    because: npt.NDArray[np.int64]
    cluster_size: npt.NDArray[np.int32]
    propensity: npt.NDArray[np.float32]
    placements: Mapping[int, str]

    def __len__(self) -> int:
        return len(self.number)

    @overload
    def __getitem__(self, at: int) -> FeedItem: ...
    @overload
    def __getitem__(self, at: slice) -> list[FeedItem]: ...
    def __getitem__(self, at: int | slice) -> FeedItem | list[FeedItem]:
        if isinstance(at, slice):
            return [self._item(position) for position in range(*at.indices(len(self)))]
        return self._item(range(len(self))[at])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(self.number.tobytes())

    def at(self, positions: npt.NDArray[np.intp]) -> "ItemColumns":
        """Only some of them, in this order."""
        columns = {name: getattr(self, name)[positions] for name in COLUMNS}
        placements = (
            {
                new: self.placements[int(old)]
                for new, old in enumerate(positions)
                if int(old) in self.placements
            }
            if self.placements
            else {}
        )
        return ItemColumns(**columns, placements=placements)

    def _item(self, position: int) -> FeedItem:
        bits = int(self.sources[position])
        parts = self.parts[position]
        return FeedItem(
            number=int(self.number[position]),
            position=position,
            placed_by=PLACERS[self.placed_by[position]],
            whys=tuple(
                Why(CODES[code], int(because))
                for code, because in zip(self.codes[position], self.because[position], strict=True)
                if code >= 0
            ),
            score=round(float(self.score[position]), 4),
            parts={
                name: round(float(part), 4)
                for name, part in zip((*FEATURES, EXTRA), parts, strict=True)
                if part
            },
            sources=tuple(source for place, source in enumerate(SOURCES) if bits >> place & 1),
            cluster_size=int(self.cluster_size[position]),
            placement_id=self.placements.get(position),
            propensity=round(float(self.propensity[position]), 6),
        )


COLUMNS = tuple(name for name in ItemColumns.__dataclass_fields__ if name != "placements")


def woven(organic: ItemColumns, placed: Mapping[int, ItemColumns], depth: int) -> ItemColumns:
    """Put placed items at their positions and let the others flow around them.

    Whoever wished for a position within the list stands exactly there; positions beyond its end come after
    the others, so that no gap is left.

    Args:
        organic: Ranked items, in order.
        placed: One item each, by wished position.
        depth: Most items of the whole.
    """
    wishes = sorted(placed)
    everyone = joined([organic, *(placed[wish] for wish in wishes)]) if placed else organic
    length = min(depth, len(everyone))
    exact = {wish: len(organic) + place for place, wish in enumerate(wishes) if wish < length}
    flow = [*range(len(organic)), *range(len(organic) + len(exact), len(everyone))]
    flowing = iter(flow)
    order = [exact[at] if at in exact else next(flowing) for at in range(length)]
    return everyone.at(np.array(order, dtype=np.intp))


def joined(lists: Sequence[ItemColumns]) -> ItemColumns:
    """One list after another."""
    starts = np.cumsum([0, *(len(items) for items in lists)])
    columns = {name: np.concatenate([getattr(items, name) for items in lists]) for name in COLUMNS}
    placements = {
        int(start) + at: placement_id
        for start, items in zip(starts, lists, strict=False)
        for at, placement_id in items.placements.items()
    }
    return ItemColumns(**columns, placements=placements)


def plain(
    numbers: npt.NDArray[np.int64],
    placed_by: PlacedBy,
    why: Why,
    *,
    source_bit: int,
    cluster_sizes: npt.NDArray[np.intp],
    placement_id: str | None = None,
) -> ItemColumns:
    """Items that no score put there, all for the same reason."""
    n = len(numbers)
    codes = np.full((n, 2), -1, dtype=np.int8)
    codes[:, 0] = CODES.index(why.code)
    because = np.zeros((n, 2), dtype=np.int64)
    because[:, 0] = why.because
    return ItemColumns(
        number=numbers,
        placed_by=np.full(n, PLACERS.index(placed_by), dtype=np.int8),
        score=np.zeros(n, dtype=np.float32),
        parts=np.zeros((n, len(FEATURES) + 1), dtype=np.float32),
        features=np.zeros((n, len(FEATURES)), dtype=np.float32),
        sources=np.full(n, source_bit, dtype=np.int64),
        codes=codes,
        because=because,
        cluster_size=cluster_sizes.astype(np.int32),
        propensity=np.ones(n, dtype=np.float32),
        placements={} if placement_id is None else dict.fromkeys(range(n), placement_id),
    )


def empty() -> ItemColumns:
    """No items."""
    return plain(
        np.zeros(0, dtype=np.int64),
        PlacedBy.FALLBACK,
        Why(ReasonCode.RECENT),
        source_bit=0,
        cluster_sizes=np.zeros(0, dtype=np.intp),
    )
