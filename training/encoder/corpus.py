"""Reading the training data: stories, title pairs, graded sentence pairs, labelled headlines."""

import gzip
import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tianfu.embeddings.text.normalise import normalise
from tianfu.model.errors import UnreadableFile

STORIES = ("corpus/cctv_items.jsonl.gz", "corpus/cctv_briefs.jsonl.gz", "corpus/sina_2018.jsonl.gz")
TITLES = "corpus/peoples_daily_titles_1990_2022.jsonl.gz"
TWINS = ("silver_pairs/cctv_peoples_daily_titles.jsonl.gz", "silver_pairs/sina_2018.jsonl.gz")
GRADED = {
    "sentence_pairs/afqmc_train.jsonl.gz": 1.0,
    "sentence_pairs/lcqmc_dev.jsonl.gz": 1.0,
    "sentence_pairs/stsb_train.jsonl.gz": 5.0,
}
"""File to highest grade."""
HEADLINES = (
    "headlines/nlpcc2017.jsonl.gz",
    "headlines/toutiao.jsonl.gz",
    "headlines/tnews_dev.jsonl.gz",
    "headlines/thucnews_dev.jsonl.gz",
)
TWIN_SCORE = 0.5


Headlines = tuple[tuple[str, str], ...]
"""Titles with their class."""


@dataclass(frozen=True, slots=True)
class StoryRow:
    """A story to learn from; ``date`` is empty where the source has none."""

    id: str
    date: str
    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """All that a run reads.

    Attributes:
        stories: With title and body, before the development part, in order of date.
        development: Later stories with a title of their own.
        titles: Headlines alone, before the development part.
        twins: Two headlines of one event.
        graded: For each source, sentence pairs with a likeness of 0..1.
        headlines: For each source, titles with class, four fifths of each.
        headlines_kept: The other fifth, split by the title itself, so that a repeat never crosses.
        sha256: Over the names and contents of all files read.
    """

    stories: tuple[StoryRow, ...]
    development: tuple[StoryRow, ...]
    titles: tuple[str, ...]
    twins: tuple[tuple[str, str], ...]
    graded: tuple[tuple[tuple[str, str, float], ...], ...]
    headlines: tuple[Headlines, ...]
    headlines_kept: tuple[Headlines, ...]
    sha256: str


def read_corpus(folder: Path, *, development_from: str) -> Corpus:
    """Read the training data and part off the development stories.

    Raises:
        UnreadableFile: A file is missing or not gzipped JSON Lines.
    """
    rows = [
        StoryRow(str(r["id"]), str(r.get("date", "")), r["title"].strip(), r["body"].strip())
        for name in STORIES
        for r in read_rows(folder / name)
    ]
    # only the programme's items are measured; its briefs of those months are left out altogether
    items = {str(r["id"]) for r in read_rows(folder / STORIES[0])}
    late = [r for r in rows if r.date >= development_from and r.id in items and r.body]
    repeats = Counter(r.title for r in late)
    labelled = [[(r["title"], r["label"]) for r in read_rows(folder / name)] for name in HEADLINES]
    stories = sorted((r for r in rows if r.date < development_from and r.title and r.body), key=_by_date)
    return Corpus(
        stories=tuple(stories),
        development=tuple(r for r in late if repeats[r.title] == 1),
        titles=tuple(r["title"] for r in read_rows(folder / TITLES) if r["date"] < development_from),
        twins=tuple(_twins(folder, {r.id: r for r in stories}, development_from)),
        graded=tuple(
            tuple((r["a"], r["b"], float(r["label"]) / top) for r in read_rows(folder / name))
            for name, top in GRADED.items()
        ),
        headlines=tuple(tuple(row for row in source if not _kept(row[0])) for source in labelled),
        headlines_kept=tuple(tuple(row for row in source if _kept(row[0])) for source in labelled),
        sha256=data_hash(folder, (*STORIES, TITLES, *TWINS, *GRADED, *HEADLINES)),
    )


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Read JSON Lines, gzipped or plain by the name's ending.

    Raises:
        UnreadableFile: Missing, or not what its name says.
    """
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8") as lines
        ):
            for line in lines:
                if line.strip():
                    yield json.loads(line)
    except (OSError, ValueError) as bad:
        raise UnreadableFile(
            f"{path.name} is missing or is not JSON Lines.", advice="Check the data folder."
        ) from bad


def data_hash(folder: Path, names: tuple[str, ...]) -> str:
    """SHA-256 over names and contents."""
    digest = hashlib.sha256()
    for name in sorted(names):
        with (folder / name).open("rb") as stream:
            digest.update(f"{name} {hashlib.file_digest(stream, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()


def _kept(title: str) -> bool:
    return zlib.crc32("".join(normalise(title).split()).encode()) % 5 == 0


def _by_date(row: StoryRow) -> tuple[str, str]:
    return row.date, row.id


def _twins(folder: Path, known: dict[str, StoryRow], before: str) -> Iterator[tuple[str, str]]:
    for row in read_rows(folder / TWINS[0]):
        if row["score"] >= TWIN_SCORE and row["cctv_date"] < before:
            yield row["cctv_title"], row["pd_title"]
    for row in read_rows(folder / TWINS[1]):
        if row["score"] >= TWIN_SCORE and row["a"] in known and row["b"] in known:
            yield known[row["a"]].title, known[row["b"]].title
