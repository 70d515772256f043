"""How well scores put what readers wanted first, on pages that came after those learnt from."""

from collections.abc import Mapping
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from tianfu.eval.bootstrap import Measure, compare
from tianfu.eval.core import Comparison
from tianfu.model.feed.scoring import COLUMN, FEATURES, HAND_SET, Scorer
from tianfu.training.ranker.pages import Pages

Floats = npt.NDArray[np.float64]
AS_IT_COMES = dict.fromkeys(FEATURES, 1.0)
DEPTH = 10
_TREES: Mapping[str, Any] = {
    "objective": "lambdarank", "learning_rate": 0.1, "num_leaves": 15, "min_data_in_leaf": 50,
    "feature_fraction": 0.8, "deterministic": True, "force_row_wise": True, "verbose": -1,
}  # fmt: skip


def measured(pages: Pages, learnt: Pages, scorer: Scorer, *, seed: int) -> Comparison:
    """Measure a scorer beside simpler ones and beside trees, with intervals over readers.

    Args:
        pages: To measure on.
        learnt: What the scorer learnt from; the trees learn from it too.
        scorer: To measure.
        seed: Of the trees.
    """
    scores = {
        "hand_set": _scores(HAND_SET, pages),
        "hot": sum(pages.features[:, COLUMN[name]] for name in ("hot_here", "hot_city", "hot_province")),
        "newest": pages.features[:, COLUMN["fresh"]],
        "trees": _trees(pages, learnt, seed),
    }
    readers, of = np.unique(pages.reader, return_inverse=True)
    model, *others = (
        _over_readers(pages, np.asarray(score, dtype=np.float64), of, len(readers))
        for score in (_scores(scorer, pages), *scores.values())
    )
    return compare(len(readers), model, dict(zip(scores, others, strict=True)), resamples=300)


def page_measures(pages: Pages, score: Floats) -> dict[str, Floats]:
    """For each page ``ndcg_at_10`` and ``page_auc``: how often a wanted story stands above a passed one.

    Equal scores count one half in the second, and stand in the order they were shown in for the first.
    """
    found: dict[str, list[float]] = {"ndcg_at_10": [], "page_auc": []}
    for start, end in zip(pages.starts, np.append(pages.starts[1:], len(score)), strict=True):
        found_score, wanted = score[start:end], pages.clicked[start:end]
        gaps = found_score[wanted][:, None] - found_score[~wanted][None, :]
        found["page_auc"].append(float(((gaps > 0) + 0.5 * (gaps == 0)).mean()))
        order = np.argsort(-found_score, kind="stable")[:DEPTH]
        worth = 1.0 / np.log2(np.arange(2, DEPTH + 2))
        best = worth[: min(DEPTH, int(wanted.sum()))].sum()
        found["ndcg_at_10"].append(float(wanted[order] @ worth[: len(order)] / best))
    return {name: np.array(values) for name, values in found.items()}


def _over_readers(pages: Pages, score: Floats, of: npt.NDArray[np.intp], readers: int) -> Measure:
    """The mean over readers of each one's mean over pages."""
    counts = np.bincount(of, minlength=readers)
    means = {
        name: np.bincount(of, weights=values, minlength=readers) / counts
        for name, values in page_measures(pages, score).items()
    }
    return lambda at: {name: float(values[at].mean()) for name, values in means.items()}


def _scores(scorer: Scorer, pages: Pages) -> npt.NDArray[np.float32]:
    return np.asarray(scorer.parts(pages.features, AS_IT_COMES).sum(axis=1))


def _trees(pages: Pages, learnt: Pages, seed: int) -> Floats:
    """LambdaMART that knows the position while it learns; everything stands first when it is asked."""
    rows = np.concatenate([learnt.features, np.log1p(learnt.position)[:, None]], axis=1)
    sizes = np.diff(np.append(learnt.starts, len(learnt.clicked)))
    data = lightgbm.Dataset(rows, learnt.clicked.astype(np.int64), group=sizes)
    booster = lightgbm.train(dict(_TREES) | {"seed": seed}, data, num_boost_round=100)
    asked = np.concatenate([pages.features, np.zeros((len(pages.features), 1))], axis=1)
    return np.asarray(booster.predict(asked), dtype=np.float64)
