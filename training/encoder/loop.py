"""The optimisation: batches of mixed tasks, Adam, a linear schedule."""

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch

from tianfu.model.errors import TianfuError
from tianfu.model.nets.ngram_bag import NgramBag
from tianfu.training.encoder.checkpoint import Standing, load_checkpoint, save_checkpoint
from tianfu.training.encoder.config import EncoderConfig
from tianfu.training.encoder.tasks import Task

Progress = Callable[[str, int, int], None]
"""Told what is done, how much of it, and how much there is."""
WARM_UP_STEPS = 20
FLOOR = 0.05
"""The rate at the end, as a share of the peak."""
CHECKPOINT_STEPS = 100


class NonFiniteLoss(TianfuError):
    """A loss was not a number; the weights before that step stand in the last checkpoint."""

    code = "non_finite_loss"


def optimise(
    net: NgramBag,
    tasks: Mapping[str, Sequence[Task]],
    config: EncoderConfig,
    *,
    key: str,
    progress: Progress,
) -> Standing:
    """Train in place for the configured number of steps, going on from a checkpoint if there is one.

    Args:
        net: Changed in place.
        tasks: By name, as the configuration's shares name them.
        config: Of the run.
        key: Hash of configuration and data, see :func:`~tianfu.training.encoder.checkpoint.load_checkpoint`.
        progress: Told after each step.

    Raises:
        NonFiniteLoss: No weight was changed by the step that gave it.
    """
    rng = np.random.default_rng(config.seed)
    optimiser = torch.optim.Adam(net.parameters(), lr=config.learning_rate, betas=(0.9, 0.98), fused=True)
    standing = load_checkpoint(config.work, key, net, optimiser, rng)
    names = sorted(tasks)
    shares = np.array([config.tasks[name] for name in names])
    begin, losses = time.perf_counter() - standing.seconds, list[float]()
    for step in range(standing.step, config.steps):
        chosen = tasks[names[int(rng.choice(len(names), p=shares / shares.sum()))]]
        task = chosen[int(rng.integers(len(chosen)))]
        for group in optimiser.param_groups:
            group["lr"] = config.learning_rate * rate_at(step, config.steps)
        losses.append(train_step(net, task, optimiser, config, rng))
        progress("training the encoder", step + 1, config.steps)
        if (step + 1) % CHECKPOINT_STEPS == 0 or step + 1 == config.steps:
            mean = float(np.mean(losses))
            seconds = time.perf_counter() - begin
            standing = Standing(step=step + 1, seconds=seconds, losses=(*standing.losses, mean))
            save_checkpoint(config.work, key, standing, net, optimiser, rng)
            losses = []
    return standing


def rate_at(step: int, steps: int) -> float:
    """Share of the peak learning rate: short warm-up, then linear down to the floor."""
    return min(1.0, (step + 1) / WARM_UP_STEPS) * (FLOOR + (1 - FLOOR) * (1 - step / steps))


def train_step(
    net: NgramBag,
    task: Task,
    optimiser: torch.optim.Optimizer,
    config: EncoderConfig,
    rng: np.random.Generator,
) -> float:
    """Take one gradient step; return its loss.

    Raises:
        NonFiniteLoss: No weight was changed.
    """
    optimiser.zero_grad(set_to_none=True)
    loss = task.loss(net, config, rng)
    if not bool(torch.isfinite(loss)):
        raise NonFiniteLoss("The loss is not a number.", advice="Lower learning_rate or temperature.")
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()
    return float(loss.detach())
