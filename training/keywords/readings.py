"""Stories whose keywords somebody chose by reading them."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tianfu.embeddings.tagging.keywords import BODY_CHARS
from tianfu.embeddings.text.normalise import normalise

_MARKS = "“”\"《》【】' "


@dataclass(frozen=True, slots=True)
class Reading:
    """A story and its keywords; texts normalised.

    Attributes:
        keywords: The best, which a tagger ought to find.
        also: Others that may stand.
    """

    story: str
    title: str
    body: str
    keywords: frozenset[str]
    also: frozenset[str]


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of JSON Lines, gzip."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def read_readings(labels: Path, corpus: Path) -> list[Reading]:
    """Put chosen keywords beside their stories.

    Args:
        labels: JSON Lines of ``source``, ``story``, ``keywords``, ``also``.
        corpus: Folder with ``{source}.jsonl.gz`` of ``id``, ``title`` and ``body``.
    """
    chosen = {
        (row["source"], row["story"]): row for row in map(json.loads, labels.read_text("utf-8").splitlines())
    }
    found: list[Reading] = []
    for source in sorted({source for source, _ in chosen}):
        for row in read_rows(corpus / f"{source}.jsonl.gz"):
            label = chosen.get((source, row["id"]))
            if label is not None:
                best = named(label["keywords"])
                body = normalise(str(row["body"])[:BODY_CHARS])
                found.append(
                    Reading(row["id"], normalise(row["title"]), body, best, named(label["also"]) - best)
                )
    return found


def named(words: list[str]) -> frozenset[str]:
    """Keywords as the tagger writes them: normalised, without the marks around them."""
    return frozenset(normalise(word).strip(_MARKS) for word in words) - {""}
