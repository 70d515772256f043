"""Suite ``sts``: cosines should follow people's judgement of likeness."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tianfu.eval.core import Subject, SuiteResult, interval
from tianfu.eval.measures import spearman
from tianfu.eval.rows import read_rows
from tianfu.eval.tfidf import tfidf_pair_cosines

NAME = "sts"


def run(files: Sequence[Path], subject: Subject) -> SuiteResult:
    """Correlate cosines with labels; rows are ``{"a", "b", "label"}``.

    Metric: ``spearman``; baseline ``tfidf`` fitted on the very rows.
    """
    begin = time.perf_counter()
    rows = [row for file in files for row in read_rows(file, needs=("a", "b", "label"), limit=subject.limit)]
    rows = rows[: subject.limit]
    a, b = [str(row["a"]) for row in rows], [str(row["b"]) for row in rows]
    labels = np.array([float(row["label"]) for row in rows])
    cosines = (subject.encoder.encode(a) * subject.encoder.encode(b)).sum(axis=1).astype(np.float64)
    return SuiteResult(
        suite=NAME,
        model=subject.facts,
        n=len(rows),
        metrics={"spearman": spearman(cosines, labels)},
        intervals={"spearman": interval(len(rows), lambda at: spearman(cosines[at], labels[at]))},
        baselines={"tfidf": {"spearman": spearman(tfidf_pair_cosines(a, b), labels)}}
        if subject.baselines
        else {},
        seconds=time.perf_counter() - begin,
    )
