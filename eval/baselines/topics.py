"""Simple taggers: the most frequent class, and TF-IDF with linear SVMs, both out of fold."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tianfu.embeddings.text.normalise import normalise
from tianfu.eval.baselines.cuts import grouped_folds
from tianfu.eval.baselines.tfidf import new_tfidf
from tianfu.eval.tagging_measures import (
    Floats,
    TagAnswers,
    TagTruth,
    answers_at,
    best_threshold,
)
from tianfu.model.ports import TaggingText

LEAD_CHARS = 400
"""How much of a body is read: what the product reads."""
ABSENT = -2.0
"""Margin of a class that a fold has no story of."""


def story_groups(texts: Sequence[TaggingText]) -> list[str]:
    """Stories of one headline are kept together when folds are made."""
    return [normalise(text.title) for text in texts]


def majority_tags(truth: TagTruth, groups: Sequence[str]) -> TagAnswers:
    """Give every story the most frequent primary class of the other folds, with its share as confidence."""
    probabilities = np.zeros(truth.labels.shape)
    for train, test in grouped_folds(groups):
        counts = np.bincount(truth.primary[train], minlength=truth.labels.shape[1])
        most = int(counts.argmax())
        probabilities[test, most] = truth.labels[train, most].mean()
    return answers_at(probabilities, threshold=1.1)


def svm_tags(texts: Sequence[TaggingText], truth: TagTruth, groups: Sequence[str]) -> TagAnswers:
    """Tags by one linear SVM a class on TF-IDF of one to three characters, cross-validated.

    Every story is judged by SVMs that learnt from the other folds.  Confidence (Platt 1999) and
    threshold of a fold are fitted on the margins of the other folds' stories, out of fold themselves.
    """
    joined = [f"{text.title}\n{text.body[:LEAD_CHARS]}" for text in texts]
    margins = np.zeros(truth.labels.shape)
    for train, test in grouped_folds(groups):
        margins[test] = _margins(joined, truth, train, test)
    probabilities = np.zeros(truth.labels.shape)
    given = np.zeros(truth.labels.shape, dtype=np.bool_)
    for train, test in grouped_folds(groups):
        known = _confidences(margins[train], truth.labels[train], margins[train])
        probabilities[test] = _confidences(margins[train], truth.labels[train], margins[test])
        threshold = best_threshold(known, truth.labels[train])
        given[test] = answers_at(probabilities[test], threshold).given
    return TagAnswers(probabilities=probabilities, given=given, first=probabilities.argmax(axis=1))


def _margins(texts: Sequence[str], truth: TagTruth, train: Any, test: Any) -> Floats:
    """Shape (test, classes)."""
    from sklearn.svm import LinearSVC

    vectoriser: Any = new_tfidf((1, 3), least_texts=2 if len(train) > 100 else 1)
    features = vectoriser.fit_transform([texts[row] for row in train])
    asked = vectoriser.transform([texts[row] for row in test])
    margins = np.full((len(test), truth.labels.shape[1]), ABSENT)
    for column in range(margins.shape[1]):
        wanted = truth.labels[train, column]
        if wanted.any() and not wanted.all():
            margins[:, column] = LinearSVC(random_state=0).fit(features, wanted).decision_function(asked)
        elif wanted.all():
            margins[:, column] = -ABSENT
    return margins


def _confidences(known: Floats, labels: Any, margins: Floats) -> Floats:
    """Margins to probabilities by one slope and offset for all classes."""
    from sklearn.linear_model import LogisticRegression

    if labels.all() or not labels.any():
        return np.full(margins.shape, float(labels.mean()))
    fitted = LogisticRegression(C=1e6).fit(known.reshape(-1, 1), labels.reshape(-1))
    odds = fitted.coef_[0, 0] * margins + fitted.intercept_[0]
    found: Floats = 1.0 / (1.0 + np.exp(-odds))
    return found
