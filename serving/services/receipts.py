"""Receipts of orders: noted when a page goes out, written down with the decisions."""

import threading
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from tianfu.model.recommendation import Decision, FeedItem
from tianfu.serving.store.receipts import Receipt


class ReceiptBook:
    """What was shown since it was last written down.  Safe to call from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[tuple[str, str, str], Receipt] = {}

    def note(self, decision: Decision, items: Iterable[FeedItem], now: datetime) -> None:
        """Note the orders among the items of a page that goes out."""
        placed = [item for item in items if item.placement_id is not None]
        if not placed:
            return
        with self._lock:
            self._join(
                Receipt(
                    placement_id=item.placement_id or "",
                    outlet_id=decision.request.outlet_id,
                    scene=decision.request.scene,
                    first_shown_at=now,
                    first_position=item.position,
                    first_trace_id=decision.trace_id,
                    last_shown_at=now,
                    pages=1,
                )
                for item in placed
            )

    def take(self) -> list[Receipt]:
        """Take what waits; it is the caller's to write down."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        return list(waiting.values())

    def _join(self, receipts: Iterable[Receipt]) -> None:
        for one in receipts:
            known = self._waiting.get(one.key)
            if known is not None:
                one = replace(known, last_shown_at=one.last_shown_at, pages=known.pages + one.pages)
            self._waiting[one.key] = one
