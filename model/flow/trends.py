"""What is hot: clusters and classes by how many outlets tell them, in columns of a view."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tianfu.model.feed.view import FeedView, Rows

Counts = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class HotCluster:
    """One event.

    Attributes:
        row: Of its first story among those looked at.
        outlets: How many outlets tell it.
        stories: How many stories they made of it.
        clicks: ``None`` where too few readers stand behind them to be told.
        score: log2(1 + outlets) + log2(1 + stories) / 2 + log10(1 + clicks).
    """

    row: int
    outlets: int
    stories: int
    clicks: int | None
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HotTopic:
    """One class.

    Attributes:
        pace: Stories of the last 24 hours over the daily mean of the whole window; 1 is as usual.
        clicks: ``None`` where too few readers stand behind them to be told.
    """

    topic: str
    outlets: int
    stories: int
    pace: float
    clicks: int | None


def rows_in(view: FeedView, area: str, since_s: int, until_s: int) -> Rows:
    """Stories about an area published in a window, newest first."""
    rows = view.about(area)
    published = view.published_s[rows]
    inside: Rows = rows[(published >= since_s) & (published <= until_s)]
    return inside


def hot_clusters(view: FeedView, rows: Rows, clicks: Mapping[str, int], *, limit: int) -> list[HotCluster]:
    """The hottest clusters of these rows, hottest first; ties by the newer first story.

    Args:
        view: All stories that may be shown.
        rows: Stories to look at, newest first.
        clicks: By cluster id; a cluster that is missing has too few readers to be told.
        limit: Most clusters.
    """
    oldest_first = rows[::-1]
    _, first, of = np.unique(view.cluster[oldest_first], return_index=True, return_inverse=True)
    leads: Rows = oldest_first[first]
    stories: Counts = np.bincount(of, minlength=len(leads))
    outlets = _outlets(view.outlet[oldest_first], of, len(leads))
    told = [clicks.get(view.card(row).cluster_id) for row in leads.tolist()]
    heat = np.log2(1 + outlets) + np.log2(1 + stories) / 2
    heat += np.log10(1 + np.array([count or 0 for count in told], dtype=np.float64))
    order = np.lexsort((leads, -heat.round(6)))[:limit]
    return [
        HotCluster(
            row=int(leads[at]),
            outlets=int(outlets[at]),
            stories=int(stories[at]),
            clicks=told[at],
            score=round(float(heat[at]), 4),
        )
        for at in order.tolist()
    ]


def hot_topics(
    view: FeedView, rows: Rows, clicks: Mapping[str, int], *, now_s: int, days: int
) -> list[HotTopic]:
    """Primary classes of these rows, told by most outlets first.

    Args:
        view: All stories that may be shown.
        rows: Stories of the last ``days`` days.
        clicks: By class; one that is missing has too few readers to be told.
        now_s: The window's end.
        days: Its length.
    """
    primary = view.topics[rows, 0]
    lately = view.published_s[rows] > now_s - 86_400
    found = []
    for code in np.unique(primary[primary >= 0]).tolist():
        of = primary == code
        stories = int(of.sum())
        found.append(
            HotTopic(
                topic=f"{code:02d}",
                outlets=len(np.unique(view.outlet[rows[of]])),
                stories=stories,
                pace=round(int((of & lately).sum()) * days / stories, 2),
                clicks=clicks.get(f"{code:02d}"),
            )
        )
    return sorted(found, key=lambda one: (-one.outlets, -one.stories, one.topic))


def _outlets(outlet: npt.NDArray[np.int32], of: Counts, groups: int) -> Counts:
    pairs = np.unique(np.stack([of, outlet.astype(np.intp)], axis=1), axis=0)
    return np.bincount(pairs[:, 0], minlength=groups)
