"""Pairs of stories whose relation editors decided."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tianfu.embeddings.text.html import html_to_text
from tianfu.embeddings.text.normalise import normalise
from tianfu.model.cluster import Relation
from tianfu.model.story import StoryState
from tianfu.training.decisions.checks import DataChecks, Item, Least, check
from tianfu.training.decisions.sides import HELD_SHARE
from tianfu.training.decisions.split import grouped, split_by_time
from tianfu.training.snapshot import DataSnapshot, open_snapshot

ALONE, BESIDE = Least(clusters=40, held=10, labels=2), Least(clusters=1, held=10, labels=1)
EACH = 10
"""Copies, and pairs told apart, that are needed to learn from decisions alone."""
OF_A_MODEL = "@"
"""Stands in the name and version of a model, never in the id of a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedPair:
    """Two clean texts and how an editor says they relate.

    Attributes:
        a: Title and clean body; ``b`` likewise.
        relation: ``reprint``, ``same_event``, ``same_topic`` or ``unrelated``; identical counts as reprint.
        group: The same for pairs that hang together over stories or copies of them.
        at: When the newer of the two was published.
    """

    a: tuple[str, str]
    b: tuple[str, str]
    relation: str
    group: str
    copies: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class PairSides:
    """Decided pairs of a snapshot, on two sides by group and time.

    Attributes:
        checks: Not yet passed.
    """

    train: Sequence[DecidedPair]
    held: Sequence[DecidedPair]
    checks: DataChecks
    data_hash: str
    cut: datetime | None


def read_pair_sides(folder: Path, *, held_share: float = HELD_SHARE, alone: bool = True) -> PairSides:
    """Read what editors said of pairs, joined or told apart, and split it.

    Raises:
        SnapshotInvalid: The snapshot is not whole.
    """
    snapshot = open_snapshot(folder)
    pairs, counts = _decided(snapshot)
    groups = [pair.group for pair in pairs]
    numbers = grouped((group,) for group in groups)
    split = split_by_time(numbers, [pair.at for pair in pairs], held_share=held_share)
    train, held = ([pairs[at] for at in side] for side in (split.train, split.held))
    facts = {
        "about": "pairs",
        "data_hash": snapshot.data_hash,
        "cut": "" if split.cut is None else split.cut.isoformat(),
        "counts": counts,
        "clusters": len({pair.group for pair in train}),
        "late": len(split.late),
    }
    checks = check(
        [_item(pair) for pair in train],
        [_item(pair) for pair in held],
        facts=facts,
        least=ALONE if alone else BESIDE,
        lacks=_lacks(train) if alone else [],
    )
    return PairSides(train, held, checks, snapshot.data_hash, split.cut)


def newer_pairs(folder: Path, *, since: datetime | None) -> list[DecidedPair]:
    """Pairs of groups that hold nothing older than ``since``, what models learnt from; all without it.

    Raises:
        SnapshotInvalid: The snapshot is not whole.
    """
    pairs, _ = _decided(open_snapshot(folder))
    old = {pair.group for pair in pairs if since is not None and pair.at < since}
    return [pair for pair in pairs if pair.group not in old]


def _lacks(pairs: Sequence[DecidedPair]) -> list[str]:
    copies = sum(pair.relation == Relation.REPRINT.value for pair in pairs)
    apart = sum(not Relation(pair.relation).joins for pair in pairs)
    if min(copies, apart) >= EACH:
        return []
    return [f"Editors confirmed {copies} copies and told {apart} pairs apart, {EACH} of each are needed."]


def _decided(snapshot: DataSnapshot) -> tuple[list[DecidedPair], dict[str, int]]:
    columns = ["story_id", "title", "body", "published_at", "state", "cluster_id"]
    stories = {row["story_id"]: row for row in snapshot.table("stories", columns).to_pylist()}
    counts: Counter[str] = Counter()
    said: dict[frozenset[str], dict[str, Any]] = {}
    for row in snapshot.table("pairs").to_pylist():
        counts["pairs"] += 1
        reason = _unfit(row, stories)
        if reason is None:
            said[frozenset((row["a"], row["b"]))] = row
        else:
            counts[reason] += 1
    rows = sorted(said.values(), key=lambda row: sorted((row["a"], row["b"])))
    keys = [_copies(stories[row["a"]]) + _copies(stories[row["b"]]) for row in rows]
    numbers = grouped(keys)
    found = [
        _pair(row, stories, group=str(number), copies=own)
        for row, number, own in zip(rows, numbers, keys, strict=True)
    ]
    counts["decided"] = len(found)
    return sorted(found, key=lambda pair: pair.at), dict(counts)


def _unfit(row: dict[str, Any], stories: dict[str, dict[str, Any]]) -> str | None:
    if OF_A_MODEL in str(row["decided_by"] or OF_A_MODEL):
        return "by_models"
    both = [stories.get(row[side]) for side in ("a", "b")]
    told = [story for story in both if story is not None]
    if len(told) < 2:
        return "outside"
    if any(story["state"] == StoryState.TAKEN_DOWN.value for story in told):
        return "withdrawn"
    if any(not html_to_text(story["body"] or "").strip() for story in told):
        return "without_text"
    return "without_time" if any(story["published_at"] is None for story in told) else None


def _copies(story: dict[str, Any]) -> tuple[str, ...]:
    own = (f"story/{story['story_id']}", "text/" + normalise(f"{story['title']}\n{story['body']}").strip())
    return (*own, f"cluster/{story['cluster_id']}") if story["cluster_id"] else own


def _pair(
    row: dict[str, Any], stories: dict[str, dict[str, Any]], *, group: str, copies: tuple[str, ...]
) -> DecidedPair:
    a, b = sorted((stories[row["a"]], stories[row["b"]]), key=lambda story: str(story["story_id"]))
    relation = Relation.REPRINT if row["relation"] == Relation.IDENTICAL.value else Relation(row["relation"])
    return DecidedPair(
        a=_text(a),
        b=_text(b),
        relation=relation.value,
        group=group,
        copies=copies,
        at=max(a["published_at"], b["published_at"]),
    )


def _text(story: dict[str, Any]) -> tuple[str, str]:
    return story["title"] or "", html_to_text(story["body"] or "")


def _item(pair: DecidedPair) -> Item:
    return Item(labels=(pair.relation,), copies=pair.copies, titles=(pair.a[0], pair.b[0]), at=pair.at)
