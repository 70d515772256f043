"""Trials of rankers: a candidate beside the one that serves, unseen or before a share of the readers."""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

from tianfu.model.errors import InvalidRequest

SLOW_S = 0.15
"""A feed that took longer counts as slow."""


class TrialKind(StrEnum):
    """What readers see of the candidate."""

    SHADOW = "shadow"
    """Nothing: it ranks beside the one that serves."""
    SPLIT = "split"
    """Some readers get its feeds, always the same readers."""


class TrialState(StrEnum):
    """Where a trial stands."""

    RUNNING = "running"
    ENDED = "ended"
    BREACHED = "breached"
    """A guard rail ended it."""


class Arm(StrEnum):
    """Whose feed a reader gets."""

    CONTROL = "control"
    CANDIDATE = "candidate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rails:
    """How much worse than the control the candidate's feeds may be before the trial ends by itself.

    Attributes:
        fallback: Share of feeds that had to be filled up or left a part out.
        slow: Share of feeds that took longer than :data:`SLOW_S`.
        varied: Mean variety of first pages, 0..1.
        small: Share of county outlets' stories on first pages.
        least_feeds: Of each arm, before anything is judged.

    Raises:
        InvalidRequest: A value is out of range; ``field`` names it.
    """

    fallback: float = 0.02
    slow: float = 0.02
    varied: float = 0.05
    small: float = 0.05
    least_feeds: int = 200

    def __post_init__(self) -> None:
        for one in fields(self):
            if one.name != "least_feeds" and not 0.0 <= getattr(self, one.name) <= 1.0:
                raise InvalidRequest(field=one.name, why="must lie between 0 and 1")
        if not 1 <= self.least_feeds <= 1_000_000:
            raise InvalidRequest(field="least_feeds", why="must lie between 1 and 1000000")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One trial.

    Attributes:
        model_id: The candidate, a version of the registry.
        share: Of readers that get the candidate's feeds, or of feeds that are ranked unseen.
        why: What ended it.
    """

    id: str
    kind: TrialKind
    model_id: str
    share: float
    rails: Rails
    state: TrialState
    started_at: datetime
    started_by: str
    ends_at: datetime
    ended_at: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class ArmCounts:
    """Sums over the feeds of one arm.

    Attributes:
        seconds: Time that making them took.
        varied: Sum of the variety of their first pages.
        small: Sum of the shares of county outlets on them.
        overlap: Of a candidate in the shadow: sum of the shares of first pages that both rankers chose.
    """

    feeds: int = 0
    fallback: int = 0
    slow: int = 0
    seconds: float = 0.0
    varied: float = 0.0
    small: float = 0.0
    overlap: float = 0.0

    def __add__(self, other: "ArmCounts") -> "ArmCounts":
        return ArmCounts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def mean(self, name: str) -> float:
        """One of the sums by feed; 0 without feeds."""
        return float(getattr(self, name)) / self.feeds if self.feeds else 0.0


def arm_of(trial_id: str, share: float, reader_key: str) -> Arm:
    """The arm of a reader: chance, but the same for this reader all through this trial.

    Two trials draw independently of each other.
    """
    drawn = hashlib.sha256(f"{trial_id}\n{reader_key}".encode()).digest()
    return Arm.CANDIDATE if int.from_bytes(drawn[:8], "big") < share * 2**64 else Arm.CONTROL


def breach_of(rails: Rails, control: ArmCounts, candidate: ArmCounts) -> str | None:
    """The guard rail that the candidate broke, in words; ``None`` while all hold or too little is known."""
    if min(control.feeds, candidate.feeds) < rails.least_feeds:
        return None
    for name, sign in (("fallback", 1), ("slow", 1), ("varied", -1), ("small", -1)):
        worse = sign * (candidate.mean(name) - control.mean(name))
        allowed = getattr(rails, name)
        if worse > allowed:
            return (
                f"{name}: {candidate.mean(name):.4f} with the candidate, {control.mean(name):.4f} without, "
                f"{allowed:g} worse is allowed"
            )
    return None


@dataclass(frozen=True, slots=True)
class Rate:
    """A ratio over readers with its 95 % interval.

    Attributes:
        readers: How many it rests on.
        low: Lower end; equal to ``value`` where there are too few readers to tell.
        high: Upper end.
    """

    readers: int
    value: float
    low: float
    high: float
    error: float


def rate_of(readers: Iterable[tuple[float, float]]) -> Rate:
    """Clicks by exposure over readers, who differ: the standard error is that of a ratio of sums.

    Linearised, ``Var(r) = n / (n - 1) * sum((c - r e)^2) / sum(e)^2`` (Cochran 1977, section 6.4), so a few
    readers who read a lot do not pass for many who read a little.

    Args:
        readers: For each what was shown and what of it was clicked.
    """
    rows = [(shown, clicked) for shown, clicked in readers if shown > 0]
    total = sum(shown for shown, _ in rows)
    if not rows or total <= 0:
        return Rate(0, 0.0, 0.0, 0.0, 0.0)
    value = sum(clicked for _, clicked in rows) / total
    if len(rows) < 2:
        return Rate(1, value, value, value, 0.0)
    spread = sum((clicked - value * shown) ** 2 for shown, clicked in rows)
    error = math.sqrt(len(rows) / (len(rows) - 1) * spread) / total
    return Rate(len(rows), value, value - 1.96 * error, value + 1.96 * error, error)


def difference(control: Rate, candidate: Rate) -> Rate:
    """How much more the candidate's readers click, with its 95 % interval."""
    value = candidate.value - control.value
    error = math.hypot(control.error, candidate.error)
    readers = control.readers + candidate.readers
    return Rate(readers, value, value - 1.96 * error, value + 1.96 * error, error)


def by_arm(trial: Trial, readers: Mapping[str, tuple[float, float]]) -> dict[Arm, list[tuple[float, float]]]:
    """Sort readers' shown and clicked counts into arms."""
    found: dict[Arm, list[tuple[float, float]]] = {arm: [] for arm in Arm}
    for key, counts in readers.items():
        found[arm_of(trial.id, trial.share, key)].append(counts)
    return found
