"""What a page shows of each aim, as one number."""

import numpy as np

from tianfu.model.feed.context import FeedContext, Floats
from tianfu.model.feed.line import ItemColumns
from tianfu.model.feed.rank import COLUMN, FRESH_HALF_LIFE_H, closeness, weights_of
from tianfu.model.feed.view import Rows

_HOT = ("hot_here", "hot_city", "hot_province")
_RELATED = ("interest", "read_after", "topic_taste")


def measured(items: ItemColumns, context: FeedContext) -> dict[str, float]:
    """Mean over the first page of each aim, 0..1.

    ``popular`` is the strength of the scope where a story is hottest, ``fresh`` halves every 18 hours of
    age, ``local`` is 1 for stories about the reader's county and 0.5 for its prefecture, ``varied`` is one
    less the mean cosine of all pairs, ``related`` the strongest of nearness, read-after and taste.
    """
    n = min(context.request.count, len(items))
    if n == 0:
        return {}
    rows = context.view.rows_of(items.number[:n])
    age_h = np.maximum(0, context.now_s - context.view.published_s[rows]) / 3_600
    return {
        "popular": round(float(_loudest(items, _HOT, n, context).mean()), 4),
        "fresh": round(float(np.exp2(-age_h / FRESH_HALF_LIFE_H).mean()), 4),
        "local": round(float(closeness(rows, context).mean()), 4),
        "varied": round(_variety(rows, context), 4),
        "related": round(float(_loudest(items, _RELATED, n, context).mean()), 4),
    }


def _loudest(items: ItemColumns, names: tuple[str, ...], n: int, context: FeedContext) -> Floats:
    """The largest of some features of each item, read back from what they added to its score."""
    weights = weights_of(context)
    values = np.zeros((len(names), n), dtype=np.float32)
    for place, name in enumerate(names):
        if weights[name] > 0.0:
            values[place] = items.parts[:n, COLUMN[name]] / weights[name]
    loudest: Floats = values.max(axis=0)
    return loudest


def _variety(rows: Rows, context: FeedContext) -> float:
    sketches = context.view.sketches[rows].astype(np.float32)
    n = len(rows)
    if n < 2:
        return 1.0
    cosines = np.clip(sketches @ sketches.T, 0.0, 1.0)
    return 1.0 - float(cosines.sum() - np.trace(cosines)) / (n * (n - 1))
