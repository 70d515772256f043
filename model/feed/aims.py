"""What a page shows of each aim, as one number."""

from collections.abc import Sequence

import numpy as np

from tianfu.model.feed.context import FeedContext, Floats, Proposals
from tianfu.model.feed.line import ItemColumns
from tianfu.model.feed.rank import FRESH_HALF_LIFE_H, closeness, taste_of
from tianfu.model.feed.view import Rows


def measured(items: ItemColumns, context: FeedContext) -> dict[str, float]:
    """Mean over the first page of each aim, 0..1.

    ``popular`` is the strength of the scope where a story is hottest, ``fresh`` halves every 18 hours of
    age, ``local`` is 1 for stories about the reader's county and 0.5 for its prefecture, ``varied`` is one
    less the mean cosine of all pairs, ``related`` the strongest of nearness, read-after and taste.  What is
    measured does not depend on what the aims weigh.
    """
    n = min(context.request.count, len(items))
    if n == 0:
        return {}
    rows = context.view.rows_of(items.number[:n])
    age_h = np.maximum(0, context.now_s - context.view.published_s[rows]) / 3_600
    return {
        "popular": round(float(_strongest(rows, list(context.hot.values()), context).mean()), 4),
        "fresh": round(float(np.exp2(-age_h / FRESH_HALF_LIFE_H).mean()), 4),
        "local": round(float(closeness(rows, context).mean()), 4),
        "varied": round(_variety(rows, context), 4),
        "related": round(float(_relatedness(rows, context).mean()), 4),
    }


def _relatedness(rows: Rows, context: FeedContext) -> Floats:
    taste, _ = taste_of(context.reader, rows, context)
    return np.maximum(taste, _strongest(rows, [*context.near, *context.read_after], context))


def _strongest(rows: Rows, voices: Sequence[Proposals], context: FeedContext) -> Floats:
    """How strongly the loudest voice speaks for each row's cluster, 0 where none does."""
    if not voices:
        return np.zeros(len(rows), dtype=np.float32)
    found = context.view.rows_of(np.concatenate([voice.numbers for voice in voices]))
    known = found >= 0
    strengths = np.concatenate([voice.strengths for voice in voices])[known]
    clusters = context.view.cluster
    same = clusters[rows][:, None] == clusters[found[known]][None, :]
    return np.asarray(np.where(same, strengths[None, :], 0.0).max(axis=1, initial=0.0), dtype=np.float32)


def _variety(rows: Rows, context: FeedContext) -> float:
    sketches = context.view.sketches(rows)
    n = len(rows)
    if n < 2:
        return 1.0
    cosines = np.clip(sketches @ sketches.T, 0.0, 1.0)
    return 1.0 - float(cosines.sum() - np.trace(cosines)) / (n * (n - 1))
