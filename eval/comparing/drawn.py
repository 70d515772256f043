"""What two rankers would have put where chance decided, and what readers would have made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tianfu.eval.counterfactual import (
    CLIP,
    ESTIMATORS,
    LEAST_WANTED,
    Overlap,
    estimated,
    overlap_of,
    sums_by_reader,
)
from tianfu.eval.draws import Draws, Scores, best_of_each, expected_rewards, rounds_of
from tianfu.eval.paired import Gap, paired

DRAWN = "Places that chance gave away (share wanted)"
ROBUST = "dr"
"""The estimate that is believed."""
RESAMPLES = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What the draws tell.

    Attributes:
        gaps: Estimates by estimator, of the old ranker and the new one; empty where none can be made.
        told: What they rest on, in sentences.
        facts: The same for the record.
        settles: Whether enough was wanted for an estimate to stand against a replay.
    """

    gaps: Mapping[str, Gap] = field(default_factory=dict)
    told: Sequence[str]
    facts: Mapping[str, Any]
    settles: bool = False

    def against(self, replayed: Gap) -> str:
        """Why a replay that speaks for the new ranker is not enough; empty where nothing says otherwise."""
        if not self.settles or not self.gaps[ROBUST].worse or replayed.worse:
            return ""
        return (
            "replayed pages and places that chance gave away contradict each other; "
            "try it on a share of the readers with `tianfu trials begin split`"
        )


def drawn(draws: Draws, old: Scores, new: Scores) -> Drawn:
    """Estimate how often readers would have wanted what each ranker puts first in every shortlist.

    Only the choice among a shortlist is estimated, at the places where chance made it; what rankers put
    elsewhere was not random and stays out.

    Args:
        draws: Any number of them.
        old: Scores by features.
        new: Likewise.
    """
    if not len(draws):
        why = "no place was given away by chance"
        return Drawn(told=[f"No estimate of other choices: {why}."], facts={"draws": 0, "refused": why})
    expected = expected_rewards(draws)
    rounds = [rounds_of(draws, best_of_each(draws, score(draws.features)), expected) for score in (old, new)]
    overlaps = [overlap_of(one) for one in rounds]
    facts = {
        "draws": len(draws),
        "wanted": round(float(draws.reward.mean()), 6),
        "clip": CLIP,
        "overlap": {name: asdict(one) for name, one in zip(("old", "new"), overlaps, strict=True)},
    }
    refused = [one.refused for one in overlaps if one.refused]
    if refused:
        told = [_rests_on(draws, overlaps), f"No estimate of other choices: {refused[0]}."]
        return Drawn(told=told, facts=facts | {"refused": refused[0]})
    before, after = (sums_by_reader(one) for one in rounds)
    gaps = paired(
        lambda at: estimated(before[at]), lambda at: estimated(after[at]), range(len(before)),
        resamples=RESAMPLES,
    )  # fmt: skip
    gaps = {name: Gap(**{**_parts(gaps[name]), "n": len(draws)}) for name in ESTIMATORS}
    warnings = [f"The estimate {one.warning}." for one in overlaps[1:] if one.warning]
    if overlaps[0].wanted < LEAST_WANTED:
        warnings.append(f"That of the old ranker {overlaps[0].warning}.")
    return Drawn(
        gaps=gaps,
        told=[_rests_on(draws, overlaps), *warnings],
        facts=facts | {"refused": ""},
        settles=min(one.wanted for one in overlaps) >= LEAST_WANTED,
    )


def _parts(gap: Gap) -> dict[str, Any]:
    return {"old": gap.old, "new": gap.new, "low": gap.low, "high": gap.high}


def _rests_on(draws: Draws, overlaps: Sequence[Overlap]) -> str:
    new = overlaps[1]
    return (
        f"Chance gave away {len(draws)} places of {new.readers} readers, each among "
        f"{len(draws.shown) / len(draws):.1f} stories, and {draws.reward.mean():.1%} of what stood there was "
        f"wanted. Chance and the new ranker agreed on {new.matched:.1%}, which is worth {new.effective:.0f} "
        f"places of its own (the old one: {overlaps[0].effective:.0f}); weights are cut at {CLIP:.0f}, "
        f"{new.clipped:.1%} were. Each such place is taken for a choice of its own, given what stood before; "
        "all other places were no matter of chance and are not estimated."
    )
