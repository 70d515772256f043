"""Training the feed's ranker from a data snapshot."""

import os
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from tianfu.embeddings.artefact import write_card
from tianfu.embeddings.scorer import CURVES, KIND, load_scorer, save_curves
from tianfu.eval.feedlog import Pages
from tianfu.model.errors import UnreadableFile
from tianfu.model.feed.scoring import FEATURES, POLICY
from tianfu.training.pages import write_page
from tianfu.training.progress import Progress
from tianfu.training.ranker.fit import POSITION_KNOTS, Fitted, fit
from tianfu.training.ranker.measure import measured
from tianfu.training.ranker.pages import read_pages
from tianfu.training.snapshot import DataSnapshot, open_snapshot

LEAST_PAGES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRankerConfig:
    """How to train.

    Attributes:
        held_share: Last part of the pages, by time, that is kept to measure on.
        knots: Stretches of each curve, at most.
        ridge: Penalty on squared heights, per wanted story.
        most_steps: Of the optimiser.
        seed: Of the trees it is compared with.

    Raises:
        ValueError: A value breaks its rule.
    """

    name: str = "feed-curves"
    version: str = "1"
    held_share: float = 0.2
    knots: int = 6
    ridge: float = 1e-4
    most_steps: int = 500
    seed: int = 3

    def __post_init__(self) -> None:
        if not 0.0 < self.held_share <= 0.5:
            raise ValueError("held_share must lie above 0 and be one half at most")
        if self.knots < 1 or self.most_steps < 1 or self.ridge <= 0.0:
            raise ValueError("knots and most_steps start at 1, ridge lies above 0")


def train_feed_ranker(data: Path, out: Path, config: FeedRankerConfig, progress: Progress) -> dict[str, Any]:
    """Learn curves from a snapshot and write the artefact; returns its card.

    The same snapshot and configuration give the same curves, byte by byte on one machine.

    Args:
        data: Folder of a snapshot.
        out: Folder of the artefact.
        config: How.
        progress: Told how far it is.

    Raises:
        SnapshotInvalid: The snapshot is not whole.
        UnreadableFile: It holds fewer than :data:`LEAST_PAGES` pages to learn from, or nothing in them tells
            what readers want.
    """
    began = time.perf_counter()
    progress("read", 0, 3)
    snapshot = open_snapshot(data)
    pages = read_pages(snapshot)
    if len(pages) < LEAST_PAGES:
        raise UnreadableFile(
            f"{data} holds {len(pages)} pages to learn from; {LEAST_PAGES} are the least.",
            advice="Give a longer time; until then the hand-set score serves.",
        )
    later = np.arange(len(pages)) >= len(pages) * (1 - config.held_share)
    learnt, held = pages.only(~later), pages.only(later)
    progress("fit", 1, 3)
    fitted = fit(learnt, knots=config.knots, ridge=config.ridge, most_steps=config.most_steps)
    out.mkdir(parents=True, exist_ok=True)
    save_curves(out, fitted.curves)
    card = _card(config, snapshot, learnt, fitted, until=_moment(held))
    write_card(out, card, files=[CURVES])
    progress("measure", 2, 3)
    found = measured(held, learnt, load_scorer(out), seed=config.seed)
    card |= {
        "metrics": _rounded(found.metrics),
        "intervals": {name: [round(v, 4) for v in span] for name, span in found.intervals.items()},
        "baselines": {name: _rounded(one) for name, one in found.baselines.items()},
        "measured_on": f"{len(held)} later pages of the same snapshot, intervals over readers; the order "
        "they were shown in makes clicks by itself, which speaks for whatever ranked them",
        "cost": f"{time.perf_counter() - began:.0f} s on {os.cpu_count()} cores",
    }
    write_card(out, card, files=[CURVES])
    write_page(out, card)
    progress("measure", 3, 3)
    return card


def _moment(held: Pages) -> datetime:
    """When the first page was made that was not learnt from."""
    return datetime.fromtimestamp(float(held.made_at_s[0]), UTC)


def _card(
    config: FeedRankerConfig, snapshot: DataSnapshot, learnt: Pages, fitted: Fitted, *, until: datetime
) -> dict[str, Any]:
    return {
        "kind": KIND,
        "name": config.name,
        "version": config.version,
        "made_at": datetime.now(UTC).date().isoformat(),
        "what": "One monotone curve a feature, learnt as a conditional logit over the stories of a page; "
        "what newsrooms owe the public stays hand-set.",
        "features": list(FEATURES),
        "hand_set": list(POLICY),
        "data": {
            "data_hash": snapshot.data_hash,
            "since": snapshot.manifest["since"],
            "until": until.isoformat(),
            "pages": len(learnt),
            "items": len(learnt.clicked),
            "wanted": int(learnt.clicked.sum()),
        },
        "fit": {
            "loss": round(fitted.loss, 4),
            "steps": fitted.steps,
            "position_loss": dict(zip(map(str, POSITION_KNOTS), fitted.position_loss, strict=True)),
        },
        "good_at": ["Weighing nearness, taste, heat and freshness as this platform's own readers do."],
        "bad_at": [
            "What no page showed: it learns from stories that an earlier ranker chose.",
            "Features that always go together in the log share their weight by chance.",
        ],
        "sources": ["The platform's own decisions and events, readers by pseudonyms."],
        "licence": "Of whoever owns the snapshot; no reader's history can be read from a dozen curves.",
        "settings": asdict(config),
    }


def _rounded(metrics: Any) -> dict[str, float]:
    return {name: round(value, 4) for name, value in metrics.items()}
