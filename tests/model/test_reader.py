"""What behaviour does to a reader's memory."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tianfu.model.errors import InvalidEvent
from tianfu.model.event import Event, EventType, ReaderKind, ReaderRef, settle_time
from tianfu.model.reader import (
    INTEREST_HALF_LIFE_S,
    MAX_ENGAGEMENTS,
    MAX_SEEN,
    MAX_TAGS,
    Reader,
    after_event,
    event_weight,
    with_personalisation,
    with_tag,
    without_tag,
)
from tianfu.model.tag import TagKind

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
REF = ReaderRef(outlet_id="lizhou", kind=ReaderKind.READER, id="r-1")
FARM = (TagKind.TOPIC, "14")


def an_event(kind: EventType = EventType.CLICK, *, minutes: int = 0, dwell_s: float | None = None) -> Event:
    return Event(
        event_id="e",
        reader=REF,
        story_id="s1",
        type=kind,
        at=NOW + timedelta(minutes=minutes),
        dwell_s=dwell_s,
    )


def test_a_click_makes_an_interest_and_a_dislike_takes_it_away() -> None:
    reader = after_event(Reader(ref=REF), an_event(), 1, [FARM])
    assert reader.tags[FARM].weight == 1.0
    assert FARM not in after_event(reader, an_event(EventType.DISLIKE), 1, [FARM]).tags


def test_an_interest_halves_in_two_weeks_unless_the_reader_set_it() -> None:
    learned = after_event(Reader(ref=REF), an_event(), 1, [FARM]).tags[FARM]
    at_s = int(NOW.timestamp())
    assert learned.weight_at(at_s + int(INTEREST_HALF_LIFE_S)) == pytest.approx(0.5)
    chosen = with_tag(Reader(ref=REF), FARM, 4.0, at_s).tags[FARM]
    assert chosen.weight_at(at_s + 10 * int(INTEREST_HALF_LIFE_S)) == 4.0


def test_health_never_becomes_an_interest() -> None:
    assert after_event(Reader(ref=REF), an_event(), 1, [(TagKind.TOPIC, "38")]).tags == {}


def test_a_removed_interest_stays_away_until_the_reader_sets_it() -> None:
    reader = without_tag(after_event(Reader(ref=REF), an_event(), 1, [FARM]), FARM)
    assert FARM not in after_event(reader, an_event(minutes=5), 2, [FARM]).tags
    assert FARM in with_tag(reader, FARM, 1.0, 0).tags


def test_switched_off_nothing_is_remembered() -> None:
    off = with_personalisation(Reader(ref=REF), on=False)
    assert after_event(off, an_event(), 1, [FARM]) is off


@given(st.lists(st.tuples(st.integers(1, 900), st.sampled_from(list(EventType))), max_size=120))
def test_memory_stays_within_its_bounds(steps: list[tuple[int, EventType]]) -> None:
    reader = Reader(ref=REF)
    for minute, (number, kind) in enumerate(steps):
        dwell_s = 30.0 if kind is EventType.STAY else None
        interests = [(TagKind.KEYWORD, str(number)), FARM]
        reader = after_event(reader, an_event(kind, minutes=minute, dwell_s=dwell_s), number, interests)
    assert len(reader.engagements) <= MAX_ENGAGEMENTS
    assert len(reader.seen) == len(set(reader.seen)) <= MAX_SEEN
    assert len(reader.tags) <= MAX_TAGS
    assert all(tag.weight > 0 for tag in reader.tags.values())


def test_a_longer_stay_never_weighs_less() -> None:
    weights = [event_weight(an_event(EventType.STAY, dwell_s=float(s))) for s in range(0, 600, 5)]
    assert weights == sorted(weights)
    assert (weights[0], weights[-1]) == (0.0, 2.0)


def test_a_fast_clock_is_forgiven_and_a_wrong_one_is_not() -> None:
    assert settle_time(NOW + timedelta(minutes=5), NOW) == NOW
    assert settle_time(NOW - timedelta(days=6), NOW) == NOW - timedelta(days=6)
    for wrong in (NOW + timedelta(minutes=11), NOW - timedelta(days=8)):
        with pytest.raises(InvalidEvent):
            settle_time(wrong, NOW)


@pytest.mark.parametrize(
    "person", ["13800138000", "8613800138000", "510802199001011234", "", "a b", "x" * 129]
)
def test_ids_that_name_a_person_or_break_the_form_are_refused(person: str) -> None:
    with pytest.raises(InvalidEvent):
        ReaderRef(outlet_id="lizhou", kind=ReaderKind.READER, id=person)
