"""Pages out of a data snapshot: what stood where, what the ranker knew of it, what was clicked."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from tianfu.model.errors import UnreadableFile
from tianfu.model.feed.scoring import FEATURES
from tianfu.model.recommendation import PlacedBy
from tianfu.model.snapshot import FEATURE_PREFIX
from tianfu.training.snapshot import DataSnapshot

pc: Any = pyarrow.compute
"""Its functions are made when it is imported; no type checker sees them."""
LIKED = ("click", "like", "collect", "share", "comment")
"""Events that say a reader wanted a story."""


@dataclass(frozen=True, slots=True)
class Pages:
    """Items of many pages; the items of a page lie together, in order of position.

    Attributes:
        features: Shape (items, features), 0..1.
        position: Where each stood, 0 the first.
        clicked: Whether its reader wanted it.
        starts: Where each page begins, shape (pages,).
        reader: A whole number for the reader of each page; those of nobody in particular stand alone.
        made_at_s: When each page was made, seconds since the epoch; pages are in this order.
    """

    features: npt.NDArray[np.float32]
    position: npt.NDArray[np.int64]
    clicked: npt.NDArray[np.bool_]
    starts: npt.NDArray[np.int64]
    reader: npt.NDArray[np.int64]
    made_at_s: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def of(self) -> npt.NDArray[np.int64]:
        """The page of each item."""
        sizes = np.diff(np.append(self.starts, len(self.clicked)))
        return np.repeat(np.arange(len(self.starts)), sizes)

    def only(self, pages: npt.NDArray[np.bool_]) -> "Pages":
        """Some of the pages."""
        items = pages[self.of]
        sizes = np.diff(np.append(self.starts, len(self.clicked)))[pages]
        return Pages(
            self.features[items], self.position[items], self.clicked[items],
            np.cumsum(sizes) - sizes, self.reader[pages], self.made_at_s[pages],
        )  # fmt: skip


def read_pages(snapshot: DataSnapshot) -> Pages:
    """Pages that say something: with a wanted story and one that was passed over.

    What a person placed is left out: nobody's score put it there.

    Raises:
        UnreadableFile: There is no such page.
    """
    feeds = snapshot.table("feeds", ["feed", "reader", "made_at"]).sort_by([("made_at", "ascending")])
    items = snapshot.table("items").filter(pc.field("placed_by") == PlacedBy.MODEL.value)
    place = pc.index_in(items["feed"], feeds["feed"])
    items = items.append_column("page", place).filter(pc.is_valid(place))
    items = items.sort_by([("page", "ascending"), ("position", "ascending")])
    every = _pages(items, feeds, _wanted(snapshot, items))
    clicks = np.add.reduceat(every.clicked, every.starts) if len(every) else np.zeros(0)
    sizes = np.diff(np.append(every.starts, len(every.clicked)))
    found = every.only((clicks > 0) & (clicks < sizes))
    if not len(found):
        raise UnreadableFile(
            f"{snapshot.folder} holds no page with a story that was clicked and one that was passed over.",
            advice="Give a longer time, and see that apps send trace_id with their events.",
        )
    return found


def _wanted(snapshot: DataSnapshot, items: pa.Table) -> npt.NDArray[np.bool_]:
    events = snapshot.table("events", ["feed", "story_id", "type"])
    events = events.filter(pc.field("type").isin(LIKED) & pc.field("feed").is_valid())
    wanted = pc.is_in(_both(items), _both(events).combine_chunks())
    return np.asarray(wanted.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _both(table: pa.Table) -> pa.ChunkedArray:
    text = [pc.fill_null(table[name], "") for name in ("feed", "story_id")]
    return pc.binary_join_element_wise(*text, "/")


def _pages(items: pa.Table, feeds: pa.Table, clicked: npt.NDArray[np.bool_]) -> Pages:
    features = np.stack(
        [items[FEATURE_PREFIX + name].to_numpy() for name in FEATURES], axis=1, dtype=np.float32
    )
    page, starts = np.unique(items["page"].to_numpy(), return_index=True)
    made_at = feeds["made_at"].cast(pa.int64()).to_numpy()[page] / 1e6
    codes = pc.fill_null(feeds["reader"].combine_chunks().dictionary_encode().indices, -1).to_numpy()[page]
    alone = codes < 0
    codes = np.where(alone, codes.max(initial=0) + 1 + np.arange(len(page)), codes)
    return Pages(
        features,
        items["position"].to_numpy(),
        clicked,
        starts.astype(np.int64),
        codes.astype(np.int64),
        made_at,
    )
