"""What many readers do together: bounded, however long a process runs."""

import random

import pytest

from tianfu.model.event import EventType
from tianfu.model.outlet import Outlet, OutletLevel
from tianfu.serving.services.read_after import ReadAfter
from tianfu.serving.services.signals import HOT_HALF_LIFE_H, HotCounts, Signals, scopes_of

LIZHOU = Outlet(id="lizhou", name="利州", level=OutletLevel.COUNTY, adcode="510802", parent_id="guangyuan")
CANGXI = Outlet(id="cangxi", name="苍溪", level=OutletLevel.COUNTY, adcode="510824", parent_id="guangyuan")
LESHAN = Outlet(id="leshan", name="乐山", level=OutletLevel.CITY, adcode="511100", parent_id="up")
HOUR_S = 3_600.0


def after(read: ReadAfter, number: int) -> dict[int, float]:
    return dict(read.after("lizhou", number, 100))


def test_a_story_read_sooner_after_another_counts_more() -> None:
    read = ReadAfter()
    for number in (1, 2, 3):
        read.add("lizhou", "somebody", number)

    assert after(read, 1) == {2: pytest.approx(1 / 3), 3: pytest.approx(0.5 / 2.5)}
    assert after(read, 2) == {3: pytest.approx(1 / 3)}
    assert after(read, 3) == {}


def test_pairs_stay_within_their_bound_and_what_was_read_longest_ago_goes_first() -> None:
    read = ReadAfter(most_pairs=6)
    read.add("lizhou", "early", 1)
    read.add("lizhou", "early", 2)
    for number in (11, 12, 13, 14):
        read.add("lizhou", "late", number)

    assert after(read, 1) == {}
    assert set(after(read, 11)) == {12, 13, 14}


def test_a_story_read_on_from_again_outlives_newer_ones() -> None:
    read = ReadAfter(most_pairs=3)
    for reader, (one, other) in {"a": (1, 2), "b": (3, 4), "c": (5, 6)}.items():
        read.add("lizhou", reader, one)
        read.add("lizhou", reader, other)
    for number in (1, 2):
        read.add("lizhou", "d", number)
    for number in (7, 8):
        read.add("lizhou", "e", number)

    assert [bool(after(read, n)) for n in (1, 3, 5, 7)] == [True, False, True, True]


def test_the_pairs_counted_are_the_pairs_kept() -> None:
    read, rng = ReadAfter(most_pairs=400), random.Random(3)
    for _ in range(5_000):
        read.add(rng.choice("abc"), f"r{rng.randrange(40)}", rng.randrange(60))
        assert sum(map(len, read._after.values())) == read._pairs <= 400


def test_so_many_stories_at_most_are_known_to_be_read_on_from() -> None:
    read = ReadAfter(most_stories=2)
    for number in (1, 2, 3):
        read.add("lizhou", f"r{number}", number)
        read.add("lizhou", f"r{number}", 9)
    assert [bool(after(read, n)) for n in (1, 2, 3)] == [False, True, True]


def test_every_outlet_is_told_what_counting_by_hand_says() -> None:
    read, rng = ReadAfter(), random.Random(5)
    shares: dict[tuple[int, str], float] = {}
    for reader in range(200):
        outlet_id, number = rng.choice(["lizhou", "lizhou", "cangxi", "leshan"]), rng.randrange(2, 40)
        read.add(outlet_id, f"r{reader}", 1)
        read.add(outlet_id, f"r{reader}", number)
        shares[number, outlet_id] = shares.get((number, outlet_id), 0.0) + 1.0
    for outlet_id in ("lizhou", "cangxi", "leshan", "elsewhere"):
        told = {}
        for number in {number for number, _ in shares}:
            mine = shares.get((number, outlet_id), 0.0)
            others = sum(share for (n, _), share in shares.items() if n == number) - mine
            if value := mine + (others if others > 2 else 0.0):
                told[number] = pytest.approx(value / (value + 2))
        assert dict(read.after(outlet_id, 1, 99)) == told


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


def clicks(signals: Signals, outlet: Outlet, number: int, readers: int, *, at_s: float = 0.0) -> None:
    for n in range(readers):
        signals.add(outlet, f"{outlet.id}/reader/{number}-{n}", number, EventType.CLICK, at_s)


def hot(signals: Signals, outlet: Outlet, now_s: float = 0.0) -> list[dict[int, float]]:
    """In the outlet, in its city, in the province."""
    return [signals.hot(scope, now_s) for scope in scopes_of(outlet)]


def test_a_click_in_one_county_heats_the_county_its_city_and_the_province_and_nobody_beside_it() -> None:
    signals = Signals()
    clicks(signals, LIZHOU, 1, 4)
    clicks(signals, CANGXI, 2, 9)
    clicks(signals, LESHAN, 3, 16)

    def root(part: float, whole: float) -> float:
        return pytest.approx((part / whole) ** 0.5)  # type: ignore[no-any-return]

    assert hot(signals, LIZHOU) == [
        {1: 1.0},
        {2: 1.0, 1: root(4, 9)},
        {3: 1.0, 2: root(9, 16), 1: root(4, 16)},
    ]
    assert hot(signals, CANGXI)[0] == {2: 1.0}
    assert hot(signals, LESHAN)[:2] == [{3: 1.0}, {3: 1.0}]
    assert [list(scope) for scope in hot(signals, LIZHOU)] == [[1], [2, 1], [3, 2, 1]]


@pytest.mark.parametrize("half_lives", [0, 1, 2, 5])
def test_heat_halves_with_every_half_life_in_every_scope(half_lives: int) -> None:
    """What is read now is compared with what was read then; a strength is the root of the share."""
    signals = Signals()
    clicks(signals, LIZHOU, 1, 8)
    now_s = half_lives * HOT_HALF_LIFE_H * HOUR_S
    clicks(signals, LIZHOU, 2, 8, at_s=now_s)

    for scope in hot(signals, LIZHOU, now_s):
        assert scope == {1: pytest.approx(0.5 ** (half_lives / 2)), 2: pytest.approx(1.0)}


def test_heat_stays_in_proportion_while_it_decays_and_goes_out_below_a_twentieth_of_a_click() -> None:
    signals = Signals()
    clicks(signals, LIZHOU, 1, 4)
    clicks(signals, LIZHOU, 2, 1)
    assert hot(signals, LIZHOU, 24 * HOUR_S)[0] == {1: 1.0, 2: pytest.approx(0.5)}
    assert hot(signals, LIZHOU, 27 * HOUR_S)[0] == {1: 1.0}, "1/22 of a click is left of the second"
    assert hot(signals, LIZHOU, 39 * HOUR_S) == [{}, {}, {}]


def test_stronger_deeds_heat_more() -> None:
    signals = Signals()
    for number, kind in enumerate((EventType.CLICK, EventType.COLLECT, EventType.SHARE, EventType.EXPOSE)):
        signals.add(LIZHOU, "lizhou/reader/r-1", number, kind, 0.0)
    assert hot(signals, LIZHOU)[2] == {
        2: 1.0,
        1: pytest.approx((1.5 / 2.0) ** 0.5),
        0: pytest.approx(0.5**0.5),
    }


def test_what_others_readers_did_counts_for_an_outlet_only_where_three_of_them_did_it() -> None:
    read = ReadAfter()
    for n, outlet_id in enumerate(["lizhou", "lizhou", "cangxi", "cangxi"]):
        for number in (1, 2):
            read.add(outlet_id, f"r{n}", number)
    told = {outlet_id: dict(read.after(outlet_id, 1, 9)) for outlet_id in ("lizhou", "cangxi", "leshan")}
    assert told == {"lizhou": {2: 2 / 4}, "cangxi": {2: 2 / 4}, "leshan": {2: 4 / 6}}
    read.add("cangxi", "r4", 1)
    read.add("cangxi", "r4", 2)
    assert dict(read.after("lizhou", 1, 9)) == {2: 5 / 7}
    assert dict(read.after("cangxi", 1, 9)) == {2: 3 / 5}


def test_one_reader_who_reads_two_stories_by_turns_is_no_crowd() -> None:
    signals = Signals()
    for n in range(12):
        signals.add(LIZHOU, "lizhou/reader/r-1", 1 + n % 2, EventType.CLICK, float(n))
    assert signals.after("cangxi", [1, 2]) == []
    assert signals.after("lizhou", [1]) == [(1, 2, pytest.approx(1 / 3))]
