"""The optimisation: batches of mixed tasks, AdamW, a linear schedule, curves for TensorBoard."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch.utils.tensorboard import SummaryWriter

from tianfu.training.encoder.checkpoint import Standing
from tianfu.training.encoder.loop import FLOOR, NonFiniteLoss, Progress
from tianfu.training.transformer.checkpoint import load_checkpoint, save_checkpoint
from tianfu.training.transformer.config import TransformerConfig
from tianfu.training.transformer.net import SentenceNet
from tianfu.training.transformer.tasks import Task

WARM_UP_SHARE = 0.06
WEIGHT_DECAY = 0.01
MAX_NORM = 1.0
CHECKPOINT_STEPS = 50


def optimise(
    net: SentenceNet,
    tasks: Mapping[str, Sequence[Task]],
    config: TransformerConfig,
    *,
    key: str,
    progress: Progress,
) -> Standing:
    """Train in place for the configured number of steps, going on from a checkpoint if there is one.

    Args:
        net: Changed in place; left in training mode.
        tasks: By name, as the configuration's shares name them.
        config: Of the run.
        key: Hash of configuration and data.
        progress: Told after each step.

    Raises:
        NonFiniteLoss: No weight was changed by the step that gave it.
    """
    rng = np.random.default_rng(config.seed)
    optimiser = _optimiser(net, config)
    standing = load_checkpoint(config.work, key, net, optimiser, rng)
    names = sorted(tasks)
    shares = np.array([config.tasks[name] for name in names])
    curves = SummaryWriter(str(config.work / "curves"), purge_step=standing.step)
    begin, losses = time.perf_counter() - standing.seconds, defaultdict[str, list[float]](list)
    net.train()
    for step in range(standing.step, config.steps):
        name = names[int(rng.choice(len(names), p=shares / shares.sum()))]
        task = tasks[name][int(rng.integers(len(tasks[name])))]
        rate = rate_at(step, config.steps)
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * rate
        loss = train_step(net, task, optimiser, config, rng)
        losses[name].append(loss)
        curves.add_scalar(f"loss/{name}", loss, step)
        curves.add_scalar("rate", rate, step)
        progress("training the encoder", step + 1, config.steps)
        if (step + 1) % CHECKPOINT_STEPS == 0 or step + 1 == config.steps:
            mean = float(np.mean(losses.get("stories") or [loss]))
            seconds = time.perf_counter() - begin
            standing = Standing(step=step + 1, seconds=seconds, losses=(*standing.losses, mean))
            save_checkpoint(config.work, key, standing, net, optimiser, rng)
            losses.clear()
    curves.close()
    return standing


def rate_at(step: int, steps: int) -> float:
    """Share of the peak learning rate: warm-up, then linear down to the floor."""
    warm = min(1.0, (step + 1) / max(1.0, WARM_UP_SHARE * steps))
    return warm * (FLOOR + (1 - FLOOR) * (1 - step / steps))


def train_step(
    net: SentenceNet,
    task: Task,
    optimiser: torch.optim.Optimizer,
    config: TransformerConfig,
    rng: np.random.Generator,
) -> float:
    """Take one clipped gradient step; return its loss.

    Raises:
        NonFiniteLoss: No weight was changed.
    """
    optimiser.zero_grad(set_to_none=True)
    loss = task.loss(net, config, rng)
    if not bool(torch.isfinite(loss)):
        raise NonFiniteLoss("The loss is not a number.", advice="Lower learning_rate or scale.")
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(net.parameters(), MAX_NORM)
    optimiser.step()
    return float(loss.detach())


def _optimiser(net: SentenceNet, config: TransformerConfig) -> torch.optim.AdamW:
    body = [p for p in net.bert.parameters() if p.requires_grad]
    heads = [*net.heads.parameters(), net.head_scale]
    groups = [
        {"params": body, "peak": config.learning_rate, "weight_decay": WEIGHT_DECAY},
        {"params": heads, "peak": config.head_rate, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.98), fused=True)
