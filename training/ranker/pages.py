"""Pages out of a data snapshot: what stood where, what the ranker knew of it, what was clicked."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from tianfu.eval.feedlog import Pages
from tianfu.model.errors import UnreadableFile
from tianfu.model.feed.scoring import FEATURES
from tianfu.model.recommendation import PlacedBy
from tianfu.model.snapshot import FEATURE_PREFIX
from tianfu.training.snapshot import DataSnapshot

pc: Any = pyarrow.compute
"""Its functions are made when it is imported; no type checker sees them."""
LIKED = ("click", "like", "collect", "share", "comment")
"""Events that say a reader wanted a story."""
_OF_FEED = ("feed", "reader", "made_at", "outlet_id", "scene", "ranker")
_FEATURE_COLUMNS = tuple(f"{FEATURE_PREFIX}{name}" for name in FEATURES)


@dataclass(frozen=True, slots=True, eq=False)
class ShownPages:
    """Pages with the rows they come from.

    Attributes:
        feeds: A row a page: ``feed``, ``reader``, ``made_at``, ``outlet_id``, ``scene``, ``ranker``.
        items: A row an item: ``story_id``.
    """

    pages: Pages
    feeds: pa.Table
    items: pa.Table


def read_pages(snapshot: DataSnapshot) -> Pages:
    """Pages that say something: with a wanted story and one that was passed over.

    What a person placed is left out: nobody's score put it there.

    Raises:
        UnreadableFile: There is no such page.
    """
    return pages_of(snapshot).pages


def pages_of(snapshot: DataSnapshot) -> ShownPages:
    """The same pages as :func:`read_pages`, with their rows.

    Raises:
        UnreadableFile: There is no such page.
    """
    feeds = snapshot.table("feeds", list(_OF_FEED)).sort_by([("made_at", "ascending")])
    items = snapshot.table("items", ["feed", "position", "story_id", "placed_by", *_FEATURE_COLUMNS])
    items = items.filter(pc.field("placed_by") == PlacedBy.MODEL.value).drop_columns(["placed_by"])
    items = items.append_column("page", pc.index_in(items["feed"], feeds["feed"]))
    items = items.filter(pc.is_valid(pc.field("page")))
    clicked = wanted_of(snapshot, items)
    items = items.drop_columns(["feed"]).append_column("clicked", pa.array(clicked))
    items = items.sort_by([("page", "ascending"), ("position", "ascending")])
    page = items["page"].to_numpy().astype(np.int64)
    clicks, sizes = (np.bincount(page, weights=of) for of in (items["clicked"].to_numpy(), None))
    kept = (clicks > 0) & (clicks < sizes)
    items = items.filter(pa.array(kept[page]))
    if not len(items):
        raise UnreadableFile(
            f"{snapshot.folder} holds no page with a story that was clicked and one that was passed over.",
            advice="Give a longer time, and see that apps send trace_id with their events.",
        )
    own = np.flatnonzero(kept)
    sizes = sizes[own].astype(np.int64)
    pages = Pages(
        feature_rows(items),
        items["position"].to_numpy().astype(np.int64),
        np.asarray(items["clicked"].to_numpy(zero_copy_only=False), dtype=np.bool_),
        np.cumsum(sizes) - sizes,
        no_one_alone(feeds["reader"])[own],
        feeds["made_at"].cast(pa.int64()).to_numpy()[own] / 1e6,
    )
    return ShownPages(pages, feeds.take(pa.array(own)), items.select(["story_id"]))


def feature_rows(rows: pa.Table) -> npt.NDArray[np.float32]:
    """What rankers know of each row, shape (rows, features)."""
    found = np.empty((len(rows), len(FEATURES)), dtype=np.float32)
    for column, name in enumerate(_FEATURE_COLUMNS):
        found[:, column] = rows[name].to_numpy()
    return found


def no_one_alone(readers: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """A whole number for each reader; whoever has no name is somebody of their own."""
    codes = pc.fill_null(pc.index_in(readers, pc.unique(readers.drop_null())), -1).to_numpy()
    alone = np.max(codes, initial=-1) + 1 + np.arange(len(codes))
    return np.asarray(np.where(codes < 0, alone, codes), dtype=np.int64)


def wanted_of(snapshot: DataSnapshot, rows: pa.Table) -> npt.NDArray[np.bool_]:
    """Whether the reader of a row's ``feed`` wanted its ``story_id``, by events that name both."""
    events = snapshot.table("events", ["feed", "story_id", "type"])
    events = events.filter(pc.field("type").isin(LIKED) & pc.field("feed").is_valid())
    wanted = pc.is_in(_both(rows), _both(events).combine_chunks())
    return np.asarray(wanted.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _both(table: pa.Table) -> pa.ChunkedArray:
    text = [pc.fill_null(table[name], "") for name in ("feed", "story_id")]
    return pc.binary_join_element_wise(*text, "/")
