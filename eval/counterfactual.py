"""What readers would have made of another choice, from choices that chance made with known probability.

Each round is a place that was drawn from a shortlist: the propensity is the probability of what was shown,
the target that with which the judged policy would have shown it, the reward what the reader made of it.
Only drawn places count.  Where a ranker alone decides, everything else has probability 0 and its clicks say
nothing of another order.  Several rounds of one page are taken for independent of each other given what
stood before (the per-place assumption of item-position models, Li et al. 2018, section 4); rounds of one
reader hang together, so intervals draw readers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tianfu.eval.bootstrap import LEVEL, SEED, bootstrap
from tianfu.model.errors import InvalidInput

Floats = npt.NDArray[np.float64]
CLIP = 50.0
"""Largest weight of one round; what lies above is cut, which biases towards 0 and is told as a share."""
RESAMPLES = 1_000
LEAST_EFFECTIVE = 50.0
FEW_EFFECTIVE = 400.0
LEAST_READERS = 30
LEAST_WANTED = 10
"""Resampling fewer successes gives intervals that are too narrow, of no width at all without any."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rounds:
    """Choices that chance made, and what a policy would have made of them; all of shape (rounds,).

    Attributes:
        reward: What came of what was shown, such as 1 for a click.
        propensity: Probability with which it was shown, above 0 and at most 1.
        target: Probability with which the judged policy shows it, 0..1.
        reader: A whole number a reader.
        expected: What a reward model expects of what was shown, from other readers' rounds.
        expected_of_target: What it expects of what the policy would show: its mean over the policy's choice.
    """

    reward: Floats
    propensity: Floats
    target: Floats
    reader: npt.NDArray[np.int64]
    expected: Floats
    expected_of_target: Floats

    def __len__(self) -> int:
        return len(self.reward)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """How much the choices of chance tell of a policy.

    Attributes:
        rounds: How many there are.
        readers: Of how many readers.
        matched: Share of rounds that the policy might have shown too.
        wanted: How many of those had a reward; with fewer than ``LEAST_WANTED`` nothing is settled.
        effective: Kish's effective sample size, ``(sum w)^2 / sum w^2`` (Kish 1965).
        clipped: Share of rounds whose weight was cut.
        refused: Why no estimate can be made, in a sentence; empty where one can.
        warning: What to hold against an estimate, in a sentence; empty where nothing.
    """

    rounds: int
    readers: int
    matched: float
    wanted: int
    effective: float
    clipped: float
    refused: str = ""
    warning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A policy's reward a round, with its interval over readers."""

    value: float
    low: float
    high: float


def weights_of(rounds: Rounds, *, clip: float = CLIP) -> Floats:
    """Importance weights ``min(target / propensity, clip)``, shape (rounds,).

    Raises:
        InvalidInput: A propensity is not above 0 and at most 1, or the clip is below 1.
    """
    if clip < 1.0:
        raise InvalidInput(field="clip", why="must be 1 at least, or rounds as usual would be cut")
    bad = ~((rounds.propensity > 0.0) & (rounds.propensity <= 1.0))
    if bad.any():
        raise InvalidInput(
            field="propensity",
            why=f"of {int(bad.sum())} rounds is 0, above 1 or no number: what cannot have been shown by "
            "chance says nothing of another choice",
        )
    return np.minimum(rounds.target / rounds.propensity, clip)


def sums_by_reader(rounds: Rounds, *, clip: float = CLIP) -> Floats:
    """What estimators add up, by reader: rounds, ``w``, ``w r``, doubly robust terms; shape (readers, 4).

    Raises:
        InvalidInput: See :func:`weights_of`.
    """
    weights = weights_of(rounds, clip=clip)
    robust = rounds.expected_of_target + weights * (rounds.reward - rounds.expected)
    _, of = np.unique(rounds.reader, return_inverse=True)
    terms = (np.ones(len(rounds)), weights, weights * rounds.reward, robust)
    return np.stack([np.bincount(of, weights=term).astype(np.float64) for term in terms], axis=1)


def ips(sums: Floats) -> float:
    """Inverse propensity scoring, ``mean(w r)``: unbiased, with a wide spread (Horvitz and Thompson 1952)."""
    return float(sums[:, 2].sum() / sums[:, 0].sum())


def snips(sums: Floats) -> float:
    """Self-normalised, ``sum(w r) / sum(w)``: nearly unbiased, never outside the rewards seen.

    Swaminathan and Joachims 2015 ("The self-normalized estimator for counterfactual learning"); 0 where all
    weights are 0.
    """
    weight = sums[:, 1].sum()
    return float(sums[:, 2].sum() / weight) if weight > 0.0 else 0.0


def doubly_robust(sums: Floats) -> float:
    """``mean(q(policy) + w (r - q(shown)))``: right where either propensities or the model ``q`` are.

    Dudík, Langford and Li 2011 ("Doubly robust policy evaluation and learning").
    """
    return float(sums[:, 3].sum() / sums[:, 0].sum())


ESTIMATORS: Mapping[str, Callable[[Floats], float]] = {"ips": ips, "snips": snips, "dr": doubly_robust}
"""Each takes what :func:`sums_by_reader` gives, of all readers or of a sample of them."""


def estimated(sums: Floats) -> dict[str, float]:
    """All of :data:`ESTIMATORS`."""
    return {name: estimator(sums) for name, estimator in ESTIMATORS.items()}


def overlap_of(rounds: Rounds, *, clip: float = CLIP) -> Overlap:
    """Whether the rounds tell enough of the policy to estimate it, and what to hold against it.

    Raises:
        InvalidInput: See :func:`weights_of`.
    """
    weights = weights_of(rounds, clip=clip)
    readers = len(np.unique(rounds.reader))
    square = float((weights**2).sum())
    effective = float(weights.sum()) ** 2 / square if square else 0.0
    wanted = int(((rounds.target > 0.0) & (rounds.reward > 0.0)).sum())
    refused = warning = ""
    if not len(rounds):
        refused = "no place was given away by chance, so clicks say nothing of another order"
    elif effective < LEAST_EFFECTIVE or readers < LEAST_READERS:
        refused = (
            f"chance agreed with it too seldom: {len(rounds)} drawn places of {readers} readers count like "
            f"{effective:.0f}, where {LEAST_EFFECTIVE:.0f} of {LEAST_READERS} readers are the least"
        )
    elif wanted < LEAST_WANTED:
        warning = f"rests on {wanted} wanted places: its interval looks surer than it is and settles nothing"
    elif effective < FEW_EFFECTIVE:
        warning = f"rests on the worth of {effective:.0f} drawn places only: expect it to move"
    return Overlap(
        rounds=len(rounds),
        readers=readers,
        matched=float((rounds.target > 0.0).mean()) if len(rounds) else 0.0,
        wanted=wanted,
        effective=effective,
        clipped=float((rounds.target / rounds.propensity > clip).mean()) if len(rounds) else 0.0,
        refused=refused,
        warning=warning,
    )


def estimates(
    rounds: Rounds, *, clip: float = CLIP, resamples: int = RESAMPLES, level: float = LEVEL, seed: int = SEED
) -> dict[str, Estimate]:
    """All of :data:`ESTIMATORS` with percentile intervals over readers (Efron 1979).

    Args:
        rounds: At least one.
        clip: See :func:`weights_of`.
        resamples: Samples of readers, drawn with replacement.
        level: Of the intervals, 0..1.
        seed: Of the draws.

    Raises:
        InvalidInput: See :func:`weights_of`.
    """
    sums = sums_by_reader(rounds, clip=clip)
    point, intervals = bootstrap(
        len(sums), lambda at: estimated(sums[at]), resamples=resamples, seed=seed, level=level
    )
    return {
        name: Estimate(value=value, low=intervals[name][0], high=intervals[name][1])
        for name, value in point.items()
    }
