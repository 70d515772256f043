"""What processes take while they are loaded: memory and processor time, PostgreSQL's many as one."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
import psutil

from benchmarks.http_load import Call, Connection, get

POSTGRESQL = "postgresql"
_MB = 2**20


def memory_mb(process: psutil.Process) -> float:
    """Resident memory of one process."""
    return float(process.memory_info().rss) / _MB


def tree_memory_mb(root: psutil.Process) -> float:
    """Own pages of a process and its children, and what they share counted once."""
    own, shared = 0, 0
    for process in _tree(root):
        try:
            found = process.memory_info()
        except psutil.NoSuchProcess:
            continue
        own += found.rss - found.shared
        shared = max(shared, found.shared)
    return (own + shared) / _MB


def cpu_s(process: psutil.Process) -> float:
    """Processor seconds a process has used."""
    used = process.cpu_times()
    return float(used.user + used.system)


def tree_cpu_s(root: psutil.Process) -> float:
    """The same of a process, its children, and those of them that have ended."""
    found = root.cpu_times()
    used = float(found.children_user + found.children_system)
    for process in _tree(root):
        try:
            used += cpu_s(process)
        except psutil.NoSuchProcess:
            continue
    return used


def _tree(root: psutil.Process) -> list[psutil.Process]:
    return [root, *root.children(recursive=True)]


class Processes:
    """The processes of a deployment, and this one, by name.

    Args:
        members: Process ids of replicas and workers by name.
        postmaster: Of PostgreSQL's first process.
    """

    def __init__(self, members: Mapping[str, int], postmaster: int) -> None:
        self._members = {name: psutil.Process(pid) for name, pid in members.items()}
        self._postmaster = psutil.Process(postmaster)
        self._own = psutil.Process()

    def memory_mb(self) -> dict[str, float]:
        """Resident memory by name."""
        found = {name: memory_mb(process) for name, process in self._members.items()}
        return found | {POSTGRESQL: tree_memory_mb(self._postmaster)}

    def cpu_s(self) -> dict[str, float]:
        """Processor seconds by name, ``generator`` for this process."""
        found = {name: cpu_s(process) for name, process in self._members.items()}
        return found | {POSTGRESQL: tree_cpu_s(self._postmaster), "generator": cpu_s(self._own)}


@dataclass(frozen=True, slots=True)
class Sample:
    """One look: seconds since the first, megabytes by process, and what a replica says of its work."""

    at_s: float
    memory_mb: Mapping[str, float]
    ready: Mapping[str, Any]


@dataclass(slots=True)
class Watch:
    """Looks at processes and at ``/readyz`` of each replica, now and then, while something else goes on."""

    processes: Processes
    ports: Sequence[int]
    every_s: float = 5.0
    samples: list[Sample] = field(default_factory=list)
    _done: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Look until told that it is over."""
        began = time.monotonic()
        lines = [await Connection.open(port) for port in self.ports]
        call = get("/readyz", secret="", kind="ready")
        while not self._done.is_set():
            memory = await asyncio.to_thread(self.processes.memory_mb)
            ready = [await _ready(line, call) for line in lines]
            self.samples.append(Sample(time.monotonic() - began, memory, _worst(ready)))
            try:
                await asyncio.wait_for(self._done.wait(), self.every_s)
            except TimeoutError:
                continue
        for line in lines:
            await line.close()

    def over(self) -> None:
        """Stop looking."""
        self._done.set()


_READ = ("queue_age_s", "queue_waiting", "queue_stuck", "behind", "behind_s")


async def _ready(line: Connection, call: Call) -> dict[str, Any]:
    _, body, _ = await line.ask(call)
    told = orjson.loads(body)
    return {name: told.get(name) for name in (*_READ, "stories", "indexed")}


def _worst(ready: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The largest of each number over the replicas."""
    return {name: max((one[name] or 0 for one in ready), default=0) for name in ready[0]}


def growth(samples: Sequence[Sample], value: Callable[[Sample], float]) -> float:
    """By how much a value grows a minute over the second half of the samples (least squares)."""
    half = samples[len(samples) // 2 :]
    if len(half) < 3:
        return 0.0
    at = np.array([sample.at_s for sample in half]) / 60
    return float(np.polyfit(at, np.array([value(sample) for sample in half]), 1)[0])


def told(samples: Sequence[Sample], *, points: int = 40) -> dict[str, Any]:
    """Memory of each process (first, last, highest, growth a minute), queue age and lag of the index."""
    names = samples[0].memory_mb
    memory = {}
    for name in names:
        series = [sample.memory_mb[name] for sample in samples]
        memory[name] = {
            "first_mb": round(series[0], 1),
            "last_mb": round(series[-1], 1),
            "highest_mb": round(max(series), 1),
            "growth_mb_a_minute": round(growth(samples, lambda sample, n=name: sample.memory_mb[n]), 2),
        }
    thin = samples[:: max(1, len(samples) // points)]
    worst = {name: max(float(s.ready[name]) for s in samples) for name in _READ}
    return {
        "memory": memory,
        "worst": worst,
        "queue_age_s_mean": round(float(np.mean([s.ready["queue_age_s"] for s in samples])), 2),
        "behind_changes_mean": round(float(np.mean([s.ready["behind"] for s in samples])), 1),
        "series": [
            {"at_s": round(s.at_s, 1), **{name: round(mb, 1) for name, mb in s.memory_mb.items()}}
            for s in thin
        ],
    }
