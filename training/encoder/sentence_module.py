"""The static encoder as a module of sentence-transformers."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from safetensors.torch import load_file
from sentence_transformers.base.modules import InputModule

from tianfu.embeddings.encoder.features import NgramFeatures
from tianfu.model.nets.ngram_bag import NgramBag
from tianfu.training.encoder.quantise import restored_rows

CONFIG = "ngram_bag_config.json"
TENSORS = "model.safetensors"


class NgramBagModule(InputModule):
    """Loads with ``SentenceTransformer(path, trust_remote_code=True)``; the class is this package's own.

    Args:
        features: Reads texts.
        table: Shape (rows, dimension).
        max_chars: Longer texts are cut, as in serving.
    """

    save_in_root = True

    def __init__(self, features: NgramFeatures, table: torch.Tensor, *, max_chars: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.features = features
        self.max_chars = max_chars
        self.bag = NgramBag(*table.shape)
        with torch.no_grad():
            self.bag.table.copy_(table)

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **kwargs: Any
    ) -> dict[str, torch.Tensor]:
        """Read texts into one flat bag."""
        texts = [(prompt or "") + str(text) for text in inputs]
        found = [self.features(text[: self.max_chars]) for text in texts]
        offsets = np.cumsum([0, *(len(rows) for rows, _ in found)])[:-1]
        return {
            "rows": torch.from_numpy(np.concatenate([rows for rows, _ in found])),
            "weights": torch.from_numpy(np.concatenate([weights for _, weights in found])),
            "offsets": torch.from_numpy(offsets.astype(np.int64)),
        }

    def forward(self, features: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Add ``sentence_embedding``, shape (n, dimension), rows of unit length."""
        features["sentence_embedding"] = self.bag(features["rows"], features["weights"], features["offsets"])
        return features

    def get_embedding_dimension(self) -> int:
        """Length of one vector."""
        return int(self.bag.table.shape[1])

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        """Write weights and settings; rows are rounded to 4 bits as they ship."""
        from tianfu.training.encoder.export import write_weights

        write_weights(
            Path(output_path), self.bag.table.detach().numpy(), self.features, max_chars=self.max_chars
        )

    @classmethod
    def load(cls, model_name_or_path: str, *args: Any, **kwargs: Any) -> Self:
        """Read a folder that :func:`tianfu.training.encoder.export.export_encoder` wrote."""
        folder = Path(model_name_or_path)
        settings = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        tensors = load_file(folder / TENSORS)
        features = NgramFeatures(
            tensors["vocabulary"].numpy(), int(settings["buckets"]), float(settings["unknown_weight"])
        )
        table = torch.from_numpy(restored_rows(tensors["table"].numpy(), tensors["scale"].numpy()))
        return cls(features, table, max_chars=int(settings["max_chars"]))
