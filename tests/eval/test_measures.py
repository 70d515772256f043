"""Measures against hand-computed cases and independent oracles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy.stats import spearmanr
from sklearn.metrics import accuracy_score, f1_score, label_ranking_average_precision_score

from tianfu.eval.bootstrap import bootstrap, compare, means
from tianfu.eval.core import SuiteResult
from tianfu.eval.measures import (
    accuracy,
    macro_f1,
    partner_ranks,
    recall_at,
    reciprocal_rank_at,
    spearman,
)

LABELS = st.lists(st.tuples(st.sampled_from("甲乙丙"), st.sampled_from("甲乙丙")), min_size=1, max_size=40)


def test_ranks_by_hand() -> None:
    queries = np.array([[1, 0], [0, 1], [1, 0]], dtype=np.float32)
    documents = np.array([[0.9, 0.1], [0.2, 0.5], [0.8, 0.3]], dtype=np.float32)

    # second query: 0.5 beats 0.1 and 0.3; third: 0.8 lies behind 0.9
    assert partner_ranks(queries, documents).tolist() == [1, 1, 2]


def test_a_constant_encoder_finds_nothing() -> None:
    same = np.ones((20, 2), dtype=np.float32)
    assert partner_ranks(same, same).tolist() == [20] * 20


def test_reciprocal_ranks_by_hand() -> None:
    ranks = np.array([1, 2, 10, 11])
    assert reciprocal_rank_at(ranks, 10).tolist() == [1.0, 0.5, 0.1, 0.0]
    assert recall_at(ranks, 2).tolist() == [1.0, 1.0, 0.0, 0.0]


def test_mean_reciprocal_rank_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    queries, documents = rng.normal(size=(2, 1_500, 8)).astype(np.float32)
    mine = reciprocal_rank_at(partner_ranks(queries, documents), 1_500).mean()

    # with one right answer a row, label ranking average precision is the mean reciprocal rank
    assert mine == pytest.approx(
        label_ranking_average_precision_score(np.eye(1_500, dtype=int), queries @ documents.T)
    )


@given(LABELS)
def test_classification_agrees_with_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    truth, guess = (list(side) for side in zip(*pairs, strict=True))

    assert accuracy(truth, guess) == pytest.approx(accuracy_score(truth, guess))
    assert macro_f1(truth, guess) == pytest.approx(f1_score(truth, guess, average="macro"))


def test_macro_f1_by_hand() -> None:
    # 甲: TP 1, FP 1, FN 1 -> 0.5;  乙: TP 0 -> 0;  丙: TP 1, FP 0, FN 0 -> 1
    assert macro_f1(["甲", "甲", "乙", "丙"], ["甲", "乙", "甲", "丙"]) == pytest.approx(0.5)


@given(
    npst.arrays(np.int64, 30, elements=st.integers(0, 5)),
    npst.arrays(np.int64, 30, elements=st.integers(0, 5)),
)
def test_spearman_agrees_with_scipy(a: np.ndarray, b: np.ndarray) -> None:
    if len(set(a)) == 1 or len(set(b)) == 1:
        assert spearman(a, b) == 0.0
    else:
        assert spearman(a, b) == pytest.approx(spearmanr(a, b).statistic, abs=1e-9)


def test_an_interval_holds_the_mean_and_narrows_with_more_items() -> None:
    rng = np.random.default_rng(1)
    few, many = rng.random(50), rng.random(5_000)

    low, high = mean_interval(few)
    assert low < few.mean() < high
    assert high - low == pytest.approx(2 * 1.96 * few.std() / 50**0.5, rel=0.15)  # normal approximation
    narrow = mean_interval(many)
    assert narrow[1] - narrow[0] < (high - low) / 5


def test_the_same_scores_give_the_same_interval() -> None:
    scores = np.random.default_rng(2).random(100)
    assert mean_interval(scores) == mean_interval(scores)


def test_model_and_baseline_meet_the_same_samples() -> None:
    scores = np.random.default_rng(4).random(60)
    found = compare(
        60, means({"m": scores}), {"same": means({"m": scores}), "worse": means({"m": scores / 2})}
    )

    assert found.metrics["m"] == pytest.approx(scores.mean())
    assert found.baseline_intervals["same"] == found.intervals
    assert found.baseline_intervals["worse"]["m"] == pytest.approx(np.array(found.intervals["m"]) / 2)


def mean_interval(scores: np.ndarray) -> tuple[float, float]:
    return bootstrap(len(scores), means({"mean": scores}))[1]["mean"]


def test_a_result_has_exactly_the_public_keys() -> None:
    result = SuiteResult(
        suite="retrieval",
        model={"name": "m"},
        n=3,
        metrics={"recall_at_1": 1 / 3},
        intervals={"recall_at_1": (0.0, 1.0)},
        baselines={"tfidf": {"recall_at_1": 2 / 3}},
        seconds=0.12345,
    )

    assert result.as_json() == {
        "suite": "retrieval",
        "model": {"name": "m"},
        "n": 3,
        "metrics": {"recall_at_1": 0.333333},
        "intervals": {"recall_at_1": [0.0, 1.0]},
        "baselines": {"tfidf": {"recall_at_1": 0.666667}},
        "seconds": 0.123,
    }
