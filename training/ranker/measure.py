"""How well scores put what readers wanted first, on pages that came after those learnt from."""

from collections.abc import Mapping
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from tianfu.eval.bootstrap import Measure, compare, means
from tianfu.eval.core import Comparison
from tianfu.eval.feedlog import Pages, over_readers, page_measures
from tianfu.model.feed.scoring import COLUMN, FEATURES, HAND_SET, Scorer

Floats = npt.NDArray[np.float64]
AS_IT_COMES = dict.fromkeys(FEATURES, 1.0)
MEASURED = ("ndcg_at_10", "page_auc")
_TREES: Mapping[str, Any] = {
    "objective": "lambdarank", "learning_rate": 0.1, "num_leaves": 15, "min_data_in_leaf": 50,
    "feature_fraction": 0.8, "deterministic": True, "force_row_wise": True, "num_threads": 1,
    "verbose": -1,
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
    model, *others = (
        _over_readers(pages, np.asarray(score, dtype=np.float64))
        for score in (_scores(scorer, pages), *scores.values())
    )
    return compare(len(np.unique(pages.reader)), model, dict(zip(scores, others, strict=True)), resamples=300)


def _over_readers(pages: Pages, score: Floats) -> Measure:
    """The mean over readers of each one's mean over pages."""
    found = page_measures(pages, score)
    return means({name: over_readers(pages.reader, found[name]) for name in MEASURED})


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
