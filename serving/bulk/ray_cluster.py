"""Joining a Ray cluster for one run, or starting one on this machine, and leaving it again."""

import importlib.util
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tianfu.model.errors import EngineMismatch, EngineUnavailable, InvalidSetting

LOCAL, AUTO = "local", "auto"
_ANSWER_S = 3.0
_STARTS = 3
_STORE_BYTES = 256 * 1024 * 1024
"""Object store of a Ray started for the run: batches on their way, and the artefacts if they are sent."""
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
"""No usage statistics leave the house; the second keeps Ray from warning of what it will do one day."""


def imported_ray() -> Any:
    """The library, told to be quiet before it is first imported.

    Raises:
        InvalidSetting: It is not installed.
    """
    if importlib.util.find_spec("ray") is None:
        raise InvalidSetting(
            field="--ray", why="needs Ray, which is not installed", advice="Install tianfu[ray]."
        )
    os.environ.update(_QUIET)
    import ray

    return ray


@contextmanager
def joined(address: str, *, cpus: int | None = None) -> Iterator[Any]:
    """Join a cluster, or start one on this machine that ends with the block.

    Args:
        address: ``local`` for one of this run alone, ``auto`` for the one this machine belongs to, or
            ``HOST:PORT`` of its head; this machine has to be one of the cluster's.
        cpus: Of a cluster started here; the machine's when left out.

    Raises:
        InvalidSetting: No such address, or Ray is not installed.
        EngineUnavailable: Nobody answers there.
        EngineMismatch: Ray or Python is of another version there.
    """
    ray = imported_ray()
    _check_address(address)
    options: dict[str, Any] = {"address": address}
    if address == LOCAL:
        options |= {
            "num_cpus": cpus or os.cpu_count(),
            "object_store_memory": _STORE_BYTES,
            "include_dashboard": False,
        }
    _begin(ray, address, options)
    try:
        yield ray
    finally:
        ray.shutdown()


def _begin(ray: Any, address: str, options: dict[str, Any]) -> None:
    """Connect.  Ray gives its own processes half a minute, which a busy machine may not keep at first."""
    for left in reversed(range(_STARTS if address == LOCAL else 1)):
        try:
            ray.init(log_to_driver=False, logging_level=logging.ERROR, **options)
        except (ConnectionError, RuntimeError, ValueError, TimeoutError) as bad:
            ray.shutdown()
            if not left:
                raise _translated(address, bad) from bad
        else:
            return


def crew_of(ray: Any, *, threads: int, actors: int | None) -> tuple[int, bool]:
    """How many actors to ask for, and whether artefacts have to be sent to other machines.

    Args:
        ray: Joined.
        threads: CPUs that one takes.
        actors: As many as somebody wants; as many as the cluster has CPUs for when left out.
    """
    nodes = [node for node in ray.nodes() if node["Alive"]]
    cpus = sum(node["Resources"].get("CPU", 0.0) for node in nodes)
    hosts = {node["NodeManagerHostname"] for node in nodes}
    return actors or max(1, int(cpus // threads)), hosts != {socket.gethostname()}


def _check_address(address: str) -> None:
    if address in (LOCAL, AUTO):
        return
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isdecimal() or "/" in host:
        raise InvalidSetting(
            field="--ray", why="is none of local, auto and HOST:PORT", advice="Give the address of the head."
        )
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWER_S):
            return
    except (OSError, OverflowError) as bad:
        raise _silent(address) from bad


def _translated(address: str, bad: Exception) -> EngineUnavailable:
    if "ersion mismatch" in str(bad):
        return EngineMismatch(
            f"The Ray cluster at {address} runs another version of Ray or Python than this machine.",
            advice="Install the same versions on every machine.",
        )
    return _silent(address)


def _silent(address: str) -> EngineUnavailable:
    if address == LOCAL:
        return EngineUnavailable(
            "Ray did not start on this machine.", advice="Try again when the machine has less to do."
        )
    where = "on this machine" if address == AUTO else f"at {address}"
    return EngineUnavailable(
        f"No Ray cluster that this machine belongs to answers {where}.",
        advice="Join one with `ray start --address=HOST:PORT` and run it again, or give --ray local.",
    )
