"""The province under load: replicas, a worker and PostgreSQL on one machine, mixed calls, stories coming in.

    python -m benchmarks.province_load [--minutes 10] [--quick]

First the capacity is looked for: calls at random moments, as people make them, more and more of them, with
stories coming in beside; it is the last rate at which neither calls nor stories wait longer than they may.
Then a share of it (0.6) arrives for some minutes, each time counted from when a request was due; then for a
while without stories coming in and by readers who have been there, where memory should stay level, for each
new story and each new reader rightly takes some.  The generator shares the cores with all of it.  Writes
``benchmarks/results/province.json`` and the section of ``docs/benchmarks.md``.
"""

import argparse
import asyncio
import json
import random
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.fleet import Member
from benchmarks.generated import DOCS, renew
from benchmarks.hot_newsroom import regulars
from benchmarks.http_load import Tally, at_random, steady
from benchmarks.province_newsroom import Province, machine, province, results, say, size_options
from benchmarks.province_report import lines, printed
from benchmarks.table_sizes import connections
from benchmarks.traffic import EVENTS_A_CALL, FEEDS, INGEST, SHARES, Traffic
from benchmarks.watch import Processes, Watch, told

_WARM_UP, _FIRST, _STEP = 20.0, 30.0, 1.2
"""Calls a second before the search, at its first step, and by how much each further one has more."""
_SLOW_MS = 500.0
"""A rate at which more than one call in twenty waits longer is beyond the capacity."""
_OPEN_CONNECTIONS = 96
_INGEST_CONNECTIONS = 4
_REGULARS = 300
"""Readers who come back while memory is watched: of each something is remembered, once."""
_KEPT_UP_S = 5.0
"""Longest wait in the queue at the end of a step that counts: new stories are to be in feeds within 10 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long and how hard.

    Attributes:
        replicas: ``tianfu serve`` processes.
        minutes: Of steady load.
        calm_minutes: Of the same load without stories coming in.
        search_s: Of each step of the search for the capacity.
        share: Of the capacity that the steady load takes.
        stories_a_second: Coming in beside.
    """

    replicas: int = 2
    minutes: float = 10.0
    calm_minutes: float = 4.0
    search_s: float = 20.0
    share: float = 0.6
    stories_a_second: float = 10.0


class Run:
    """One run over processes that have started."""

    def __init__(self, place: Province, members: dict[str, Member], plan: Plan) -> None:
        self._plan = plan
        self._url = place.url
        self._place, self._replica = place, members["serve 1"]
        self._ports = [one.port for name, one in members.items() if name.startswith("serve")]
        self._traffic = Traffic(place.newsroom, seed=17)
        self._calm = Traffic(regulars(place.newsroom, _REGULARS), seed=19)
        self._rng = random.Random(18)
        self.processes: Processes = place.processes(members)

    async def capacity(self) -> list[dict[str, Any]]:
        """What more and more calls a second wait, after a warm-up; the last step is the first that fails."""
        await self._offered(_WARM_UP)
        found = [await self._offered(_FIRST)]
        while found[-1]["sustained"]:
            found.append(await self._offered(found[-1]["asked_per_second"] * _STEP))
        return found

    async def _offered(self, per_second: float) -> dict[str, Any]:
        seconds = self._plan.search_s
        driven = steady(
            self._ports, self._traffic.mixed(), moments=at_random(per_second, seconds, self._rng),
            connections=_OPEN_CONNECTIONS, answered=self._traffic.answered,
        )  # fmt: skip
        before = self.processes.cpu_s()
        tally, incoming = await asyncio.gather(driven, self._incoming(seconds))
        after = self.processes.cpu_s()
        waited_s, waits_ms = await asyncio.to_thread(self._work_off), tally.quantiles()
        return {
            "asked_per_second": round(per_second, 1),
            "queue_age_s": waited_s,
            "sustained": waits_ms["p95"] <= _SLOW_MS and waited_s <= _KEPT_UP_S,
            "all_ms": waits_ms,
            "cores": {n: round((after[n] - before[n]) / tally.seconds, 2) for n in after},
            "faults": _added(tally.faults, incoming.faults),
        }

    def _work_off(self) -> float:
        """Age of the oldest story in the queue, seconds; then wait until nothing is left of it."""
        ready = self._place.fleet.ask(self._replica, "GET", "/readyz").json()
        self._place.wait_until_settled(self._replica)
        return float(ready["queue_age_s"] or 0.0)

    async def loaded(self, per_second: float, seconds: float, *, ingest: bool) -> dict[str, Any]:
        """Requests at random moments for some time, watched; without stories coming in, by regulars alone."""
        watch = Watch(self.processes, self._ports)
        before = self.processes.cpu_s()
        traffic = self._traffic if ingest else self._calm
        mixed = steady(
            self._ports, traffic.mixed(), moments=at_random(per_second, seconds, self._rng),
            connections=_OPEN_CONNECTIONS, answered=traffic.answered,
        )  # fmt: skip
        (tally, incoming), _ = await asyncio.gather(
            _then(asyncio.gather(mixed, self._incoming(seconds if ingest else 0.0)), watch), watch.run()
        )
        after = self.processes.cpu_s()
        held = connections(self._url)
        return {
            "connections": held,
            "asked_per_second": round(per_second, 1),
            "calls": tally.count(),
            "stories_sent": incoming.count(),
            "seconds": round(tally.seconds, 1),
            "faults": _added(tally.faults, incoming.faults),
            "all_ms": tally.quantiles(),
            "feeds_ms": tally.quantiles(*FEEDS),
            "kinds": {
                kind: {"calls": one.count(kind), **one.quantiles(kind)}
                for one, kinds in ((tally, SHARES), (incoming, (INGEST,)))
                for kind in kinds
                if one.count(kind)
            },
            "cores": {n: round((after[n] - before[n]) / tally.seconds, 3) for n in after},
            "watched": told(watch.samples),
        }

    async def _incoming(self, seconds: float) -> Tally:
        return await steady(
            self._ports, self._traffic.stories(),
            moments=at_random(self._plan.stories_a_second, seconds, self._rng),
            connections=_INGEST_CONNECTIONS,
        )  # fmt: skip


async def _then(work: Awaitable[Any], watch: Watch) -> Any:
    """The result of some work, and the end of the watching with it."""
    try:
        return await work
    finally:
        watch.over()


def _added(*faults: dict[str, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in faults:
        for name, count in one.items():
            found[name] = found.get(name, 0) + count
    return found


def measure(place: Province, plan: Plan) -> dict[str, Any]:
    """Start the processes, look for the capacity, load a share of it."""
    names = [*(f"serve {n + 1}" for n in range(plan.replicas)), "worker"]
    members = {name: place.fleet.add(name.split()[0]) for name in names}
    started = {name: one.started_s for name, one in members.items() if name != "worker"}
    place.wait_for_worker(members["serve 1"])
    say(f"started: {started}")
    run = Run(place, members, plan)
    search = asyncio.run(run.capacity())
    sustained = [step for step in search if step["sustained"]] or search
    capacity = sustained[-1]["asked_per_second"]
    say(f"capacity {capacity} calls a second; {plan.minutes} minutes at {plan.share} of it")
    report = {
        "machine": machine(),
        "stories": place.newsroom.stories,
        "readers": len(place.newsroom.readers),
        "replicas": plan.replicas,
        "stories_a_second": plan.stories_a_second,
        "shares": dict(SHARES),
        "events_a_call": EVENTS_A_CALL,
        "started_s": started,
        "search": search,
        "capacity_per_second": capacity,
        "share": plan.share,
        "loaded": asyncio.run(run.loaded(plan.share * capacity, 60 * plan.minutes, ingest=True)),
    }
    place.wait_until_settled(members["serve 1"])
    say("without stories coming in")
    report["calm"] = asyncio.run(run.loaded(plan.share * capacity, 60 * plan.calm_minutes, ingest=False))
    report["exit_codes"] = place.fleet.stop()
    return report


def main(given: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    size_options(parser)
    parser.add_argument("--minutes", type=float, default=10.0, help="Of steady load.")
    parser.add_argument("--calm-minutes", type=float, default=4.0, help="Of load without new stories.")
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--share", type=float, default=0.6, help="Of the capacity found.")
    parser.add_argument("--stories-a-second", type=float, default=10.0)
    parser.add_argument("--quick", action="store_true", help="A minute over a tenth of the newsroom.")
    parser.add_argument("--json", type=Path, default=results("province"))
    parser.add_argument("--no-docs", action="store_true", help="Leave docs/benchmarks.md as it is.")
    asked = parser.parse_args(given)
    plan = Plan(
        replicas=asked.replicas, minutes=asked.minutes, calm_minutes=asked.calm_minutes, share=asked.share,
        stories_a_second=asked.stories_a_second,
    )  # fmt: skip
    stories, readers = asked.stories, asked.readers
    if asked.quick:
        plan = Plan(replicas=asked.replicas, minutes=0.5, calm_minutes=0.5, search_s=4.0)
        stories, readers = 10_000, 10_000
    with province(stories, readers) as place:
        report = measure(place, plan)
    asked.json.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    printed(report)
    if not asked.no_docs and not asked.quick:
        renew(DOCS / "benchmarks.md", "province", lines(report))


if __name__ == "__main__":
    main()
