"""What behaviour does to a reader's memory."""

from dataclasses import replace
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
    MAX_WISHES,
    Engagement,
    InterestTag,
    Reader,
    after_event,
    event_weight,
    merged,
    with_personalisation,
    with_tag,
    with_wish,
    without_reads,
    without_tag,
    without_wish,
)
from tianfu.model.tag import TagKind
from tianfu.model.wishes import Amount, Wish, WishKind

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


def test_nothing_near_a_deleted_interest_is_learnt_or_left() -> None:
    read = after_event(Reader(ref=REF), an_event(), 1, [FARM])
    reader = without_reads(without_tag(read, FARM), {1})
    assert (reader.engagements, reader.seen) == ((), (1,))
    again = after_event(reader, an_event(minutes=5), 2, [FARM, (TagKind.TOPIC, "21")])
    assert again.engagements == ()
    assert set(again.tags) == {(TagKind.TOPIC, "21")}
    away = after_event(again, an_event(EventType.DISLIKE, minutes=6), 3, [FARM])
    assert [one.number for one in away.engagements] == [3]


def test_of_a_story_nobody_has_read_yet_only_that_it_was_seen_is_kept() -> None:
    reader = after_event(Reader(ref=REF), an_event(), 1, None)
    assert (reader.engagements, reader.tags, reader.seen) == ((), {}, (1,))


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


def tags_of(*weights: tuple[str, float, bool]) -> dict[tuple[TagKind, str], InterestTag]:
    at_s = int(NOW.timestamp())
    return {
        (TagKind.TOPIC, code): InterestTag(
            kind=TagKind.TOPIC, code=code, weight=weight, at_s=at_s, by_reader=own
        )
        for code, weight, own in weights
    }


def test_two_memories_become_one_with_the_readers_own_word_first() -> None:
    device = Reader(
        ref=replace(REF, kind=ReaderKind.DEVICE),
        engagements=(Engagement(1, 1.0, 10), Engagement(2, 2.0, 20)),
        seen=(1, 2, 3),
        tags=tags_of(("14", 2.0, False), ("31", 1.0, False), ("39", 1.0, False)),
        removed=frozenset({(TagKind.TOPIC, "22")}),
    )
    reader = Reader(
        ref=REF,
        engagements=(Engagement(2, 1.0, 30),),
        seen=(3, 4),
        tags=tags_of(("14", 5.0, True), ("31", 1.0, False), ("22", 3.0, False)),
        removed=frozenset({(TagKind.TOPIC, "39")}),
    )
    joined = merged(reader, device)
    assert joined.ref == REF
    assert joined.engagements == (Engagement(1, 1.0, 10), Engagement(2, 3.0, 30))
    assert joined.seen == (1, 2, 3, 4)
    assert {code: tag.weight for (_, code), tag in joined.tags.items()} == {"14": 5.0, "31": 2.0}
    assert joined.removed == {(TagKind.TOPIC, "22"), (TagKind.TOPIC, "39")}


@pytest.mark.parametrize(("a", "b"), [(True, False), (False, True)])
def test_personalisation_stays_off_if_either_switched_it_off(a: bool, b: bool) -> None:
    device = Reader(ref=replace(REF, kind=ReaderKind.DEVICE), personalise=b)
    assert not merged(Reader(ref=REF, personalise=a), device).personalise


def test_wishes_are_kept_up_to_a_bound_the_newest_first() -> None:
    reader = Reader(ref=REF)
    for n in range(MAX_WISHES + 5):
        wish = Wish(kind=WishKind.STORY, code=f"s{n}", amount=Amount.LESS, at_s=n)
        reader = with_wish(reader, wish)
    assert len(reader.wishes) == MAX_WISHES
    assert (WishKind.STORY, "s0") not in reader.wishes
    assert without_wish(reader, (WishKind.STORY, "s50")).wishes.keys() == reader.wishes.keys() - {
        (WishKind.STORY, "s50")
    }
