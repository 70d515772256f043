"""Learn the keyword table: counts from stories that editors filed, weights from stories read for it.

Run as ``python -m tianfu.training.keywords.learn CORPUS LABELS OUT``; about two minutes on one core.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import typer
from rich.console import Console
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from tianfu.embeddings.tagging.keyword_candidates import Candidate, candidates
from tianfu.embeddings.tagging.keyword_table import KeywordTable, write_keyword_table
from tianfu.embeddings.tagging.keywords import BODY_CHARS, KeywordTagger
from tianfu.embeddings.tagging.segment import Segmenter, load_segmenter
from tianfu.training.keywords.counts import Example, build_table, count, document_frequencies, example
from tianfu.training.keywords.measure import KeywordScore, by_rarity, score
from tianfu.training.keywords.readings import Reading, read_readings, read_rows

FOR_FREQUENCIES = 25_000
FOLDS = 5
SEED = 20_093
COUNTED = "cctv_items"
SOURCE = (
    "counts of words and of editors' keywords in CCTV evening news 2012-2025, no text; "
    "weights from 400 stories of CCTV and Sina 2018 whose keywords were chosen by reading"
)


@dataclass(frozen=True, slots=True, eq=False)
class Offered:
    """The candidates of a story, and how the reader took each: 2 best, 1 may stand, 0 neither."""

    found: list[Candidate]
    taken: npt.NDArray[np.int8]

    @property
    def features(self) -> npt.NDArray[np.float64]:
        """One row for each candidate."""
        return np.array([one.features for one in self.found])


def learn_table(rows: Sequence[dict[str, Any]], *, version: str) -> KeywordTable:
    """Count words and editors' keywords; the table has no weights yet."""
    segmenter = load_segmenter()
    rng = random.Random(SEED)  # noqa: S311 - repeatable, not secret
    filed = [example(row, body_chars=BODY_CHARS) for row in rows if row.get("keywords")]
    texts = (f"{e.title} {e.body}" for e in _some(rows, rng))
    frequencies, total = document_frequencies(texts, segmenter)
    return build_table(count(filed, segmenter), filed, frequencies, total, version=version, source=SOURCE)


def offer(reading: Reading, table: KeywordTable, segmenter: Segmenter) -> Offered:
    """List the candidates of a read story."""
    found = candidates(reading.title, reading.body, table=table, segmenter=segmenter)
    taken = [2 if c.text in reading.keywords else int(c.text in reading.also) for c in found]
    return Offered(found, np.array(taken, np.int8))


def fit(offered: Sequence[Offered]) -> tuple[tuple[float, ...], float]:
    """Weights and bias of the log-odds that a keyword may stand.

    The best are told from the rest, those that may stand left out; the scale comes from stories that did not
    teach it (Platt, 1999), by whether a reader lets the keyword stand.
    """
    margins: list[npt.NDArray[np.float64]] = []
    for fold in range(FOLDS):
        taught = [one for at, one in enumerate(offered) if at % FOLDS != fold]
        weights, bias = _separate(taught)
        margins += [one.features @ weights + bias for one in offered[fold::FOLDS]]
    stands = [one.taken > 0 for fold in range(FOLDS) for one in offered[fold::FOLDS]]
    scale = LogisticRegression(C=1e6).fit(np.concatenate(margins)[:, None], np.concatenate(stands))
    weights, bias = _separate(offered)
    slope = float(scale.coef_[0, 0])
    return tuple(float(w) * slope for w in weights), bias * slope + float(scale.intercept_[0])


def out_of_fold(readings: Sequence[Reading], table: KeywordTable) -> KeywordScore:
    """Score each story with weights that it did not teach."""
    segmenter = load_segmenter()
    offered = [offer(one, table, segmenter) for one in readings]
    chosen: list[list[str]] = [[] for _ in readings]
    for fold in range(FOLDS):
        weights, bias = fit([one for at, one in enumerate(offered) if at % FOLDS != fold])
        tagger = KeywordTagger(replace(table, weights=weights, bias=bias), segmenter, np.array(weights))
        for at in range(fold, len(readings), FOLDS):
            chosen[at] = [one.text for _, one in tagger.ranked(readings[at].title, readings[at].body)]
    return score(chosen, readings)


def main(corpus: Path, labels: Path, out: Path, version: str = "2") -> None:
    """Learn and write the table, and print how it did on stories that did not teach it.

    Args:
        corpus: Folder with ``cctv_items.jsonl.gz`` (id, title, body, keywords) and what the labels name.
        labels: Keywords chosen by reading.
        out: The table.
        version: Goes into it.
    """
    readings = read_readings(labels, corpus)
    random.Random(SEED).shuffle(readings)  # noqa: S311 - repeatable, not secret
    read = {one.story for one in readings}
    rows = [row for row in read_rows(corpus / f"{COUNTED}.jsonl.gz") if row["id"] not in read]
    table = learn_table(rows, version=version)
    segmenter = load_segmenter()
    console = Console()
    console.print("rarest words", by_rarity(readings, table, segmenter))
    console.print("learnt, by folds", out_of_fold(readings, table))
    weights, bias = fit([offer(one, table, segmenter) for one in readings])
    write_keyword_table(replace(table, weights=weights, bias=bias), out)
    console.print(f"{out}: {len(table.words)} words, {len(table.phrases)} phrases")


def _some(rows: Sequence[dict[str, Any]], rng: random.Random) -> list[Example]:
    return [example(row, body_chars=800) for row in rng.sample(rows, min(FOR_FREQUENCIES, len(rows)))]


def _separate(offered: Sequence[Offered]) -> tuple[npt.NDArray[np.float64], float]:
    features = np.concatenate([one.features for one in offered])
    taken = np.concatenate([one.taken for one in offered])
    told = taken != 1
    scaler = StandardScaler().fit(features[told])
    model = LogisticRegression(max_iter=1_000, C=0.3).fit(scaler.transform(features[told]), taken[told] == 2)
    weights = model.coef_[0] / scaler.scale_
    return weights, float(model.intercept_[0] - (scaler.mean_ * weights).sum())


if __name__ == "__main__":
    typer.run(main)
