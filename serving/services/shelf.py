"""The shelf: cards of the stories that feeds may show, and the view made of them."""

import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from tianfu.model.feed.card import StoryCard
from tianfu.model.feed.table import StoryTable
from tianfu.serving.services.meaning import Meaning
from tianfu.serving.store.database import UnitOfWork

_REST_SHARE = 40.0
_LONGEST_REST_S = 4.0
_CHEAP_S = 0.01
"""After a view took t seconds of a core to make, the next waits at least this many times t, but no longer;
not at all after one that cost next to nothing, as with some thousand stories.

Requests stand still for a part of the making, and what earlier ones looked up in a view is looked up anew in
the next: with stories coming in all the time, views made a fifth of the time take a fifth of a core of each
replica.  Takedowns and placements do not wait for a view."""


def rest_s(took_s: float) -> float:
    """How long a view that took so much of a core stands at least."""
    return 0.0 if took_s < _CHEAP_S else min(_REST_SHARE * took_s, _LONGEST_REST_S)


Vectors = Mapping[int, npt.NDArray[np.float32]]


class Shelf:
    """Keeps the hot window's cards, and always the newest few thousand, so that no feed runs dry.

    Not thread-safe; the library's lock covers it.  ``view`` may be read by anyone at any time.

    Attributes:
        meaning: Whose vectors tell stories apart; a shelf never changes it.
    """

    def __init__(self, meaning: Meaning, *, hot_window: timedelta, least_cards: int) -> None:
        self.meaning = meaning
        self.hot_window = hot_window
        self.least_cards = least_cards
        self._table = StoryTable()
        self.view = self._table.view()
        self._dirty = False
        self._rest_until = 0.0

    def fill(self, cards: Mapping[int, StoryCard], vectors: Vectors) -> None:
        """Start from these cards; those without a vector are not told apart by their texts."""
        self._table = StoryTable()
        self._put_all(cards.values(), vectors)
        self._dirty = True

    def put(self, touched: Iterable[int], cards: Mapping[int, StoryCard], vectors: Vectors) -> None:
        """Replace the cards of touched stories; one without a card is no longer showable."""
        for number in touched:
            self._dirty = True
            if number not in cards:
                self._table.drop(number)
        self._put_all(cards.values(), vectors)

    def drop(self, numbers: Iterable[int]) -> None:
        """Take cards off the shelf."""
        for number in numbers:
            self._dirty |= self._table.drop(number)

    def cards(self) -> dict[int, StoryCard]:
        """Every card on the shelf by number, also those that the next view will show first."""
        return {card.number: card for card in self._table.cards()}

    def refresh(self, now: datetime, *, at_once: bool = False) -> None:
        """Make a new view if something changed and the last has stood long enough for what it cost."""
        if not self._dirty or (not at_once and time.monotonic() < self._rest_until):
            return
        began_s = time.thread_time()
        oldest_s = (now - self.hot_window).timestamp()
        self.drop(self._table.older_than(oldest_s, beyond=self.least_cards))
        self.view = self._table.view()
        self._dirty = False
        self._rest_until = time.monotonic() + rest_s(time.thread_time() - began_s)

    def _put_all(self, cards: Iterable[StoryCard], vectors: Vectors) -> None:
        shown = list(cards)
        known = [card.number for card in shown if card.number in vectors]
        sketches = {}
        if known:
            rows = self.meaning.sketch(np.stack([vectors[number] for number in known]))
            sketches = dict(zip(known, rows, strict=True))
        for card in shown:
            self._table.put(card, sketches.get(card.number))


def load_cards(uow: UnitOfWork, shelf: Shelf, now: datetime) -> dict[int, StoryCard]:
    """Read the cards a fresh process starts with."""
    numbers = uow.cards.showable_numbers(since=now - shelf.hot_window, least=shelf.least_cards)
    return uow.cards.of(numbers)
