"""Numbers given and not shown yet."""

from hypothesis import given
from hypothesis import strategies as st

from tianfu.serving.services import number_gaps
from tianfu.serving.services.number_gaps import GAP_S, NumberGaps


def test_what_is_passed_over_is_looked_for_ever_more_seldom_and_then_given_up() -> None:
    gaps = NumberGaps()
    gaps.saw([1, 2, 4, 7], 0.0)
    looked = []
    for tick in range(400):
        now_s = tick / 10
        if due := gaps.due(now_s):
            looked.append(now_s)
            assert due == [3, 5, 6]
        gaps.give_up(now_s)
    assert looked == [0.3, 0.6, 1.2, 2.4, 4.8, 9.6, 19.2, 30.0]
    assert (len(gaps), gaps.awaits(3), gaps.awaits(8)) == (0, False, True)


def test_a_number_that_comes_late_is_no_longer_looked_for() -> None:
    gaps = NumberGaps()
    gaps.saw([1, 4], 0.0)
    gaps.saw([3], 0.1)
    gaps.saw([5], 0.2)
    assert gaps.due(1.0) == [2]
    assert (gaps.highest, gaps.awaits(3), gaps.awaits(2)) == (5, False, True)


def test_each_number_is_waited_for_by_itself() -> None:
    gaps = NumberGaps()
    gaps.saw([2], 0.0)
    gaps.saw([4], 20.0)
    gaps.give_up(GAP_S)
    assert [gaps.awaits(number) for number in (1, 3)] == [False, True]


def test_a_leap_of_numbers_fills_no_memory() -> None:
    gaps = NumberGaps()
    gaps.saw([10**12], 0.0)
    gaps.saw([10**12 + 2], 1.0)
    assert len(gaps) == number_gaps._MOST
    assert gaps.awaits(10**12 + 1)


@given(st.lists(st.integers(1, 60), unique=True), st.integers(1, 10))
def test_every_number_up_to_the_highest_was_seen_or_is_awaited(numbers: list[int], size: int) -> None:
    """However they come: the new ones of a batch in order, late ones when they are looked for."""
    gaps = NumberGaps()
    seen: set[int] = set()
    for start in range(0, len(numbers), size):
        batch = sorted(numbers[start : start + size])
        gaps.saw(batch, float(start))
        seen |= set(batch)
        assert {n for n in range(1, 61) if gaps.awaits(n)} == set(range(1, 61)) - seen
    assert len(gaps) == gaps.highest - len(seen)
