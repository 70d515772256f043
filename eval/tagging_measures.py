"""Measures of tags: several classes a story, one of them primary.  Training measures by them too."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tianfu.eval.bootstrap import Measure, Rows
from tianfu.eval.calibration import calibration_error, coverage_at_precision

Floats = npt.NDArray[np.float64]
Cells = npt.NDArray[np.bool_]
Columns = npt.NDArray[np.int64]
SURE = 0.9
"""The precision of ``coverage_at_precision_90``."""
NONE = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TagTruth:
    """What is right.

    Attributes:
        labels: Shape (stories, classes).
        primary: Column of the primary class, shape (stories,).
    """

    labels: Cells
    primary: Columns


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TagAnswers:
    """What a method says.

    Attributes:
        probabilities: Shape (stories, classes), 0..1.
        given: The classes it would give, shape (stories, classes).
        first: Column of the class it puts first, ``NONE`` where it says nothing; shape (stories,).
    """

    probabilities: Floats
    given: Cells
    first: Columns


def answers_at(probabilities: Floats, threshold: float) -> TagAnswers:
    """Give each story its likeliest class, and every class from the threshold on."""
    first = probabilities.argmax(axis=1)
    always = np.eye(probabilities.shape[1], dtype=np.bool_)[first]
    return TagAnswers(probabilities=probabilities, given=(probabilities >= threshold) | always, first=first)


def tagging_measure(truth: TagTruth, said: TagAnswers) -> Measure:
    """The figures of the suite.

    ``micro_f1`` counts all cells together; ``macro_f1`` is the mean of the F1 of the classes that are
    true or given somewhere; ``primary_accuracy`` the share of stories whose first class is the primary
    one; ``ece`` the calibration error; ``coverage_at_precision_90`` the largest share of stories, the
    most confident first, nine in ten of whose first classes are among the story's classes.
    """

    def at(rows: Rows) -> dict[str, float]:
        t, g, p = truth.labels[rows], said.given[rows], said.probabilities[rows]
        first = said.first[rows]
        spoken = first != NONE
        here = np.arange(len(rows))
        hits, totals = (t & g).sum(axis=0), t.sum(axis=0) + g.sum(axis=0)
        seen = totals > 0
        confidence = np.where(spoken, p[here, first], 0.0)
        return {
            "micro_f1": float(2 * hits.sum() / max(totals.sum(), 1)),
            "macro_f1": float((2 * hits[seen] / totals[seen]).mean()) if seen.any() else 0.0,
            "primary_accuracy": float((first == truth.primary[rows]).mean()),
            "ece": calibration_error(p, t),
            "coverage_at_precision_90": coverage_at_precision(confidence, spoken & t[here, first], SURE),
        }

    return at


def class_measure(truth: TagTruth, said: TagAnswers, names: list[str]) -> Measure:
    """F1 of each class by its name; 0 for a class neither true nor given."""

    def at(rows: Rows) -> dict[str, float]:
        t, g = truth.labels[rows], said.given[rows]
        f1 = 2 * (t & g).sum(axis=0) / np.maximum(t.sum(axis=0) + g.sum(axis=0), 1)
        return dict(zip(names, f1.tolist(), strict=True))

    return at


def best_threshold(probabilities: Floats, labels: Cells) -> float:
    """The threshold with the best micro F1, in steps of a hundredth; the lowest of equals."""

    def micro_f1(threshold: float) -> float:
        given = answers_at(probabilities, threshold).given
        return float(2 * (given & labels).sum() / (given.sum() + labels.sum()))

    return float(max(np.arange(0.15, 0.61, 0.01), key=micro_f1))
