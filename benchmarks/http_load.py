"""A load generator for HTTP/1.1 over kept-alive connections, light enough to leave the cores to the service.

Two ways: as fast as answers come (closed), and at given moments (open), where each time is counted from the
moment a request was due, so that waiting in line behind a slow answer is not left out.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_TIMEOUT_S = 30.0
_IDLE_S = 3.0
"""A connection that nothing passed for so long is made anew, before the server hangs up on it."""
_GOOD = (200, 201)
LOST = 0
"""Stands for a status where no answer came."""


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
        faults: Answers other than 200 and 201, by kind and status.
        seconds: From the first request to the last answer.
        bytes_in: Of all heads and bodies that came back, by kind.
        bytes_out: Of all requests, by kind.
    """

    times_ms: dict[str, list[float]] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    bytes_in: dict[str, int] = field(default_factory=dict)
    bytes_out: dict[str, int] = field(default_factory=dict)

    @property
    def failures(self) -> int:
        """How many answers were neither 200 nor 201, or never came."""
        return sum(self.faults.values())

    def count(self, *kinds: str) -> int:
        """How many answers came of these kinds, of all without any."""
        return sum(len(times) for kind, times in self.times_ms.items() if not kinds or kind in kinds)

    def quantiles(self, *kinds: str) -> dict[str, float]:
        """Median and upper quantiles in milliseconds."""
        chosen = [times for kind, times in self.times_ms.items() if not kinds or kind in kinds]
        times = np.concatenate([np.array(one) for one in chosen]) if chosen else np.zeros(1)
        named = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
        return {name: round(float(np.quantile(times, q)), 2) for name, q in named.items()}

    def note(self, call: Call, status: int, took_s: float, received: int) -> None:
        """Count one answer."""
        kind = call.kind
        self.times_ms.setdefault(kind, []).append(1_000 * took_s)
        self.bytes_in[kind] = self.bytes_in.get(kind, 0) + received
        self.bytes_out[kind] = self.bytes_out.get(kind, 0) + len(call.raw)
        if status not in _GOOD:
            fault = f"{kind} {status or 'lost'}"
            self.faults[fault] = self.faults.get(fault, 0) + 1


Answered = Callable[[Call, bytes], None]


def post(path: str, body: bytes, *, secret: str, kind: str) -> Call:
    """Make a POST with a JSON body."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return Call(kind, head.encode() + body)


def get(path: str, *, secret: str, kind: str) -> Call:
    """Make a GET; the path is ready to be sent, its query escaped."""
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n\r\n"
    return Call(kind, head.encode())


class Connection:
    """One kept-alive connection."""

    def __init__(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._port = port
        self._reader = reader
        self._writer = writer
        self._used = time.perf_counter()

    @classmethod
    async def open(cls, port: int) -> "Connection":
        """Connect to this machine."""
        return cls(port, *await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, call: Call) -> tuple[int, bytes, int]:
        """Send a request and read its answer: status, body, and bytes of it all."""
        if time.perf_counter() - self._used > _IDLE_S:
            await self.again()
        self._writer.write(call.raw)
        head = await self._reader.readuntil(b"\r\n\r\n")
        start = head.lower().index(b"content-length:") + 15
        length = int(head[start : head.index(b"\r", start)])
        body = await self._reader.readexactly(length)
        self._used = time.perf_counter()
        return int(head[9:12]), body, len(head) + length

    async def again(self) -> None:
        """Connect anew."""
        await self.close()
        self._used = time.perf_counter()
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


def evenly(per_second: float, seconds: float) -> Iterator[float]:
    """Moments at a steady rate, in seconds from the start."""
    return (place / per_second for place in range(int(seconds * per_second)))


def at_random(per_second: float, seconds: float, rng: random.Random) -> Iterator[float]:
    """Moments as of many people who know nothing of each other (a Poisson process)."""
    at = rng.expovariate(per_second)
    while at < seconds:
        yield at
        at += rng.expovariate(per_second)


async def closed(
    ports: Sequence[int],
    calls: Iterator[Call],
    *,
    connections: int,
    seconds: float,
    answered: Answered | None = None,
) -> Tally:
    """Ask on so many connections at once, each as soon as it has its answer; ports take turns."""
    tally = Tally()
    began = time.perf_counter()

    async def run(line: Connection) -> None:
        while time.perf_counter() - began < seconds:
            call = next(calls)
            await _ask(line, call, time.perf_counter(), tally, answered)

    await _on_each(ports, connections, run)
    tally.seconds = time.perf_counter() - began
    return tally


async def steady(
    ports: Sequence[int],
    calls: Iterator[Call],
    *,
    moments: Iterator[float],
    connections: int,
    answered: Answered | None = None,
) -> Tally:
    """Ask at these moments, whatever the answers do; times count from when a request was due.

    Args:
        ports: Connections are dealt out to them in turns.
        calls: One is taken for each moment.
        moments: Ascending, in seconds from now.
        connections: How many requests may be on their way at once; further ones wait, and their time runs.
        answered: Told of each good answer.
    """
    tally = Tally()
    began = time.perf_counter()

    async def run(line: Connection) -> None:
        for offset in moments:
            call = next(calls)
            moment = began + offset
            await asyncio.sleep(max(0.0, moment - time.perf_counter()))
            await _ask(line, call, moment, tally, answered)

    await _on_each(ports, connections, run)
    tally.seconds = time.perf_counter() - began
    return tally


async def _ask(line: Connection, call: Call, since: float, tally: Tally, answered: Answered | None) -> None:
    status, body, received = LOST, b"", 0
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            status, body, received = await line.ask(call)
    except (OSError, EOFError, TimeoutError):
        await line.again()
    tally.note(call, status, time.perf_counter() - since, received)
    if status in _GOOD and answered is not None:
        answered(call, body)


async def _on_each(
    ports: Sequence[int], connections: int, run: Callable[[Connection], Awaitable[None]]
) -> None:
    lines = [await Connection.open(ports[n % len(ports)]) for n in range(connections)]
    try:
        await asyncio.gather(*(run(line) for line in lines))
    finally:
        for line in lines:
            await line.close()
