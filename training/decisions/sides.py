"""Decided stories on two sides, checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tianfu.training.decisions.checks import DataChecks, Item, Least, check
from tianfu.training.decisions.split import grouped, split_by_time
from tianfu.training.decisions.stories import DecidedStory, read_decided
from tianfu.training.snapshot import open_snapshot

HELD_SHARE = 0.2
ALONE, BESIDE = Least(clusters=40, held=10, labels=2), Least(clusters=1, held=10, labels=1)
"""What decisions must hold to be learnt from alone, and beside labelled files."""


@dataclass(frozen=True, slots=True)
class StorySides:
    """Decided stories of a snapshot.

    Attributes:
        train: To learn from, older than ``cut``.
        groups: Of each of ``train``; copies have the same number.
        held: To measure on: of each newer cluster the first whose classes are all known.
        undecided: Stories older than ``cut`` that no editor decided and that are no copies of ``held``.
        checks: Not yet passed.
        data_hash: Of the snapshot.
    """

    train: Sequence[DecidedStory]
    groups: Sequence[int]
    held: Sequence[DecidedStory]
    undecided: Sequence[DecidedStory]
    checks: DataChecks
    data_hash: str
    cut: datetime | None


def read_sides(folder: Path, *, held_share: float = HELD_SHARE, alone: bool = True) -> StorySides:
    """Read a snapshot's decided stories and put them on two sides by cluster and time.

    Raises:
        SnapshotInvalid: The snapshot is not whole.
    """
    snapshot = open_snapshot(folder)
    decided = read_decided(snapshot)
    stories = decided.stories
    groups = grouped(story.copies for story in stories)
    split = split_by_time(groups, [story.published_at for story in stories], held_share=held_share)
    train, own = [stories[at] for at in split.train], [groups[at] for at in split.train]
    held = _first_whole([stories[at] for at in split.held], [groups[at] for at in split.held])
    facts = {
        "about": "topics",
        "data_hash": snapshot.data_hash,
        "cut": "" if split.cut is None else split.cut.isoformat(),
        "counts": dict(decided.counts),
        "clusters": len({group for story, group in zip(train, own, strict=True) if story.whole}),
        "some_classes_known": sum(not story.whole for story in train),
        "late": len(split.late),
    }
    checks = check(
        [_item(story) for story in train],
        [_item(story) for story in held],
        facts=facts,
        least=ALONE if alone else BESIDE,
    )
    undecided = _unlike(decided.undecided, held, before=split.cut)
    return StorySides(train, own, held, undecided, checks, snapshot.data_hash, split.cut)


def newer_stories(folder: Path, *, since: datetime | None) -> list[DecidedStory]:
    """Of each cluster the first story whose classes are all known, where nothing of the cluster is older.

    Args:
        folder: Of a snapshot.
        since: What models learnt from was published before; ``None`` takes every cluster.

    Raises:
        SnapshotInvalid: The snapshot is not whole.
    """
    stories = read_decided(open_snapshot(folder)).stories
    groups = grouped(story.copies for story in stories)
    old = {g for g, s in zip(groups, stories, strict=True) if since is not None and s.published_at < since}
    new = [at for at, group in enumerate(groups) if group not in old]
    return _first_whole([stories[at] for at in new], [groups[at] for at in new])


def _first_whole(stories: Sequence[DecidedStory], groups: Sequence[int]) -> list[DecidedStory]:
    first: dict[int, DecidedStory] = {}
    for story, group in zip(stories, groups, strict=True):
        if story.whole:
            first.setdefault(group, story)
    return list(first.values())


def _unlike(
    stories: Sequence[DecidedStory], held: Sequence[DecidedStory], *, before: datetime | None
) -> list[DecidedStory]:
    kept = {copy for story in held for copy in story.copies}
    return [
        story
        for story in stories
        if before is not None and story.published_at < before and kept.isdisjoint(story.copies)
    ]


def _item(story: DecidedStory) -> Item:
    return Item(labels=story.labels, copies=story.copies, titles=(story.title,), at=story.published_at)
