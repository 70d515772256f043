"""Looking at data before anything is learnt from it: how much, how even, and whether the sides are apart."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tianfu.eval.comparing.verdict import LEAST_GROUPS
from tianfu.model.errors import UnreadableFile

FILE, PAGE = "data-checks.json", "data-checks.txt"
FEW = 10
"""A class with fewer examples to learn from is named."""
_COUNTS: Mapping[str, str] = {
    "stories": "stories in the snapshot",
    "undecided": "of which no editor decided a class",
    "pairs": "pairs in the snapshot",
    "by_models": "of which no editor decided",
    "decided": "decided by editors and fit to use",
    "withdrawn": "left out: withdrawn",
    "without_text": "left out: without a text",
    "without_time": "left out: without a time of publication",
    "outside": "left out: a story lies outside the snapshot",
    "same_text": "left out: the same text was decided again later",
    "contradicting": "of these, with other labels",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to learn from or to measure on, as the checks see it.

    Attributes:
        labels: Classes, or the one relation.
        copies: What copies share: clusters, texts.
        titles: Headlines.
        at: When it was published.
    """

    labels: tuple[str, ...]
    copies: tuple[str, ...]
    titles: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Least:
    """What is needed.

    Attributes:
        clusters: To learn from, copies counted once.
        held: Items to measure on.
        labels: Different labels to learn from.
    """

    clusters: int
    held: int
    labels: int


@dataclass(frozen=True, slots=True)
class DataChecks:
    """What was found.

    Attributes:
        facts: Plain values, as written beside the artefact; ``refused`` and ``warnings`` are sentences.
    """

    facts: Mapping[str, Any]

    def write(self, folder: Path) -> None:
        """Write both files, into a folder made if missing."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.facts, ensure_ascii=False, indent=2)
        (folder / FILE).write_text(text + "\n", encoding="utf-8")
        (folder / PAGE).write_text("\n".join(_lines(self.facts)) + "\n", encoding="utf-8")

    def must_pass(self, folder: Path) -> None:
        """Refuse data that nothing can be learnt from.

        Raises:
            UnreadableFile: With the first reason, and where the rest stands.
        """
        refused = self.facts["refused"]
        if refused:
            raise UnreadableFile(refused[0], advice=f"{folder / PAGE} tells all that was found.")


def check(
    train: Sequence[Item],
    held: Sequence[Item],
    *,
    facts: Mapping[str, Any],
    least: Least,
    lacks: Sequence[str] = (),
) -> DataChecks:
    """Check both sides.

    Args:
        train: To learn from.
        held: To measure on.
        facts: Of the reading: ``data_hash``, ``cut``, ``counts``, ``late`` and ``clusters`` to learn from.
        least: What is needed.
        lacks: Further sentences that refuse, where nothing else does.
    """
    learnt, measured = (Counter(label for item in side for label in item.labels) for side in (train, held))
    copies = len({c for item in train for c in item.copies} & {c for item in held for c in item.copies})
    titles = len({t for item in train for t in item.titles} & {t for item in held for t in item.titles})
    overlap = bool(train and held) and max(i.at for i in train) >= min(i.at for i in held)
    refused = []
    if not train and not held:
        refused.append("There is nothing to learn from: no editor decided anything in this snapshot.")
    elif facts["clusters"] < least.clusters or len(held) < least.held:
        refused.append(
            f"Editors decided too little to learn from: {facts['clusters']} older and {len(held)} newer"
            f" clusters, {least.clusters} and {least.held} are needed."
        )
    if not refused and len(learnt) < least.labels:
        refused.append(f"All that could be learnt from has the same label: {', '.join(learnt) or 'none'}.")
    refused += [] if refused else lacks
    if copies or overlap:
        refused.append("What is measured on was learnt from: copies or times of both sides overlap.")
    return DataChecks({
        **facts,
        "sides": {"train": len(train), "held": len(held)},
        "balance": {
            label: {"train": learnt[label], "held": measured[label]}
            for label in sorted(learnt | measured, key=lambda one: (-learnt[one], one))
        },
        "leakage": {"copies_on_both_sides": copies, "titles_on_both_sides": titles},
        "refused": refused,
        "warnings": _warnings(learnt, measured, len(train), titles) + _short(len(held)),
    })  # fmt: skip


def _warnings(learnt: Counter[str], measured: Counter[str], n: int, titles: int) -> list[str]:
    few = sorted(label for label in learnt if learnt[label] < FEW)
    unknown = sorted(label for label in measured if not learnt[label])
    top = learnt.most_common(1)
    found = [f"Fewer than {FEW} examples to learn from: {', '.join(few)}."] if few else []
    found += [f"Measured on but never learnt: {', '.join(unknown)}."] if unknown else []
    found += [f"Four in five have the label {top[0][0]}."] if top and top[0][1] > 0.8 * n else []
    found += [f"{titles} headlines stand on both sides, over different texts."] if titles else []
    return found


def _short(held: int) -> list[str]:
    if held >= LEAST_GROUPS:
        return []
    return [
        f"A comparison needs {LEAST_GROUPS} newer clusters to say which model is better and finds {held}:"
        " decide more of the newest stories and export again."
    ]


def _lines(facts: Mapping[str, Any]) -> list[str]:
    sides, balance = facts["sides"], facts["balance"]
    width = max((len(label) for label in balance), default=5)
    return [
        f"Data checks of the snapshot {facts['data_hash'][:12]}",
        "",
        *(f"REFUSED  {line}" for line in facts["refused"]),
        *(f"WARNING  {line}" for line in facts["warnings"]),
        *([""] if facts["refused"] or facts["warnings"] else []),
        *(f"{facts['counts'].get(name, 0):>8}  {text}" for name, text in _COUNTS.items()
          if name in facts["counts"]),
        f"{facts['late']:>8}  left out: newer copies of what is learnt from",
        f"{sides['train']:>8}  to learn from, published before {facts['cut']}",
        f"{sides['held']:>8}  to measure on, first of their copies, published from then on",
        f"{facts['leakage']['copies_on_both_sides']:>8}  clusters or texts on both sides",
        f"{facts['leakage']['titles_on_both_sides']:>8}  headlines on both sides",
        "",
        f"{'label':<{width}}  learn  measure",
        *(f"{label:<{width}}  {n['train']:>5}  {n['held']:>7}" for label, n in balance.items()),
    ]  # fmt: skip
