"""Labels kept without texts, and stories without labels: both come out of the corpora again."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from tianfu.training.topics.data import LabelledStory, read_jsonl

SOURCES: Mapping[str, str] = {
    "cctv_item": "corpus/cctv_items.jsonl.gz",
    "cctv_brief": "corpus/cctv_briefs.jsonl.gz",
    "sina2018": "corpus/sina_2018.jsonl.gz",
    "pd_title": "corpus/peoples_daily_titles_1990_2022.jsonl.gz",
    "nlpcc2017_title": "headlines/nlpcc2017.jsonl.gz",
    "toutiao_title": "headlines/toutiao.jsonl.gz",
}
"""Name of a source to its file in the data folder."""
UNLABELLED_SHARES: Mapping[str, float] = {
    "cctv_item": 0.15,
    "cctv_brief": 0.08,
    "sina2018": 0.08,
    "pd_title": 0.35,
    "nlpcc2017_title": 0.17,
    "toutiao_title": 0.17,
}
LABELLED_CHARS = 220
"""How much of a body the reader saw who gave the label."""
ENCODED_CHARS = 200
"""How much of it the teacher's encoder reads."""


def story_hash(title: str, lead: str) -> str:
    """What a label names its story by: 16 hexadecimal digits of SHA-256 over title and lead."""
    return hashlib.sha256(f"{title}\n{lead}".encode()).hexdigest()[:16]


def read_references(file: Path, folder: Path) -> list[LabelledStory]:
    """Find the stories of rows ``{"source", "story", "labels"}`` in the data folder; others are left out."""
    wanted: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in read_jsonl(file):
        wanted.setdefault(row["source"], {})[row["story"]] = tuple(row["labels"])
    found = []
    for source, labels in sorted(wanted.items()):
        for title, lead in _texts(folder / SOURCES[source]):
            given = labels.pop(story_hash(title, lead), None)
            if given is not None:
                found.append(LabelledStory(title=title, body=lead, labels=given))
    return found


def read_unlabelled(folder: Path, *, count: int, seed: int, without: frozenset[str]) -> list[tuple[str, str]]:
    """Draw titles with leads from all sources, in fixed shares.

    Args:
        folder: The data folder; sources that are missing are passed over.
        count: How many in all, at most.
        seed: Of the draw.
        without: Titles never drawn, those that are measured on.
    """
    rng = np.random.default_rng(seed)
    drawn: list[tuple[str, str]] = []
    for source, share in UNLABELLED_SHARES.items():
        path = folder / SOURCES[source]
        if path.is_file():
            pool = [text for text in _texts(path) if text[0] not in without]
            at = rng.permutation(len(pool))[: int(count * share)]
            drawn += [pool[int(place)] for place in at]
    return drawn


def joined(texts: Sequence[tuple[str, str]]) -> list[str]:
    """What an encoder reads of titles with leads."""
    return [f"{title}\n{lead[:ENCODED_CHARS]}".strip() for title, lead in texts]


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    for row in read_jsonl(path):
        yield row["title"], (row.get("body") or "")[:LABELLED_CHARS]
