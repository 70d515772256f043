"""Where a run stands, so that it can go on after a stop: tensors in safetensors, the rest in JSON."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from tianfu.model.nets.ngram_bag import NgramBag

_TENSORS, _STATE = "checkpoint.safetensors", "checkpoint.json"


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
    net: NgramBag,
    optimiser: torch.optim.Adam,
    rng: np.random.Generator,
) -> None:
    """Write the state; a stop while writing leaves the last whole one readable.

    Args:
        folder: Of the run.
        key: Hash of configuration and data; another run never goes on from here.
        standing: How far it is.
        net: The rows.
        optimiser: Its moments.
        rng: Its state makes the rest of the run the same as without a stop.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state: dict[str, Any] = optimiser.state[net.table]
    tensors = {
        "table": net.table.detach(),
        **{name: state[name] for name in ("exp_avg", "exp_avg_sq", "step")},
    }
    file = f"{standing.step}.{_TENSORS}"
    save_file(tensors, folder / file)
    text = json.dumps(
        {
            "key": key,
            "file": file,
            "step": standing.step,
            "seconds": standing.seconds,
            "losses": standing.losses,
            "rng": rng.bit_generator.state,
        }
    )
    aside = folder / f"{_STATE}.new"
    aside.write_text(text, encoding="utf-8")
    aside.replace(folder / _STATE)
    for old in folder.glob(f"*.{_TENSORS}"):
        if old.name != file:
            old.unlink()


def load_checkpoint(
    folder: Path, key: str, net: NgramBag, optimiser: torch.optim.Adam, rng: np.random.Generator
) -> Standing:
    """Take up the state of the same run, or start at step 0 when there is none."""
    try:
        state = json.loads((folder / _STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Standing()
    if state["key"] != key:
        return Standing()
    tensors = load_file(folder / state["file"])
    with torch.no_grad():
        net.table.copy_(tensors["table"])
    optimiser.state[net.table] = {name: tensors[name] for name in ("exp_avg", "exp_avg_sq", "step")}
    rng.bit_generator.state = state["rng"]
    return Standing(step=state["step"], seconds=state["seconds"], losses=tuple(state["losses"]))
