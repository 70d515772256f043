"""Who is held back and who is not."""

import random
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tianfu.model.brushing import (
    NEWCOMERS_ALONE,
    NEWCOMERS_OF_A_GROUP,
    PER_HOUR,
    PER_MINUTE,
    READERS_OF_A_GROUP,
    BrushGuard,
    BrushRule,
    address_group,
)
from tianfu.model.errors import InvalidEvent
from tianfu.model.event import EventType

CLICK = EventType.CLICK


def test_one_reader_counts_only_as_fast_as_a_person_reads() -> None:
    guard = BrushGuard()
    verdicts = [
        guard.judge("o/reader/r", n, CLICK, 0.1 * n, newcomer=False, group=None) for n in range(10_000)
    ]
    assert verdicts.count(None) == PER_MINUTE
    assert set(verdicts[PER_MINUTE:]) == {BrushRule.TOO_FAST}
    slow = BrushGuard()
    verdicts = [slow.judge("o/reader/r", n, CLICK, 4.0 * n, newcomer=False, group=None) for n in range(900)]
    assert verdicts[:PER_HOUR].count(None) == PER_HOUR
    assert verdicts[:900].count(None) == PER_HOUR


def test_a_thousand_devices_of_one_neighbourhood_count_as_three() -> None:
    guard = BrushGuard()
    verdicts = [
        guard.judge(f"o/device/d{n}", 7, CLICK, 5.0 * n, newcomer=False, group="g") for n in range(1_000)
    ]
    assert verdicts.count(None) == READERS_OF_A_GROUP


def test_a_thousand_new_devices_without_addresses_count_as_few() -> None:
    guard = BrushGuard()
    verdicts = [
        guard.judge(f"o/device/d{n}", 7, CLICK, 3.0 * n, newcomer=True, group=None) for n in range(1_000)
    ]
    assert verdicts.count(None) == NEWCOMERS_ALONE


def test_without_a_name_a_reader_counts_once_a_day_for_each_story_and_kind() -> None:
    guard = BrushGuard()
    judged = [
        guard.judge("o/reader/r", number, kind, at_s, newcomer=False, group=None, unnamed=True)
        for number, kind, at_s in (
            (7, CLICK, 0.0),
            (7, CLICK, 40_000.0),
            (7, EventType.SHARE, 50_000.0),
            (8, CLICK, 60_000.0),
            (7, CLICK, 90_000.0),
        )
    ]
    assert judged == [None, BrushRule.REPEATED, None, None, None]
    assert guard.judge("o/reader/s", 7, CLICK, 100.0, newcomer=False, group=None, unnamed=True) is None
    guard.forget("o/reader/r")
    assert guard.readers() == {"o/reader/s"}


def test_of_a_reader_without_a_name_the_newest_eight_days_are_kept() -> None:
    guard = BrushGuard()

    def clicks(day: int) -> BrushRule | None:
        return guard.judge("o/r", 1, CLICK, 86_400.0 * day, newcomer=False, group=None, unnamed=True)

    assert [clicks(day) for day in range(20)] == [None] * 20
    assert sorted(guard._unnamed.of("o/r", {})) == list(range(12, 20))
    assert clicks(12) is BrushRule.REPEATED


def test_forgotten_readers_stand_nowhere_after_one_sweep_and_free_their_places() -> None:
    guard = BrushGuard()
    for n in range(3):
        guard.judge(f"o/device/d{n}", 7, CLICK, 0.0, newcomer=True, group="g")
        guard.judge(f"o/reader/r{n}", 8, CLICK, 0.0, newcomer=False, group="h", unnamed=True)
    gone = ["o/device/d0", "o/device/d2", "o/reader/r1"]
    for reader in gone:
        guard.forget(reader)
    assert guard.readers() == {"o/device/d1", "o/reader/r0", "o/reader/r2"}

    assert (guard.sweep(), guard.sweep()) == (3, 0)
    kept = {"o/device/d1", "o/reader/r0", "o/reader/r2"}
    assert guard.readers() == kept
    assert {reader for readers in guard._groups.values() for reader in readers} == kept
    assert {reader for readers in guard._arrivals.values() for reader in readers} == {"o/device/d1"}
    assert [list(crowd) for crowd in guard._crowds.values()] == [
        [3],
        [0, hash("o/reader/r0"), hash("o/reader/r2")],
    ]
    assert guard.judge("o/reader/r9", 8, CLICK, 60.0, newcomer=False, group="h") is None


def test_a_sweep_looks_through_all_that_is_remembered_once_for_however_many() -> None:
    guard = BrushGuard()
    for n in range(2_000):
        guard.judge(f"o/device/d{n}", n, CLICK, 10.0 * n, newcomer=False, group=f"g{n}")
    looked = guard._groups.values = Mock(side_effect=guard._groups.values)  # type: ignore[method-assign]
    for n in range(1_000):
        guard.forget(f"o/device/d{n}")
    assert looked.call_count == 0
    guard.sweep()
    assert looked.call_count == 1
    assert len(guard.readers()) == 1_000


def test_one_known_reader_lets_one_newcomer_in_however_often_they_come() -> None:
    guard = BrushGuard()
    for n in range(50):
        guard.judge("o/reader/r", 7, CLICK, 30.0 * n, newcomer=False, group=None)
    newcomers = [guard.judge(f"o/device/{n}", 7, CLICK, 9.0, newcomer=True, group=None) for n in range(40)]
    assert newcomers.count(None) == NEWCOMERS_ALONE + 1


def test_newcomers_count_beside_readers_who_are_known() -> None:
    guard = BrushGuard()
    counted = 0
    for n in range(100):
        new = n % 2 == 1
        counted += guard.judge(f"o/reader/r{n}", 7, CLICK, 30.0 * n, newcomer=new, group=None) is None
    assert counted == 100


def test_a_neighbourhood_brings_only_so_many_newcomers_in_an_hour() -> None:
    guard = BrushGuard()
    verdicts = [
        guard.judge(f"o/device/d{n}", n, CLICK, 10.0 * n, newcomer=True, group="g") for n in range(100)
    ]
    assert verdicts.count(None) == NEWCOMERS_OF_A_GROUP
    assert guard.judge("o/device/x", 500, CLICK, 7_200.0, newcomer=True, group="g") is None


def test_reading_sent_late_is_not_held_against_what_came_before() -> None:
    """A telephone that was away sends yesterday's reading after today's."""
    guard = BrushGuard()
    day_s = 86_400.0
    for n in range(30):
        assert guard.judge("o/reader/r", n, CLICK, day_s + 90.0 * n, newcomer=False, group="g") is None
    for n in range(30):
        assert guard.judge("o/reader/r", 100 + n, CLICK, 90.0 * n, newcomer=False, group="g") is None


@pytest.mark.parametrize("group", ["g", None])
def test_naming_two_days_by_turns_starts_no_count_anew(group: str | None) -> None:
    guard = BrushGuard()
    counted = sum(
        guard.judge(f"o/device/d{n}", 7, CLICK, 90_000.0 * (n % 2), newcomer=True, group=group) is None
        for n in range(1_000)
    )
    assert counted <= 2 * max(READERS_OF_A_GROUP, NEWCOMERS_ALONE)


def test_two_outlets_stand_apart() -> None:
    guard = BrushGuard()
    for n in range(50):
        guard.judge(f"a/device/d{n}", 7, CLICK, float(n), newcomer=True, group=None)
    assert guard.judge("b/device/d", 7, CLICK, 60.0, newcomer=True, group=None) is None


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_honest_readers_are_never_held_back(seed: int) -> None:
    """A thousand known readers at home behind their own addresses, a story every half minute at most."""
    draw = random.Random(seed)
    guard = BrushGuard()
    events = []
    for reader in range(200):
        at_s = draw.uniform(0, 50_000)
        for _ in range(draw.randint(1, 25)):
            at_s += draw.expovariate(1 / 90) + 15
            events.append((at_s, f"o/reader/r{reader}", draw.randint(1, 60), f"g{reader // 2}"))
    for at_s, reader_key, number, group in sorted(events):
        assert guard.judge(reader_key, number, CLICK, at_s, newcomer=False, group=group) is None


def test_looking_and_leaving_is_never_judged() -> None:
    guard = BrushGuard()
    for n in range(1_000):
        for kind in (EventType.EXPOSE, EventType.STAY, EventType.DISLIKE):
            assert guard.judge("o/reader/r", n, kind, 0.0, newcomer=True, group="g") is None


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::5", "2001:db8:1::/48"),
    ],
)
def test_neighbours_share_a_group(address: str, group: str) -> None:
    assert address_group(address) == group


@pytest.mark.parametrize("address", ["", "localhost", "1.2.3", "1.2.3.4/24"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidEvent):
        address_group(address)
