"""What a fresh process reads before it serves, and how it reads much of it."""

import gc
from collections.abc import Callable
from datetime import timedelta

import pytest
from support.builders import a_body, a_draft

from tianfu.model.event import Event, EventType, ReaderKind, ReaderRef
from tianfu.serving.process import loading
from tianfu.serving.services import event_stream
from tianfu.serving.services.ingest import ingest
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.services.signals import scopes_of

NewRoom = Callable[[], Newsroom]


def stories_in(room: Newsroom, count: int) -> list[str]:
    drafts = [a_draft(f"s{n}", title=f"利州第{n}篇农事", body=a_body(n)) for n in range(count)]
    receipts = ingest(drafts, database=room.database, clock=room.clock)
    while room.indexer.step():
        pass
    return [receipt.story_id for receipt in receipts]


def did(room: Newsroom, kind: EventType, story_id: str) -> None:
    reader = ReaderRef(outlet_id="lizhou", kind=ReaderKind.READER, id=f"r-{story_id}-{kind.value}")
    at = room.clock.now() - timedelta(minutes=1)
    dwell = {"dwell_s": 20.0} if kind is EventType.STAY else {}
    room.events.record(
        [Event(event_id=f"{reader.id}", reader=reader, story_id=story_id, type=kind, at=at, **dwell)]
    )


def hot(room: Newsroom) -> set[int]:
    scope = scopes_of(room.library.outlets["lizhou"])[0]
    return set(room.stream.signals.hot(scope, room.clock.now().timestamp()))


def test_a_fresh_process_counts_the_newest_events_alone_when_there_are_too_many(
    new_room: NewRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = new_room()
    told = stories_in(one, 4)
    for story_id in told:
        did(one, EventType.CLICK, story_id)
    numbers = [one.library.view.number_of(story_id) for story_id in told]
    assert hot(new_room()) == set(numbers)
    monkeypatch.setattr(event_stream, "MOST_EVENTS", 2)
    assert hot(new_room()) == set(numbers[2:])


def test_a_fresh_process_reads_only_events_that_tell_anything(new_room: NewRoom) -> None:
    one = new_room()
    first, second, *_ = stories_in(one, 2)
    for kind in (EventType.EXPOSE, EventType.STAY, EventType.DISLIKE):
        did(one, kind, first)
    did(one, EventType.SHARE, second)
    other = new_room()
    assert other.stream.load() == 1
    assert hot(other) == hot(one) == {other.library.view.number_of(second)}


def test_cards_and_vectors_of_very_many_numbers_are_found_in_one_go(new_room: NewRoom) -> None:
    room = new_room()
    stories_in(room, 3)
    asked = range(1, 12_001)
    encoder = room.library.meaning.fingerprint
    with room.database.read() as uow:
        assert sorted(uow.cards.of(asked)) == sorted(uow.cards.facts(asked)) == [1, 2, 3]
        assert sorted(uow.vectors.of(asked, encoder=encoder)) == [1, 2, 3]
        assert uow.cards.republished(asked) == set()
        assert uow.cards.of([]) == {}


def test_fingerprints_are_read_without_their_vectors_in_order_of_number(new_room: NewRoom) -> None:
    room = new_room()
    stories_in(room, 5)
    encoder = room.library.meaning.fingerprint
    with room.database.read() as uow:
        batches = list(uow.vectors.fingerprints(encoder=encoder, batch=2))
        whole = {s.number: s.text_fingerprint for batch in uow.vectors.all(encoder=encoder) for s in batch}
    assert [list(batch) for batch in batches] == [[1, 2], [3, 4], [5]]
    assert {number: text for batch in batches for number, text in batch.items()} == whole


def test_nothing_is_collected_while_loading_and_all_as_before_afterwards() -> None:
    try:
        with loading():
            assert not gc.isenabled()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
        with pytest.raises(OSError, match="disk full"), loading():
            raise OSError("disk full")
        assert gc.isenabled()
    finally:
        gc.unfreeze()
