"""What an outlet's word for the time of a story is worth."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tianfu.model.dating import ARCHIVE, LATE, Dating, dated, first_told, redated

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
minutes = st.integers(-60 * 24 * 30, 60 * 24 * 30).map(lambda m: NOON + timedelta(minutes=m))


def h(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def leads(*stories: Dating) -> Dating:
    numbered = list(enumerate(stories))
    return first_told(numbered, dating=lambda row: row[1], number=lambda row: row[0])[0][1]


def test_a_feed_that_comes_in_time_is_believed() -> None:
    first, copy = dated(h(0), h(0.1)), dated(h(1), h(1.1))
    assert first.first_at == first.fresh_at == h(0)
    assert leads(copy, first) == first


def test_an_hourly_feed_keeps_its_place_before_a_quicker_copy() -> None:
    original, copy = dated(h(0), h(1.5)), dated(h(1), h(1.01))
    assert leads(copy, original) == original


def test_a_copy_dated_back_does_not_look_first() -> None:
    original, copy = dated(h(0), h(0.1)), dated(h(-20), h(3))
    assert leads(copy, original) == original


def test_a_nightly_feed_counts_from_shortly_before_its_arrival() -> None:
    nightly, copy, later = dated(h(0), h(12)), dated(h(3), h(3.1)), dated(h(11), h(11.1))
    assert leads(nightly, copy) == copy  # what nobody had received then cannot be shown to be first
    assert leads(nightly, later) == nightly
    assert nightly.fresh_at == h(0)  # and it gains no freshness by coming late


def test_archives_go_by_their_dates_among_themselves_and_not_before_what_came_in_time() -> None:
    old, older = dated(h(-24 * 900), h(0)), dated(h(-24 * 901), h(5))
    assert leads(old, older) == older
    in_time = dated(h(-24 * 10), h(-24 * 10))
    assert leads(old, in_time, older) == in_time
    reprinted_today = dated(h(9), h(9))
    assert leads(reprinted_today, old, older) == old


def test_a_clock_that_runs_ahead_costs_the_outlet_and_nobody_else() -> None:
    ahead = dated(h(0.5), h(0))
    assert ahead.fresh_at == ahead.first_at == h(0.5)


def test_an_edit_that_moves_the_date_forward_gains_nothing() -> None:
    told = dated(h(0), h(0.1))
    again = redated(told, h(30), h(30))
    assert again.fresh_at == h(0.1)
    assert again.first_at == h(0)


def test_an_edit_that_moves_the_date_back_does_not_look_first() -> None:
    told = dated(h(0), h(0.1))
    assert redated(told, h(-1), h(5)).first_at == h(0)
    assert redated(told, h(-1), h(5)).fresh_at == h(-1)


def test_a_wrong_year_can_be_corrected_up_to_the_arrival() -> None:
    wrong = dated(h(-24 * 3_650), h(0))
    assert redated(wrong, h(-1), h(2)).fresh_at == h(-1)
    assert redated(wrong, h(9), h(9)).fresh_at == h(0)


def test_what_is_not_due_yet_may_be_moved() -> None:
    embargoed = dated(h(48), h(0))
    later = redated(embargoed, h(72), h(24))
    assert later.fresh_at == later.first_at == h(72)
    at_once = redated(embargoed, h(24), h(24))
    assert at_once.fresh_at == at_once.first_at == h(24)
    assert redated(embargoed, h(-48), h(24)).first_at == h(24) - LATE


@given(minutes, minutes)
def test_no_date_counts_as_told_earlier_than_arrival_allows(published: datetime, received: datetime) -> None:
    found = dated(published, received)
    assert found.first_at >= received - LATE
    assert found.first_at >= published == found.fresh_at
    assert found.is_archive == (received - published > ARCHIVE)


@given(minutes, minutes, st.lists(st.tuples(minutes, st.integers(0, 60 * 24 * 9)), max_size=5))
def test_no_run_of_edits_makes_a_told_story_fresher_or_told_earlier(
    published: datetime, received: datetime, edits: list[tuple[datetime, int]]
) -> None:
    known = dated(published, received)
    now = max(received, published)
    told = known
    for to, wait in edits:
        now += timedelta(minutes=wait)
        known = redated(known, to, now)
        assert known.fresh_at <= max(told.received_at, told.fresh_at)
        assert known.first_at == told.first_at


@given(st.lists(st.tuples(minutes, minutes), min_size=1, max_size=6), st.randoms())
def test_who_was_first_does_not_depend_on_the_order_of_looking(
    times: list[tuple[datetime, datetime]], shuffled: object
) -> None:
    rows = [(number, dated(*pair)) for number, pair in enumerate(times)]
    mixed = list(rows)
    shuffled.shuffle(mixed)  # type: ignore[attr-defined]
    asked = [first_told(some, dating=lambda row: row[1], number=lambda row: row[0]) for some in (rows, mixed)]
    assert asked[0] == asked[1]
