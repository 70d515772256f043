"""What the figures of a pair judge's card are."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.pairs.features import NAMES
from tianfu.eval.duplicates import f1, precision
from tianfu.training.pairs.data import LabelledPair

RESAMPLES = 1_000
CONTAINMENT = 0.79
"""Cut-off of the plain measure beside the judge: the best one on the labelled pairs themselves."""

Flags = npt.NDArray[np.bool_]
Groups = npt.NDArray[np.int64]
Score = Callable[[Flags, Flags], float]


def judge_metrics(copy: Flags, event: Flags, relations: npt.NDArray[np.str_]) -> dict[str, float]:
    """F1 and precision of both answers, means over rounds; ``copy`` and ``event`` are (rounds, pairs)."""
    is_copy, is_event = relations == "reprint", np.isin(relations, ("reprint", "same_event"))
    return {
        "reprint_f1": _mean(f1, is_copy, copy),
        "reprint_precision": _mean(precision, is_copy, copy),
        "same_event_f1": _mean(f1, is_event, event),
        "same_event_precision": _mean(precision, is_event, event),
    }


def judge_intervals(
    copy: Flags, event: Flags, relations: npt.NDArray[np.str_], groups: Groups, *, seed: int
) -> dict[str, tuple[float, float]]:
    """95 % intervals of both F1, by bootstrap over groups of pairs that share stories."""
    is_copy, is_event = relations == "reprint", np.isin(relations, ("reprint", "same_event"))
    rng = np.random.default_rng(seed)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    drawn: dict[str, list[float]] = {"reprint_f1": [], "same_event_f1": []}
    for _ in range(RESAMPLES):
        at = np.concatenate([members[i] for i in rng.integers(len(members), size=len(members))])
        round_ = int(rng.integers(len(copy)))
        drawn["reprint_f1"].append(f1(is_copy[at], copy[round_, at]))
        drawn["same_event_f1"].append(f1(is_event[at], event[round_, at]))
    return {name: _interval(values) for name, values in drawn.items()}


def containment_f1(rows: npt.NDArray[np.float64], relations: npt.NDArray[np.str_]) -> float:
    """F1 of reprints by containment of runs of five letters alone, at its best cut-off."""
    said = rows[:, NAMES.index("containment")] >= CONTAINMENT
    return round(f1(relations == "reprint", said), 4)


def joined_metrics(copy: Flags, sure: Flags, relations: npt.NDArray[np.str_]) -> dict[str, float]:
    """Precision and recall of what joins clusters without asking; arrays are (rounds, pairs)."""
    is_event = np.isin(relations, ("reprint", "same_event"))
    joined = copy | sure
    return {"precision": _mean(precision, is_event, joined), "recall": _mean(_recall, is_event, joined)}


def made_metrics(pairs: Sequence[LabelledPair], copy: Flags, joined: Flags) -> dict[str, float]:
    """Share of made copies that are found, by kind of edit, and of made siblings called copies or joined."""
    kinds = sorted({pair.edit for pair in pairs if pair.edit})
    siblings = np.array([pair.relation != "reprint" for pair in pairs])
    edits = np.array([pair.edit for pair in pairs])
    shares = {f"recall_{kind}": round(float(copy[edits == kind].mean()), 4) for kind in kinds}
    if not siblings.any():
        return shares
    return shares | {
        "siblings_called_copies": round(float(copy[siblings].mean()), 4),
        "siblings_joined": round(float(joined[siblings].mean()), 4),
    }


def _mean(score: Score, truth: Flags, said: Flags) -> float:
    return round(float(np.mean([score(truth, answer) for answer in said])), 4)


def _interval(values: Sequence[float]) -> tuple[float, float]:
    low, high = np.quantile(values, (0.025, 0.975))
    return round(float(low), 4), round(float(high), 4)


def _recall(truth: Flags, said: Flags) -> float:
    return float(said[truth].mean())
