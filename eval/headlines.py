"""Suite ``headlines``: what a linear model reads from the vectors, and with n-grams beside them."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tianfu.eval.baselines.tfidf import new_tfidf
from tianfu.eval.bootstrap import Measure, compare
from tianfu.eval.confusion import confusion
from tianfu.eval.core import Subject, SuiteResult, needed, record
from tianfu.eval.headline_head import Labels, Probe, WordCommittee, head_scores
from tianfu.eval.measures import Floats, accuracy, macro_f1
from tianfu.eval.pictures import Example
from tianfu.eval.rows import Row, name_of, parsed_rows, text_of
from tianfu.model.errors import InvalidInput

NAME = "headlines"
RESAMPLES = 200
BASELINE_STRENGTH = 0.5
"""Inverse regularisation of the SVM that is the baseline."""


def run(files: Sequence[Path], subject: Subject) -> SuiteResult:
    """Learn from the first file, measure on the second; rows are ``{"title", "label"}``.

    A limit is of what is measured: the first file is always learnt from whole, since one in the order of
    its classes would otherwise lose some.

    Metrics: ``probe_accuracy``, ``probe_macro_f1`` (logistic regression on frozen vectors),
    ``head_accuracy``, ``head_macro_f1`` (:mod:`tianfu.eval.headline_head`: models over words beside the
    probe).  Baselines, each under both names: ``tfidf``, a linear SVM on TF-IDF of one to three
    characters, and ``majority``, the most frequent class of the first file.

    Raises:
        InvalidInput: Not exactly two files, or only one class to learn.
        UnreadableFile: A file is missing or a row breaks its form.
    """
    if len(files) != 2:
        raise InvalidInput(field="files", why="must be two, one to learn from and one to measure on")
    learn, test = files
    return measure(_titles(learn, None), _titles(test, subject.limit), subject)


def measure(
    learn: tuple[Sequence[str], Labels], test: tuple[Sequence[str], Labels], subject: Subject
) -> SuiteResult:
    """Learn from titles with labels, measure on others; see :func:`run`.

    Raises:
        InvalidInput: There is only one class to learn.
    """
    began = time.perf_counter()
    if len(np.unique(learn[1])) < 2:
        raise InvalidInput(field="label", why="the file to learn from must hold at least two classes")
    encoder = needed(subject.encoder, "encoder")
    likely = Probe(encoder.encode(learn[0]), learn[1]).log_probabilities(encoder.encode(test[0]))
    committee = WordCommittee(*learn)
    classes = committee.classes
    probe = classes[likely.argmax(axis=1)]
    head = classes[head_scores(committee, test[0], likely).argmax(axis=1)]
    others: dict[str, Labels] = {}
    if subject.baselines:
        names, counts = np.unique(learn[1], return_counts=True)
        majority = np.full(len(test[1]), names[counts.argmax()])
        others = {"majority": majority, "tfidf": classes[_margins(learn, test[0]).argmax(axis=1)]}
    comparison = compare(
        len(test[0]),
        _measure(test[1], probe, head),
        {name: _measure(test[1], said, said) for name, said in others.items()},
        resamples=RESAMPLES,
    )
    return record(
        NAME,
        subject,
        len(test[0]),
        comparison,
        began=began,
        pictures=(confusion("Which classes does the head mix up?", test[1].tolist(), head.tolist()),),
        examples=_examples(test, head),
    )


def headline_of(row: Row) -> tuple[str, str]:
    """Read the title and the label of one row.

    Raises:
        InvalidInput: ``field`` names what is missing or wrong.
    """
    return text_of(row, "title", empty=True), name_of(row, "label")


def _titles(file: Path, limit: int | None) -> tuple[list[str], Labels]:
    rows = parsed_rows([file], headline_of, limit=limit)
    return [title for title, _ in rows], np.array([label for _, label in rows])


def _margins(learn: tuple[Sequence[str], Labels], asked: Sequence[str]) -> Floats:
    """Margins of a linear SVM on n-grams, shape (asked, classes), classes sorted."""
    from sklearn.svm import LinearSVC

    vectoriser = new_tfidf((1, 3))
    model = LinearSVC(C=BASELINE_STRENGTH, random_state=0).fit(vectoriser.fit_transform(learn[0]), learn[1])
    margins: Floats = model.decision_function(vectoriser.transform(asked))
    return margins if margins.ndim == 2 else np.column_stack([-margins, margins])


def _measure(truth: Labels, probe: Labels, head: Labels) -> Measure:
    return lambda at: {
        "probe_accuracy": accuracy(truth[at], probe[at]),
        "probe_macro_f1": macro_f1(truth[at], probe[at]),
        "head_accuracy": accuracy(truth[at], head[at]),
        "head_macro_f1": macro_f1(truth[at], head[at]),
    }


def _examples(test: tuple[Sequence[str], Labels], said: Labels) -> list[Example]:
    """Headlines whose class the head missed, in the file's order."""
    return [
        Example(titles=(title,), truth=str(truth), said=str(guess))
        for title, truth, guess in zip(test[0], test[1], said, strict=True)
        if truth != guess
    ]
