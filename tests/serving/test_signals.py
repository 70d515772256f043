"""What many readers do together: bounded, however long a process runs."""

import random

import pytest

from tianfu.serving.services.signals import ReadAfter


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
