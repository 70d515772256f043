"""Two judges of pairs on the same pairs."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tianfu.eval.bootstrap import LEVEL, Measure
from tianfu.eval.calibration import calibration_error, confidence_bins
from tianfu.eval.comparing.core import Found, compared, old_name
from tianfu.eval.comparing.cost import per_second
from tianfu.eval.core import Subject, SuiteResult, needed
from tianfu.eval.duplicates import (
    RELATIONS,
    JudgedPair,
    Names,
    duplicate_metrics,
    f1,
    judged,
    relation_of,
)
from tianfu.eval.paired import Gap, paired
from tianfu.eval.pictures import Curves, Example
from tianfu.model.ports import PairVerdict

DECIDES = "relation_macro_f1"
RESAMPLES = 1_000
RESAMPLES_OF_PARTS = 2_000
LEAST_IN_PART = 10
MOST_KINDS = 10


@dataclass(frozen=True, slots=True, eq=False)
class _Said:
    """What a judge says of every pair: relations, and how sure of each; shape (pairs,)."""

    relations: Names
    scores: Any

    @classmethod
    def of(cls, verdicts: Sequence[PairVerdict]) -> "_Said":
        return cls(
            np.array([relation_of(verdict) for verdict in verdicts]),
            np.array([verdict.score for verdict in verdicts], dtype=np.float64),
        )


def compare_judges(
    pairs: Sequence[JudgedPair], groups: Sequence[int | str], old: Subject, new: Subject
) -> SuiteResult:
    """Compare two judges: figures, relations, changed answers, speed.

    Args:
        pairs: At least one.
        groups: Of each; pairs that share a story have the same.
        old: With a judge.
        new: Likewise; says how many examples are kept.
    """
    began = time.perf_counter()
    judges = needed(old.judge, "pairs"), needed(new.judge, "pairs")
    truth = np.array([pair.relation for pair in pairs])
    before, after = (_Said.of(judged(pairs, judge)) for judge in judges)
    found = Found(
        n=len(pairs),
        groups=len(set(groups)),
        decides=DECIDES,
        gaps=paired(_measure(truth, before), _measure(truth, after), groups, resamples=RESAMPLES),
        sections={"Relations (F1)": _relations(truth, before, after, groups)},
        changed=_changed(truth, before, after),
        speed=per_second(lambda part: judged(part, judges[0]), lambda part: judged(part, judges[1]), pairs),
        pictures=(
            Curves(
                title="Is a verdict that is sure by 0.7 right in seven of ten cases?",
                x="how sure",
                y="share that is right",
                lines={
                    name: [
                        (b.confidence, b.right) for b in confidence_bins(said.scores, said.relations == truth)
                    ]
                    for name, said in (("model", after), (old_name(old, new), before))
                },
                diagonal=True,
            ),
        ),
        examples=_examples(pairs, truth, before, after),
    )
    return compared(found, old, new, began=began)


def _measure(truth: Names, said: _Said) -> Measure:
    right = said.relations == truth
    return lambda at: {
        **duplicate_metrics(truth[at], said.relations[at]),
        "ece": calibration_error(said.scores[at], right[at]),
    }


def _relations(truth: Names, before: _Said, after: _Said, groups: Sequence[int | str]) -> dict[str, Gap]:
    counts = {relation: int((truth == relation).sum()) for relation in RELATIONS}
    shown = [relation for relation in RELATIONS if counts[relation] >= LEAST_IN_PART]
    if not shown:
        return {}
    old, new = (_each(truth, said, shown) for said in (before, after))
    level = 1 - (1 - LEVEL) / len(shown)
    gaps = paired(old, new, groups, resamples=RESAMPLES_OF_PARTS, level=level)
    return {
        name: Gap(old=gap.old, new=gap.new, low=gap.low, high=gap.high, n=counts[name])
        for name, gap in gaps.items()
    }


def _each(truth: Names, said: _Said, shown: Sequence[str]) -> Measure:
    cells = {relation: (truth == relation, said.relations == relation) for relation in shown}
    return lambda at: {relation: f1(t[at], s[at]) for relation, (t, s) in cells.items()}


def _changed(truth: Names, before: _Said, after: _Said) -> dict[str, Any]:
    other = before.relations != after.relations
    was, now = before.relations == truth, after.relations == truth
    kinds = Counter(zip(before.relations[other].tolist(), after.relations[other].tolist(), strict=True))
    return {
        "with_another_relation": int(other.sum()),
        "now_right": int((now & ~was).sum()),
        "now_wrong": int((was & ~now).sum()),
        "most": [{"old": a, "new": b, "count": n} for (a, b), n in kinds.most_common(MOST_KINDS)],
    }


def _examples(pairs: Sequence[JudgedPair], truth: Names, before: _Said, after: _Said) -> list[Example]:
    """Pairs with another relation, those that are wrong now first."""
    was, now = before.relations == truth, after.relations == truth
    rows = np.flatnonzero(before.relations != after.relations)
    order = sorted(rows.tolist(), key=lambda row: (int(now[row]) - int(was[row]), row))
    return [
        Example(
            titles=(pairs[row].a.title, pairs[row].b.title),
            truth=pairs[row].relation,
            said=f"{before.relations[row]} → {after.relations[row]}",
        )
        for row in order
    ]
