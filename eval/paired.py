"""Differences between two methods, measured on the same samples of the same items."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tianfu.eval.bootstrap import LEVEL, RESAMPLES, SEED, Measure, Rows

LOWER_IS_BETTER = frozenset({"ece", "false_alarm_rate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One figure of both methods.

    Attributes:
        old: Its value; ``new`` likewise.
        low: Of the interval of the gain, see :attr:`gain`; ``high`` likewise.
        n: How many items it is of.
    """

    old: float
    new: float
    low: float
    high: float
    n: int
    lower_is_better: bool = False

    @property
    def gain(self) -> float:
        """How much better the new one is, below 0 where it is worse, whichever way the figure runs."""
        return self.old - self.new if self.lower_is_better else self.new - self.old

    @property
    def better(self) -> bool:
        """Whether the whole interval lies above 0."""
        return self.low > 0.0

    @property
    def worse(self) -> bool:
        """Whether the whole interval lies below 0."""
        return self.high < 0.0

    def as_json(self) -> dict[str, Any]:
        """Plain values, rounded to six digits."""
        return {
            "old": round(self.old, 6),
            "new": round(self.new, 6),
            "gain": round(self.gain, 6),
            "interval": [round(self.low, 6), round(self.high, 6)],
            "n": self.n,
        }


def paired(
    old: Measure,
    new: Measure,
    groups: Sequence[Hashable],
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = SEED,
) -> dict[str, Gap]:
    """Both methods' figures, with percentile intervals of the gain (paired bootstrap over groups).

    Args:
        old: See :data:`~tianfu.eval.bootstrap.Measure`.
        new: Gives figures of the same names.
        groups: Of each item; items that hang together are drawn together.
        resamples: How many samples are drawn with replacement.
        level: Of the intervals, 0..1.
        seed: Of the draws.
    """
    members = _members(groups)
    alone = np.concatenate(members) if len(members) == len(groups) else None
    everything = np.arange(len(groups), dtype=np.int64)
    before, after = old(everything), new(everything)
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(resamples):
        chosen = rng.integers(0, len(members), len(members))
        at = np.concatenate([members[i] for i in chosen]) if alone is None else alone[chosen]
        drawn.append(_gains(old(at), new(at)))
    limits = [(1 - level) / 2, (1 + level) / 2]
    found = {}
    for name in before:
        low, high = np.quantile([gains[name] for gains in drawn], limits)
        found[name] = Gap(
            old=before[name], new=after[name], low=float(low), high=float(high), n=len(groups),
            lower_is_better=name in LOWER_IS_BETTER,
        )  # fmt: skip
    return found


def _gains(old: Mapping[str, float], new: Mapping[str, float]) -> dict[str, float]:
    return {n: old[n] - new[n] if n in LOWER_IS_BETTER else new[n] - old[n] for n in old}


def _members(groups: Sequence[Hashable]) -> list[Rows]:
    found: dict[Hashable, list[int]] = {}
    for at, group in enumerate(groups):
        found.setdefault(group, []).append(at)
    return [np.array(own, dtype=np.int64) for own in found.values()]
