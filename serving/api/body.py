"""Request bodies: how large they may be, and reading them raw where rows are checked one by one."""

from contextlib import suppress

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tianfu.model.errors import PayloadTooLarge
from tianfu.serving.api.problems import problem_of


async def json_body(request: Request) -> bytes:
    """Return the body as sent."""
    return await request.body()


class BodyLimit:
    """Refuses bodies over the limit, declared or streamed, before they are held in memory."""

    def __init__(self, app: ASGIApp, *, max_bytes: int, max_batch_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._max_batch_bytes = max_batch_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        takes_batches = scope["path"] == "/v1/stories" and scope["method"] == "POST"
        limit = self._max_batch_bytes if takes_batches else self._max_bytes
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or len(declared) > 15 or int(declared) > limit:
            await problem_of(PayloadTooLarge(limit_bytes=limit))(scope, receive, send)
            return
        await self._stream(limit, scope, receive, send)

    async def _stream(self, limit: int, scope: Scope, receive: Receive, send: Send) -> None:
        taken = 0
        answered = False

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise _TooLarge
            return message

        async def noted(message: Message) -> None:
            # Whatever the application makes of the broken stream, the answer is ours.
            nonlocal answered
            if taken <= limit:
                answered = True
                await send(message)

        with suppress(_TooLarge):
            await self._app(scope, counted, noted)
        if taken > limit and not answered:
            await problem_of(PayloadTooLarge(limit_bytes=limit))(scope, receive, send)


class _TooLarge(Exception):
    """The stream went over the limit."""
