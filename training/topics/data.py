"""Labelled stories, and headlines of public sets whose classes map onto ours."""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HEADLINE_CLASSES: Mapping[str, Mapping[str, str]] = {
    "nlpcc2017": {
        "sports": "39", "finance": "12", "food": "21", "car": "15", "travel": "21", "military": "04",
        "tech": "17", "baby": "05", "world": "03", "game": "35", "entertainment": "35", "society": "05",
        "fashion": "19", "story": "36", "essay": "36", "regimen": "38", "history": "35", "discovery": "33",
    },
    "toutiao": {
        "news_entertainment": "35", "news_tech": "17", "news_sports": "39", "news_car": "15",
        "news_game": "35", "news_edu": "31", "news_military": "04", "news_travel": "21",
        "news_culture": "35", "news_agriculture": "14", "news_house": "13", "news_story": "36",
        "stock": "12",
    },
    "thucnews_dev": {
        "stocks": "12", "realty": "13", "education": "31", "sports": "39", "game": "35",
        "entertainment": "35",
    },
}  # fmt: skip
"""Public headline sets by file name, and the one class of ours that each of their classes nearly is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledStory:
    """A story with its classes.

    Attributes:
        labels: Primary class first.
        weight: 1 for labels given by reading a story for our guide, less for mapped headlines.
        judged: Classes that somebody decided; ``None`` when all are known.
        group: Of copies, which no fold may tear apart; ``None`` for a story of its own.
    """

    title: str
    body: str
    labels: tuple[str, ...]
    weight: float = 1.0
    judged: tuple[str, ...] | None = None
    group: int | None = None


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """Read JSON Lines, gzip or not."""
    packed = path.suffix == ".gz"
    with gzip.open(path, "rt", encoding="utf-8") if packed else path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def read_labelled(path: Path) -> list[LabelledStory]:
    """Read ``{"title", "body" or "lead", "labels"}`` rows; rows without labels are left out."""
    return [
        LabelledStory(
            title=row["title"],
            body=row.get("body") or row.get("lead") or "",
            labels=tuple(row["labels"]),
        )
        for row in read_jsonl(path)
        if row.get("labels")
    ]


def read_headlines(
    folder: Path, *, per_class: int, weight: float, seed: int, without: frozenset[str]
) -> list[LabelledStory]:
    """Draw up to ``per_class`` headlines for each class of ours from the public sets in a folder.

    Args:
        folder: Holds ``nlpcc2017.jsonl.gz`` and the like; sets that are missing are passed over.
        per_class: Most headlines of one class.
        weight: Of each.
        seed: Of the draw.
        without: Titles never drawn, those that are measured on.
    """
    pools: dict[str, list[str]] = {}
    for name, classes in HEADLINE_CLASSES.items():
        path = folder / f"{name}.jsonl.gz"
        if path.is_file():
            for row in read_jsonl(path):
                code = classes.get(row["label"])
                if code is not None and row["title"] not in without:
                    pools.setdefault(code, []).append(row["title"])
    rng = np.random.default_rng(seed)
    return [
        LabelledStory(title=pools[code][int(place)], body="", labels=(code,), weight=weight)
        for code in sorted(pools)
        for place in rng.permutation(len(pools[code]))[:per_class]
    ]
