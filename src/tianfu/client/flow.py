"""What happens to a call until it is answered: said once, for the plain and the asynchronous client.

A flow asks for what it needs (:class:`Send`, :class:`Pause`) and is told what came of it; who runs
it does the sending and the sleeping.
"""

import json
import random
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import httpx

from tianfu.client.call import Call, Plan, query_text
from tianfu.client.errors import ClientError, NoAnswer, OddAnswer, Refused, Throttled, refusal
from tianfu.client.patience import PASSING, TOO_MANY, Patience, asked_pause_s
from tianfu.client.signing import signature_headers

T = TypeVar("T")

_REPLAYED = "signature_replayed"
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Nobody got the request, so that sending it again is safe whatever it asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Please send this once."""

    method: str
    url: str
    headers: Mapping[str, str]
    params: Mapping[str, str]
    content: bytes | None
    timeout: httpx.Timeout


@dataclass(frozen=True, slots=True)
class Pause:
    """Please wait."""

    seconds: float


Reply = httpx.Response | httpx.TransportError | None
Flow = Generator[Send | Pause, Reply, T]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What all calls of a client share.  Its text never shows the secrets.

    Attributes:
        url: Address of the service without a slash at the end.
        timeout: Of one attempt.
        now: Tells the time, for ``Retry-After`` and signatures.
        luck: Draws 0..1.
    """

    url: str
    key: str = field(repr=False)
    signing_secret: str | None = field(default=None, repr=False)
    timeout: httpx.Timeout
    patience: Patience
    now: Callable[[], datetime]
    luck: Callable[[], float] = random.random

    def play(self, plan: Plan[T]) -> Flow[T]:
        """Send the calls of a plan, one after the other.

        An error is thrown into the plan, which may add what it knows.
        """
        try:
            call = next(plan)
            while True:
                try:
                    answer = yield from self.answer_of(call)
                except ClientError as bad:
                    bad.call = bad.call or call.name
                    call = plan.throw(bad)
                else:
                    call = plan.send(answer)
        except StopIteration as done:
            found: T = done.value
            return found

    def answer_of(self, call: Call[T]) -> Flow[T | None]:
        """Send one call until it is answered or patience ends.

        It is sent again after 429 and where no connection came about, for then nothing was done; after a
        lost connection and 502, 503, 504 only where doing it twice is the same as once.
        """
        content, attempt, stamp, lost = call.content(), 0, 0, False
        while True:
            attempt += 1
            # Signed anew each time, and never twice at one second: the same signature would be refused.
            stamp = max(int(self.now().timestamp()), stamp + 1)
            reply = yield self._request(call, content, stamp)
            if isinstance(reply, httpx.Response) and reply.is_success:
                return call.read(reply.status_code, reply.content)
            if (
                isinstance(reply, httpx.Response)
                and lost
                and reply.status_code == 404
                and call.answer is None
            ):
                return None  # gone already, by the attempt whose answer was lost
            pause_s = self._pause_s(call, reply, attempt)
            if pause_s is None:
                raise self._error(reply) from (reply if isinstance(reply, httpx.TransportError) else None)
            lost = lost or not isinstance(reply, _NEVER_LEFT)
            yield Pause(pause_s)

    def _request(self, call: Call[Any], content: bytes | None, stamp: int) -> Send:
        headers = {"Authorization": f"Bearer {self.key}", "Accept": "application/json", **dict(call.headers)}
        if content is not None:
            headers["Content-Type"] = "application/json"
        if call.signed and self.signing_secret is not None:
            headers.update(signature_headers(self.signing_secret, stamp, content or b""))
        read_s = self.timeout.read
        timeout = httpx.Timeout(
            connect=self.timeout.connect,
            read=None if read_s is None else read_s + call.extra_s,
            write=self.timeout.write,
            pool=self.timeout.pool,
        )
        query = call.query or {}
        params = {name: query_text(value) for name, value in query.items() if value is not None}
        url = self.url + call.path
        return Send(
            method=call.method, url=url, headers=headers, params=params, content=content, timeout=timeout
        )

    def _pause_s(self, call: Call[Any], reply: Reply, attempt: int) -> float | None:
        asked_s = None
        if isinstance(reply, httpx.Response):
            status = reply.status_code
            asked_s = asked_pause_s(reply.headers.get("Retry-After"), self.now())
            again = (
                status == TOO_MANY
                or (status in PASSING and call.may_repeat)
                or (call.signed and status == 401 and _problem(reply).get("code") == _REPLAYED)
            )
        else:
            again = isinstance(reply, _NEVER_LEFT) or (
                call.may_repeat and not isinstance(reply, httpx.UnsupportedProtocol)
            )
        return self.patience.pause_s(attempt, asked_s, self.luck()) if again else None

    def _error(self, reply: Reply) -> ClientError:
        if not isinstance(reply, httpx.Response):
            return NoAnswer(
                f"The service does not answer ({type(reply).__name__}).",
                advice="See that it runs and that the address is right; then try again.",
            )
        found = _problem(reply)
        if not isinstance(found.get("code"), str):
            return OddAnswer(
                f"Something answered {reply.status_code} without a problem of ours.",
                status=reply.status_code,
                advice="See what stands between this program and the service.",
            )
        error: Refused = refusal(reply.status_code, found)
        if isinstance(error, Throttled):
            error.retry_after_s = asked_pause_s(reply.headers.get("Retry-After"), self.now())
        return error


def _problem(reply: httpx.Response) -> dict[str, Any]:
    try:
        found = json.loads(reply.content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
