"""The static encoder as a torch module: a weighted sum of learned rows, brought to unit length."""

import torch
from torch import nn


class NgramBag(nn.Module):
    """Learned rows for character n-grams.

    Attributes:
        table: Shape (rows, dimension).
    """

    def __init__(self, rows: int, dimension: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.empty(rows, dimension))

    def start(self, scale: torch.Tensor, *, seed: int) -> None:
        """Start from random directions, so that likeness is that of weighted n-grams.

        Args:
            scale: Shape (rows,): length of each row, such as its inverse document frequency.
            seed: Of the directions.
        """
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            self.table.normal_(generator=generator)
            self.table.mul_(scale[:, None] / self.table.shape[1] ** 0.5)

    def forward(self, rows: torch.Tensor, weights: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
        """Encode bags to shape (len(offsets), dimension), rows of unit length; an empty bag gives zero.

        Args:
            rows: int64, shape (features,): table rows, bag after bag.
            weights: float32, shape (features,).
            offsets: int64, shape (bags,): where each bag begins.
        """
        summed = nn.functional.embedding_bag(
            rows, self.table, offsets, mode="sum", per_sample_weights=weights
        )
        return nn.functional.normalize(summed, dim=1)
