"""Suite ``headlines``: what a linear model reads from the vectors, and with n-grams beside them."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tianfu.eval.core import Subject, SuiteResult, interval
from tianfu.eval.measures import Floats, accuracy, macro_f1
from tianfu.eval.rows import read_rows
from tianfu.eval.tfidf import new_tfidf
from tianfu.model.errors import InvalidInput
from tianfu.model.ports import FloatMatrix

NAME = "headlines"
PROBE_STRENGTH = 3.0
"""Inverse regularisation of the probe."""
HEAD_STRENGTH = 0.5
PROBE_SHARE = 0.05
"""Weight of the probe's log probabilities beside the margins of n-grams in the head."""

LEAST_LIKELY = -30.0

Labels = npt.NDArray[np.str_]


def run(files: Sequence[Path], subject: Subject) -> SuiteResult:
    """Learn from the first file, measure on the second; rows are ``{"title", "label"}``.

    Metrics: ``probe_accuracy``, ``probe_macro_f1`` (logistic regression on frozen vectors),
    ``head_accuracy``, ``head_macro_f1`` (a linear SVM on TF-IDF of one to three characters, its margins
    added to the probe's log probabilities).  Learning both parts apart keeps an encoder that has seen
    such headlines from being trusted too far.  Baseline ``tfidf``: the SVM alone, under both names.

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
    classes, likely = _probe(subject.encoder.encode(learn[0]), learn[1], subject.encoder.encode(test[0]))
    margins = _margins(learn, test[0])
    metrics, intervals = _measured("probe", test[1], classes[likely.argmax(axis=1)])
    both = classes[(margins + PROBE_SHARE * likely).argmax(axis=1)]
    more, more_intervals = _measured("head", test[1], both)
    baselines = {}
    if subject.baselines:
        plain, _ = _measured("head", test[1], classes[margins.argmax(axis=1)], resamples=0)
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


def _probe(seen: FloatMatrix, labels: Labels, asked: FloatMatrix) -> tuple[Labels, Floats]:
    """Classes, sorted, and log probabilities of shape (asked, classes)."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=PROBE_STRENGTH, max_iter=1_000).fit(seen, labels)
    return model.classes_, np.maximum(model.predict_log_proba(asked), LEAST_LIKELY)


def _margins(learn: tuple[Sequence[str], Labels], asked: Sequence[str]) -> Floats:
    """Margins of a linear SVM on n-grams, shape (asked, classes), classes sorted."""
    from sklearn.svm import LinearSVC

    vectoriser = new_tfidf((1, 3))
    model = LinearSVC(C=HEAD_STRENGTH, random_state=0).fit(vectoriser.fit_transform(learn[0]), learn[1])
    margins: Floats = model.decision_function(vectoriser.transform(asked))
    return margins if margins.ndim == 2 else np.column_stack([-margins, margins])


def _measured(
    name: str, truth: Labels, guess: Labels, *, resamples: int = 200
) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    measures: dict[str, Callable[[Sequence[str], Sequence[str]], float]] = {
        f"{name}_accuracy": accuracy,
        f"{name}_macro_f1": macro_f1,
    }
    metrics = {key: measure(truth.tolist(), guess.tolist()) for key, measure in measures.items()}
    if not resamples:
        return metrics, {}
    intervals = {
        key: interval(len(truth), _drawn(measure, truth, guess), resamples=resamples)
        for key, measure in measures.items()
    }
    return metrics, intervals


def _drawn(
    measure: Callable[[Sequence[str], Sequence[str]], float], truth: Labels, guess: Labels
) -> Callable[[npt.NDArray[np.int64]], float]:
    """The measure on a drawn sample of items."""
    return lambda at: measure(truth[at].tolist(), guess[at].tolist())
