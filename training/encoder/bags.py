"""Texts as bags of table rows, many in one flat array, and batches drawn from them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from tianfu.embeddings.encoder.features import NgramFeatures

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Bags:
    """Feature bags of n texts.

    Attributes:
        rows: int32, shape (features,): table rows, text after text.
        weights: float32, shape (features,).
        offsets: int64, shape (n + 1,): where each text begins.
    """

    rows: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    offsets: Indices

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def take(
        self, texts: Indices, *, rng: np.random.Generator | None = None, dropout: float = 0.0
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Rows, weights and offsets of some texts, as ``torch.nn.functional.embedding_bag`` takes them.

        With ``dropout`` each feature is left out with that probability.
        """
        lengths = self.offsets[texts + 1] - self.offsets[texts]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        at = np.repeat(self.offsets[texts] - starts[:-1], lengths) + np.arange(starts[-1])
        if rng is not None and dropout > 0:
            kept = rng.random(len(at), dtype=np.float32) >= dropout
            starts = np.concatenate([[0], np.cumsum(kept)])[starts]
            at = at[kept]
        return (
            torch.from_numpy(self.rows[at].astype(np.int64)),
            torch.from_numpy(self.weights[at]),
            torch.from_numpy(starts[:-1]),
        )


def bags_of(texts: Iterable[str], features: NgramFeatures) -> Bags:
    """Read texts into bags; a text without letters or digits gives an empty bag."""
    found = [features(text) for text in texts]
    offsets = np.zeros(len(found) + 1, dtype=np.int64)
    np.cumsum([len(rows) for rows, _ in found], out=offsets[1:])
    return Bags(
        np.concatenate([np.zeros(0, np.int64), *(rows for rows, _ in found)]).astype(np.int32),
        np.concatenate([np.zeros(0, np.float32), *(weights for _, weights in found)]),
        offsets,
    )
