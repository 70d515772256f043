"""The directory's modules as one torch net of ids and mask, ready for export."""

import json
from collections.abc import Mapping

import torch
from safetensors.torch import load_file
from torch import nn
from transformers import AutoModel

from tianfu.model.errors import UnreadableFile
from tianfu.training.imports.folder import SentenceFolder

ACTIVATIONS: Mapping[str, type[nn.Module]] = {
    "Tanh": nn.Tanh,
    "Identity": nn.Identity,
    "GELU": nn.GELU,
    "ReLU": nn.ReLU,
}


class ImportedNet(nn.Module):
    """Transformer, pooling, dense layers, unit length."""

    def __init__(self, transformer: nn.Module, pooling: str, dense: nn.Module) -> None:
        super().__init__()
        self.transformer = transformer
        self.pooling = pooling
        self.dense = dense

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Encode int64 ids and mask, shape (B, T), padded on the right, to float32 vectors."""
        states = self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        match self.pooling:
            case "cls":
                pooled = states[:, 0]
            case "lasttoken":
                last = attention_mask.sum(dim=1) - 1  # (B,)
                pooled = states.gather(1, last[:, None, None].expand(-1, 1, states.shape[2])).squeeze(1)
            case _:
                weight = attention_mask.unsqueeze(-1).to(states.dtype)
                pooled = (states * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1e-9)
        return nn.functional.normalize(self.dense(pooled), dim=1)


def open_net(folder: SentenceFolder) -> ImportedNet:
    """Load the weights in float32.

    Raises:
        UnreadableFile: The transformer needs code of its own, or a dense layer cannot be read.
    """
    try:
        transformer = AutoModel.from_pretrained(
            folder.transformer, attn_implementation="eager", dtype=torch.float32, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError) as bad:
        raise UnreadableFile(
            f"The transformer of {folder.path.name} cannot be loaded.",
            advice="It must be of an architecture that transformers knows; foreign code is never run.",
        ) from bad
    layers = nn.Sequential(*(_dense(folder, at) for at in range(len(folder.dense))))
    return ImportedNet(transformer.eval(), folder.pooling, layers).eval()


def _dense(folder: SentenceFolder, at: int) -> nn.Module:
    place = folder.dense[at]
    try:
        config = json.loads((place / "config.json").read_text(encoding="utf-8"))
        weights = load_file(place / "model.safetensors")
        activation = ACTIVATIONS[str(config.get("activation_function", "Identity")).rsplit(".", 1)[-1]]
        layer = nn.Linear(config["in_features"], config["out_features"], bias=bool(config.get("bias", True)))
        layer.load_state_dict({name.removeprefix("linear."): values for name, values in weights.items()})
    except (OSError, ValueError, KeyError, RuntimeError) as bad:
        raise UnreadableFile(f"The dense layer {place.name} of {folder.path.name} cannot be read.") from bad
    return nn.Sequential(layer, activation())
