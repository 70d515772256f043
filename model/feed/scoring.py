"""What a candidate is worth: a sum of one curve a feature, hand-set or learnt from what readers clicked.

A generalised additive model (Hastie and Tibshirani 1986) explains itself: what each feature added to a
score is exactly the height of its curve, times what the outlet wants of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

HAND_SET_WEIGHTS: Mapping[str, float] = {
    "interest": 1.6,
    "topic_taste": 1.6,
    "read_after": 0.9,
    "hot_here": 0.9,
    "hot_city": 0.5,
    "hot_province": 0.35,
    "local": 0.9,
    "own_outlet": 0.45,
    "mainstream": 0.35,
    "fresh": 1.0,
    "explore": 0.2,
    "substance": 0.15,
}
FEATURES = tuple(HAND_SET_WEIGHTS)
COLUMN: Mapping[str, int] = {name: column for column, name in enumerate(FEATURES)}
POLICY = ("mainstream", "explore")
"""Features that stand for what newsrooms owe the public; readers' clicks do not unlearn them."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through points, level beyond the last; never falling, and 0 where the feature is 0.

    Attributes:
        at: Values of the feature, rising from 0 to at most 1.
        worth: Height at each.

    Raises:
        ValueError: It does not start at (0, 0), or a point lies left of or below the one before.
    """

    at: tuple[float, ...]
    worth: tuple[float, ...]

    def __post_init__(self) -> None:
        steps = np.diff(np.array([self.at, self.worth])) if len(self.at) == len(self.worth) > 1 else None
        if steps is None or (self.at[0], self.worth[0]) != (0.0, 0.0) or self.at[-1] > 1.0:
            raise ValueError("a curve starts at (0, 0), has two points or more, and ends at 1")
        if (steps[0] <= 0.0).any() or (steps[1] < 0.0).any() or not np.isfinite(steps).all():
            raise ValueError("a curve never falls")

    @property
    def most(self) -> float:
        """What the feature adds at its strongest."""
        return self.worth[-1]


@dataclass(frozen=True, slots=True)
class Scorer:
    """Scores candidates by their features.

    Attributes:
        version: Name and version, as decisions record it.
        curves: Of every one of :data:`FEATURES`, in that order.
    """

    version: str
    curves: Mapping[str, Curve]

    def __post_init__(self) -> None:
        if tuple(self.curves) != FEATURES:
            raise ValueError("a scorer needs a curve for every feature, in order")

    @property
    def weights(self) -> dict[str, float]:
        """What each feature adds at its strongest."""
        return {name: curve.most for name, curve in self.curves.items()}

    def parts(self, features: Floats, factors: Mapping[str, float]) -> Floats:
        """What each feature adds to each score.

        Args:
            features: Shape (n, len(FEATURES)), 0..1.
            factors: How much the outlet and the scene want of each feature; 1 is as it comes.

        Returns:
            Shape (n, len(FEATURES)); a score is the sum of a row.
        """
        found = np.empty_like(features)
        for column, (name, curve) in enumerate(self.curves.items()):
            factor = factors[name]
            if len(curve.at) == 2 and curve.at[1] == 1.0:
                np.multiply(features[:, column], factor * curve.worth[1], out=found[:, column])
            else:
                found[:, column] = np.interp(features[:, column], curve.at, curve.worth) * factor
        return found


HAND_SET = Scorer(
    "hand-set@3", {name: Curve((0.0, 1.0), (0.0, weight)) for name, weight in HAND_SET_WEIGHTS.items()}
)
"""Sound until there is data to learn from."""
