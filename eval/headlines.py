"""Suite ``headlines``: what a linear model reads from the vectors, and with n-grams beside them."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tianfu.eval.core import Subject, SuiteResult, interval
from tianfu.eval.measures import accuracy, macro_f1
from tianfu.eval.rows import read_rows
from tianfu.eval.tfidf import new_tfidf
from tianfu.model.errors import InvalidInput

NAME = "headlines"
PROBE_STRENGTH = 30.0
"""Inverse regularisation of the probe."""
HEAD_STRENGTH = 0.5
VECTOR_SHARE = 1.5
"""Length of the vector beside n-grams of length 1 in the head."""

Labels = npt.NDArray[np.str_]


def run(files: Sequence[Path], subject: Subject) -> SuiteResult:
    """Learn from the first file, measure on the second; rows are ``{"title", "label"}``.

    Metrics: ``probe_accuracy``, ``probe_macro_f1`` (logistic regression on frozen vectors),
    ``head_accuracy``, ``head_macro_f1`` (linear, on vectors and TF-IDF of one to three characters).
    Baseline ``tfidf``: the head without vectors, under both names.

    Raises:
        InvalidInput: Not exactly two files.
    """
    if len(files) != 2:
        raise InvalidInput(field="files", why="must be two, one to learn from and one to measure on")
    learn, test = (_titles(file, subject.limit) for file in files)
    return measure(learn, test, subject)


def measure(
    learn: tuple[Sequence[str], Labels], test: tuple[Sequence[str], Labels], subject: Subject
) -> SuiteResult:
    """Learn from titles with labels, measure on others; see :func:`run`."""
    begin = time.perf_counter()
    seen, asked = subject.encoder.encode(learn[0]), subject.encoder.encode(test[0])
    probe = _probe(seen, learn[1], asked)
    vectoriser = new_tfidf((1, 3))
    seen_grams, asked_grams = vectoriser.fit_transform(learn[0]), vectoriser.transform(test[0])
    head = _linear(_beside(seen_grams, seen), learn[1], _beside(asked_grams, asked))
    metrics, intervals = _measured("probe", test[1], probe)
    more, more_intervals = _measured("head", test[1], head)
    baselines = {}
    if subject.baselines:
        plain, _ = _measured("head", test[1], _linear(seen_grams, learn[1], asked_grams), resamples=0)
        baselines["tfidf"] = plain | {key.replace("head", "probe"): value for key, value in plain.items()}
    return SuiteResult(
        suite=NAME,
        model=subject.facts,
        n=len(test[0]),
        metrics=metrics | more,
        intervals=intervals | more_intervals,
        baselines=baselines,
        seconds=time.perf_counter() - begin,
    )


def _titles(file: Path, limit: int | None) -> tuple[list[str], Labels]:
    rows = read_rows(file, needs=("title", "label"), limit=limit)
    return [str(row["title"]) for row in rows], np.array([str(row["label"]) for row in rows])


def _probe(seen: Any, labels: Labels, asked: Any) -> Labels:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=PROBE_STRENGTH, max_iter=1_000)
    guess: Labels = model.fit(seen, labels).predict(asked)
    return guess


def _linear(seen: Any, labels: Labels, asked: Any) -> Labels:
    from sklearn.svm import LinearSVC

    model = LinearSVC(C=HEAD_STRENGTH, random_state=0)
    guess: Labels = model.fit(seen, labels).predict(asked)
    return guess


def _beside(grams: Any, vectors: Any) -> Any:
    from scipy.sparse import csr_matrix, hstack

    return hstack([grams, csr_matrix(vectors * VECTOR_SHARE)], format="csr")


def _measured(
    name: str, truth: Labels, guess: Labels, *, resamples: int = 200
) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    measures = {f"{name}_accuracy": accuracy, f"{name}_macro_f1": macro_f1}
    metrics = {key: measure(truth.tolist(), guess.tolist()) for key, measure in measures.items()}
    if not resamples:
        return metrics, {}
    intervals = {
        key: interval(len(truth), lambda at, m=measure: m(truth[at], guess[at]), resamples=resamples)
        for key, measure in measures.items()
    }
    return metrics, intervals
