"""Suite ``sts``: cosines should follow people's judgement of likeness."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tianfu.embeddings.text.normalise import normalise
from tianfu.eval.baselines.tfidf import tfidf_pair_cosines
from tianfu.eval.bootstrap import Measure, compare
from tianfu.eval.core import Subject, SuiteResult, needed, record
from tianfu.eval.measures import Floats, mean_ranks, spearman
from tianfu.eval.pictures import Example, Scatter
from tianfu.eval.rows import Row, parsed_rows, text_of
from tianfu.model.errors import InvalidInput

NAME = "sts"
MOST_DOTS = 1_500


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedPair:
    """Two sentences, and how alike people find them: higher is more."""

    a: str
    b: str
    label: float


def run(files: Sequence[Path], subject: Subject) -> SuiteResult:
    """Correlate cosines with labels; rows are ``{"a", "b", "label"}``.

    Metric: ``spearman``.  Baselines: ``tfidf`` fitted on the very rows, ``jaccard`` of the sets of
    characters.

    Raises:
        UnreadableFile: A file is missing or a row breaks its form.
    """
    began = time.perf_counter()
    rows = parsed_rows(files, pair_of, limit=subject.limit)
    a, b = [row.a for row in rows], [row.b for row in rows]
    labels = np.array([row.label for row in rows])
    encoder = needed(subject.encoder, "encoder")
    cosines = (encoder.encode(a) * encoder.encode(b)).sum(axis=1).astype(np.float64)
    others = {"tfidf": tfidf_pair_cosines(a, b), "jaccard": jaccards(a, b)} if subject.baselines else {}
    comparison = compare(
        len(rows),
        _measure(cosines, labels),
        {name: _measure(values, labels) for name, values in others.items()},
    )
    return record(
        NAME,
        subject,
        len(rows),
        comparison,
        began=began,
        pictures=(_scatter(cosines, labels),),
        examples=_examples(rows, cosines, labels),
    )


def pair_of(row: Row) -> GradedPair:
    """Read one row.

    Raises:
        InvalidInput: ``field`` names what is missing or wrong.
    """
    try:
        label = float(row["label"])
    except KeyError as bad:
        raise InvalidInput(field="label", why="is missing") from bad
    except (TypeError, ValueError) as bad:
        raise InvalidInput(field="label", why="must be a number") from bad
    if not np.isfinite(label):
        raise InvalidInput(field="label", why="must be a number")
    return GradedPair(a=text_of(row, "a", empty=True), b=text_of(row, "b", empty=True), label=label)


def jaccards(a: Sequence[str], b: Sequence[str]) -> Floats:
    """Characters that both have over those that either has, shape (len(a),); blanks do not count."""
    sets = [[set(normalise(text)) - {" ", "\n"} for text in side] for side in (a, b)]
    return np.array([len(x & y) / max(len(x | y), 1) for x, y in zip(*sets, strict=True)])


def _measure(values: Floats, labels: Floats) -> Measure:
    return lambda at: {"spearman": spearman(values[at], labels[at])}


def _scatter(cosines: Floats, labels: Floats) -> Scatter:
    kept = np.unique(np.linspace(0, len(labels) - 1, MOST_DOTS).round().astype(np.int64))
    points = tuple(zip(labels[kept].tolist(), cosines[kept].tolist(), strict=True))
    return Scatter(title="Do cosines rise with likeness?", x="people's label", y="cosine", points=points)


def _examples(rows: Sequence[GradedPair], cosines: Floats, labels: Floats) -> list[Example]:
    """Pairs whose place by cosine is farthest from their place by label."""
    n = len(rows)
    said, true = mean_ranks(cosines) / n, mean_ranks(labels) / n
    return [
        Example(
            titles=(rows[row].a, rows[row].b),
            truth=f"more alike than {true[row]:.0%} of pairs",
            said=f"{said[row]:.0%}",
        )
        for row in np.argsort(-np.abs(said - true), kind="stable").tolist()
    ]
