"""Headers of every answer: what the rate limit leaves, and that nobody between may keep it."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tianfu.serving.services.counters import Allowance

ALLOWANCE = "allowance"
"""Where in the request's state the caller's :class:`Allowance` is noted."""


class AnswerHeaders:
    """Adds ``RateLimit-…`` (IETF draft 6), and ``Cache-Control: no-store`` below ``/v1``.

    Answers hold what one key may see; a cache between would show it to others.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add to the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                if scope["path"].startswith("/v1/"):
                    headers.setdefault("Cache-Control", "no-store")
                allowance = state.get(ALLOWANCE)
                if isinstance(allowance, Allowance):
                    headers["RateLimit-Limit"] = str(allowance.limit)
                    headers["RateLimit-Remaining"] = str(allowance.remaining)
                    headers["RateLimit-Reset"] = str(allowance.resets_s)
            await send(message)

        await self._app(scope, receive, noted)
