"""Losses on vectors of unit length."""

import torch
from torch.nn import functional


def contrast(
    left: torch.Tensor, right: torch.Tensor, groups: torch.Tensor, *, temperature: float
) -> torch.Tensor:
    """Each row's partner against all other rows, both ways.

    InfoNCE (van den Oord 2018) in the symmetric form of CLIP; rows of one group (the same headline on
    another day) are no negatives of each other.

    Args:
        left: Shape (n, dimension).
        right: Shape (n, dimension), row i belongs to row i of ``left``.
        groups: int64, shape (n,).
        temperature: Inverse temperature.
    """
    logits = left @ (right * temperature).T  # (n, n)
    partner = logits.diagonal()
    same = groups[:, None] == groups[None, :]
    same.fill_diagonal_(False)
    if bool(same.any()):
        logits = logits.masked_fill(same, float("-inf"))
    both = torch.logsumexp(logits, dim=1) + torch.logsumexp(logits, dim=0)
    return (both / 2 - partner).mean()


def shortened(vectors: torch.Tensor, length: int) -> torch.Tensor:
    """The first ``length`` numbers of each row, brought to unit length again."""
    return functional.normalize(vectors[:, :length], dim=1)


def graded(cosines: torch.Tensor, grades: torch.Tensor, *, temperature: float) -> torch.Tensor:
    """Pairs of a higher grade should have the higher cosine (CoSENT, Su 2022).

    Args:
        cosines: Shape (n,).
        grades: Shape (n,); only their order counts.
        temperature: Inverse temperature.
    """
    scaled = cosines * temperature
    gaps = scaled[:, None] - scaled[None, :]  # (n, n): how much i lies above j
    wrong = gaps[grades[:, None] < grades[None, :]]
    return torch.logsumexp(torch.cat([wrong.new_zeros(1), wrong]), dim=0)


def alike_by_class(vectors: torch.Tensor, classes: torch.Tensor, *, temperature: float) -> torch.Tensor:
    """All of one class are partners (supervised contrast, Khosla 2020).

    Args:
        vectors: Shape (n, dimension).
        classes: int64, shape (n,).
        temperature: Inverse temperature.
    """
    itself = torch.eye(len(vectors), dtype=torch.bool)
    logits = (vectors @ vectors.T * temperature).masked_fill(itself, float("-inf"))
    partner = (classes[:, None] == classes[None, :]) & ~itself
    shares = torch.log_softmax(logits, dim=1).masked_fill(~partner, 0.0)
    return -(shares.sum(dim=1) / partner.sum(dim=1).clamp(min=1)).mean()
