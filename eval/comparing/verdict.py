"""Whether to change over, in one sentence."""

from collections.abc import Mapping
from enum import StrEnum

from tianfu.eval.paired import Gap

MARGIN = 0.01
"""A loss of a hundredth at most, surely, is no loss that anybody notices."""
LEAST_GROUPS = 50


class Verdict(StrEnum):
    """What the paired interval allows to be said."""

    BETTER = "better"
    NO_WORSE = "no worse"
    WORSE = "worse"
    TOO_LITTLE = "too little data"


def verdict_of(gap: Gap, *, groups: int) -> Verdict:
    """Read the interval of the figure that decides.

    Args:
        gap: Of that figure, a ratio.
        groups: How many items that do not hang together it is of; below :data:`LEAST_GROUPS` nothing is said.
    """
    if groups < LEAST_GROUPS:
        return Verdict.TOO_LITTLE
    if gap.better:
        return Verdict.BETTER
    if gap.worse:
        return Verdict.WORSE
    return Verdict.NO_WORSE if gap.low >= -MARGIN else Verdict.TOO_LITTLE


def sentence_of(
    verdict: Verdict,
    metric: str,
    gap: Gap,
    *,
    over: str,
    but: Mapping[str, Gap],
    seen: bool,
    against: str = "",
) -> str:
    """One sentence that says what to do, with the figures behind it.

    Args:
        verdict: See :func:`verdict_of`.
        metric: The figure that decides.
        gap: Of it.
        over: How many of what it is of.
        but: Other figures and classes that are surely worse.
        seen: Whether one of the models learnt from what it was measured on.
        against: Why the figures are not enough, where they would be.
    """
    behind = (
        f"{metric} {gap.old:.3f} before, {gap.new:.3f} now, gain {gap.gain:+.3f}"
        f" ({gap.low:+.3f} to {gap.high:+.3f}) over {over}"
    )
    if seen:
        return f"No recommendation: one of the models learnt from these very items ({behind})."
    said = {
        Verdict.BETTER: "Publish: the new model is better",
        Verdict.NO_WORSE: f"Publish if there is another reason to: it is no worse by more than {MARGIN}",
        Verdict.WORSE: "Keep the old model: the new one is worse",
        Verdict.TOO_LITTLE: "Gather more: " + (against or "too little data to tell the models apart"),
    }[verdict]
    losses = f"; but look at what is surely worse: {', '.join(but)}" if but else ""
    return f"{said} ({behind}){losses}."
