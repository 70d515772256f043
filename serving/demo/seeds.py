"""Seed stories and bulletin templates, written for this project."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

_DATE_SLOT = re.compile(r"\{d(?:([+-])(\d{1,2}))?\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """The same event written by another reporter."""

    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """One story as its first outlet wrote it, with what editors elsewhere would change.

    Attributes:
        adcode: Of the outlet that wrote it first.
        topics: GB/T 20093 classes, primary first.
        alt_titles: Other headlines for the same text.
        lead_alt: Another first sentence.
        valid_days: For stories that go stale.
    """

    id: str
    level: str
    adcode: str
    topics: tuple[str, ...]
    genre: str
    title: str
    alt_titles: tuple[str, ...]
    lead_alt: str
    body: str
    places: tuple[str, ...]
    keywords: tuple[str, ...]
    valid_days: int | None
    rewrite: Rewrite | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """A template that many counties publish again and again, never twice the same: sibling bulletins."""

    id: str
    topics: tuple[str, ...]
    title: str
    body: str
    numbers: Mapping[str, tuple[int, int]]
    words: Mapping[str, tuple[str, ...]]
    keywords: tuple[str, ...]
    valid_days: int


def load_seeds() -> list[Seed]:
    """Read every seed story, by id."""
    return sorted((_seed(row) for row in _rows("topic_")), key=lambda seed: seed.id)


def load_bulletins() -> list[Bulletin]:
    """Read every bulletin template, by id."""
    return sorted((_bulletin(row) for row in _rows("bulletins")), key=lambda b: b.id)


def fill_dates(text: str, day: datetime) -> str:
    """Fill ``{d}``, ``{d-1}``, ``{d+2}`` (as 1月31日) and ``{y}`` from the day of publication."""

    def date(found: re.Match[str]) -> str:
        sign, days = found.groups()
        shift = int(days or 0) * (-1 if sign == "-" else 1)
        then = day + timedelta(days=shift)
        return f"{then.month}月{then.day}日"

    return _DATE_SLOT.sub(date, text).replace("{y}", str(day.year))


def _rows(prefix: str) -> Iterator[dict[str, Any]]:
    folder = files("tianfu.serving.demo").joinpath("seeds")
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.startswith(prefix) and file.name.endswith(".jsonl"):
            for line in file.read_text(encoding="utf-8").splitlines():
                if line.strip():
                    yield json.loads(line)


def _seed(row: dict[str, Any]) -> Seed:
    rewrite = row["rewrite"]
    return Seed(
        id=row["id"],
        level=row["level"],
        adcode=row["adcode"],
        topics=tuple(row["topics"]),
        genre=row["genre"],
        title=row["title"],
        alt_titles=tuple(row["alt_titles"]),
        lead_alt=row["lead_alt"],
        body=row["body"],
        places=tuple(row["places"]),
        keywords=tuple(row["keywords"]),
        valid_days=row["valid_days"],
        rewrite=Rewrite(title=rewrite["title"], body=rewrite["body"]) if rewrite else None,
    )


def _bulletin(row: dict[str, Any]) -> Bulletin:
    return Bulletin(
        id=row["id"],
        topics=tuple(row["topics"]),
        title=row["title"],
        body=row["body"],
        numbers={name: (low, high) for name, (low, high) in row["numbers"].items()},
        words={name: tuple(choices) for name, choices in row["words"].items()},
        keywords=tuple(row["keywords"]),
        valid_days=row["valid_days"],
    )
