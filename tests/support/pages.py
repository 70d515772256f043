"""Made-up pages whose readers want near and local stories, and snapshots of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from support.snapshots import write_snapshot
from tianfu.eval.draws import Draws
from tianfu.eval.feedlog import Pages
from tianfu.model.feed.scoring import COLUMN, FEATURES

TRUE = {"interest": 3.0, "local": 1.5}
OUTLETS = ("lizhou", "cangxi", "guangyuan", "sichuan")
TOPICS = ("14", "31", "38")


def made_up(
    pages: int = 1_500, size: int = 10, *, position: float = 1.0, seed: int = 1, readers: int = 50
) -> Pages:
    """Pages whose readers want near and local stories, and click less the further down."""
    rng = np.random.default_rng(seed)
    features = rng.random((pages * size, len(FEATURES))).astype(np.float32)
    place = np.tile(np.arange(size), pages)
    # what stands first is newer: without the position, freshness would seem wanted
    features[:, COLUMN["fresh"]] = np.clip(1 - place / size + rng.normal(0, 0.1, len(place)), 0, 1)
    worth = sum(weight * features[:, COLUMN[name]] for name, weight in TRUE.items())
    logits = (worth - position * np.log1p(place)).reshape(pages, size)
    chosen = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    clicked = (np.arange(size) == chosen[:, None]).ravel()
    starts = np.arange(pages) * size
    reader = rng.integers(0, readers, pages)
    return Pages(features, place, clicked, starts, reader, np.arange(pages, dtype=float))


def a_snapshot(folder: Path, pages: Pages, *, draws: Draws | None = None, **of_feeds: Any) -> Path:
    """A snapshot of these pages, one a minute with an order on it, and of draws, a feed each."""
    feeds: list[dict[str, Any]] = []
    items: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    ends: Sequence[int] = [*pages.starts[1:].tolist(), len(pages.clicked)]
    for page, (start, end) in enumerate(zip(pages.starts.tolist(), ends, strict=True)):
        feeds.append(_feed(f"f{page}", f"r{pages.reader[page]}", page, of_feeds))
        for place in range(start, end):
            own = {"feed": f"f{page}", "story_id": f"s{place}"}
            items.append(
                {**own, "position": place - start, "placed_by": "model", **_known(pages.features[place])}
            )
            events.append({**own, "reader": f"r{pages.reader[page]}", "type": "expose", "at": page})
            if pages.clicked[place]:
                events.append({**own, "reader": f"r{pages.reader[page]}", "type": "click", "at": page})
    # an order of an editor's on top, never clicked, must not count
    items += [
        {"feed": row["feed"], "position": 99, "story_id": "pinned", "placed_by": "editor"} for row in feeds
    ]
    stories = [
        {"story_id": f"s{place}", "outlet_id": OUTLETS[place % len(OUTLETS)], "state": "live"}
        for place in range(len(pages.clicked))
    ]
    tags = [
        {"story_id": f"s{place}", "kind": "topic", "code": TOPICS[place % 3], "is_primary": True,
         "state": "suggested"}
        for place in range(len(pages.clicked))
    ]  # fmt: skip
    rows = {"feeds": feeds, "items": items, "events": events, "stories": stories, "tags": tags}
    return write_snapshot(folder, rows | (_drawn(draws, rows, of_feeds) if draws is not None else {}))


def _feed(name: str, reader: str, minute: int, more: dict[str, Any]) -> dict[str, Any]:
    usual = {"outlet_id": "lizhou", "scene": "home", "ranker": "hand-set@3"}
    return {"feed": name, "reader": reader, "made_at": minute, **usual, **more}


def _known(features: Any) -> dict[str, Any]:
    return {f"feature_{name}": features[at] for at, name in enumerate(FEATURES)}


def _drawn(draws: Draws, rows: dict[str, list[dict[str, Any]]], more: dict[str, Any]) -> dict[str, Any]:
    found, of = [], draws.of
    feeds, events = list(rows["feeds"]), list(rows["events"])
    for draw in range(len(draws)):
        name, reader = f"d{draw}", f"r{draws.reader[draw]}"
        feeds.append(_feed(name, reader, int(draws.made_at_s[draw]), more))
        events += [
            {"feed": name, "story_id": f"x{draw}.{place}", "reader": reader, "type": "click", "at": 0}
            for place in np.flatnonzero((of == draw) & draws.shown)
            if draws.reward[draw]
        ]
    for place, draw in enumerate(of.tolist()):
        found.append(
            {
                "feed": f"d{draw}", "position": 6, "story_id": f"x{draw}.{place}",
                "shown": bool(draws.shown[place]), "propensity": draws.propensity[draw],
                **_known(draws.features[place]),
            }
        )  # fmt: skip
    return {"feeds": feeds, "events": events, "draws": found}
