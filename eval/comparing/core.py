"""What every comparison shares: the record and its tables."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tianfu.eval.comparing.verdict import Verdict, sentence_of, verdict_of
from tianfu.eval.core import Subject, SuiteResult, Table
from tianfu.eval.opening import SEEN
from tianfu.eval.paired import Gap
from tianfu.eval.pictures import Example, Picture

NAME = "compare"
SPEED = "items_per_second"
Sections = Mapping[str, Mapping[str, Gap]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a comparison of one kind of model found.

    Attributes:
        decides: Name of the figure that the recommendation is made by.
        gaps: Every figure.
        sections: Gaps of parts by the part's name, such as classes or levels of outlets.
        changed: Counts of answers that differ, and under ``most`` the most frequent kinds of change.
        speed: Items a second, old and new.
        groups: How many items that do not hang together.
        of: What these are.
        notes: What the figures rest on, in sentences.
        facts: Further values for the record, by name.
        against: Why no change is recommended though the figure that decides allows it; empty where nothing.
    """

    n: int
    groups: int
    decides: str
    gaps: Mapping[str, Gap]
    sections: Sections
    changed: Mapping[str, Any]
    speed: tuple[float, float]
    pictures: Sequence[Picture] = ()
    examples: Sequence[Example] = ()
    of: str = "clusters"
    notes: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    against: str = ""


def compared(found: Found, old: Subject, new: Subject, *, began: float) -> SuiteResult:
    """Put a comparison on record: the new model's figures, the old one's beside, gains and recommendation.

    Args:
        found: See there.
        old: What was measured before.
        new: What was measured now; says how many examples are kept.
        began: ``time.perf_counter()`` at the start.
    """
    gap = found.gaps[found.decides]
    verdict = verdict_of(gap, groups=found.groups)
    against = found.against if verdict in (Verdict.BETTER, Verdict.NO_WORSE) else ""
    verdict = Verdict.TOO_LITTLE if against else verdict
    seen = bool(old.facts.get(SEEN) or new.facts.get(SEEN))
    losses = {name: one for name, one in found.gaps.items() if one.worse and name != found.decides}
    losses |= {name: one for part in found.sections.values() for name, one in part.items() if one.worse}
    over = f"{found.groups} {found.of}"
    sentence = sentence_of(verdict, found.decides, gap, over=over, but=losses, seen=seen, against=against)
    return SuiteResult(
        suite=NAME,
        model=new.facts,
        n=found.n,
        metrics={name: one.new for name, one in found.gaps.items()} | {SPEED: found.speed[1]},
        baselines={
            old_name(old, new): {name: one.old for name, one in found.gaps.items()} | {SPEED: found.speed[0]}
        },
        seconds=time.perf_counter() - began,
        pictures=found.pictures,
        examples=found.examples[: new.examples],
        summary=sentence,
        tables=_tables(found),
        more={
            "old": dict(old.facts),
            "recommendation": {
                "verdict": None if seen else verdict.value,
                "sentence": sentence,
                "decided_by": found.decides,
                "surely_worse": list(losses),
            },
            found.of: found.groups,
            "gains": {name: one.as_json() for name, one in found.gaps.items()},
            "parts": {
                title: {name: one.as_json() for name, one in part.items()}
                for title, part in found.sections.items()
            },
            "changed": dict(found.changed),
            "notes": list(found.notes),
            **found.facts,
            SPEED: {"old": round(found.speed[0], 1), "new": round(found.speed[1], 1)},
        },
    )


def old_name(old: Subject, new: Subject) -> str:
    """What the old model is called beside the new one."""
    names = ["@".join(str(one.facts.get(part, "")) for part in ("name", "version")) for one in (old, new)]
    return f"old {names[0]}" if names[0] == names[1] else names[0]


def _tables(found: Found) -> tuple[Table, ...]:
    parts = {"Gains": found.gaps, **found.sections}
    counts = {name: value for name, value in found.changed.items() if isinstance(value, int)}
    return (
        *(_gaps(title, part) for title, part in parts.items() if part),
        Table(
            title="Answers that changed",
            columns=("", "items"),
            rows=[(name.replace("_", " "), str(value)) for name, value in counts.items()]
            + [(f"{one['old']} → {one['new']}", str(one["count"])) for one in found.changed["most"]],
        ),
        *([Table(title="What it rests on", columns=("",), rows=[(one,) for one in found.notes])]
          if found.notes else []),
    )  # fmt: skip


def _gaps(title: str, part: Mapping[str, Gap]) -> Table:
    return Table(
        title=title,
        columns=("", "old", "new", "gain", "interval of the gain", "", "items"),
        rows=[
            (
                name,
                f"{one.old:.3f}",
                f"{one.new:.3f}",
                f"{one.gain:+.3f}",
                f"{one.low:+.3f} – {one.high:+.3f}",
                Verdict.BETTER.value if one.better else Verdict.WORSE.value if one.worse else "",
                str(one.n),
            )
            for name, one in part.items()
        ],
    )
