"""A classifier of headlines: three linear models over words beside a probe on an encoder's vectors.

Each is weak where another is strong: the SVM on weighted n-grams, the SVM on naive-Bayes ratios (Wang and
Manning 2012, "Baselines and Bigrams") for words that few headlines have, multinomial naive Bayes for short
ones, and the probe for words that no headline to learn from had.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tianfu.eval.baselines.tfidf import new_tfidf
from tianfu.eval.measures import Floats
from tianfu.model.ports import FloatMatrix

NGRAM_STRENGTH = 0.35
"""Inverse regularisation of the SVM on n-grams and words."""
RATIO_STRENGTH = 0.01
PROBE_STRENGTH = 1.0
BAYES_SMOOTHING = 0.1
BAYES_SHARE = 0.03
"""Weight of naive Bayes' log probabilities beside the mean of the two SVMs' margins."""
PROBE_SHARE = 0.3
"""The same for the probe; an encoder that has seen such headlines must not be trusted too far."""
LEAST_LIKELY = -30.0

Labels = npt.NDArray[np.str_]


class Probe:
    """Logistic regression on frozen vectors."""

    def __init__(self, vectors: FloatMatrix, labels: Labels) -> None:
        from sklearn.linear_model import LogisticRegression

        self._model: Any = LogisticRegression(C=PROBE_STRENGTH, max_iter=1_000).fit(vectors, labels)

    def log_probabilities(self, vectors: FloatMatrix) -> Floats:
        """Shape (texts, classes), classes sorted, -30 at least."""
        found: Floats = np.maximum(self._model.predict_log_proba(vectors), LEAST_LIKELY)
        return found


class WordCommittee:
    """The three models over characters and words.

    Args:
        titles: To learn from.
        labels: Their classes, at least two different ones.
    """

    def __init__(self, titles: Sequence[str], labels: Labels) -> None:
        from sklearn.naive_bayes import MultinomialNB
        from sklearn.svm import LinearSVC

        self.classes: Labels = np.unique(labels)
        self._vectorisers = [_fitted(titles, words=words) for words in (False, True)]
        weighted = self._weighted(titles)
        self._svm: Any = LinearSVC(C=NGRAM_STRENGTH, random_state=0).fit(weighted, labels)
        self._bayes: Any = MultinomialNB(alpha=BAYES_SMOOTHING).fit(weighted, labels)
        there = weighted > 0
        self._ratios = [_ratios(there, labels == name) for name in self.classes]
        self._contrasts: list[Any] = [
            LinearSVC(C=RATIO_STRENGTH, random_state=0).fit(there.multiply(ratio).tocsr(), labels == name)
            for ratio, name in zip(self._ratios, self.classes, strict=True)
        ]

    def scores(self, titles: Sequence[str]) -> Floats:
        """Shape (titles, classes), in the order of ``classes``; larger is likelier."""
        weighted = self._weighted(titles)
        there = weighted > 0
        margins = self._svm.decision_function(weighted)
        if margins.ndim == 1:
            margins = np.column_stack([-margins, margins])
        contrasts = np.column_stack(
            [
                model.decision_function(there.multiply(ratio).tocsr())
                for model, ratio in zip(self._contrasts, self._ratios, strict=True)
            ]
        )
        scores: Floats = (margins + contrasts) / 2 + BAYES_SHARE * self._bayes.predict_log_proba(weighted)
        return scores

    def _weighted(self, titles: Sequence[str]) -> Any:
        from scipy import sparse

        return sparse.hstack([v.transform(titles) for v in self._vectorisers]).tocsr()


def head_scores(committee: WordCommittee, titles: Sequence[str], probe: Floats) -> Floats:
    """What the head says: the committee's scores with the probe's log probabilities added."""
    scores: Floats = committee.scores(titles) + PROBE_SHARE * probe
    return scores


def _fitted(titles: Sequence[str], *, words: bool) -> Any:
    """A vectoriser of what the titles have; n-grams where they have no words."""
    vectoriser: Any = new_tfidf((1, 3), words=words)
    try:
        return vectoriser.fit(titles)
    except ValueError:
        return new_tfidf((1, 3)).fit(titles)


def _ratios(there: Any, inside: npt.NDArray[np.bool_]) -> Floats:
    """Log of how much more often each feature stands in the class than outside, shape (features,)."""
    within, without = (1.0 + np.asarray(there[rows].sum(axis=0)).ravel() for rows in (inside, ~inside))
    ratios: Floats = np.log((within / within.sum()) / (without / without.sum()))
    return ratios
