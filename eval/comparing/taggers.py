"""Two taggers on the same stories."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tianfu.eval.bootstrap import LEVEL, Measure
from tianfu.eval.comparing.core import Found, compared, old_name
from tianfu.eval.comparing.cost import per_second
from tianfu.eval.core import Subject, SuiteResult, needed
from tianfu.eval.paired import Gap, paired
from tianfu.eval.pictures import Bar, Bars, Example
from tianfu.eval.tagging import TaggedStory, tagger_answers, truth_of
from tianfu.eval.tagging_measures import NONE, TagAnswers, TagTruth, class_measure, tagging_measure
from tianfu.eval.tagging_pictures import reliability
from tianfu.model.ports import TaggingText
from tianfu.model.vocab.topics import load_topics

DECIDES = "micro_f1"
RESAMPLES = 500
RESAMPLES_OF_PARTS = 2_000
"""Wider intervals need more samples in their tails."""
LEAST_IN_PART = 10
"""Parts with fewer stories are left out of the tables."""
MOST_KINDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedStory:
    """A story to compare on.

    Attributes:
        group: Stories that hang together, such as copies, have the same.
        level: Of its outlet, ``None`` where the data do not tell.
    """

    story: TaggedStory
    group: str
    level: str | None = None


def compare_taggers(items: Sequence[ComparedStory], old: Subject, new: Subject) -> SuiteResult:
    """Compare two taggers: figures, classes, levels of outlets, changed answers, speed.

    Intervals of classes and levels are wider, so that all of a table hold together in 95 of 100 cases
    (Bonferroni).

    Args:
        items: At least one.
        old: With a tagger.
        new: Likewise; says how many examples are kept.
    """
    began = time.perf_counter()
    stories = [item.story for item in items]
    texts, truth = [story.text for story in stories], truth_of(stories)
    taggers = needed(old.tagger, "topics"), needed(new.tagger, "topics")
    before, after = (tagger_answers(tagger, texts) for tagger in taggers)
    groups = [item.group for item in items]
    found = Found(
        n=len(items),
        groups=len(set(groups)),
        decides=DECIDES,
        gaps=paired(
            tagging_measure(truth, before), tagging_measure(truth, after), groups, resamples=RESAMPLES
        ),
        sections={
            "Classes (F1)": _classes(truth, before, after, groups),
            "Levels of outlets (micro F1)": _levels(items, truth, before, after),
        },
        changed=_changed(truth, before, after),
        speed=per_second(taggers[0].suggest, taggers[1].suggest, texts),
        pictures=(
            reliability(truth, {"model": after, old_name(old, new): before}),
            _bars(truth, before, after, old_name(old, new)),
        ),
        examples=_examples(texts, truth, before, after),
    )
    return compared(found, old, new, began=began)


def _classes(truth: TagTruth, before: TagAnswers, after: TagAnswers, groups: Sequence[str]) -> dict[str, Gap]:
    names = [f"{topic.code} {topic.name}" for topic in load_topics().all]
    counts = truth.labels.sum(axis=0)
    shown = [column for column in np.argsort(-counts, kind="stable") if counts[column] >= LEAST_IN_PART]
    if not shown:
        return {}
    gaps = paired(
        class_measure(truth, before, names),
        class_measure(truth, after, names),
        groups,
        resamples=RESAMPLES_OF_PARTS,
        level=1 - (1 - LEVEL) / len(shown),
    )
    return {names[c]: _of(gaps[names[c]], int(counts[c])) for c in shown}


def _levels(
    items: Sequence[ComparedStory], truth: TagTruth, before: TagAnswers, after: TagAnswers
) -> dict[str, Gap]:
    counts = Counter(item.level for item in items if item.level is not None)
    levels = [level for level, count in counts.most_common() if count >= LEAST_IN_PART]
    found = {}
    for level in levels:
        rows = np.array([at for at, item in enumerate(items) if item.level == level], dtype=np.int64)
        own = [items[int(row)].group for row in rows]
        old, new = (_micro(truth, said, rows) for said in (before, after))
        gaps = paired(old, new, own, resamples=RESAMPLES_OF_PARTS, level=1 - (1 - LEVEL) / len(levels))
        found[str(level)] = gaps[DECIDES]
    return found


def _micro(truth: TagTruth, said: TagAnswers, rows: Any) -> Measure:
    labels, given = truth.labels[rows], said.given[rows]

    def at(drawn: Any) -> Mapping[str, float]:
        t, g = labels[drawn], given[drawn]
        return {DECIDES: float(2 * (t & g).sum() / max(t.sum() + g.sum(), 1))}

    return at


def _of(gap: Gap, n: int) -> Gap:
    return Gap(old=gap.old, new=gap.new, low=gap.low, high=gap.high, n=n)


def _right(truth: TagTruth, said: TagAnswers) -> Any:
    return (said.first != NONE) & truth.labels[np.arange(len(said.first)), said.first]


def _changed(truth: TagTruth, before: TagAnswers, after: TagAnswers) -> dict[str, Any]:
    """How often the classes given differ, and the first class between which two."""
    was, now = _right(truth, before), _right(truth, after)
    other = before.first != after.first
    kinds = Counter(
        (_name(int(a)), _name(int(b))) for a, b in zip(before.first[other], after.first[other], strict=True)
    )
    return {
        "stories_with_other_classes": int((before.given != after.given).any(axis=1).sum()),
        "with_another_first_class": int(other.sum()),
        "first_class_now_right": int((now & ~was).sum()),
        "first_class_now_wrong": int((was & ~now).sum()),
        "most": [{"old": a, "new": b, "count": n} for (a, b), n in kinds.most_common(MOST_KINDS)],
    }


def _bars(truth: TagTruth, before: TagAnswers, after: TagAnswers, old: str) -> Bars:
    names = [f"{topic.code} {topic.name}" for topic in load_topics().all]
    everything = np.arange(len(truth.labels), dtype=np.int64)
    values = [class_measure(truth, said, names)(everything) for said in (after, before)]
    counts = truth.labels.sum(axis=0)
    return Bars(
        title="Which classes does either know?",
        x="F1",
        bars=[
            Bar(
                name=f"{names[column]} ({counts[column]})",
                values={"model": values[0][names[column]], old: values[1][names[column]]},
            )
            for column in np.argsort(-counts, kind="stable").tolist()
            if counts[column]
        ],
    )


def _examples(
    texts: Sequence[TaggingText], truth: TagTruth, before: TagAnswers, after: TagAnswers
) -> list[Example]:
    """Stories with another first class: those that are wrong now first."""
    was, now = _right(truth, before), _right(truth, after)
    rows = np.flatnonzero(before.first != after.first)
    order = sorted(rows.tolist(), key=lambda row: (int(now[row]) - int(was[row]), row))
    names = [topic.name for topic in load_topics().all]
    return [
        Example(
            titles=(texts[row].title,),
            truth="、".join(name for name, true in zip(names, truth.labels[row], strict=True) if true),
            said=f"{_name(int(before.first[row]))} → {_name(int(after.first[row]))}",
        )
        for row in order
    ]


def _name(column: int) -> str:
    return "none" if column == NONE else load_topics().all[column].name
