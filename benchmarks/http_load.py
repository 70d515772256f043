"""A load generator for HTTP/1.1 over kept-alive connections, light enough to leave the cores to the service.

Two ways: as fast as answers come (closed), and at a steady rate (open), where each time is counted from the
moment a request was due, so that waiting in line behind a slow answer is not left out.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Call:
    """One request, ready to be sent.

    Attributes:
        kind: Counted under this name.
        raw: Head and body.
    """

    kind: str
    raw: bytes


@dataclass(slots=True)
class Tally:
    """What came back.

    Attributes:
        times_ms: By kind.
        failures: Answers that were not 200.
        seconds: From the first request to the last answer.
    """

    times_ms: dict[str, list[float]] = field(default_factory=dict)
    failures: int = 0
    seconds: float = 0.0

    def count(self, *kinds: str) -> int:
        """How many answers came of these kinds, of all without any."""
        return sum(len(times) for kind, times in self.times_ms.items() if not kinds or kind in kinds)

    def quantiles(self, *kinds: str) -> dict[str, float]:
        """Median and upper quantiles in milliseconds."""
        chosen = [times for kind, times in self.times_ms.items() if not kinds or kind in kinds]
        times = np.concatenate([np.array(one) for one in chosen]) if chosen else np.zeros(1)
        named = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
        return {name: round(float(np.quantile(times, q)), 2) for name, q in named.items()}


Answered = Callable[[Call, bytes], None]


def post(path: str, body: bytes, *, secret: str, kind: str) -> Call:
    """Make a POST with a JSON body."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return Call(kind, head.encode() + body)


class Connection:
    """One kept-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> "Connection":
        """Connect to this machine."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, call: Call) -> tuple[bool, bytes]:
        """Send a request and read its answer: whether it was 200, and the body."""
        self._writer.write(call.raw)
        head = await self._reader.readuntil(b"\r\n\r\n")
        start = head.lower().index(b"content-length:") + 15
        length = int(head[start : head.index(b"\r", start)])
        body = await self._reader.readexactly(length)
        return head.startswith(b"HTTP/1.1 200"), body

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def closed(
    port: int, calls: Iterator[Call], *, connections: int, seconds: float, answered: Answered | None = None
) -> Tally:
    """Ask on so many connections at once, each as soon as it has its answer."""
    tally = Tally()
    began = time.perf_counter()

    async def run(line: Connection) -> None:
        while time.perf_counter() - began < seconds:
            call = next(calls)
            await _ask(line, call, time.perf_counter(), tally, answered)

    await _on_each(port, connections, run)
    tally.seconds = time.perf_counter() - began
    return tally


async def steady(
    port: int,
    calls: Iterator[Call],
    *,
    per_second: float,
    connections: int,
    seconds: float,
    answered: Answered | None = None,
) -> Tally:
    """Ask at a steady rate, whatever the answers do; times count from when a request was due."""
    tally = Tally()
    began = time.perf_counter()
    due = iter(began + place / per_second for place in range(int(seconds * per_second)))

    async def run(line: Connection) -> None:
        for moment in due:
            call = next(calls)
            await asyncio.sleep(max(0.0, moment - time.perf_counter()))
            await _ask(line, call, moment, tally, answered)

    await _on_each(port, connections, run)
    tally.seconds = time.perf_counter() - began
    return tally


async def _ask(line: Connection, call: Call, since: float, tally: Tally, answered: Answered | None) -> None:
    good, body = await line.ask(call)
    tally.times_ms.setdefault(call.kind, []).append(1_000 * (time.perf_counter() - since))
    tally.failures += not good
    if good and answered is not None:
        answered(call, body)


async def _on_each(port: int, connections: int, run: Callable[[Connection], Awaitable[None]]) -> None:
    lines = [await Connection.open(port) for _ in range(connections)]
    try:
        await asyncio.gather(*(run(line) for line in lines))
    finally:
        for line in lines:
            line.close()
