"""Several interests of one reader stay several, what is read just now beside what lasts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tianfu.model.ports import FloatMatrix
from tianfu.model.reader import INTEREST_HALF_LIFE_S, Engagement
from tianfu.model.tag import TagKind
from tianfu.serving.services.events import interests_told
from tianfu.serving.services.interests import MAX_INTERESTS, SHORT_TERM_S, interests_of_reads

NOW_S = 2_000_000_000
DAY_S = 86_400
TASTES = 8


def near(taste: int, number: int) -> FloatMatrix:
    """Of one taste among eight at right angles, with a little that is the story's own."""
    vector = np.zeros(TASTES + 40, dtype=np.float32)
    vector[taste], vector[TASTES + number % 40] = 1.0, 0.3
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def reads(*told: tuple[int, float]) -> tuple[list[Engagement], dict[int, FloatMatrix]]:
    """Tastes and how many seconds ago, oldest first; a story's number tells its taste by hundreds."""
    liked = [
        Engagement(number=100 * taste + place, weight=1.0, at_s=int(NOW_S - ago_s))
        for place, (taste, ago_s) in enumerate(told)
    ]
    return liked, {one.number: near(one.number // 100, one.number) for one in liked}


def found(*told: tuple[int, float]) -> list[tuple[int, float]]:
    """Interests in their order, as tastes, with their weights."""
    return [(number // 100, weight) for number, weight in interests_of_reads(*reads(*told), NOW_S)]


def test_two_distinct_tastes_read_by_turns_remain_two_interests() -> None:
    days = [(taste, (12 - n) * DAY_S) for n in range(10) for taste in (1, 2)]
    both = found(*days)
    assert [taste for taste, _ in both] == [2, 1]
    assert [weight for _, weight in both] == pytest.approx([1.0, 1.0], abs=0.01)


def test_a_lasting_taste_stays_beside_what_is_read_just_now() -> None:
    lasting = [(1, (6 - n) * DAY_S) for n in range(5)]
    assert found(*lasting, (3, SHORT_TERM_S - 60))[0] == (3, 1.0), "the interest of the moment comes first"
    assert dict(found(*lasting, (3, SHORT_TERM_S - 60)))[1] == 1.0
    later = dict(found(*lasting, (3, SHORT_TERM_S + 60)))
    assert later[1] == 1.0
    assert 0.2 < later[3] < 0.3, "two hours later it weighs as the one story that it was"


def test_the_story_of_the_moment_stands_for_itself_beside_the_interest_it_belongs_to() -> None:
    liked, vectors = reads((1, 3 * DAY_S), (1, 2 * DAY_S), (1, 600))
    together = interests_of_reads(liked, vectors, NOW_S)
    assert together[0] == (liked[-1].number, 1.0)
    assert {number // 100 for number, _ in together} == {1}


def test_an_interest_halves_beside_a_fresh_one_in_the_stated_half_life() -> None:
    weights = dict(found((1, INTEREST_HALF_LIFE_S + SHORT_TERM_S), (2, SHORT_TERM_S)))
    assert weights == {1: pytest.approx(0.5, abs=1e-4), 2: 1.0}


@given(st.lists(st.tuples(st.integers(0, TASTES - 1), st.integers(0, 40 * DAY_S)), max_size=24))
@settings(max_examples=60, deadline=None)
def test_no_interest_mixes_two_tastes_and_the_latest_five_are_kept(told: list[tuple[int, int]]) -> None:
    told = sorted(told, key=lambda row: -row[1])
    tastes = list(dict.fromkeys(taste for taste, _ in reversed(told)))[:MAX_INTERESTS]
    interests = found(*told)
    assert list(dict.fromkeys(taste for taste, _ in interests)) == tastes
    assert len(interests) <= len(tastes) + 1
    assert all(0.0 < weight <= 1.0 for _, weight in interests)
    assert not interests or max(weight for _, weight in interests) == 1.0


@pytest.mark.parametrize("town", ["510802100", "510802101"])
def test_the_first_place_smaller_than_a_city_may_become_an_interest(town: str) -> None:
    told = interests_told(["14"], ["510000", "510800", town, "510802"])
    assert told == [(TagKind.TOPIC, "14"), (TagKind.PLACE, town)]
    assert interests_told([], ["510000", "510800"]) == []
