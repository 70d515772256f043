"""Pages that readers were shown, as decisions recorded them, and how high scores put what was wanted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
DEPTH = 10
"""How far down a page counts."""
FIRST = 5
UNKNOWN = -1


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
    position: Whole
    clicked: Flags
    starts: Whole
    reader: Whole
    made_at_s: Floats

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def sizes(self) -> Whole:
        """Items of each page."""
        return np.diff(np.append(self.starts, len(self.clicked)))

    @property
    def of(self) -> Whole:
        """The page of each item."""
        return np.repeat(np.arange(len(self.starts)), self.sizes)

    def only(self, pages: Flags) -> "Pages":
        """Some of the pages."""
        items = pages[self.of]
        sizes = self.sizes[pages]
        return Pages(
            self.features[items], self.position[items], self.clicked[items],
            np.cumsum(sizes) - sizes, self.reader[pages], self.made_at_s[pages],
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeedLog:
    """Pages with what is known of their readers and stories.

    Attributes:
        pages: Each with a wanted story and one that was passed over.
        scene: Of each page.
        level: Of the outlet whose readers saw it, empty where it is not known.
        earlier: What its reader had wanted before, by page; ``UNKNOWN`` for nobody in particular.
        topic: Number of each item's first class, ``UNKNOWN`` for none.
        topics: Names of the classes.
        small: Whether an item comes from the half of county outlets that publishes least.
    """

    pages: Pages
    scene: Sequence[str]
    level: Sequence[str]
    earlier: Whole
    topic: Whole
    topics: Sequence[str]
    small: Flags

    def only(self, pages: Flags) -> "FeedLog":
        """Some of the pages."""
        items, at = pages[self.pages.of], np.flatnonzero(pages).tolist()
        return replace(
            self, pages=self.pages.only(pages), scene=[self.scene[page] for page in at],
            level=[self.level[page] for page in at], earlier=self.earlier[pages],
            topic=self.topic[items], small=self.small[items],
        )  # fmt: skip


def places_by(pages: Pages, score: npt.NDArray[Any]) -> Whole:
    """The place that a score gives each item of its page, 0 the first; equal ones as they stood."""
    of = pages.of
    order = np.lexsort((np.arange(len(of)), -score, of))
    found = np.empty(len(of), dtype=np.int64)
    found[order] = np.arange(len(of)) - pages.starts[of[order]]
    return found


def page_measures(pages: Pages, score: npt.NDArray[Any]) -> dict[str, Floats]:
    """For each page ``ndcg_at_10``, ``page_auc`` and ``first_wanted``.

    ``page_auc`` is how often a wanted story stands above a passed one, equal scores counting one half;
    ``first_wanted`` whether the first is one.
    """
    place, of = places_by(pages, score), pages.of
    first = (pages.clicked & (place == 0)).astype(np.float64)
    wanted = np.add.reduceat(pages.clicked.astype(np.float64), pages.starts)
    worth = np.where(place < DEPTH, 1.0 / np.log2(place + 2.0), 0.0)
    best = np.cumsum(1.0 / np.log2(np.arange(2, DEPTH + 2)))[np.minimum(wanted, DEPTH).astype(np.int64) - 1]
    above = _share_above(pages, score, place, wanted)
    return {
        "ndcg_at_10": np.bincount(of, weights=worth * pages.clicked) / best,
        "page_auc": above,
        "first_wanted": np.add.reduceat(first, pages.starts),
    }


def _share_above(pages: Pages, score: npt.NDArray[Any], place: Whole, wanted: Floats) -> Floats:
    """Area under the curve by mid-ranks (Mann and Whitney 1947), counted from the bottom of the page."""
    of, sizes = pages.of, pages.sizes
    order = pages.starts[of] + place
    lined = np.empty(len(of), dtype=np.int64)
    lined[order] = np.arange(len(of))
    worth = np.asarray(score)[lined]
    fresh = np.append(True, (worth[1:] != worth[:-1]) | (of[1:] != of[:-1]))
    run = np.cumsum(fresh) - 1
    begins = np.flatnonzero(fresh)
    ends = np.append(begins[1:], len(of))
    middle = ((begins + ends - 1) / 2.0)[run]  # place in the whole line, equal ones sharing theirs
    rank = sizes[of] - (middle - pages.starts[of])  # 1 the last of the page
    ranks = np.bincount(of, weights=rank * pages.clicked[lined])
    return np.asarray((ranks - wanted * (wanted + 1) / 2) / (wanted * (sizes - wanted)))


def page_looks(log: FeedLog, score: npt.NDArray[Any]) -> dict[str, Floats]:
    """For each page what a reader would meet first, before variety is seen to.

    ``small_outlets_seen`` is the share of small outlets in what is looked at, each place of ten counting
    ``1 / log2(place + 2)``; ``topics_in_five`` distinct classes among the first five over five.
    """
    pages = log.pages
    place, of = places_by(pages, score), pages.of
    look = np.where(place < DEPTH, 1.0 / np.log2(place + 2.0), 0.0)
    first = place < FIRST
    pairs = np.unique(of[first] * (len(log.topics) + 1) + log.topic[first] + 1)
    distinct = np.bincount(pairs // (len(log.topics) + 1), minlength=len(pages))
    return {
        "small_outlets_seen": np.bincount(of, weights=look * log.small) / np.bincount(of, weights=look),
        "topics_in_five": distinct / np.minimum(FIRST, pages.sizes),
    }


def over_readers(reader: Whole, values: Floats) -> Floats:
    """The mean of each reader's pages, in order of their numbers, shape (readers,)."""
    _, of = np.unique(reader, return_inverse=True)
    return np.asarray(np.bincount(of, weights=values) / np.bincount(of))
