"""What one request costs, and how throughput grows with processes.

    python -m benchmarks.scaling [--quick]

First one replica: each kind of request by itself on a few connections, with the processor seconds of the
replica and of PostgreSQL and the bytes both ways.  Then one to four replicas with the mix, as fast as answers
come.  Processes, PostgreSQL and generator share the machine's cores, so beyond as many processes as there are
cores only what they cost each other can be seen: processor time a call.  Writes
``benchmarks/results/scaling.json``.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.fleet import Member
from benchmarks.generated import DOCS, renew, table
from benchmarks.http_load import Call, Tally, closed, evenly, steady
from benchmarks.province_newsroom import (
    Province,
    machine,
    province,
    results,
    say,
    size_options,
    told,
)
from benchmarks.table_sizes import OTHER_TABLES, STORY_TABLES, bytes_a_row, rows, sizes, written_ahead
from benchmarks.traffic import SHARES, Traffic
from benchmarks.watch import POSTGRESQL

_LARGEST = 4
_CONNECTIONS_EACH = 6
_STORIES_A_SECOND = 15.0


def measure(place: Province, *, seconds: float, kind_s: float, largest: int) -> dict[str, Any]:
    """Costs by kind, then throughput by number of replicas."""
    members = {"serve 1": place.fleet.add("serve")}
    traffic = Traffic(place.newsroom, seed=23)
    _drive(place, members, traffic, traffic.mixed(), 2 * seconds)
    kinds = {}
    for kind in SHARES:
        say(f"one replica, {kind}")
        kinds[kind] = _costs(place, members, traffic, kind, kind_s)
    _without_homes(kinds)
    say("stories coming in")
    incoming = _incoming(place, members, traffic, seconds)
    steps = []
    for count in range(1, largest + 1):
        if count > 1:
            members[f"serve {count}"] = place.fleet.add("serve")
            _drive(place, members, traffic, traffic.mixed(), seconds)
        say(f"{count} replicas")
        steps.append(_step(count, *_drive(place, members, traffic, traffic.mixed(), seconds)))
    return {
        "machine": machine(),
        "stories": place.newsroom.stories,
        "readers": len(place.newsroom.readers),
        "shares": dict(SHARES),
        "kinds": kinds,
        "a_story": incoming,
        "processes": steps,
        "bytes_a_row": bytes_a_row(sizes(place.url, OTHER_TABLES), rows(place.url)),
    }


def _drive(
    place: Province, members: dict[str, Member], traffic: Traffic, calls: Iterator[Call], seconds: float
) -> tuple[Tally, dict[str, float]]:
    """As fast as answers come; returns what came, and the processor seconds by process."""
    processes = place.processes(members)
    before = processes.cpu_s()
    tally = asyncio.run(
        closed(
            [one.port for one in members.values()],
            calls,
            connections=_CONNECTIONS_EACH * len(members),
            seconds=seconds,
            answered=traffic.answered,
        )
    )
    after = processes.cpu_s()
    return tally, {name: after[name] - before[name] for name in after}


def _costs(
    place: Province, members: dict[str, Member], traffic: Traffic, kind: str, seconds: float
) -> dict[str, Any]:
    """Of one call of a kind, as means over all calls that were driven."""
    before = written_ahead(place.url)
    tally, used = _drive(place, members, traffic, traffic.only(kind), seconds)
    calls = tally.count()
    return {
        "calls": tally.count(kind),
        "other_calls": calls - tally.count(kind),
        "serve_cpu_ms": round(1_000 * used["serve 1"] / calls, 3),
        "postgresql_cpu_ms": round(1_000 * used[POSTGRESQL] / calls, 3),
        "wal_bytes": round((written_ahead(place.url) - before) / calls),
        "calls_per_second": round(calls / tally.seconds, 1),
        "p50_ms": tally.quantiles(kind)["p50"],
        "bytes_asked": round(tally.bytes_out[kind] / tally.count(kind)),
        "bytes_answered": round(tally.bytes_in[kind] / tally.count(kind)),
        "faults": tally.faults,
    }


def _without_homes(kinds: dict[str, dict[str, Any]]) -> None:
    """Take out of the cost of a further page that of the home feeds that brought the cursors."""
    page, home = kinds["page"], kinds["home"]
    calls, others = page["calls"], page["other_calls"]
    for name in ("serve_cpu_ms", "postgresql_cpu_ms"):
        whole = page[name] * (calls + others)
        page[name] = round(max(0.0, (whole - home[name] * others) / calls), 3)


def _incoming(
    place: Province, members: dict[str, Member], traffic: Traffic, seconds: float
) -> dict[str, Any]:
    """What a story costs from being sent until it is in every index, beside what processes take idle."""
    worker = place.fleet.add("worker")
    one = members["serve 1"]
    place.wait_for_worker(one)
    processes = place.processes({"serve": one, "worker": worker})
    idle = processes.cpu_s()
    time.sleep(seconds)
    before = processes.cpu_s()
    idle_cores = {name: (before[name] - idle[name]) / seconds for name in before}
    aside = {name: idle_cores[name] for name in ("serve", "worker")}  # PostgreSQL tidies up after other work
    stored = sizes(place.url, STORY_TABLES)
    began = time.monotonic()
    moments = evenly(_STORIES_A_SECOND, 2 * seconds)
    tally = asyncio.run(steady([one.port], traffic.stories(), moments=moments, connections=4))
    place.wait_until_settled(one)
    took = time.monotonic() - began
    after = processes.cpu_s()
    grown = sizes(place.url, STORY_TABLES)
    worker.stop()
    count = tally.count()
    return {
        "stories": count,
        "seconds": round(took, 1),
        "idle_cores": {name: round(used, 4) for name, used in idle_cores.items()},
        "cpu_ms": {
            name: round(1_000 * (used - before[name] - aside.get(name, 0.0) * took) / count, 2)
            for name, used in after.items()
        },
        "bytes": {name: round((grown[name] - stored[name]) / count) for name in grown},
        "faults": tally.faults,
    }


def _step(count: int, tally: Tally, used: dict[str, float]) -> dict[str, Any]:
    calls = tally.count()
    serving = sum(seconds for name, seconds in used.items() if name.startswith("serve"))
    return {
        "processes": count,
        "calls_per_second": round(calls / tally.seconds, 1),
        "serve_cpu_ms": round(1_000 * serving / calls, 3),
        "postgresql_cpu_ms": round(1_000 * used[POSTGRESQL] / calls, 3),
        "generator_cpu_ms": round(1_000 * used["generator"] / calls, 3),
        "cores_busy": round(sum(used.values()) / tally.seconds, 2),
        "all_ms": tally.quantiles(),
        "faults": tally.faults,
    }


def lines(report: dict[str, Any]) -> list[str]:
    """The section of ``docs/benchmarks.md``."""
    steps = report["processes"]
    return [
        f"{report['stories']:,} stories in feeds; {told(report['machine'])}",
        "",
        *table(
            ["processes", "calls a second", "CPU ms a call: serve", "PostgreSQL", "generator", "cores busy"],
            [
                [
                    s["processes"],
                    s["calls_per_second"],
                    s["serve_cpu_ms"],
                    s["postgresql_cpu_ms"],
                    s["generator_cpu_ms"],
                    s["cores_busy"],
                ]
                for s in steps
            ],
        ),
        "",
        *table(
            [
                "one call, one process",
                "CPU ms: serve",
                "PostgreSQL",
                "p50 ms",
                "bytes asked",
                "bytes answered",
            ],
            [
                [
                    kind,
                    k["serve_cpu_ms"],
                    k["postgresql_cpu_ms"],
                    k["p50_ms"],
                    k["bytes_asked"],
                    k["bytes_answered"],
                ]
                for kind, k in report["kinds"].items()
            ],
        ),
    ]


def main(given: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    size_options(parser)
    parser.add_argument("--seconds", type=float, default=20.0, help="Of each number of processes.")
    parser.add_argument("--kind-seconds", type=float, default=8.0, help="Of each kind of request.")
    parser.add_argument("--quick", action="store_true", help="Two processes, a tenth of the newsroom.")
    parser.add_argument("--json", type=Path, default=results("scaling"))
    asked = parser.parse_args(given)
    sizes = (10_000, 10_000) if asked.quick else (asked.stories, asked.readers)
    with province(*sizes) as place:
        report = measure(
            place,
            seconds=3.0 if asked.quick else asked.seconds,
            kind_s=1.0 if asked.quick else asked.kind_seconds,
            largest=2 if asked.quick else _LARGEST,
        )
    asked.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print("\n".join(lines(report)))
    if not asked.quick:
        renew(DOCS / "benchmarks.md", "scaling", lines(report))


if __name__ == "__main__":
    main()
