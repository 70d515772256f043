"""What a training of the judge is given: labelled pairs, editors' decisions, or both."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tianfu.embeddings.artefact import sha256_of
from tianfu.embeddings.text.html import html_to_text
from tianfu.training.decisions.pairs import DecidedPair, PairSides, read_pair_sides
from tianfu.training.pairs.data import LabelledPair, read_pairs, read_references, read_rows
from tianfu.training.snapshot import open_snapshot

Text = tuple[str, str]
"""Title and clean body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairSources:
    """Where a training's pairs and words come from.

    Attributes:
        labelled: Learnt from, and answered out of fold to measure.
        more: Learnt from with less weight.
        held: Newer pairs that are only measured on.
        corpora: Files of stories, for rarities; edited copies are made of the first.
        snapshot: Whose stories are read for rarities too.
        data: For the card.
    """

    labelled: Sequence[LabelledPair]
    more: Sequence[LabelledPair] = ()
    held: Sequence[LabelledPair] = ()
    corpora: Sequence[Path] = ()
    snapshot: Path | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    def stories(self) -> Iterator[Text]:
        """Every story, for rarities."""
        for file in self.corpora:
            yield from _stories(file)
        if self.snapshot is not None:
            yield from _exported(self.snapshot)

    def sample(self) -> list[Text]:
        """Stories to make edited copies of."""
        return list(_stories(self.corpora[0]) if self.corpora else self.stories())


def from_files(
    pairs_file: Path, corpus_files: Sequence[Path], *, references: Path | None = None
) -> PairSources:
    """Labelled pairs with corpora.

    Args:
        pairs_file: JSON Lines.
        corpus_files: Stories (title, body).
        references: More labels, by ids of stories in the corpora; see ``training/labels``.
    """
    return PairSources(
        labelled=read_pairs(pairs_file),
        more=_referenced(references, corpus_files) if references is not None else [],
        corpora=corpus_files,
        data={"data_sha256": {file.name: sha256_of(file) for file in (pairs_file, *corpus_files)}},
    )


def from_decisions(snapshot: Path, target: Path, *, beside: PairSources | None = None) -> PairSources:
    """Pairs that editors decided, alone or beside labelled ones; checks are written beside the artefact.

    Args:
        snapshot: Folder of an export.
        target: Folder of the artefact.
        beside: Labelled pairs; those with a text that is measured on are left out.

    Raises:
        SnapshotInvalid: The snapshot is not whole.
        UnreadableFile: Editors decided too little.
    """
    sides = read_pair_sides(snapshot, alone=beside is None)
    sides.checks.write(target)
    sides.checks.must_pass(target)
    decided = [_labelled(pair) for pair in sides.train]
    held = [_labelled(pair) for pair in sides.held]
    if beside is None:
        return PairSources(labelled=decided, held=held, snapshot=snapshot, data=_data(sides))
    known = {text for pair in held for text in (pair.a, pair.b)}
    return PairSources(
        labelled=[*(pair for pair in beside.labelled if known.isdisjoint((pair.a, pair.b))), *decided],
        more=[pair for pair in beside.more if known.isdisjoint((pair.a, pair.b))],
        held=held,
        corpora=beside.corpora,
        snapshot=snapshot,
        data={**beside.data, **_data(sides)},
    )


def _labelled(pair: DecidedPair) -> LabelledPair:
    return LabelledPair(a=pair.a, b=pair.b, relation=pair.relation, keys=(pair.group, pair.group))


def _data(sides: PairSides) -> dict[str, Any]:
    return {
        "data_hash": sides.data_hash,
        "until": None if sides.cut is None else sides.cut.isoformat(),
        "decided": len(sides.train),
        "held": len(sides.held),
    }


def _stories(file: Path) -> Iterator[Text]:
    for row in read_rows(file):
        yield row["title"], html_to_text(row["body"])


def _exported(snapshot: Path) -> Iterator[Text]:
    table = open_snapshot(snapshot).table("stories", ["title", "body"])
    for row in table.to_pylist():
        yield row["title"] or "", html_to_text(row["body"] or "")


def _referenced(references: Path, corpora: Sequence[Path]) -> list[LabelledPair]:
    named = {str(row[side]) for row in read_rows(references) for side in ("a", "b")}
    stories = {
        str(row["id"]): (str(row["title"]), html_to_text(row["body"]))
        for file in corpora
        for row in read_rows(file)
        if str(row["id"]) in named
    }
    return read_references(references, stories)
