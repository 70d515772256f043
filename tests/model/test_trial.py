"""Arms, guard rails and ratios of trials."""

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tianfu.model.errors import InvalidRequest
from tianfu.model.trial import Arm, ArmCounts, Rails, arm_of, breach_of, difference, rate_of

SOUND = ArmCounts(feeds=1_000, fallback=10, slow=5, seconds=9.0, varied=600.0, small=500.0)


@given(st.text(min_size=1), st.floats(0.01, 0.99))
def test_a_reader_stays_in_the_arm_and_a_larger_share_only_adds_readers(key: str, share: float) -> None:
    assert arm_of("x1", share, key) is arm_of("x1", share, key)
    if arm_of("x1", share, key) is Arm.CANDIDATE:
        assert arm_of("x1", min(1.0, share + 0.1), key) is Arm.CANDIDATE


def test_the_share_is_met_and_two_trials_draw_apart() -> None:
    keys = [f"lizhou/reader/{n}" for n in range(20_000)]
    first = np.array([arm_of("x1", 0.2, key) is Arm.CANDIDATE for key in keys])
    second = np.array([arm_of("x2", 0.2, key) is Arm.CANDIDATE for key in keys])
    assert abs(first.mean() - 0.2) < 0.01
    assert abs((first & second).mean() - 0.04) < 0.006


@pytest.mark.parametrize(
    ("worse", "name"),
    [
        ({"fallback": 40}, "fallback"),
        ({"slow": 40}, "slow"),
        ({"varied": 540.0}, "varied"),
        ({"small": 440.0}, "small"),
    ],
)
def test_a_broken_rail_is_named_with_its_figures(worse: dict[str, float], name: str) -> None:
    found = breach_of(Rails(), SOUND, replace(SOUND, **worse))  # type: ignore[arg-type]
    assert found is not None
    assert found.startswith(f"{name}: ")


def test_rails_hold_for_the_same_feeds_better_ones_and_too_few() -> None:
    assert breach_of(Rails(), SOUND, SOUND) is None
    assert breach_of(Rails(), SOUND, replace(SOUND, fallback=0, varied=900.0, small=900.0)) is None
    assert breach_of(Rails(), SOUND, ArmCounts(feeds=199, fallback=199)) is None
    assert breach_of(Rails(), SOUND, ArmCounts(feeds=200, fallback=200)) is not None


def test_the_interval_of_a_ratio_is_that_of_resampled_readers() -> None:
    draw = random.Random(7)
    rows = []
    for _ in range(400):
        shown = draw.randint(1, 60)
        taste = draw.betavariate(2, 8)
        rows.append((float(shown), float(sum(draw.random() < taste for _ in range(shown)))))
    found = rate_of(rows)
    table = np.array(rows)
    picks = np.random.default_rng(3).integers(0, len(rows), (4_000, len(rows)))
    resampled = table[picks, 1].sum(axis=1) / table[picks, 0].sum(axis=1)
    low, high = np.quantile(resampled, [0.025, 0.975])
    assert found.low == pytest.approx(low, abs=0.002)
    assert found.high == pytest.approx(high, abs=0.002)


def test_a_ratio_by_hand_and_without_readers() -> None:
    found = rate_of([(10.0, 2.0), (10.0, 4.0), (0.0, 0.0)])
    assert (found.readers, found.value) == (2, 0.3)
    assert found.error == pytest.approx((2 / 1 * (1 + 1)) ** 0.5 / 20)
    assert rate_of([]).readers == 0
    same = difference(found, found)
    assert (same.value, same.low) == (0.0, pytest.approx(-1.96 * found.error * 2**0.5))


@pytest.mark.parametrize("wrong", [{"fallback": -0.1}, {"small": 1.5}, {"least_feeds": 0}])
def test_rails_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidRequest):
        Rails(**wrong)  # type: ignore[arg-type]
