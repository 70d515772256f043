"""Training the ranker: moments of a log, the story that was clicked against the other candidates."""

import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from tianfu.embeddings.artefact import sha256_of, write_card
from tianfu.embeddings.encoder.loading import load_encoder
from tianfu.embeddings.ranker import WEIGHTS, load_ranker
from tianfu.eval import recommendation
from tianfu.eval.clicklog import ClickLog, Titles, read_log, replay
from tianfu.eval.core import SuiteResult
from tianfu.eval.opening import open_subject
from tianfu.model.artifacts import shipped
from tianfu.model.errors import UnreadableFile
from tianfu.model.feed.behaviour import FEATURES, TEXT_FEATURES, features
from tianfu.training.clicks.trees import write_onnx
from tianfu.training.pages import write_page
from tianfu.training.progress import Progress

MOST_DIFFERENCE = 1e-4
TOLD_METRICS = (
    "hit_at_5", "hit_at_10", "ndcg_at_10", "mrr_at_20", "fresh_1h_hit_at_10", "reads_0_hit_at_10",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RankerConfig:
    """How to train.

    Attributes:
        warm_up_share: First part of the log's time that is only watched, so that counts mean something.
        sample_share: Share of the moments after it that are learnt from.
        rounds: Trees.
        leaves: Of a tree, at most.
        rate: Learning rate.
        least_rows: In a leaf.
        truncation: Places that the objective cares for.
        feature_share: Share of features that a tree may look at.
        row_share: Share of rows that a tree learns from.
        seed: Of samples and trees.
        without_text: Learn with the features of texts at nothing, to see what they are worth.
    """

    name: str = "ranker-clicks"
    version: str = "1"
    warm_up_share: float = 0.3
    sample_share: float = 0.4
    rounds: int = 150
    leaves: int = 15
    rate: float = 0.1
    least_rows: int = 50
    truncation: int = 15
    feature_share: float = 0.7
    row_share: float = 0.8
    seed: int = 3
    without_text: bool = False


@dataclass(frozen=True, slots=True)
class Samples:
    """Candidates of many moments: rows, whether each was clicked, and how many rows each moment has."""

    rows: npt.NDArray[np.float32]
    clicked: npt.NDArray[np.int64]
    sizes: list[int]


def train_ranker(
    clicks: Path, news: Path, out: Path, config: RankerConfig, progress: Progress, *, until_s: float
) -> dict[str, Any]:
    """Learn from a log of clicks and write the artefact; returns its card.

    Args:
        clicks: See :func:`~tianfu.eval.clicklog.read_log`.
        news: The same.
        out: Folder of the artefact.
        config: How.
        progress: Told how far it is.
        until_s: Nothing from then on is looked at, seconds since the epoch.

    Raises:
        UnreadableFile: A file is missing or not in its form, or holds nothing to learn from.
    """
    began = time.perf_counter()
    whole = read_log(clicks, news)
    log = ClickLog([click for click in whole.clicks if click.at_s < until_s], whole.titles)
    samples = gather_samples(log, config, progress)
    booster = fit(samples, config, progress)
    out.mkdir(parents=True, exist_ok=True)
    write_onnx(booster.dump_model(), len(FEATURES), out / WEIGHTS)
    card = _card(config, clicks, until_s, samples, time.perf_counter() - began)
    write_card(out, card, files=[WEIGHTS])
    check_agreement(booster, out, samples.rows[:5_000])
    if whole.end_s >= until_s:
        found = measured_on_the_rest(clicks, news, out, until_s, progress)
        card |= {
            "metrics": {name: round(found.metrics[name], 4) for name in TOLD_METRICS},
            "intervals": {name: [round(v, 4) for v in found.intervals[name]] for name in TOLD_METRICS},
            "measured_on": f"{found.n} first clicks of the same log after the ones it learnt from",
        }
        write_card(out, card, files=[WEIGHTS])
        write_page(out, card)
    return card


def measured_on_the_rest(
    clicks: Path, news: Path, folder: Path, until_s: float, progress: Progress
) -> SuiteResult:
    """Run the suite on what the ranker has not seen."""
    subject = open_subject(
        folder, kind="ranker", files=[clicks, news], baselines=False, since_s=until_s, told=progress
    )
    return recommendation.run([clicks, news], subject)


def gather_samples(log: ClickLog, config: RankerConfig, progress: Progress) -> Samples:
    """Walk through the log and keep some moments whose story was among the candidates.

    Raises:
        UnreadableFile: There is no such moment.
    """
    rng = np.random.default_rng(config.seed)
    encoder = load_encoder(shipped("encoder"))
    titles = Titles(encoder, log.titles)
    start, end = (log.clicks[0].at_s if log.clicks else 0.0), log.end_s
    since = start + config.warm_up_share * (end - start)
    rows, clicked, sizes = [], [], []
    for moment in replay(log, titles, since_s=since):
        candidates = moment.candidates
        if rng.random() >= config.sample_share or moment.click.story not in candidates:
            continue
        at = moment.click.at_s
        rows.append(features(moment.stream, moment.reads, candidates, at, titles.likeness))
        clicked.append((candidates == moment.click.story).astype(np.int64))
        sizes.append(len(candidates))
        if len(sizes) % 200 == 0:
            progress("moments", int(at - since), int(end - since))
    if not sizes:
        raise UnreadableFile(
            "The log holds no click to learn from.",
            advice="Give a longer log, a later --until, or a larger sample_share.",
        )
    whole = np.concatenate(rows)
    if config.without_text:
        whole[:, [FEATURES.index(name) for name in TEXT_FEATURES]] = 0.0
    return Samples(whole, np.concatenate(clicked), sizes)


def fit(samples: Samples, config: RankerConfig, progress: Progress) -> lightgbm.Booster:
    """Fit LambdaMART (Burges 2010) as LightGBM implements it; the same seed gives the same trees."""
    parameters = {
        "objective": "lambdarank",
        "learning_rate": config.rate,
        "num_leaves": config.leaves,
        "min_data_in_leaf": config.least_rows,
        "lambdarank_truncation_level": config.truncation,
        "feature_fraction": config.feature_share,
        "bagging_fraction": config.row_share,
        "bagging_freq": 1,
        "seed": config.seed,
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }

    def told(state: Any) -> None:
        progress("trees", state.iteration + 1, config.rounds)

    data = lightgbm.Dataset(samples.rows, samples.clicked, group=samples.sizes)
    return lightgbm.train(parameters, data, num_boost_round=config.rounds, callbacks=[told])


def check_agreement(booster: lightgbm.Booster, folder: Path, rows: npt.NDArray[np.float32]) -> None:
    """Make sure that what serves scores as what was trained.

    Raises:
        ValueError: A score differs by more than :data:`MOST_DIFFERENCE`.
    """
    served = load_ranker(folder).score(rows)
    trained = np.asarray(booster.predict(rows))
    worst = float(np.abs(served - trained).max(initial=0.0))
    if worst > MOST_DIFFERENCE:
        raise ValueError(f"the graph and the trees differ by {worst}")


def _card(
    config: RankerConfig, clicks: Path, until_s: float, samples: Samples, seconds: float
) -> dict[str, Any]:
    return {
        "kind": "ranker",
        "name": config.name,
        "version": config.version,
        "made_at": datetime.now(UTC).date().isoformat(),
        "what": "LambdaMART over what readers click and how alike the texts are; trees as ONNX.",
        "features": list(FEATURES),
        "encoder": load_encoder(shipped("encoder")).fingerprint,
        "data": {
            "clicks_sha256": sha256_of(clicks),
            "until": datetime.fromtimestamp(until_s, UTC).isoformat() if np.isfinite(until_s) else None,
            "moments": len(samples.sizes),
            "rows": len(samples.rows),
            "note": "Clicks of pseudonymous readers on financial news (Caixin, March 2014); titles belong to "
            "their publisher and are not part of this product.",
        },
        "good_at": [
            "What a reader opens next within minutes, from what others read after the same stories.",
            "Stories first clicked less than an hour ago, where titles matter most.",
        ],
        "bad_at": [
            "It has seen readers of one national financial site only; county readers click otherwise: "
            "train it again on a platform's own log as soon as there is one.",
            "The log holds clicks alone and nothing of what was shown.",
        ],
        "sources": ["Caixin, clicks and titles of March 2014, as collected in public repositories."],
        "licence": "The weights carry the licence of this product; the log is not part of it.",
        "cost": f"{seconds / 60:.1f} minutes on two cores",
        "settings": asdict(config),
    }
