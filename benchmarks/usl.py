"""Gunther's Universal Scalability Law (N. J. Gunther, Guerrilla Capacity Planning, 2007).

``X(n) = rate * n / (1 + sigma * (n - 1) + kappa * n * (n - 1))``: ``sigma`` is the share of work that waits
its turn, ``kappa`` what processes cost each other pair by pair; both 0 means twice the processes, twice the
work.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalability:
    """A fitted curve.

    Attributes:
        rate: Throughput of one process.
        sigma: Contention, 0..1.
        kappa: Coherency, at least 0.
    """

    rate: float
    sigma: float
    kappa: float

    def throughput(self, processes: float) -> float:
        """What so many processes do together."""
        return self.rate * processes * self.efficiency(processes)

    def efficiency(self, processes: float) -> float:
        """Share of what as many processes would do that cost each other nothing, 0..1."""
        return 1.0 / (1 + self.sigma * (processes - 1) + self.kappa * processes * (processes - 1))

    def processes_for(self, wanted: float, *, most: int = 2_000) -> int | None:
        """The fewest processes that do so much; ``None`` when no number of them does."""
        return next((n for n in range(1, most + 1) if self.throughput(n) >= wanted), None)


def fitted(processes: Sequence[int], throughput: Sequence[float]) -> Scalability:
    """Fit by least squares on ``n / X(n)``, which is linear in the parameters, none of them negative.

    Args:
        processes: At least three different numbers.
        throughput: Of each.
    """
    n = np.array(processes, dtype=np.float64)
    cost = n / np.array(throughput, dtype=np.float64)
    columns = np.stack([np.ones_like(n), n - 1, n * (n - 1)], axis=1)
    best, least = np.array([float(np.mean(cost)), 0.0, 0.0]), np.inf
    for further in itertools.chain.from_iterable(itertools.combinations((1, 2), k) for k in range(3)):
        used = [0, *further]
        values = np.linalg.lstsq(columns[:, used], cost, rcond=None)[0]
        residual = float(np.sum((columns[:, used] @ values - cost) ** 2))
        if values.min() >= 0 and values[0] > 0 and residual < least:
            best, least = np.zeros(3), residual
            best[used] = values
    return Scalability(
        rate=float(1 / best[0]), sigma=float(best[1] / best[0]), kappa=float(best[2] / best[0])
    )
