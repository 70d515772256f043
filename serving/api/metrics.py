"""Rate, errors and duration of each route, for Prometheus."""

import time

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tianfu.serving.api.areas import template_of
from tianfu.serving.api.request_history import RequestHistory

_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0)
CLIENT_LEFT = 499
"""Stands for a status where none went out: the client did not wait for an answer."""


class RequestMetrics:
    """Counts requests and times them by the route's template, never by its ids."""

    def __init__(self, app: ASGIApp, *, registry: CollectorRegistry, history: RequestHistory) -> None:
        self._app = app
        self._history = history
        self._requests = Counter(
            "tianfu_requests", "Requests answered.", ["route", "method", "status"], registry=registry
        )
        self._seconds = Histogram(
            "tianfu_request_seconds", "Seconds to answer.", ["route"], buckets=_BUCKETS, registry=registry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = CLIENT_LEFT

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception:
            status = 500
            raise
        finally:
            route = template_of(scope)
            self._requests.labels(route, scope["method"], str(status)).inc()
            seconds = time.perf_counter() - began
            self._seconds.labels(route).observe(seconds)
            self._history.add(method=scope["method"], route=route, status=status, seconds=seconds)
