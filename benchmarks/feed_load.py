"""Feeds over HTTP under load, beside a bare endpoint that answers the same bytes, in one run.

    python -m benchmarks.feed_load [--stories 100000] [--readers 200000] [--seconds 20] [--data DIR]

The service runs as ``tianfu serve`` runs it, the bare endpoint in the same server, the generator in a
process of its own; all share the machine's cores.  First both are driven as fast as they go, in turns; then
the service gets a steady half of its throughput.  The mix: seven in ten home feeds of known readers (popular
ones more often), strangers, further pages, beside a story, channels, local; for each five feeds a batch of
three events.  Prints a table and writes ``benchmarks/results/feed_load.json``.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from benchmarks.encoder_cost import processor
from benchmarks.hot_newsroom import HotNewsroom, made, popular, size_options
from benchmarks.http_load import Call, Connection, Tally, closed, evenly, post, steady
from benchmarks.kill import free_port

RESULTS = Path(__file__).parent / "results" / "feed_load.json"
_SHARES = {"home": 70, "stranger": 10, "page": 8, "related": 5, "channel": 4, "local": 3}
_MIX = [kind for kind, share in _SHARES.items() for _ in range(share)]
FEEDS = tuple(_SHARES)
_EVENTS_EVERY = 5
_CONNECTIONS = 8
_CURSOR = b'"cursor":"'


class Mix:
    """Draws calls, and keeps the cursors that answers bring."""

    def __init__(self, newsroom: HotNewsroom, seed: int) -> None:
        self._newsroom = newsroom
        self._rng = random.Random(seed)
        self._cursors: deque[tuple[str, str]] = deque(maxlen=1_000)
        self._waiting: dict[bytes, str] = {}
        self._count = 0

    def calls(self) -> Iterator[Call]:
        """Calls without end."""
        while True:
            self._count += 1
            if self._count % (_EVENTS_EVERY + 1) == 0:
                yield self._events()
            else:
                yield self._feed(self._rng.choice(_MIX))

    def homes(self) -> Iterator[Call]:
        """Home feeds of known readers without end."""
        while True:
            yield self._feed("home")

    def answered(self, call: Call, body: bytes) -> None:
        """Remember the cursor of a home feed."""
        start = body.find(_CURSOR) + len(_CURSOR)
        outlet_id = self._waiting.pop(call.raw, None)
        if outlet_id is not None and start > len(_CURSOR):
            self._cursors.append((outlet_id, body[start : body.index(b'"', start)].decode()))

    def _feed(self, kind: str) -> Call:
        outlet_id, name = self._newsroom.readers[popular(len(self._newsroom.readers), self._rng) - 1]
        asked: dict[str, Any] = {"outlet_id": outlet_id, "reader_id": name}
        if kind == "stranger":
            del asked["reader_id"]
        elif kind == "page" and self._cursors:
            outlet_id, cursor = self._cursors.popleft()
            asked = {"outlet_id": outlet_id, "cursor": cursor}
        elif kind == "related":
            asked |= {"scene": "related", "story_id": self._story()}
        elif kind == "channel":
            asked |= {"scene": "channel", "channel": self._rng.choice(["14", "31", "39", "35"])}
        elif kind == "local":
            asked |= {"scene": "local"}
        call = self._post("/v1/recommend", asked, kind)
        if kind == "home":
            self._waiting[call.raw] = outlet_id
        return call

    def _events(self) -> Call:
        outlet_id, name = self._rng.choice(self._newsroom.readers)
        at = datetime.now(UTC).isoformat()
        rows = [
            {"event_id": f"l{self._rng.getrandbits(64):x}", "reader_id": name, "story_id": self._story(),
             "type": "click", "at": at}
            for _ in range(3)
        ]  # fmt: skip
        return self._post("/v1/events", {"outlet_id": outlet_id, "events": rows}, "events")

    def _story(self) -> str:
        return f"s{popular(self._newsroom.stories, self._rng):08d}"

    def _post(self, path: str, body: dict[str, Any], kind: str) -> Call:
        return post(path, json.dumps(body).encode(), secret=self._newsroom.secret, kind=kind)


class Process:
    """A server in a process of its own, reachable on a port of this machine."""

    def __init__(self, arguments: list[str], port: int, probe: str, **environment: str) -> None:
        self.port = port
        self._child = subprocess.Popen(
            [sys.executable, *arguments], env={**os.environ, **environment}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.started_s = self._wait(probe)

    def memory_mb(self, line: str) -> int:
        """A line of the process's status, such as ``VmRSS`` or ``VmHWM``."""
        status = Path(f"/proc/{self._child.pid}/status").read_text().splitlines()
        return int(next(row for row in status if row.startswith(line)).split()[1]) // 1_024

    def cpu_s(self) -> float:
        """Processor seconds it has used."""
        fields = Path(f"/proc/{self._child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """End it."""
        self._child.terminate()
        self._child.wait(timeout=60)

    def _wait(self, probe: str) -> float:
        began = time.monotonic()
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}{probe}", timeout=5)
                return round(time.monotonic() - began, 2)
            except httpx.TransportError:
                if self._child.poll() is not None or time.monotonic() - began > 300:
                    raise
                time.sleep(0.2)


def measure(folder: Path, newsroom: HotNewsroom, seconds: float, rounds: int) -> dict[str, Any]:
    """Start both servers, drive them in turns, then hold the service at half its throughput."""
    service = _service(folder)
    answer = folder / "answer.json"
    mix = Mix(newsroom, seed=11)
    answer.write_bytes(asyncio.run(_one(service.port, next(mix.homes()))))
    bare = Process(["-m", "benchmarks.bare", str(answer), str(port := free_port())], port, "/docs")
    try:
        asyncio.run(closed([service.port], mix.calls(), connections=_CONNECTIONS, seconds=2 * seconds))
        turns = [_turn(service, bare, mix, seconds) for _ in range(rounds)]
        throughput = {name: _median([turn[name] for turn in turns]) for name in turns[0]}
        used_s = service.cpu_s()
        half = asyncio.run(
            steady(
                [service.port], mix.calls(), moments=evenly(throughput["mix"] / 2, 3 * seconds),
                connections=64, answered=mix.answered,
            )
        )  # fmt: skip
        used_s = service.cpu_s() - used_s
        return {
            "processor": processor(),
            "cores": os.cpu_count(),
            "stories": newsroom.stories,
            "readers": len(newsroom.readers),
            "answer_bytes": answer.stat().st_size,
            "service_started_s": service.started_s,
            "memory_mb": service.memory_mb("VmRSS"),
            "memory_peak_mb": service.memory_mb("VmHWM"),
            "per_second": throughput,
            "ratio_to_bare_threaded": round(throughput["home"] / throughput["bare_threaded"], 3),
            "ratio_to_bare_looped": round(throughput["home"] / throughput["bare_looped"], 3),
            "half_load": _told(half, used_s),
        }
    finally:
        service.stop()
        bare.stop()


def _service(folder: Path) -> Process:
    port = free_port()
    return Process(
        ["-m", "tianfu.cli", "serve", "--port", str(port), "--data-dir", str(folder)],
        port,
        "/readyz",
        TIANFU_WORKER="false",
        TIANFU_REQUESTS_PER_MINUTE="0",
        TIANFU_LOG_LEVEL="WARNING",
    )


def _turn(service: Process, bare: Process, mix: Mix, seconds: float) -> dict[str, float]:
    """Calls a second of each, one after another."""

    def drive(port: int, calls: Iterator[Call]) -> Tally:
        return asyncio.run(
            closed([port], calls, connections=_CONNECTIONS, seconds=seconds, answered=mix.answered)
        )

    def plain(path: str) -> Iterator[Call]:
        while True:
            yield post(path, b"{}", secret="", kind="bare")

    driven = {
        "home": drive(service.port, mix.homes()),
        "bare_threaded": drive(bare.port, plain("/threaded")),
        "mix": drive(service.port, mix.calls()),
        "bare_looped": drive(bare.port, plain("/looped")),
    }
    if any(tally.failures for tally in driven.values()):
        raise RuntimeError(f"failed calls: { {name: tally.faults for name, tally in driven.items()} }")
    return {name: round(tally.count() / tally.seconds, 1) for name, tally in driven.items()}


async def _one(port: int, call: Call) -> bytes:
    line = await Connection.open(port)
    status, body, _ = await line.ask(call)
    await line.close()
    if status != 200:
        raise RuntimeError("the service did not answer")
    return body


def _told(tally: Tally, used_s: float) -> dict[str, Any]:
    return {
        "calls_per_second": round(tally.count() / tally.seconds, 1),
        "feeds_per_second": round(tally.count(*FEEDS) / tally.seconds, 1),
        "failures": tally.failures,
        "cpu_share_of_one_core": round(used_s / tally.seconds, 2),
        "feeds_ms": tally.quantiles(*FEEDS),
        **{f"{kind}_ms": tally.quantiles(kind) for kind in (*FEEDS, "events")},
    }


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    size_options(parser, stories=100_000, readers=200_000)
    parser.add_argument("--seconds", type=float, default=20.0, help="Of each turn.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, default=RESULTS)
    options = parser.parse_args()
    with made(options) as (folder, newsroom):
        result = measure(folder, newsroom, options.seconds, options.rounds)
    table = Table("", "", title="Feeds over HTTP")
    for name, value in result.items():
        table.add_row(name, json.dumps(value, ensure_ascii=False))
    Console().print(table)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
