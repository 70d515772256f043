"""What is asked of editors first, and how drift is measured."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tianfu.model.drift import (
    LEAST_DECISIONS,
    alarms_of,
    calibration_of,
    topic_shift,
    vocabulary_shift,
)
from tianfu.model.labels import Ground, PairCase, TopicCase, ask_pairs, ask_topics, letter_pairs


def case(
    number: int, *topics: tuple[str, float], cluster: str | None = None, title: str = "旧题"
) -> TopicCase:
    return TopicCase(number=number, title=title, cluster_id=cluster or f"c{number}", topics=topics)


SURE = ("14", 0.97)


@pytest.mark.parametrize(
    ("asked", "ground"),
    [
        (case(2, ("14", 0.52), ("31", 0.48)), Ground.DOUBT),
        (case(2), Ground.DOUBT),
        (case(2, ("39", 0.97)), Ground.RARITY),
        (case(2, SURE, title="全新词语"), Ground.NOVELTY),
        (case(2, ("31", 0.97), cluster="c9"), Ground.DISAGREEMENT),
    ],
)
def test_each_ground_brings_a_story_to_the_front(asked: TopicCase, ground: Ground) -> None:
    plain = [case(1, SURE), case(3, SURE), case(9, SURE)]
    labelled = {"14": 500, "31": 500, "39": 0}
    found = ask_topics([*plain, asked], labelled=labelled, known=letter_pairs("旧题"), limit=5)
    assert found[0].numbers[0] in (2, 9)
    assert ground in found[0].grounds


def test_one_story_of_a_cluster_and_no_class_crowds_out_the_others() -> None:
    cases = [case(n, ("14", 0.5)) for n in range(1, 7)]
    cases += [
        case(10, ("31", 0.9)),
        case(11, ("31", 0.5), cluster="same"),
        case(12, ("31", 0.4), cluster="same"),
    ]
    found = [q.numbers[0] for q in ask_topics(cases, labelled={}, known=set(), limit=20)]
    assert found.index(10) < found.index(4) < found.index(5)
    assert (12 in found, 11 in found) == (True, False)
    assert sorted(found) == [1, 2, 3, 4, 5, 6, 10, 12]


def test_pairs_that_are_barely_sure_or_speak_of_different_things_come_first() -> None:
    titles = ("旧题", "旧题")
    cases = [
        PairCase(a=1, b=2, score=0.99, topics=("14", "14"), titles=titles),
        PairCase(a=3, b=4, score=0.84, topics=("14", "14"), titles=titles),
        PairCase(a=5, b=6, score=0.84, topics=("14", "31"), titles=titles),
        PairCase(a=7, b=8, score=0.99, topics=(None, "31"), titles=titles),
    ]
    found = ask_pairs(cases, known=letter_pairs("旧题"), limit=3)
    assert [q.numbers for q in found] == [(5, 6), (3, 4), (1, 2)]
    assert set(found[0].grounds) == {Ground.DOUBT, Ground.DISAGREEMENT}


@given(st.lists(st.tuples(st.sampled_from(["14", "31"]), st.floats(0, 1)), max_size=6))
def test_usefulness_is_a_share_and_the_order_of_cases_does_not_matter(
    topics: list[tuple[str, float]],
) -> None:
    cases = [case(n, topic) for n, topic in enumerate(topics)]
    found = ask_topics(cases, labelled={"14": 3}, known={"旧题"}, limit=10)
    assert all(0.0 <= q.usefulness <= 1.0 for q in found)
    assert ask_topics(cases[::-1], labelled={"14": 3}, known={"旧题"}, limit=10) == found


def titles(letters: str, count: int, seed: int) -> list[str]:
    draw = random.Random(seed)
    return ["".join(draw.choice(letters) for _ in range(12)) for _ in range(count)]


def test_new_words_stand_out_against_what_is_usual_between_halves() -> None:
    old = "春耕农田水渠收获学校比赛"
    same = vocabulary_shift(titles(old, 100, 1), titles(old, 300, 2), [])
    other = vocabulary_shift(titles("低空经济算力集群", 100, 3), titles(old, 300, 2), [("低空", 9)])
    assert same is not None
    assert other is not None
    assert (alarms_of(same, None, None), alarms_of(other, None, None)) == ((), ("vocabulary",))
    assert other.new > 0.9
    assert vocabulary_shift(titles(old, 10, 1), titles(old, 300, 2), []) is None


def test_divergence_of_topics_is_that_of_jensen_and_shannon() -> None:
    found = topic_shift({"14": 75, "31": 25}, {"14": 25, "31": 75})
    assert found is not None
    p, q = np.array([0.75, 0.25]), np.array([0.25, 0.75])
    middle = (p + q) / 2
    entropy = [-float((x * np.log2(x)).sum()) for x in (middle, p, q)]
    assert found.divergence == pytest.approx(entropy[0] - (entropy[1] + entropy[2]) / 2)
    assert found.shares["14"] == (0.75, 0.25)
    apart = topic_shift({"14": 60}, {"31": 60})
    assert apart is not None
    assert apart.divergence == pytest.approx(1.0)
    assert topic_shift({"14": 10}, {"14": 900}) is None


def test_the_gap_of_confidence_is_by_hand_and_alarms_when_models_are_too_sure() -> None:
    decided = [(0.95, n < 30) for n in range(60)]
    found = calibration_of(decided, added=4)
    assert found is not None
    assert (found.decisions, found.accepted, found.added) == (60, 0.5, 4)
    assert found.gap == pytest.approx(0.45)
    assert alarms_of(None, None, found) == ("calibration",)
    sound = calibration_of([(0.5, n % 2 == 0) for n in range(60)], added=0)
    assert sound is not None
    assert math.isclose(sound.gap, 0.0, abs_tol=1e-9)
    assert calibration_of(decided[: LEAST_DECISIONS - 1], added=0) is None
