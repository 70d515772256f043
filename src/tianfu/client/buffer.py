"""Events gathered until a batch is full."""

import threading
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack, cast

import anyio

from tianfu.client.call import json_bytes
from tianfu.client.events import MAX_ROWS, NONE_SENT, EventReceipts, EventRow, with_id

if TYPE_CHECKING:
    from tianfu.client.client import AsyncTianfu, Tianfu


def _taken(event: EventRow, at: datetime) -> EventRow:
    """The event with an id and a time.  What cannot be sent is refused now: it would stop the rest."""
    row = with_id(cast(EventRow, {"at": at, **event}))
    json_bytes(row)
    return row


class EventBuffer:
    """Gathers events of any thread and sends them 500 at once, the rest at the end of its ``with`` block.

    Each event gets its id, and now as its time when it has none, as it comes in.  When sending fails the
    error is raised and the events stay: :meth:`flush` sends them again, and nothing is counted twice.
    """

    def __init__(
        self,
        client: "Tianfu",
        *,
        now: Callable[[], datetime],
        outlet_id: str | None = None,
        on_sent: Callable[[EventReceipts], None] | None = None,
        rows: int = MAX_ROWS,
    ) -> None:
        self._client = client
        self._outlet_id = outlet_id
        self._rows = rows
        self._now = now
        self._on_sent = on_sent
        self._waiting: list[EventRow] = []
        self._lock = threading.Lock()
        self._sending = threading.Lock()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, **event: Unpack[EventRow]) -> EventReceipts:
        """Take one event; tells what became of the batch when this one filled it.

        Raises:
            ValueError: It holds a value that cannot be sent; it was not taken.
            ClientError: The batch was not sent; it stays.
        """
        row = _taken(event, self._now())
        with self._lock:
            self._waiting.append(row)
            full = len(self._waiting) >= self._rows
        return self.flush() if full else NONE_SENT

    def flush(self) -> EventReceipts:
        """Send what waits.

        Raises:
            ClientError: It was not sent, or not all of it; it stays.
        """
        with self._sending:
            with self._lock:
                batch = list(self._waiting)
            if not batch:
                return NONE_SENT
            found = self._client.send_events(batch, outlet_id=self._outlet_id)
            with self._lock:
                del self._waiting[: len(batch)]
        if self._on_sent is not None:
            self._on_sent(found)
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.flush()


class AsyncEventBuffer:
    """As :class:`EventBuffer`, for the tasks of one event loop."""

    def __init__(
        self,
        client: "AsyncTianfu",
        *,
        now: Callable[[], datetime],
        outlet_id: str | None = None,
        on_sent: Callable[[EventReceipts], None] | None = None,
        rows: int = MAX_ROWS,
    ) -> None:
        self._client = client
        self._outlet_id = outlet_id
        self._rows = rows
        self._now = now
        self._on_sent = on_sent
        self._waiting: list[EventRow] = []
        self._sending = anyio.Lock()

    def __len__(self) -> int:
        return len(self._waiting)

    async def add(self, **event: Unpack[EventRow]) -> EventReceipts:
        """As :meth:`EventBuffer.add`."""
        self._waiting.append(_taken(event, self._now()))
        return await self.flush() if len(self._waiting) >= self._rows else NONE_SENT

    async def flush(self) -> EventReceipts:
        """As :meth:`EventBuffer.flush`."""
        async with self._sending:
            batch = list(self._waiting)
            if not batch:
                return NONE_SENT
            found = await self._client.send_events(batch, outlet_id=self._outlet_id)
            del self._waiting[: len(batch)]
        if self._on_sent is not None:
            self._on_sent(found)
        return found

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.flush()
