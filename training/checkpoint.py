"""Where a run stands, so that it can go on after a stop: tensors in safetensors, the rest in JSON."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

_TENSORS, _STATE = "checkpoint.safetensors", "checkpoint.json"
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Steps taken and what they cost.

    Attributes:
        step: Steps taken.
        seconds: Wall time of those steps, over all stretches of the run.
        losses: Mean loss of each stretch between checkpoints.
    """

    step: int = 0
    seconds: float = 0.0
    losses: tuple[float, ...] = ()


def save_checkpoint(
    folder: Path,
    key: str,
    standing: Standing,
    net: nn.Module,
    optimiser: torch.optim.Optimizer,
    rng: np.random.Generator,
) -> None:
    """Write the state; a stop while writing leaves the last whole one readable.

    Args:
        folder: Of the run.
        key: Hash of configuration and data; another run never goes on from here.
        standing: How far it is.
        net: Its trained parameters are kept; the others are those of the start.
        optimiser: Of the family of Adam; its moments are kept.
        rng: Its state, and torch's, make the rest of the run the same as without a stop.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {"torch_rng": torch.get_rng_state()}
    for name, values in trained(net).items():
        tensors[name] = values.detach().contiguous()
        for moment, held in optimiser.state.get(values, {}).items():
            tensors[f"{name}|{moment}"] = held
    file = f"{standing.step}.{_TENSORS}"
    save_file(tensors, folder / file)
    state = {
        "key": key,
        "file": file,
        "step": standing.step,
        "seconds": standing.seconds,
        "losses": standing.losses,
        "rng": rng.bit_generator.state,
    }
    aside = folder / f"{_STATE}.new"
    aside.write_text(json.dumps(state), encoding="utf-8")
    aside.replace(folder / _STATE)
    for old in folder.glob(f"*.{_TENSORS}"):
        if old.name != file:
            old.unlink()


def load_checkpoint(
    folder: Path, key: str, net: nn.Module, optimiser: torch.optim.Optimizer, rng: np.random.Generator
) -> Standing:
    """Take up the state of the same run, or start at step 0 when there is none."""
    try:
        state: dict[str, Any] = json.loads((folder / _STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Standing()
    if state["key"] != key:
        return Standing()
    tensors = load_file(folder / state["file"])
    with torch.no_grad():
        for name, values in trained(net).items():
            values.copy_(tensors[name])
            moments = {
                m: tensors[f"{name}|{m}"].to(values.device) for m in _MOMENTS if f"{name}|{m}" in tensors
            }
            if moments:
                optimiser.state[values] = moments
    torch.set_rng_state(tensors["torch_rng"])
    rng.bit_generator.state = state["rng"]
    return Standing(step=state["step"], seconds=state["seconds"], losses=tuple(state["losses"]))


def trained(net: nn.Module) -> dict[str, nn.Parameter]:
    """Parameters that training changes, by name; the others are those of the start."""
    return {name: values for name, values in net.named_parameters() if values.requires_grad}
