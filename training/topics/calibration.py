"""From scores to probabilities (Platt 1999), class by class where there is enough to learn it from.

A rare class has few positives, so its slope and offset are held near those of all classes together: their
differences carry a Gaussian prior, and the fit is the most likely one under it.
"""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from tianfu.training.topics.linear import Floats, Truth

SPREAD = 10.0
"""Variance of a class's slope and offset around those of all classes."""
_FOLDS = 10


def fit_platt(scores: Floats, truth: Truth) -> tuple[float, float]:
    """One slope and offset for all classes, fitted on scores of texts that were held out."""
    fitted = LogisticRegression(C=1e6).fit(np.asarray(scores).reshape(-1, 1), truth.reshape(-1))
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def fit_platt_by_class(scores: Floats, truth: Truth) -> tuple[Floats, Floats]:
    """Slope and offset of each class, shape (classes,), fitted on scores of texts that were held out."""
    slope, offset = fit_platt(scores, truth)
    changes = [
        _change(column, slope * column + offset, wanted)
        for column, wanted in zip(scores.T, truth.T, strict=True)
    ]
    slopes, offsets = np.array(changes).T
    return np.maximum(slope + slopes, 0.0), offset + offsets


def probability(scores: Floats, slope: Floats | float, offset: Floats | float) -> Floats:
    """Sigmoid of calibrated scores."""
    likely: Floats = expit(slope * scores + offset)
    return likely


def cross_fitted(scores: Floats, truth: Truth, *, seed: int) -> Floats:
    """Probabilities of texts by a calibration that has not seen them, shape of ``scores``."""
    likely = np.zeros(scores.shape)
    for train, test in KFold(_FOLDS, shuffle=True, random_state=seed).split(scores):
        slope, offset = fit_platt_by_class(scores[train], truth[train])
        likely[test] = probability(scores[test], slope, offset)
    return likely


def _change(scores: Floats, logits: Floats, truth: Truth) -> Floats:
    """What to add to one class's slope and offset: the most likely under the prior, shape (2,).

    Steps are held to a region in which they can be trusted.  Newton's own run away where a class has hardly
    any example, and call every story by it.
    """
    design = np.column_stack([scores, np.ones(len(scores))])

    def loss(change: Floats) -> float:
        moved = logits + design @ change
        return float(np.logaddexp(0.0, moved).sum() - moved @ truth + change @ change / (2.0 * SPREAD))

    def gradient(change: Floats) -> Floats:
        slopes: Floats = design.T @ (expit(logits + design @ change) - truth) + change / SPREAD
        return slopes

    def curvature(change: Floats) -> Floats:
        likely = expit(logits + design @ change)
        curve: Floats = (design.T * (likely * (1.0 - likely))) @ design + np.eye(2) / SPREAD
        return curve

    found: Floats = minimize(loss, np.zeros(2), jac=gradient, hess=curvature, method="trust-exact").x
    return found
