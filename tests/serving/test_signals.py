"""What many readers do together: bounded, however long a process runs."""

import random

import pytest

from tianfu.model.event import EventType
from tianfu.serving.services.signals import HotCounts, ReadAfter


def after(read: ReadAfter, number: int) -> dict[int, float]:
    return dict(read.after(number, 100))


def test_a_story_read_sooner_after_another_counts_more() -> None:
    read = ReadAfter()
    for number in (1, 2, 3):
        read.add("somebody", number)

    assert after(read, 1) == {2: pytest.approx(1 / 3), 3: pytest.approx(0.5 / 2.5)}
    assert after(read, 2) == {3: pytest.approx(1 / 3)}
    assert after(read, 3) == {}


def test_pairs_stay_within_their_bound_and_what_was_read_longest_ago_goes_first() -> None:
    read = ReadAfter(most_pairs=6)
    read.add("early", 1)
    read.add("early", 2)
    for number in (11, 12, 13, 14):
        read.add("late", number)

    assert after(read, 1) == {}
    assert set(after(read, 11)) == {12, 13, 14}


def test_a_story_read_on_from_again_outlives_newer_ones() -> None:
    read = ReadAfter(most_pairs=3)
    for reader, (one, other) in {"a": (1, 2), "b": (3, 4), "c": (5, 6)}.items():
        read.add(reader, one)
        read.add(reader, other)
    for number in (1, 2):
        read.add("d", number)
    for number in (7, 8):
        read.add("e", number)

    assert [bool(after(read, n)) for n in (1, 3, 5, 7)] == [True, False, True, True]


def test_the_pairs_counted_are_the_pairs_kept() -> None:
    read, rng = ReadAfter(most_pairs=400), random.Random(3)
    for _ in range(5_000):
        read.add(f"r{rng.randrange(40)}", rng.randrange(60))
        kept = sum(len(counts) for counts in read._after.values())
        assert kept == read._pairs <= 400


def strength_of(hot: HotCounts, number: int) -> float:
    return hot.top("outlet:lizhou", 0.0)[number]


def count(hot: HotCounts, reader: str, *numbers: int) -> None:
    for number in numbers:
        hot.add(["outlet:lizhou"], reader, number, EventType.CLICK, 0.0)


def test_a_reader_counts_once_for_a_story_and_again_once_forgotten() -> None:
    hot = HotCounts()
    count(hot, "a", 1, 1, 1, 2)
    assert strength_of(hot, 1) == strength_of(hot, 2) == 1.0

    hot.forget("a")
    count(hot, "a", 1)

    assert strength_of(hot, 2) == pytest.approx(0.5**0.5)
    assert hot.readers() == {"a"}
    assert hot._counts == 1, "what is forgotten no longer takes room"


def test_whose_events_were_counted_is_known_of_so_many_and_the_latest_readers_stay() -> None:
    hot = HotCounts(most_counted=4)
    count(hot, "early", 1, 2)
    count(hot, "middle", 1, 2)
    count(hot, "early", 1)  # is back, so that "middle" is the one seen longest ago
    count(hot, "late", 1)

    assert hot.readers() == {"early", "late"}
    count(hot, "early", 1)
    assert hot._counts == 3


def test_forgetting_a_reader_nobody_knows_changes_nothing() -> None:
    hot = HotCounts()
    count(hot, "a", 1)
    hot.forget("b")

    assert hot.readers() == {"a"}
    assert hot._counts == 1
