"""Learn the keyword table from stories that editors gave keywords to.

Run as ``python -m tianfu.training.keywords.learn CORPUS OUT``; about three minutes on one core.
"""

import gzip
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import typer
from rich.console import Console
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from tianfu.embeddings.tagging.keyword_candidates import candidates
from tianfu.embeddings.tagging.keyword_table import KeywordTable, write_keyword_table
from tianfu.embeddings.tagging.keywords import BODY_CHARS, KeywordTagger
from tianfu.embeddings.tagging.segment import Segmenter, load_segmenter
from tianfu.training.keywords.counts import (
    Counts,
    Example,
    build_table,
    count,
    document_frequencies,
    example,
)

HELD_OUT = 2_000
FOR_WEIGHTS = 7_000
FOR_FREQUENCIES = 25_000
SEED = 20_093
SOURCE = "CCTV evening news 2012-2025: counts of words and of editors' keywords, no text"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordScore:
    """Shares over all keywords of all stories, 0..1."""

    precision: float
    recall: float
    f1: float


def learn(rows: Sequence[dict[str, Any]], *, version: str) -> tuple[KeywordTable, list[Example]]:
    """Learn a table; returns it with the examples that were held out.

    Weights are fitted on other stories than the word counts they weigh, so that counts are not
    trusted more than they deserve; the table shipped then counts both.
    """
    segmenter = load_segmenter()
    rng = random.Random(SEED)  # noqa: S311 - repeatable, not secret
    filed = [row for row in rows if row.get("keywords")]
    rng.shuffle(filed)
    examples = [example(row, body_chars=BODY_CHARS) for row in filed]
    held_out, second, first = (
        examples[:HELD_OUT],
        examples[HELD_OUT : HELD_OUT + FOR_WEIGHTS],
        examples[HELD_OUT + FOR_WEIGHTS :],
    )
    hidden = {row["id"] for row in filed[:HELD_OUT]}
    others = [row for row in rows if row["id"] not in hidden]
    texts = (f"{e.title} {e.body}" for e in _some(others, rng))
    frequencies, total = document_frequencies(texts, segmenter)

    def table(counts: Counts, of: Sequence[Example]) -> KeywordTable:
        return build_table(counts, of, frequencies, total, version=version, source=SOURCE)

    weights, bias = _fit(table(count(first, segmenter), first), second, segmenter)
    both = first + second
    return replace(table(count(both, segmenter), both), weights=weights, bias=bias), held_out


def score(tagger: KeywordTagger, examples: Sequence[Example]) -> KeywordScore:
    """Compare with the editors' keywords, word for word."""
    right = said = wanted = 0
    for one in examples:
        chosen = {candidate.text for _, candidate in tagger.ranked(one.title, one.body)}
        right += len(chosen & one.keywords)
        said += len(chosen)
        wanted += len(one.keywords)
    return KeywordScore(
        precision=right / max(said, 1), recall=right / max(wanted, 1), f1=2 * right / max(said + wanted, 1)
    )


def main(corpus: Path, out: Path, version: str = "1") -> None:
    """Learn from a corpus (JSON Lines, gzip: id, title, body, keywords) and write the table."""
    with gzip.open(corpus, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    table, held_out = learn(rows, version=version)
    write_keyword_table(table, out)
    tagger = KeywordTagger(table, load_segmenter(), np.array(table.weights))
    Console().print(len(table.words), len(table.phrases), score(tagger, held_out))


def _some(rows: Sequence[dict[str, Any]], rng: random.Random) -> list[Example]:
    return [example(row, body_chars=800) for row in rng.sample(rows, min(FOR_FREQUENCIES, len(rows)))]


def _fit(
    table: KeywordTable, examples: Sequence[Example], segmenter: Segmenter
) -> tuple[tuple[float, ...], float]:
    features: list[tuple[float, ...]] = []
    labels: list[bool] = []
    for one in examples:
        for candidate in candidates(one.title, one.body, table=table, segmenter=segmenter):
            features.append(candidate.features)
            labels.append(candidate.text in one.keywords)
    scaler = StandardScaler().fit(np.array(features))
    model = LogisticRegression(max_iter=400).fit(scaler.transform(np.array(features)), np.array(labels))
    weights = model.coef_[0] / scaler.scale_
    bias = float(model.intercept_[0] - (scaler.mean_ * weights).sum())
    return tuple(float(weight) for weight in weights), bias


if __name__ == "__main__":
    typer.run(main)
