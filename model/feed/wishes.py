"""What a reader's wishes do to a feed."""

import numpy as np

from tianfu.model.feed.context import FeedContext, Floats
from tianfu.model.feed.view import Mask, Rows, within
from tianfu.model.wishes import Amount, Wish, WishKind

LESS = -1.2
"""What one wish for less takes from the score of a story it is about."""
ALIKE = -1.5
"""What reading like an unwanted story costs at a cosine of 1."""
_ALIKE_FLOOR = 0.4


def away(rows: Rows, context: FeedContext) -> Mask:
    """Where a reader wants nothing of it: unwanted stories with their clusters, and what is at none."""
    gone = np.zeros(len(rows), dtype=np.bool_)
    for wish in _wishes(context):
        if wish.kind is WishKind.STORY or wish.amount is Amount.NONE:
            gone |= _about(wish, rows, context)
    return gone


def less(rows: Rows, context: FeedContext) -> Floats:
    """What wishes take from the scores of these rows, 0 or less."""
    taken = np.zeros(len(rows), dtype=np.float32)
    for wish in _wishes(context):
        if wish.kind is WishKind.STORY:
            taken += np.float32(ALIKE) * _alike(wish, rows, context)
        elif wish.amount is Amount.LESS:
            taken[_about(wish, rows, context)] += LESS
    return taken


def _wishes(context: FeedContext) -> tuple[Wish, ...]:
    return () if context.reader is None else tuple(context.reader.wishes.values())


def _about(wish: Wish, rows: Rows, context: FeedContext) -> Mask:
    view = context.view
    if wish.kind is WishKind.TOPIC:
        found = np.any(view.topics[rows] == int(wish.code), axis=1)
    elif wish.kind is WishKind.PLACE:
        found = np.any(within(view.places[rows], wish.code), axis=1)
    elif wish.kind is WishKind.OUTLET:
        code = view.outlet_code(wish.code)
        found = np.equal(view.outlet[rows], code) & (code >= 0)
    else:
        card = view.card_named(wish.code)
        found = np.equal(view.cluster[rows], 0 if card is None else hash(card.cluster_id))
    return np.asarray(found, dtype=np.bool_)


def _alike(wish: Wish, rows: Rows, context: FeedContext) -> Floats:
    """How much each row reads like an unwanted story, 0..1 above the floor."""
    view = context.view
    number = view.number_of(wish.code)
    row = -1 if number is None else view.row_of(number)
    if row < 0:
        return np.zeros(len(rows), dtype=np.float32)
    cosines = view.sketches(rows) @ view.sketches(np.array([row]))[0]
    return np.asarray(np.clip((cosines - _ALIKE_FLOOR) / (1 - _ALIKE_FLOOR), 0.0, 1.0), dtype=np.float32)
