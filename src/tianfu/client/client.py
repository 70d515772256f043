"""The two clients: :class:`Tianfu` waits for each answer, :class:`AsyncTianfu` is awaited."""

import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, TypeVar

import anyio
import httpx

from tianfu.client.buffer import AsyncEventBuffer, EventBuffer
from tianfu.client.call import Call, Plan
from tianfu.client.calls import Calls
from tianfu.client.errors import KeyMissing
from tianfu.client.events import EventReceipts
from tianfu.client.flow import Pause, Reply, Send, Terms
from tianfu.client.methods import Walk, page_of
from tianfu.client.patience import Patience

T = TypeVar("T")

DEFAULT_URL = "http://127.0.0.1:8000"
_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=2.0)
"""Idle connections are given up before the service (5 s) does so under a request on its way."""


def _now() -> datetime:
    return datetime.now(UTC)


def _terms(
    key: str | None,
    url: str | None,
    signing_secret: str | None,
    timeout_s: float,
    patience: Patience,
    now: Callable[[], datetime],
) -> Terms:
    key = (key if key is not None else os.environ.get("TIANFU_KEY", "")).strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise KeyMissing(
            "No key was given." if not key else "The key holds characters that no key has.",
            advice="Pass key=… or set TIANFU_KEY to what `tianfu keys create` printed.",
        )
    url = (url or os.environ.get("TIANFU_URL") or DEFAULT_URL).rstrip("/")
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"url must begin with http:// or https://, {url!r} does not")
    return Terms(
        url=url,
        key=key,
        signing_secret=signing_secret or os.environ.get("TIANFU_SIGNING_SECRET") or None,
        timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, 5.0)),
        patience=patience,
        now=now,
    )


class Tianfu(Calls):
    """The API as Python; threads may share one.

    Args:
        key: ``TIANFU_KEY`` when left out.
        url: Address of the service; ``TIANFU_URL``, else this machine's port 8000, when left out.
        signing_secret: Of a key that signs events; ``TIANFU_SIGNING_SECRET`` when left out.
        timeout_s: Of one attempt.
        patience: How often to try, and the pauses.
        http: Your own, with proxies and certificates; it stays open when this client is closed.
        sleep: Waits that many seconds.
        now: Tells the time with its offset, for signatures and events.

    Raises:
        KeyMissing: There is no key.
    """

    def __init__(
        self,
        key: str | None = None,
        *,
        url: str | None = None,
        signing_secret: str | None = None,
        timeout_s: float = 10.0,
        patience: Patience = Patience(),  # noqa: B008  # frozen
        http: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._terms = _terms(key, url, signing_secret, timeout_s, patience, now)
        self._http = http or httpx.Client(limits=_LIMITS)
        self._own_http = http is None
        self._sleep = sleep

    def event_buffer(
        self, *, outlet_id: str | None = None, on_sent: Callable[[EventReceipts], None] | None = None
    ) -> EventBuffer:
        """Gather events and send them 500 at once; ``on_sent`` is told what became of each batch's rows."""
        return EventBuffer(self, outlet_id=outlet_id, on_sent=on_sent, now=self._terms.now)

    def run(self, plan: Plan[T]) -> T:
        """Send the calls of a plan."""
        flow = self._terms.play(plan)
        reply: Reply = None
        try:
            while True:
                reply = self._done(flow.send(reply))
        except StopIteration as done:
            found: T = done.value
            return found

    def walk(self, walk: Walk[T]) -> Iterator[T]:
        """Fetch page after page as items are taken."""
        call: Call[Any] | None = walk.first()
        while call is not None:
            page = self.run(page_of(call))
            yield from walk.items(page)
            call = walk.following(page)

    def _done(self, step: Send | Pause) -> Reply:
        if isinstance(step, Pause):
            self._sleep(step.seconds)
            return None
        try:
            return self._http.request(**_request(step))
        except httpx.TransportError as lost:
            return lost

    def close(self) -> None:
        """Close the connections."""
        if self._own_http:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncTianfu(Calls):
    """As :class:`Tianfu`, to be awaited; the same arguments, on asyncio or trio."""

    def __init__(
        self,
        key: str | None = None,
        *,
        url: str | None = None,
        signing_secret: str | None = None,
        timeout_s: float = 10.0,
        patience: Patience = Patience(),  # noqa: B008  # frozen
        http: httpx.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._terms = _terms(key, url, signing_secret, timeout_s, patience, now)
        self._http = http or httpx.AsyncClient(limits=_LIMITS)
        self._own_http = http is None
        self._sleep = sleep

    def event_buffer(
        self, *, outlet_id: str | None = None, on_sent: Callable[[EventReceipts], None] | None = None
    ) -> AsyncEventBuffer:
        """Gather events and send them 500 at once; ``on_sent`` is told what became of each batch's rows."""
        return AsyncEventBuffer(self, outlet_id=outlet_id, on_sent=on_sent, now=self._terms.now)

    async def run(self, plan: Plan[T]) -> T:
        """Send the calls of a plan."""
        flow = self._terms.play(plan)
        reply: Reply = None
        try:
            while True:
                reply = await self._done(flow.send(reply))
        except StopIteration as done:
            found: T = done.value
            return found

    async def walk(self, walk: Walk[T]) -> AsyncIterator[T]:
        """Fetch page after page as items are taken."""
        call: Call[Any] | None = walk.first()
        while call is not None:
            page = await self.run(page_of(call))
            for item in walk.items(page):
                yield item
            call = walk.following(page)

    async def _done(self, step: Send | Pause) -> Reply:
        if isinstance(step, Pause):
            await self._sleep(step.seconds)
            return None
        try:
            return await self._http.request(**_request(step))
        except httpx.TransportError as lost:
            return lost

    async def aclose(self) -> None:
        """Close the connections."""
        if self._own_http:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _request(step: Send) -> dict[str, Any]:
    """Arguments of ``request``.  No redirect is followed: the key would go with it."""
    return {
        "method": step.method,
        "url": step.url,
        "headers": step.headers,
        "params": step.params,
        "content": step.content,
        "timeout": step.timeout,
        "follow_redirects": False,
    }
