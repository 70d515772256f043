"""Scores to probabilities."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tianfu.training.topics.calibration import (
    SPREAD,
    cross_fitted,
    fit_platt,
    fit_platt_by_class,
    probability,
)


def scores_and_truth(seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Two classes of 2,000 texts whose log-odds are 2 s - 1 and 1 s - 3."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(2_000, 2))
    truth = rng.random(scores.shape) < probability(scores, np.array([2.0, 1.0]), np.array([-1.0, -3.0]))
    return scores, truth


def test_each_class_gets_its_own_line() -> None:
    slope, offset = fit_platt_by_class(*scores_and_truth())

    assert slope == pytest.approx([2.0, 1.0], abs=0.3)
    assert offset == pytest.approx([-1.0, -3.0], abs=0.3)


def test_the_fit_is_that_of_a_ridge_around_all_classes() -> None:
    scores, truth = scores_and_truth()
    both = fit_platt(scores, truth)
    slope, offset = fit_platt_by_class(scores, truth)

    def loss(a: float, b: float) -> float:
        likely = probability(scores[:, 0], a, b)
        fits = np.log(np.where(truth[:, 0], likely, 1 - likely)).sum()
        return float(-fits + ((a - both[0]) ** 2 + (b - both[1]) ** 2) / (2 * SPREAD))

    least = loss(slope[0], offset[0])
    for da, db in ((0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01)):
        assert loss(slope[0] + da, offset[0] + db) > least
    free = LogisticRegression(C=1e6).fit(scores[:, :1], truth[:, 0])
    assert slope[0] == pytest.approx(float(free.coef_[0, 0]), abs=0.02)


def test_a_class_that_nobody_has_becomes_unlikely_and_stays_finite() -> None:
    scores, truth = scores_and_truth()
    truth[:, 1] = False

    slope, offset = fit_platt_by_class(scores, truth)

    assert np.isfinite([*slope, *offset]).all()
    assert probability(scores, slope, offset)[:, 1].mean() < 0.02


def test_a_class_with_three_examples_of_low_score_is_not_given_to_everybody() -> None:
    rng = np.random.default_rng(5)
    truth = rng.random((200, 12)) < 0.1
    scores = np.where(truth, 0.6, 0.0) + rng.normal(scale=0.15, size=truth.shape)
    truth[:, 0] = np.arange(200) >= 197
    scores[:, 0] = np.linspace(-1.2, -0.6, 200)  # far from where the other classes have their examples

    likely = probability(scores, *fit_platt_by_class(scores, truth))

    assert likely[:, 0].mean() == pytest.approx(3 / 200, abs=0.01)
    assert likely[197:, 0].min() > likely[:190, 0].max()


def test_more_of_a_score_never_makes_a_class_less_likely() -> None:
    scores, truth = scores_and_truth()
    truth[:, 1] = scores[:, 1] < -1.5

    slope, _ = fit_platt_by_class(scores, truth)

    assert slope[1] == 0.0


def test_no_text_is_calibrated_by_its_own_answer() -> None:
    scores, truth = scores_and_truth()
    before = cross_fitted(scores, truth, seed=1)
    truth[7, 0] = not truth[7, 0]

    after = cross_fitted(scores, truth, seed=1)

    assert after[7] == pytest.approx(before[7], abs=1e-12)
    assert (after != before).any()
