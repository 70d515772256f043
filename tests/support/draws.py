"""Made-up logs of choices that chance made, whose truth is known."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tianfu.eval.draws import Draws
from tianfu.model.feed.scoring import COLUMN, FEATURES

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class KnownDraws:
    """Draws with the true chance that each story of each shortlist is wanted."""

    draws: Draws
    wanted: Floats

    def value_of(self, target: Floats) -> float:
        """What a policy is worth a draw, by truth."""
        return float((target * self.wanted).sum() / len(self.draws))


def made_up_draws(
    count: int = 4_000, *, size: int = 4, readers: int = 400, seed: int = 1, depth: float = 0.5
) -> KnownDraws:
    """Readers want near and fresh stories, some readers more than others, bent so that no line fits.

    Args:
        count: How many draws.
        size: Stories of a shortlist.
        readers: Of how many readers.
        seed: Of all of it.
        depth: How much of the chance the features explain.
    """
    rng = np.random.default_rng(seed)
    features = rng.random((count * size, len(FEATURES))).astype(np.float32)
    reader = rng.integers(0, readers, count)
    keen = np.repeat(rng.uniform(0.3, 1.0, readers)[reader], size)
    near, fresh = (features[:, COLUMN[name]].astype(np.float64) for name in ("interest", "fresh"))
    wanted = keen * (0.05 + depth * near**2 * (0.4 + 0.6 * fresh))
    shown = (np.arange(size) == rng.integers(0, size, count)[:, None]).ravel()
    return KnownDraws(
        Draws(
            features=features,
            shown=shown,
            starts=np.arange(count) * size,
            propensity=np.full(count, 1.0 / size),
            reward=(rng.random(count) < wanted[shown]).astype(np.float64),
            reader=reader,
            made_at_s=np.arange(count, dtype=np.float64),
        ),
        wanted,
    )


def by(name: str) -> Any:
    """Scores that are one feature."""
    return lambda features: features[:, COLUMN[name]]
