"""The optimisation: batches of mixed tasks, a linear schedule, checkpoints, curves."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
import torch
from torch import nn

from tianfu.model.errors import TianfuError
from tianfu.training.checkpoint import Standing, load_checkpoint, save_checkpoint
from tianfu.training.diary import Diary
from tianfu.training.progress import Progress
from tianfu.training.team import ALONE, Team

FLOOR = 0.05
"""The rate at the end, as a share of the peak."""


class NonFiniteLoss(TianfuError):
    """A loss was not a number; the weights before that step stand in the last checkpoint."""

    code = "non_finite_loss"


class RunConfig(Protocol):
    """What every training run has; see the configurations for the meaning."""

    @property
    def seed(self) -> int: ...  # noqa: D102
    @property
    def steps(self) -> int: ...  # noqa: D102
    @property
    def tasks(self) -> dict[str, float]: ...  # noqa: D102
    @property
    def work(self) -> Path: ...  # noqa: D102


Net = TypeVar("Net", bound=nn.Module, contravariant=True)
Config = TypeVar("Config", bound=RunConfig, contravariant=True)


class Task(Protocol[Net, Config]):
    """Something to learn."""

    def loss(self, net: Net, config: Config, rng: np.random.Generator) -> torch.Tensor:
        """Draw a batch and give its loss."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How the steps go.

    Attributes:
        warm_up: Steps until the rate is at its peak.
        checkpoint: Steps between two checkpoints.
        max_norm: Longest gradient; longer ones are cut to it.  ``None`` lets them be.
    """

    warm_up: float
    checkpoint: int
    max_norm: float | None = None


def optimise(
    net: Net,
    tasks: Mapping[str, Sequence[Task[Net, Config]]],
    config: Config,
    optimiser: torch.optim.Optimizer,
    pace: Pace,
    *,
    key: str,
    progress: Progress,
    team: Team = ALONE,
) -> Standing:
    """Train in place for the configured number of steps, going on from a checkpoint if there is one.

    Args:
        net: Changed in place; left in training mode.
        tasks: By name, as the configuration's shares name them.
        config: Of the run.
        optimiser: Each of its groups has its peak rate as ``peak``.
        pace: See :class:`Pace`.
        key: Hash of configuration and data, see :func:`~tianfu.training.checkpoint.save_checkpoint`.
        progress: Told after each step.
        team: Who trains with this process; one of them writes.

    Raises:
        NonFiniteLoss: No weight was changed by the step that gave it.
    """
    rng = np.random.default_rng(config.seed)
    standing = load_checkpoint(config.work, key, net, optimiser, rng)
    names = sorted(tasks)
    shares = np.array([config.tasks[name] for name in names])
    diary = Diary(config.work, begins=standing.step) if team.leads else None
    begin, losses = time.perf_counter() - standing.seconds, list[float]()
    net.train()
    for step in range(standing.step, config.steps):
        name = names[int(rng.choice(len(names), p=shares / shares.sum()))]
        task = tasks[name][int(rng.integers(len(tasks[name])))]
        rate = rate_at(step, config.steps, warm_up=pace.warm_up)
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * rate
        losses.append(train_step(net, task, optimiser, config, rng, max_norm=pace.max_norm, team=team))
        if diary is not None:
            diary.note(step, {f"loss/{name}": losses[-1], "rate": rate})
        progress("training the encoder", step + 1, config.steps)
        if (step + 1) % pace.checkpoint == 0 or step + 1 == config.steps:
            mean, seconds = float(np.mean(losses)), time.perf_counter() - begin
            standing = Standing(step=step + 1, seconds=seconds, losses=(*standing.losses, mean))
            if team.leads:
                save_checkpoint(config.work, key, standing, net, optimiser, rng)
            losses = []
    if diary is not None:
        diary.close()
    return standing


def rate_at(step: int, steps: int, *, warm_up: float) -> float:
    """Share of the peak learning rate: warm-up, then linear down to the floor."""
    return min(1.0, (step + 1) / max(1.0, warm_up)) * (FLOOR + (1 - FLOOR) * (1 - step / steps))


def train_step(
    net: Net,
    task: Task[Net, Config],
    optimiser: torch.optim.Optimizer,
    config: Config,
    rng: np.random.Generator,
    *,
    max_norm: float | None = None,
    team: Team = ALONE,
) -> float:
    """Take one gradient step; return its loss.

    Raises:
        NonFiniteLoss: No weight was changed.
    """
    optimiser.zero_grad(set_to_none=True)
    loss = task.loss(net, config, rng)
    if not bool(torch.isfinite(loss)):
        raise NonFiniteLoss("The loss is not a number.", advice="Lower the learning rate or the temperature.")
    loss.backward()  # type: ignore[no-untyped-call]
    team.average(net)
    if max_norm is not None:
        nn.utils.clip_grad_norm_(net.parameters(), max_norm)
    optimiser.step()
    return float(loss.detach())
