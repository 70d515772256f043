"""Curves and scorers: the hand-set score is a weighted sum, a learnt one a sum of curves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tianfu.model.feed.scoring import FEATURES, HAND_SET, HAND_SET_WEIGHTS, Curve, Scorer

AS_IT_COMES = dict.fromkeys(FEATURES, 1.0)


def test_the_hand_set_score_is_a_weighted_sum() -> None:
    features = np.random.default_rng(1).random((40, len(FEATURES))).astype(np.float32)
    weights = np.array([HAND_SET_WEIGHTS[name] for name in FEATURES])
    np.testing.assert_allclose(
        HAND_SET.parts(features, AS_IT_COMES).sum(axis=1), features @ weights, rtol=1e-5
    )


def test_a_curve_bends_where_it_was_told_to() -> None:
    curves = dict(HAND_SET.curves) | {"fresh": Curve((0.0, 0.5, 0.75), (0.0, 1.0, 3.0))}
    features = np.zeros((5, len(FEATURES)), dtype=np.float32)
    features[:, FEATURES.index("fresh")] = [0.0, 0.25, 0.5, 0.625, 1.0]
    found = Scorer("bent@1", curves).parts(features, AS_IT_COMES | {"fresh": 2.0})
    assert found[:, FEATURES.index("fresh")].tolist() == [0.0, 1.0, 2.0, 4.0, 6.0]
    assert Scorer("bent@1", curves).weights["fresh"] == 3.0


@given(st.floats(0, 1, width=32), st.floats(0, 1, width=32))
def test_more_of_a_feature_never_costs(a: float, b: float) -> None:
    curve = Curve((0.0, 0.1, 0.4, 1.0), (0.0, 0.0, 0.7, 0.9))
    scorer = Scorer("any@1", dict.fromkeys(FEATURES, curve))
    rows = np.full((2, len(FEATURES)), [[min(a, b)], [max(a, b)]], dtype=np.float32)
    low, high = scorer.parts(rows, AS_IT_COMES).sum(axis=1)
    assert low <= high


@pytest.mark.parametrize(
    ("at", "worth"),
    [
        ((0.0, 1.0), (0.1, 1.0)), ((0.1, 1.0), (0.0, 1.0)), ((0.0, 0.5, 0.5), (0.0, 1.0, 2.0)),
        ((0.0, 0.5, 1.0), (0.0, 1.0, 0.9)), ((0.0, 2.0), (0.0, 1.0)), ((0.0,), (0.0,)),
        ((0.0, 1.0), (0.0, float("nan"))), ((0.0, 1.0), (0.0,)),
    ],
)  # fmt: skip
def test_a_curve_that_falls_or_starts_elsewhere_is_refused(
    at: tuple[float, ...], worth: tuple[float, ...]
) -> None:
    with pytest.raises(ValueError, match="curve"):
        Curve(at, worth)


def test_a_scorer_lacks_no_feature() -> None:
    with pytest.raises(ValueError, match="every feature"):
        Scorer("half@1", {name: HAND_SET.curves[name] for name in FEATURES[:-1]})
