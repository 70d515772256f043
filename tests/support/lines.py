"""Clients of the real application in process, and a line that loses what it is told to."""

from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi.testclient import TestClient

from support.builders import FakeClock, a_body
from tianfu.client import Tianfu
from tianfu.model.access import Role
from tianfu.serving.services.access import create_key
from tianfu.serving.services.newsroom import Newsroom


class Through(httpx.BaseTransport):
    """Hands requests to the application in process."""

    def __init__(self, served: TestClient) -> None:
        self._served = served

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._served.request(
            request.method,
            str(request.url),
            content=request.read(),
            headers=dict(request.headers),
            follow_redirects=False,
        )
        return httpx.Response(answer.status_code, headers=dict(answer.headers), content=answer.content)


Fault = httpx.Response | httpx.TransportError
LOST = "lost"


@dataclass
class Line(httpx.BaseTransport):
    """Does what it is told with one request after the other, then passes them all.

    ``LOST`` passes the request and loses the answer; a response answers in the service's place, an error is
    raised before the request arrives.  ``None`` passes.
    """

    behind: httpx.BaseTransport
    faults: list[Fault | str | None] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, httpx.TransportError):
            raise fault
        if isinstance(fault, httpx.Response):
            return fault
        answer = self.behind.handle_request(request)
        if fault == LOST:
            raise httpx.ReadTimeout("no answer", request=request)
        return answer


@dataclass
class Site:
    """A service in process and how to reach it."""

    app: TestClient
    clock: FakeClock
    line: Line
    slept: list[float]

    @property
    def room(self) -> Newsroom:
        found: Newsroom = self.app.app.state.newsroom  # type: ignore[attr-defined]
        return found

    def key(self, role: Role = Role.OPERATOR, outlet_id: str | None = None) -> str:
        _, secret = create_key(
            role=role,
            outlet_id=outlet_id,
            label="test",
            actor="test",
            database=self.room.database,
            clock=self.clock,
        )
        return secret

    def client(self, role: Role = Role.OPERATOR, outlet_id: str | None = None, **more: Any) -> Tianfu:
        """A client over the line, which notes pauses instead of making them."""
        more = {"key": self.key(role, outlet_id) if "key" not in more else more.pop("key"), **more}
        return Tianfu(
            url="http://testserver",
            http=httpx.Client(transport=self.line),
            sleep=self.slept.append,
            **more,
        )


def a_row(number: int, **fields: Any) -> Any:
    """A story as an outlet sends it, unlike that of another number."""
    return {
        "title": f"利州区第{number}个村修好水渠",
        "body": a_body(number),
        "published_at": "2026-03-02T11:00:00+08:00",
        "outlet_id": "lizhou",
        "external_id": f"s-{number}",
        **fields,
    }
