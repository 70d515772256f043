"""No push of the homogeneous: a pushed story differs from what its reader had lately and from its page.

A push comes unasked, so more is asked of it than of a page that was opened: what is too alike, or of a topic
that has filled what the reader had last, stands back.  It stands where nothing else is left, as the part that
fills gaps puts it there.  People's orders stand above this.  Where no feature of a reader may be used, only
the page is compared with itself.
"""

import numpy as np

from tianfu.model.event import Scene
from tianfu.model.feed.context import FeedContext
from tianfu.model.feed.sources import asked_channels
from tianfu.model.feed.view import Mask, Rows

ALIKE = 0.6
"""From this cosine of sketches on two stories are too alike.  Measured with the box's encoder: reached by 99
in 100 labelled copies, 90 in 100 stories of one event, 1 in 1,000 pairs of one programme's month, fewer than
1 in 2,000 pairs of one class."""
COMPARED = 60
"""With so many of the last stories that the reader was shown or has read a push is compared."""
TOPIC_WINDOW = 20
TOPIC_FULL = 8
"""So many of one topic among the last ones fill it: four in ten, where variety lets three stand on a page."""
LIKE_SEEN, TOPIC_FILLED, LIKE_SHOWN = PUSH_RULES = ("like_seen", "topic_filled", "like_shown")
"""Names that these rules are counted under."""

_BLOCK = 256


def holds_for(context: FeedContext) -> bool:
    """Whether such a feed is a push."""
    return context.request.scene is Scene.PUSH


def like_seen(rows: Rows, context: FeedContext) -> Mask:
    """Where a story is too alike to one of the last that the reader was shown or has read."""
    return _alike(rows, _lately(COMPARED, context), context)


def topic_filled(rows: Rows, context: FeedContext) -> Mask:
    """Where the topic fills what the reader had last; what an app asks for by its subject never does."""
    if asked_channels(context) or context.request.wanted.topics:
        return np.zeros(len(rows), dtype=np.bool_)
    topics = context.view.topics
    held, counts = np.unique(topics[_lately(TOPIC_WINDOW, context), 0], return_counts=True)
    return np.isin(topics[rows, 0], held[(counts >= TOPIC_FULL) & (held >= 0)])


def apart(rows: Rows, beside: Rows, context: FeedContext, most: int | None = None) -> Mask:
    """Which of these stories stand: too alike neither to what stands beside them nor to one before them.

    Args:
        rows: In the view, the better first.
        beside: Rows that stand in any case.
        context: Of the feed.
        most: When so many stand or more, those far behind are not looked at and do not.
    """
    stands = np.zeros(len(rows), dtype=np.bool_)
    for start in range(0, len(rows), _BLOCK):
        if most is not None and stands.sum() >= most:
            break
        block = rows[start : start + _BLOCK]
        free = ~_alike(block, np.concatenate([beside, rows[stands]]), context)
        sketches = context.view.sketches(block)
        close = np.triu(sketches @ sketches.T >= ALIKE, 1)
        for place in np.flatnonzero(close.any(axis=1)).tolist():
            if free[place]:
                free &= ~close[place]
        stands[start : start + _BLOCK] = free
    return stands


def _lately(count: int, context: FeedContext) -> Rows:
    """The last stories that the reader was shown or has read, as far as they may still be shown."""
    if context.reader is None or not context.reader.seen:
        return np.zeros(0, dtype=np.intp)
    rows = context.view.rows_of(np.array(context.reader.seen[-count:], dtype=np.int64))
    return rows[rows >= 0]


def _alike(rows: Rows, others: Rows, context: FeedContext) -> Mask:
    """Where a story is too alike to any of some others."""
    if not len(others):
        return np.zeros(len(rows), dtype=np.bool_)
    cosines = context.view.sketches(rows) @ context.view.sketches(others).T
    return np.asarray((cosines >= ALIKE).any(axis=1), dtype=np.bool_)
