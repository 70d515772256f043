"""Places that chance gave away, as a snapshot tells of them, and what a ranker would have put there."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tianfu.eval.counterfactual import Floats, Rounds

Scores = Callable[[npt.NDArray[np.float32]], npt.NDArray[Any]]
"""Scores of candidates by their features, shape (n, features); higher is better."""
FOLDS = 5
RIDGE = 1.0
"""Penalty of the reward model on squared weights, in rounds."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draws:
    """Shortlists; the stories of one lie together.

    Attributes:
        features: Of every story of every shortlist, 0..1, shape (stories, features).
        shown: Which of them was drawn: one a shortlist, shape (stories,).
        starts: Where each shortlist begins, shape (draws,).
        propensity: Probability with which what was shown was drawn from its shortlist, shape (draws,).
        reward: 1 where the reader wanted what was shown, else 0, shape (draws,).
        reader: A whole number for the reader of each draw.
        made_at_s: When each feed was made, seconds since the epoch.
    """

    features: npt.NDArray[np.float32]
    shown: npt.NDArray[np.bool_]
    starts: npt.NDArray[np.int64]
    propensity: Floats
    reward: Floats
    reader: npt.NDArray[np.int64]
    made_at_s: Floats

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def of(self) -> npt.NDArray[np.int64]:
        """The shortlist of each story."""
        return np.repeat(np.arange(len(self)), np.diff(np.append(self.starts, len(self.shown))))

    def only(self, draws: npt.NDArray[np.bool_]) -> "Draws":
        """Some of the shortlists."""
        stories = draws[self.of]
        sizes = np.diff(np.append(self.starts, len(self.shown)))[draws]
        return replace(
            self, features=self.features[stories], shown=self.shown[stories], starts=np.cumsum(sizes) - sizes,
            propensity=self.propensity[draws], reward=self.reward[draws], reader=self.reader[draws],
            made_at_s=self.made_at_s[draws],
        )  # fmt: skip


def best_of_each(draws: Draws, scores: npt.NDArray[Any]) -> Floats:
    """Probability with which a ranker would put each story there: all on the best, shared by equal ones.

    Args:
        draws: n stories in all.
        scores: Of each, shape (n,).
    """
    if not len(draws):
        return np.zeros(0)
    best = np.equal(scores, np.maximum.reduceat(scores, draws.starts)[draws.of])
    return np.asarray(best / np.add.reduceat(best.astype(np.float64), draws.starts)[draws.of])


def rounds_of(draws: Draws, target: Floats, expected: Floats) -> Rounds:
    """What a policy would have made of the draws.

    Args:
        draws: n stories in all.
        target: Probability with which the policy puts each story there, shape (n,).
        expected: What readers are expected to make of each, shape (n,); see :func:`expected_rewards`.
    """
    of_target = np.add.reduceat(target * expected, draws.starts) if len(draws) else np.zeros(0)
    return Rounds(
        reward=draws.reward,
        propensity=draws.propensity,
        target=target[draws.shown],
        reader=draws.reader,
        expected=expected[draws.shown],
        expected_of_target=of_target,
    )


def expected_rewards(draws: Draws, *, folds: int = FOLDS, ridge: float = RIDGE) -> Floats:
    """A simple reward model: ridge regression on the features, each reader's rounds answered by others'.

    Cross-fitting keeps the doubly robust estimate unbiased: nobody's clicks explain themselves
    (Chernozhukov et al. 2018).

    Returns:
        Shape (stories,).
    """
    rows = np.concatenate([np.ones((len(draws.features), 1)), draws.features.astype(np.float64)], axis=1)
    seen, found = rows[draws.shown], np.zeros(len(rows))
    fold = draws.reader % folds
    for held in range(folds):
        known = fold != held
        answered = (fold == held)[draws.of]
        penalty = ridge * np.diag([0.0, *np.ones(rows.shape[1] - 1)])
        if known.any():
            weights = np.linalg.solve(
                seen[known].T @ seen[known] + penalty, seen[known].T @ draws.reward[known]
            )
            found[answered] = rows[answered] @ weights
    return found
