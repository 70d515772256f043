"""Factors learnt each hour, and samples by reader."""

import numpy as np
import pytest

from tianfu.eval.baselines.factors import FactorModel, HourlyFactors
from tianfu.eval.clicklog import Click, Moment
from tianfu.eval.recommendation import by_reader
from tianfu.model.feed.clicks import ClickStream, Reads


def two_tastes() -> list[Click]:
    """Sixty readers; the even ones read stories 0 to 19, the odd ones 20 to 39, half of them each."""
    draw = np.random.default_rng(2)
    clicks = []
    for reader in range(60):
        own = np.arange(20) + 20 * (reader % 2)
        clicks += [
            Click(f"r{reader}", int(story), float(draw.uniform(0, 3_000)))
            for story in draw.permutation(own)[:18]
        ]
    return sorted(clicks, key=lambda click: click.at_s)


def a_moment(reader: str, at_s: float) -> Moment:
    return Moment(
        click=Click(reader, 0, at_s),
        stream=ClickStream(),
        reads=Reads(),
        already=frozenset(),
        proposed={},
        since_first_s=None,
    )


@pytest.mark.parametrize("kind", FactorModel)
def test_factors_tell_two_tastes_apart(kind: FactorModel) -> None:
    everything = np.arange(42, dtype=np.int64)
    rank = HourlyFactors(kind, two_tastes(), lambda _: everything)
    even, odd = rank(a_moment("r0", 3_601.0)), rank(a_moment("r1", 3_602.0))
    assert np.mean(even[:15] < 20) > 0.85
    assert np.mean((odd[:15] >= 20) & (odd[:15] < 40)) > 0.85
    assert set(even[-2:].tolist()) == {40, 41}


def test_before_there_is_enough_and_for_a_stranger_it_is_what_is_popular() -> None:
    order = np.array([5, 3, 1], dtype=np.int64)
    rank = HourlyFactors(FactorModel.ALS, two_tastes(), lambda _: order)
    assert rank(a_moment("r0", 10.0)).tolist() == [5, 3, 1]
    assert rank(a_moment("stranger", 3_700.0)).tolist() == [5, 3, 1]


def test_a_sample_of_readers_brings_all_their_moments() -> None:
    count, sampled = by_reader(["a", "b", "a", "c", "a"])
    seen: list[list[int]] = []

    def measure(at: np.ndarray[tuple[int], np.dtype[np.int64]]) -> dict[str, float]:
        seen.append(sorted(at.tolist()))
        return {}

    assert count == 3
    sampled(measure)(np.array([0, 2]))
    sampled(measure)(np.array([0, 0]))
    assert seen == [[0, 2, 3, 4], [0, 0, 2, 2, 4, 4]]
