"""The decision log of a snapshot, for comparing rankers: pages with what is known of them, and draws."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from tianfu.eval.draws import Draws
from tianfu.eval.feedlog import UNKNOWN, FeedLog
from tianfu.model.event import EventType
from tianfu.model.outlet import OutletLevel
from tianfu.model.tag import TagKind, TagState
from tianfu.model.vocab.outlets import load_outlets
from tianfu.model.vocab.topics import load_topics
from tianfu.training.ranker.pages import LIKED, feature_rows, no_one_alone, pages_of, wanted_of
from tianfu.training.snapshot import DataSnapshot, open_snapshot

pc: Any = pyarrow.compute
"""Its functions are made when it is imported; no type checker sees them."""
Whole = npt.NDArray[np.int64]
NO_EXPOSURES = "Apps tell no exposures: pages without any event are missing, so clicks look more frequent."


@dataclass(frozen=True, slots=True)
class DecisionLog:
    """What a snapshot holds to compare rankers on.

    Attributes:
        rankers: Pages by the ranker that served them.
        places: Items of pages that some ranker placed, down to the deepest event.
        notes: What to hold against it, in sentences.
    """

    feeds: FeedLog
    draws: Draws
    rankers: Mapping[str, int]
    places: int
    notes: tuple[str, ...]


def read_log(folder: Path, *, since: datetime | None = None) -> DecisionLog:
    """Read pages and draws that were made at a moment or later.

    Raises:
        SnapshotInvalid: The snapshot is not whole.
        UnreadableFile: There is no page with a wanted story and one that was passed over.
    """
    snapshot = open_snapshot(folder)
    found = pages_of(snapshot)
    feeds, events = found.feeds, snapshot.table("events", ["reader", "at", "type"])
    log = FeedLog(
        pages=found.pages,
        scene=_texts(feeds["scene"]),
        level=_levels(feeds["outlet_id"]),
        earlier=_earlier(feeds, events),
        topic=_topics(snapshot, found.items["story_id"]),
        topics=[topic.name for topic in load_topics().all],
        small=_small(snapshot, found.items["story_id"]),
    )
    kept = _since(found.pages.made_at_s, since)
    draws = read_draws(snapshot)
    told = bool(pc.any(pc.equal(events["type"], EventType.EXPOSE.value)).as_py())
    return DecisionLog(
        log.only(kept),
        draws.only(_since(draws.made_at_s, since)),
        Counter(name for name, one in zip(_texts(feeds["ranker"]), kept.tolist(), strict=True) if one),
        int(found.pages.sizes[kept].sum()),
        () if told else (NO_EXPOSURES,),
    )


def read_draws(snapshot: DataSnapshot) -> Draws:
    """Every shortlist of which one story was shown, in order of time; the reward is whether it was wanted.

    Readers have the numbers of :func:`~tianfu.training.ranker.pages.read_pages`.
    """
    feeds = snapshot.table("feeds", ["feed", "reader", "made_at"]).sort_by([("made_at", "ascending")])
    rows = snapshot.table("draws")
    rows = rows.append_column("page", pc.index_in(rows["feed"], feeds["feed"])).filter(
        pc.is_valid(pc.field("page"))
    )
    rows = rows.sort_by([("page", "ascending"), ("position", "ascending"), ("story_id", "ascending")])
    page, position = (rows[name].to_numpy().astype(np.int64) for name in ("page", "position"))
    fresh = np.ones(len(page), dtype=np.bool_)
    fresh[1:] = (page[1:] != page[:-1]) | (position[1:] != position[:-1])
    starts = np.flatnonzero(fresh)
    shown = np.asarray(rows["shown"].to_numpy(zero_copy_only=False), dtype=np.bool_)
    once = np.add.reduceat(shown.astype(np.int64), starts) == 1 if len(starts) else np.zeros(0, np.bool_)
    kept = np.repeat(once, np.diff(np.append(starts, len(page))))
    rows, page, shown = rows.filter(pa.array(kept)), page[kept], shown[kept]
    sizes = np.diff(np.append(starts, len(kept)))[once]
    readers = no_one_alone(feeds["reader"])
    own = page[shown]
    return Draws(
        features=feature_rows(rows),
        shown=shown,
        starts=np.cumsum(sizes) - sizes,
        propensity=rows["propensity"].to_numpy().astype(np.float64)[shown],
        reward=wanted_of(snapshot, rows)[shown].astype(np.float64),
        reader=readers[own],
        made_at_s=feeds["made_at"].cast(pa.int64()).to_numpy()[own] / 1e6,
    )


def _since(made_at_s: npt.NDArray[np.float64], since: datetime | None) -> npt.NDArray[np.bool_]:
    least_s = -np.inf if since is None else since.timestamp() - 1e-6
    return np.asarray(made_at_s >= least_s)


def _texts(column: pa.ChunkedArray) -> list[str]:
    return list(pc.fill_null(column, "").to_pylist())


def _levels(outlets: pa.ChunkedArray) -> list[str]:
    levels = {outlet.id: outlet.level.value for outlet in load_outlets()}
    return [levels.get(name, "") for name in _texts(outlets)]


def _earlier(feeds: pa.Table, events: pa.Table) -> Whole:
    """How many stories each feed's reader had turned to in an earlier second, ``UNKNOWN`` for nobody."""
    liked = events.filter(pc.field("type").isin(LIKED) & pc.field("reader").is_valid())
    names = pc.unique(liked["reader"])
    at = (liked["at"].cast(pa.int64()).to_numpy() // 1_000_000).astype(np.int64)
    keys = np.sort(pc.index_in(liked["reader"], names).to_numpy().astype(np.int64) << 33 | at)
    code = pc.fill_null(pc.index_in(feeds["reader"], names), UNKNOWN).to_numpy().astype(np.int64)
    made = (feeds["made_at"].cast(pa.int64()).to_numpy() // 1_000_000).astype(np.int64)
    count = keys.searchsorted(code << 33 | made) - keys.searchsorted(code << 33)
    known = feeds["reader"].is_valid().to_numpy()
    return np.where(known, np.where(code >= 0, count, 0), UNKNOWN).astype(np.int64)


def _topics(snapshot: DataSnapshot, stories: pa.ChunkedArray) -> Whole:
    """Number of the primary class of each story, ``UNKNOWN`` for none."""
    tags = snapshot.table("tags", ["story_id", "kind", "code", "is_primary", "state"])
    tags = tags.filter(
        (pc.field("kind") == TagKind.TOPIC.value)
        & pc.field("is_primary")
        & (pc.field("state") != TagState.REJECTED.value)
    )
    codes = pc.fill_null(pc.index_in(tags["code"], pa.array(load_topics().codes)), UNKNOWN).to_numpy()
    row = pc.fill_null(pc.index_in(stories, tags["story_id"].combine_chunks()), UNKNOWN).to_numpy()
    return np.asarray(np.append(codes, UNKNOWN)[row], dtype=np.int64)


def _small(snapshot: DataSnapshot, stories: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """Whether each story comes from the half of county outlets that publishes least."""
    county = {outlet.id for outlet in load_outlets() if outlet.level is OutletLevel.COUNTY}
    table = snapshot.table("stories", ["story_id", "outlet_id"])
    counts = Counter({name: n for name, n in Counter(_texts(table["outlet_id"])).items() if name in county})
    ordered = sorted(counts, key=lambda name: (counts[name], name))
    small = pa.array(ordered[: len(ordered) // 2], pa.string())
    told = np.append(pc.is_in(table["outlet_id"], small).to_numpy(zero_copy_only=False), False)
    row = pc.fill_null(pc.index_in(stories, table["story_id"].combine_chunks()), UNKNOWN).to_numpy()
    return np.asarray(told[row], dtype=np.bool_)
