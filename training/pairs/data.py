"""Pairs labelled by reading, to learn from; and made from real stories by known edits, to measure on."""

import gzip
import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tianfu.embeddings.text.html import html_to_text
from tianfu.training.pairs.edits import EDITS, edited_copy, sibling


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledPair:
    """Two clean texts and how they relate.

    Attributes:
        relation: ``reprint``, ``same_event``, ``same_topic`` or ``unrelated``.
        keys: What the two stories are known by; pairs that share one must not be split apart.
        edit: What made the copy, of pairs made by known edits instead of labelled by reading.
        weight: In training; less for pairs that one reader alone has labelled.
    """

    a: tuple[str, str]
    b: tuple[str, str]
    relation: str
    keys: tuple[str, str]
    edit: str = ""
    weight: float = 1.0


ONE_READER = 0.25
"""Weight of a pair that one reader has labelled."""


def read_rows(file: Path) -> Iterator[dict[str, Any]]:
    """Rows of a JSON Lines file, plain or gzip."""
    with (
        gzip.open(file, "rt", encoding="utf-8")
        if file.suffix == ".gz"
        else file.open(encoding="utf-8") as lines
    ):
        for line in lines:
            if line.strip():
                yield json.loads(line)


def read_pairs(file: Path) -> list[LabelledPair]:
    """Labelled pairs, bodies cleaned."""
    return [
        LabelledPair(
            a=(row["a"]["title"], html_to_text(row["a"]["body"])),
            b=(row["b"]["title"], html_to_text(row["b"]["body"])),
            relation=row["relation"],
            keys=(row["a"].get("ref", f"{i}a"), row["b"].get("ref", f"{i}b")),
        )
        for i, row in enumerate(read_rows(file))
    ]


def read_references(file: Path, stories: Mapping[str, tuple[str, str]]) -> list[LabelledPair]:
    """Labels kept without texts: rows ``{"a", "b", "relation"}`` that name two stories by id.

    Args:
        file: JSON Lines.
        stories: Title and clean body by id; rows that name another story are left out.
    """
    return [
        LabelledPair(
            a=stories[row["a"]],
            b=stories[row["b"]],
            relation=row["relation"],
            keys=(row["a"], row["b"]),
            weight=ONE_READER,
        )
        for row in read_rows(file)
        if row["a"] in stories and row["b"] in stories
    ]


def made_pairs(stories: Sequence[tuple[str, str]], *, each: int, seed: int) -> list[LabelledPair]:
    """For measuring: edited copies, ``each`` of every kind, and about twice as many siblings of them all.

    Siblings are bulletins with other figures, and real stories of one headline whose texts differ.
    """
    rng = random.Random(seed)  # noqa: S311
    long_enough = [s for s in stories if len(s[1]) >= 150]
    titles = [title for title, _ in long_enough]
    pairs: list[LabelledPair] = []
    for kind in [*EDITS, "mixed"]:
        for title, body in rng.sample(long_enough, min(each, len(long_enough))):
            # most reprints keep the headline; unlike headlines must not become the mark of a copy
            kept = [title] if rng.random() < 0.6 else titles
            copy = edited_copy(title, body, rng, titles=kept, kind=kind)
            pairs.append(_made((title, body), copy, "reprint", kind))
    wanted = 4 * each
    for title, body in rng.sample(long_enough, min(len(long_enough), 12 * wanted)):
        other = sibling(title, body, rng)
        if other is not None:
            pairs.append(_made((title, body), other, "same_topic"))
            wanted -= 1
        if not wanted:
            break
    found = list(_of_one_title(stories))
    pairs += [_made(a, b, "same_topic") for a, b in rng.sample(found, min(len(found), 4 * each))]
    return pairs


def _made(a: tuple[str, str], b: tuple[str, str], relation: str, edit: str = "") -> LabelledPair:
    return LabelledPair(a=a, b=b, relation=relation, keys=("", ""), edit=edit)


def _of_one_title(stories: Iterable[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Neighbours in a series: same headline, not the same text."""
    last: dict[str, str] = {}
    for title, body in stories:
        before = last.get(title)
        if before is not None and before[:200] != body[:200] and before not in body and body not in before:
            yield (title, before), (title, body)
        last[title] = body
