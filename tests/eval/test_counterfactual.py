"""Estimates of what chance did not choose: right on average, no wider than need be, silent where it must."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.draws import by, made_up_draws

from tianfu.eval.comparing.drawn import ROBUST, drawn
from tianfu.eval.counterfactual import (
    LEAST_EFFECTIVE,
    Rounds,
    estimated,
    estimates,
    overlap_of,
    sums_by_reader,
    weights_of,
)
from tianfu.eval.draws import best_of_each, expected_rewards, rounds_of
from tianfu.eval.paired import Gap
from tianfu.model.errors import InvalidInput

RUNS = 300


def rounds(**changes: Any) -> Rounds:
    """Four choices by two readers, worked out by hand below."""
    values: dict[str, Any] = {
        "reward": np.array([1.0, 0.0, 1.0, 0.0]),
        "propensity": np.array([0.5, 0.5, 0.25, 1.0]),
        "target": np.array([1.0, 0.0, 0.5, 1.0]),
        "reader": np.array([7, 7, 9, 9]),
        "expected": np.array([0.5, 0.5, 0.5, 0.25]),
        "expected_of_target": np.array([0.6, 0.4, 0.5, 0.25]),
    }
    return Rounds(**(values | changes))


def test_estimates_agree_with_a_case_worked_by_hand() -> None:
    """Weights 2, 0, 2, 1."""
    found = estimated(sums_by_reader(rounds()))
    assert found["ips"] == pytest.approx((2 + 2) / 4)
    assert found["snips"] == pytest.approx((2 + 2) / 5)
    # 0.6 + 2 * 0.5, 0.4, 0.5 + 2 * 0.5, 0.25 - 0.25
    assert found["dr"] == pytest.approx((1.6 + 0.4 + 1.5 + 0.0) / 4)
    overlap = overlap_of(rounds())
    assert overlap.effective == pytest.approx(25 / 9)
    assert (overlap.matched, overlap.readers, overlap.rounds) == (0.75, 2, 4)


def test_large_weights_are_cut_and_the_share_is_told() -> None:
    assert weights_of(rounds(), clip=1.5).tolist() == [1.5, 0.0, 1.5, 1.0]
    assert overlap_of(rounds(), clip=1.5).clipped == 0.5
    assert estimated(sums_by_reader(rounds(), clip=1.5))["ips"] == pytest.approx(3.0 / 4)


@pytest.mark.parametrize("bad", [0.0, -0.1, 1.5, float("nan")])
def test_a_choice_without_a_probability_is_refused(bad: float) -> None:
    with pytest.raises(InvalidInput, match="propensity"):
        weights_of(rounds(propensity=np.array([0.5, bad, 0.25, 1.0])))


def test_a_clip_that_would_cut_usual_rounds_is_refused() -> None:
    with pytest.raises(InvalidInput, match="clip"):
        weights_of(rounds(), clip=0.5)


def of_runs() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Estimates and truths of many made-up logs; the judged ranker goes by one feature."""
    found, truths = [], []
    for seed in range(RUNS):
        known = made_up_draws(600, readers=120, seed=seed)
        target = best_of_each(known.draws, by("interest")(known.draws.features))
        one = estimated(sums_by_reader(rounds_of(known.draws, target, expected_rewards(known.draws))))
        found.append([one["ips"], one["snips"], one["dr"]])
        truths.append(known.value_of(target))
    return np.array(found), np.array(truths)


def test_estimates_are_right_on_average_and_the_doubly_robust_one_spreads_least() -> None:
    """Three standard errors of the mean over many logs; a naive mean of what was shown is far off."""
    found, truths = of_runs()
    errors = found - truths[:, None]
    standard = errors.std(axis=0, ddof=1) / np.sqrt(RUNS)
    assert (np.abs(errors.mean(axis=0)) < 3 * standard).all(), (errors.mean(axis=0), standard)
    ips, _, robust = errors.std(axis=0, ddof=1)
    assert robust < 0.95 * ips
    known = made_up_draws(20_000, seed=5)
    naive = known.draws.reward.mean()
    target = best_of_each(known.draws, by("interest")(known.draws.features))
    assert abs(naive - known.value_of(target)) > 0.05


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    """Binomial: of 120 intervals of 95 %, 106 or fewer would come up once in five hundred runs."""
    covered = 0
    for seed in range(120):
        known = made_up_draws(600, readers=120, seed=1_000 + seed)
        target = best_of_each(known.draws, by("interest")(known.draws.features))
        own = rounds_of(known.draws, target, expected_rewards(known.draws))
        found = estimates(own, resamples=200, seed=seed)[ROBUST]
        covered += found.low <= known.value_of(target) <= found.high
    assert covered > 106


def test_what_one_reader_made_of_the_same_choice_often_counts_as_one_reader() -> None:
    known = made_up_draws(300, readers=100, seed=2)
    target = best_of_each(known.draws, by("interest")(known.draws.features))
    once = rounds_of(known.draws, target, expected_rewards(known.draws))
    often = Rounds(**{name: np.tile(getattr(once, name), 9) for name in Rounds.__slots__})
    assert estimates(often, resamples=200)["ips"] == pytest.approx(estimates(once, resamples=200)["ips"])


def test_a_readers_clicks_do_not_explain_themselves() -> None:
    """The reward model answers each reader from the others: changing one's clicks changes no own answer."""
    known = made_up_draws(300, readers=30, seed=3).draws
    mine = known.reader == 4
    changed = replace(known, reward=np.where(mine, 1.0 - known.reward, known.reward))
    before, after = expected_rewards(known), expected_rewards(changed)
    assert np.array_equal(before[mine[known.of]], after[mine[known.of]])
    assert not np.allclose(before, after)


def test_equal_scores_share_a_place() -> None:
    known = made_up_draws(2, size=4).draws
    shared = best_of_each(known, np.array([1, 3, 3, 0, 5, 1, 1, 1], dtype=np.float64))
    assert shared.tolist() == [0, 0.5, 0.5, 0, 1, 0, 0, 0]


def test_too_few_draws_are_told_instead_of_an_estimate() -> None:
    few = made_up_draws(60, readers=40).draws
    found = drawn(few, by("interest"), by("fresh"))
    assert found.gaps == {}
    assert f"{LEAST_EFFECTIVE:.0f} of 30 readers are the least" in found.facts["refused"]
    assert any("No estimate" in line for line in found.told)
    of_few_readers = drawn(made_up_draws(2_000, readers=20).draws, by("interest"), by("fresh"))
    assert "20 readers" in of_few_readers.facts["refused"]


def test_an_estimate_that_rests_on_a_handful_of_clicks_settles_nothing() -> None:
    known = made_up_draws(6_000, readers=600).draws
    agreed = known.shown & (best_of_each(known, by("local")(known.features)) > 0)
    at = np.flatnonzero((known.reward > 0) & agreed[known.shown])
    few = known.reward.copy()
    few[at[9:]] = 0.0  # of what "local" might have put there nine were wanted
    unknown = Gap(old=0.3, new=0.31, low=-0.1, high=0.1, n=100)

    sure = drawn(known, by("interest"), by("local"))
    assert "contradict each other" in sure.against(unknown)
    unsure = drawn(replace(known, reward=few), by("interest"), by("local"))
    assert unsure.gaps[ROBUST].worse
    assert unsure.against(unknown) == ""
    assert any("The estimate rests on 9 wanted places" in line for line in unsure.told)
    turned = drawn(replace(known, reward=few), by("local"), by("interest"))
    assert not turned.settles
    assert any("That of the old ranker rests on 9 wanted places" in line for line in turned.told)


def test_no_draw_at_all_is_told() -> None:
    none = made_up_draws(4).draws.only(np.zeros(4, dtype=np.bool_))
    assert "no place was given away by chance" in drawn(none, by("interest"), by("fresh")).facts["refused"]


def test_a_thin_overlap_is_warned_of() -> None:
    found = drawn(made_up_draws(900, readers=200).draws, by("interest"), by("fresh"))
    assert found.gaps
    assert any("expect it to move" in line for line in found.told)


def test_the_better_of_two_rankers_is_found_by_what_chance_showed() -> None:
    known = made_up_draws(6_000, readers=600)
    found = drawn(known.draws, by("local"), by("interest"))
    for name, gap in found.gaps.items():
        assert gap.better, name
    old, new = (
        known.value_of(best_of_each(known.draws, by(name)(known.draws.features)))
        for name in ("local", "interest")
    )
    gap = found.gaps[ROBUST]
    assert gap.low < new - old < gap.high
    assert drawn(known.draws, by("interest"), by("local")).gaps[ROBUST].worse
