"""Runs in MLflow: settings, curves, figures and the card, where somebody asked for it.

Only the address given is written to; a folder or an SQLite file needs no server.  MLflow's own reports of its
use to its makers are switched off before it is loaded.
"""

import os
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from tianfu.model.errors import TianfuError

EXPERIMENT = "tianfu"
_AT_ONCE = 100
_RANK = "RANK"
"""Number of a process among those that ``accelerate launch`` or ``torchrun`` started."""
_FILES = ("card.json", "card.md", "data-checks.txt")


class TrackingFailed(TianfuError):
    """MLflow is not there or cannot be written to; nothing was trained."""

    code = "tracking_failed"


class Untracked:
    """Nobody asked."""

    def note(self, step: int, values: Mapping[str, float]) -> None:
        """Note nothing."""

    def keep(self, card: Mapping[str, Any], folder: Path) -> None:
        """Keep nothing."""


class TrackedRun(Untracked):
    """One run in MLflow.

    Args:
        client: Of MLflow.
        run_id: Of the run, begun.
    """

    def __init__(self, client: Any, run_id: str) -> None:
        self._client, self._run_id = client, run_id
        self._waiting: list[Any] = []

    def note(self, step: int, values: Mapping[str, float]) -> None:
        """Note values of a step; written a hundred at a time."""
        from mlflow.entities import Metric

        at_ms = int(time.time() * 1_000)
        self._waiting += [Metric(name, float(value), at_ms, step) for name, value in values.items()]
        if len(self._waiting) >= _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        while self._waiting:
            self._client.log_batch(self._run_id, metrics=self._waiting[:_AT_ONCE])
            del self._waiting[:_AT_ONCE]

    def keep(self, card: Mapping[str, Any], folder: Path) -> None:
        """Keep what an artefact's card tells, and the card itself.

        Args:
            card: With ``settings``, ``metrics`` and what it learnt from.
            folder: Of the artefact.
        """
        self.flush()
        for name, value in card.get("settings", {}).items():
            self._client.log_param(self._run_id, name, value)
        for name, value in card.get("metrics", {}).items():
            if isinstance(value, (int, float)):
                self._client.log_metric(self._run_id, name, float(value))
        data = card.get("data") or {}
        told = {name: card.get(name) for name in ("kind", "name", "version", "fingerprint")}
        for name, value in {**told, "data_hash": data.get("data_hash")}.items():
            if value is not None:
                self._client.set_tag(self._run_id, name, value)
        for file in _FILES:
            if (folder / file).is_file():
                self._client.log_artifact(self._run_id, str(folder / file))


_CURRENT: ContextVar[Untracked | None] = ContextVar("tracked_run", default=None)


def current() -> Untracked:
    """The run that is tracked here; one that notes nothing where none is."""
    return _CURRENT.get() or Untracked()


@contextmanager
def tracked(address: str | None, kind: str) -> Iterator[Untracked]:
    """Track what is trained in this block, where an address is given; the first of several processes does.

    A run that fails is marked as failed and stays.

    Args:
        address: Of MLflow: ``sqlite:///FILE``, a folder, or a server's; ``None`` for nowhere.
        kind: What is trained, for the run's name.

    Raises:
        TrackingFailed: MLflow is not installed, or refuses the address.
    """
    if not address or os.environ.get(_RANK, "0") != "0":
        yield Untracked()
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of MLflow's own parts
        client, run_id = _begun(address, kind)
        run = TrackedRun(client, run_id)
        token = _CURRENT.set(run)
        try:
            yield run
            run.flush()
        except BaseException:
            client.set_terminated(run_id, "FAILED")
            raise
        else:
            client.set_terminated(run_id)
        finally:
            _CURRENT.reset(token)


def _begun(address: str, kind: str) -> tuple[Any, str]:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
    try:
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException
    except ImportError as missing:
        raise TrackingFailed(
            "MLflow is asked for and not installed.", advice="pip install 'tianfu[mlflow]'"
        ) from missing
    try:
        client = MlflowClient(tracking_uri=address)
        known = client.get_experiment_by_name(EXPERIMENT)
        experiment = known.experiment_id if known else client.create_experiment(EXPERIMENT, _beside(address))
        run_id = client.create_run(experiment, run_name=kind).info.run_id
    except MlflowException as refused:
        raise TrackingFailed(
            f"MLflow at {address} cannot be written to: {refused.message}",
            advice="Give a folder, sqlite:///FILE, or the address of a server that runs.",
        ) from refused
    return client, str(run_id)


def _beside(address: str) -> str | None:
    """Where files of runs go: beside an SQLite file, else wherever MLflow puts them."""
    if not address.startswith("sqlite:///"):
        return None
    return (Path(address.removeprefix("sqlite:///")).resolve().parent / "mlflow-files").as_uri()
