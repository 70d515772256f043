"""Several processes that train one net together, each with its share of every batch.

All draw the same batch from the same seed, each encodes its share of the texts, and all see the vectors of
the whole batch: with negatives from within the batch the loss is that of one process with the whole batch,
however many share it.  Processes are started by ``accelerate launch`` or ``torchrun``; alone it is the plain
loop.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from tianfu.model.errors import UnreadableFile


@dataclass(frozen=True, slots=True)
class Team:
    """One process among those that train together.

    Attributes:
        rank: Number of this one, from 0.
        size: How many there are.
        device: Where the net is.
        gather: Rows of all processes, in order of rank, from rows of this one; same shape everywhere.
        mean: The mean of a tensor over all processes.
    """

    rank: int = 0
    size: int = 1
    device: torch.device | str = "cpu"
    gather: Callable[[torch.Tensor], torch.Tensor] | None = None
    mean: Callable[[torch.Tensor], torch.Tensor] | None = None

    @property
    def leads(self) -> bool:
        """Whether this process writes and tells; one does."""
        return self.rank == 0

    def share(self, texts: Sequence[str]) -> Sequence[str]:
        """The texts of a batch that this process encodes.

        Raises:
            UnreadableFile: There are fewer texts than processes.
        """
        if len(texts) < self.size:
            raise UnreadableFile(
                f"A batch of {len(texts)} cannot be shared by {self.size} processes.",
                advice="Start fewer processes or raise the batch in the configuration.",
            )
        return texts[self._start(self.rank, len(texts)) : self._start(self.rank + 1, len(texts))]

    def whole(self, part: torch.Tensor, count: int) -> torch.Tensor:
        """The vectors of a whole batch, shape (count, dimension), from those of this process's share.

        Only the own rows lead a gradient back, ``size`` times as strong: the mean over processes is then
        the gradient of the whole, for what stands before the vectors and for what stands after them.
        """
        if self.gather is None:
            return part
        most = -(-count // self.size)
        padded = torch.cat([part.detach(), part.new_zeros(most - len(part), part.shape[1])])
        every = self.gather(padded).view(self.size, most, -1)
        sizes = [self._start(rank + 1, count) - self._start(rank, count) for rank in range(self.size)]
        rows = [every[rank, :size] for rank, size in enumerate(sizes)]
        rows[self.rank] = part.detach() + self.size * (part - part.detach())
        return torch.cat(rows)

    def average(self, net: nn.Module) -> None:
        """Give every process the mean gradient."""
        if self.mean is None:
            return
        grads = [values.grad for values in net.parameters() if values.grad is not None]
        flat = self.mean(torch.cat([grad.flatten() for grad in grads]))
        parts = torch.split(flat, [grad.numel() for grad in grads])
        for grad, own in zip(grads, parts, strict=True):
            grad.copy_(own.view_as(grad))

    def _start(self, rank: int, count: int) -> int:
        return count * rank // self.size


ALONE = Team()


def join() -> Team:
    """Find out who else was started, and on which device; alone where nobody was."""
    from accelerate import Accelerator

    together: Any = Accelerator()
    if together.num_processes == 1:
        return Team(device=together.device)
    return Team(
        rank=together.process_index,
        size=together.num_processes,
        device=together.device,
        gather=together.gather,
        mean=lambda values: together.reduce(values, reduction="mean"),
    )
