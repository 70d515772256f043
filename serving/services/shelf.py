"""The shelf: cards of the stories that feeds may show, and the view made of them."""

import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from tianfu.model.feed.card import FeedView, StoryCard
from tianfu.serving.store.database import UnitOfWork

_REST_SHARE = 4.0
"""After a view took t seconds to make, the next waits at least this many times t."""


class Shelf:
    """Keeps the hot window's cards, and always the newest few thousand, so that no feed runs dry.

    Not thread-safe; the library's lock covers it.  ``view`` may be read by anyone at any time.
    """

    def __init__(self, *, hot_window: timedelta, least_cards: int) -> None:
        self.hot_window = hot_window
        self.least_cards = least_cards
        self.view = FeedView(())
        self._cards: dict[int, StoryCard] = {}
        self._dirty = False
        self._rest_until = 0.0

    def fill(self, cards: Iterable[StoryCard], now: datetime) -> None:
        """Start from these cards."""
        self._cards = {card.number: card for card in cards}
        self._dirty = True
        self.refresh(now, at_once=True)

    def put(self, touched: Iterable[int], cards: Mapping[int, StoryCard], now: datetime) -> None:
        """Replace the cards of touched stories; one without a card is no longer showable."""
        for number in touched:
            card = cards.get(number)
            if card is None:
                self._cards.pop(number, None)
            else:
                self._cards[number] = card
            self._dirty = True
        if len(self._cards) > 2 * self.least_cards:
            self._trim(now)

    def drop(self, numbers: Iterable[int]) -> None:
        """Take cards off the shelf."""
        for number in numbers:
            self._dirty |= self._cards.pop(number, None) is not None

    def refresh(self, now: datetime, *, at_once: bool = False) -> None:
        """Make a new view if something changed, but spend no more than a fifth of the time on it."""
        if not self._dirty or (not at_once and time.monotonic() < self._rest_until):
            return
        began = time.monotonic()
        self._trim(now)
        self.view = FeedView(self._cards.values())
        self._dirty = False
        self._rest_until = time.monotonic() + _REST_SHARE * (time.monotonic() - began)

    def _trim(self, now: datetime) -> None:
        """Drop cards that are older than the hot window, beyond the newest few thousand."""
        if len(self._cards) <= self.least_cards:
            return
        oldest_s = (now - self.hot_window).timestamp()
        newest = sorted(self._cards.values(), key=lambda card: -card.published_at_s)
        kept = [
            c for place, c in enumerate(newest) if place < self.least_cards or c.published_at_s >= oldest_s
        ]
        self._cards = {card.number: card for card in kept}


def load_cards(uow: UnitOfWork, shelf: Shelf, now: datetime) -> Iterable[StoryCard]:
    """Read the cards a fresh process starts with."""
    numbers = uow.cards.showable_numbers(since=now - shelf.hot_window, least=shelf.least_cards)
    return uow.cards.of(numbers).values()
