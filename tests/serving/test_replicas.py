"""Two processes over one database: what one does, the other shows."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from support.builders import FakeClock, a_body, a_draft

from tianfu.model.errors import CursorExpired, StoreUnavailable
from tianfu.model.event import Event, EventType, ReaderKind, ReaderRef
from tianfu.model.recommendation import FeedRequest
from tianfu.serving.services import event_stream, number_gaps
from tianfu.serving.services.events import EventOutcome
from tianfu.serving.services.ingest import IngestOutcome, ingest
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.services.signals import scopes_of
from tianfu.serving.store.changes import ChangeKind
from tianfu.serving.store.database import Database
from tianfu.serving.store.events import Events, LoggedEvent

NewRoom = Callable[..., Newsroom]


def stories_in(room: Newsroom, count: int = 12) -> list[str]:
    drafts = [
        a_draft(f"s{n}", title=f"利州第{n}篇农事", body=a_body(n), hours_ago=n + 1) for n in range(count)
    ]
    receipts = ingest(drafts, database=room.database, clock=room.clock)
    while room.indexer.step():
        pass
    return [receipt.story_id for receipt in receipts]


def reader(name: str) -> ReaderRef:
    return ReaderRef(outlet_id="lizhou", kind=ReaderKind.READER, id=name)


def clicks(room: Newsroom, story_id: str, *names: str, mark: str = "") -> list[Event]:
    at = room.clock.now() - timedelta(minutes=1)
    return [
        Event(event_id=f"{mark}{name}-{story_id}", reader=reader(name), story_id=story_id,
              type=EventType.CLICK, at=at)
        for name in names
    ]  # fmt: skip


def hot(room: Newsroom) -> dict[int, float]:
    scope = scopes_of(room.library.outlets["lizhou"])[0]
    return room.stream.signals.hot(scope, room.clock.now().timestamp())


def settled(check: Callable[[], bool], within_s: float = 5.0) -> bool:
    until = time.monotonic() + within_s
    while not check():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_what_readers_do_at_one_replica_is_hot_and_followed_at_the_other(new_room: NewRoom) -> None:
    one, other = new_room(), new_room()
    first, second, *_ = stories_in(one)
    one.events.record(clicks(one, first, "r1", "r2"))
    other.events.record(clicks(other, first, "r3"))
    other.events.record(clicks(other, second, "r1"))
    assert settled(lambda: len(hot(one)) == len(hot(other)) == 2)
    assert hot(one) == hot(other)
    number = one.library.view.number_of(first)
    assert number is not None
    after = [room.stream.signals.after("lizhou", [number]) for room in (one, other)]
    assert after[0] == after[1] != []
    assert other.readers.look(reader("r2")).engagements == one.readers.look(reader("r2")).engagements != ()


def test_an_event_that_commits_late_is_counted_and_a_number_given_up_is_not_waited_for(
    new_room: NewRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = new_room(), new_room()
    if one.database.is_sqlite:
        pytest.skip("SQLite gives numbers and commits in one order")
    first, second, third, *_ = stories_in(one)
    row = (
        "INSERT INTO events (outlet_id, event_id, story_number, type, at, received_at, scene) "
        "SELECT 'lizhou', :id, number, 'click', :at, :at, 'home' FROM stories WHERE id = :story"
    )
    with one.database.write(()) as late:
        late._connection.execute(text(row), {"id": "late", "story": first, "at": one.clock.now()})
        other.events.record(clicks(other, second, "r1"))
        assert settled(lambda: len(hot(one)) == 1)
        late.commit()
    assert settled(lambda: len(hot(one)) == len(hot(other)) == 2)
    with one.database.write(()) as given_up:
        given_up._connection.execute(text(row), {"id": "up", "story": first, "at": one.clock.now()})
    monkeypatch.setattr(number_gaps, "GAP_S", 0.2)
    other.events.record(clicks(other, third, "r1"))
    assert settled(lambda: len(hot(one)) == len(hot(other)) == 3)
    assert settled(lambda: one.stream.waits_for == other.stream.waits_for == 0)


def test_gaps_are_waited_for_together(new_room: NewRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    room = new_room()
    first, *_ = stories_in(room)
    room.events.record(clicks(room, first, *(f"r{n}" for n in range(80))))
    with room.database.write() as uow:
        uow._connection.execute(text("DELETE FROM events WHERE number % 2 = 1"))
        uow.commit()
    stream = new_room().stream
    clock_s = time.monotonic()
    monkeypatch.setattr(event_stream.time, "monotonic", lambda: clock_s)
    stream.load()
    assert stream.waits_for == (0 if room.database.is_sqlite else 40)
    clock_s += number_gaps.GAP_S
    stream.catch_up()
    assert stream.waits_for == 0


def test_no_event_beyond_a_missing_number_is_read_twice(
    new_room: NewRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, follower = new_room(), new_room()
    follower.worker.stop()
    first, *_ = stories_in(room)
    room.events.record(clicks(room, first, *(f"r{n}" for n in range(20))))
    with room.database.write() as uow:
        uow._connection.execute(text("DELETE FROM events WHERE number = 5"))
        uow.commit()
    read: list[int] = []
    for name in ("after", "numbered"):
        asked = getattr(Events, name)

        def noting(events: Events, *given: Any, asked: Any = asked) -> list[LoggedEvent]:
            found: list[LoggedEvent] = asked(events, *given)
            read.extend(event.number for event in found)
            return found

        monkeypatch.setattr(Events, name, noting)
    for _ in range(5):
        follower.stream.catch_up()
        time.sleep(0.1)
    assert sorted(read) == [n for n in range(1, 21) if n != 5], "once each, though one is missing"
    assert follower.stream.waits_for == (0 if room.database.is_sqlite else 1)


def test_the_same_batch_at_both_replicas_at_once_is_counted_once(new_room: NewRoom) -> None:
    rooms = [new_room(), new_room()]
    first, *_ = stories_in(rooms[0])
    batch = clicks(rooms[0], first, *(f"r{n}" for n in range(20)))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: rooms[n % 2].events.record(batch), range(8)))
    outcomes = [receipt.outcome for answer in answers for receipt in answer]
    assert outcomes.count(EventOutcome.ACCEPTED) == 20
    assert outcomes.count(EventOutcome.DUPLICATE) == 7 * 20


def test_events_of_one_reader_at_both_replicas_at_once_are_all_remembered(new_room: NewRoom) -> None:
    rooms = [new_room(), new_room()]
    ids = stories_in(rooms[0], 16)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: rooms[n % 2].events.record(clicks(rooms[0], ids[n], "r1")), range(16)))
    assert len(rooms[0].readers.look(reader("r1")).engagements) == 16


def test_the_same_story_sent_to_both_replicas_at_once_is_stored_once(new_room: NewRoom) -> None:
    rooms = [new_room(), new_room()]
    drafts = [a_draft(f"s{n}", body=a_body(n)) for n in range(10)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda n: ingest(drafts, database=rooms[n % 2].database, clock=rooms[0].clock), range(8))
        )
    outcomes = [receipt.outcome for answer in answers for receipt in answer]
    assert outcomes.count(IngestOutcome.CREATED) == 10
    assert len({receipt.story_id for answer in answers for receipt in answer}) == 10


def test_a_farm_of_newcomers_gains_nothing_by_spreading_over_replicas(new_room: NewRoom) -> None:
    one, other = new_room(), new_room()
    first, *_ = stories_in(one)
    for n in range(40):
        room = (one, other)[n % 2]
        room.events.record(clicks(room, first, f"ghost{n}"))
        (other, one)[n % 2].stream.catch_up()
    with one.database.read() as uow:
        held = uow.quarantine.since(one.clock.now() - timedelta(days=1), 10)
    assert sum(row.events for row in held) == 35


def test_a_page_made_at_one_replica_is_continued_at_the_other_even_before_it_is_written(
    new_room: NewRoom, clock: FakeClock
) -> None:
    one, other = new_room(), new_room()
    stories_in(one)
    other.library.catch_up(at_once=True)
    page = one.feeds.recommend(FeedRequest(outlet_id="lizhou", count=4))
    assert page.cursor is not None
    following = other.feeds.next_page(page.cursor, outlet_id="lizhou")
    again = one.feeds.next_page(page.cursor, outlet_id="lizhou")
    assert [item.item for item in following.items] == [item.item for item in again.items]
    assert following.cursor == again.cursor
    stale = one.cursors.make("feed", f"f{0x018000000000:012x}{0:020x}", 4)
    with pytest.raises(CursorExpired):
        other.feeds.next_page(stale, outlet_id="lizhou")


def test_an_erased_reader_is_forgotten_by_every_replica_and_named_nowhere(new_room: NewRoom) -> None:
    one, other = new_room(), new_room()
    first, *_ = stories_in(one)
    other.library.catch_up(at_once=True)
    other.events.record(clicks(other, first, "r1"))
    other.feeds.recommend(FeedRequest(outlet_id="lizhou", count=4, reader=reader("r1")))
    key = reader("r1").key
    assert settled(lambda: key in one.stream.signals.reader_keys())
    assert key in other.decisions.reader_keys()
    one.readers.erase(reader("r1"))
    parts = [one.stream.signals, other.stream.signals, other.interests, other.decisions]
    assert settled(lambda: not any(key in part.reader_keys() for part in parts))
    other.decisions.flush()
    with one.database.read() as uow:
        named = uow._connection.execute(
            text("SELECT count(*) FROM decisions WHERE reader_key = :key"), {"key": key}
        ).scalar_one()
        changes = (
            uow._connection.execute(text("SELECT key FROM changes WHERE key IS NOT NULL")).scalars().all()
        )
    assert named == 0
    assert len(changes) == 1
    assert "r1" not in changes[0]


def test_two_workers_with_one_copy_each_still_join_them(new_room: NewRoom) -> None:
    one, other = new_room(), new_room()
    for pair in range(4):
        drafts = [
            a_draft(f"a{pair}", title=f"第{pair}件", body=a_body(90 + pair), hours_ago=3),
            a_draft(f"b{pair}", title=f"另{pair}件", body=a_body(90 + pair), outlet_id="cangxi", hours_ago=2),
        ]
        ingest(drafts, database=one.database, clock=one.clock)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda room: room.indexer.step(1), (one, other)))
    with one.database.read() as uow:
        stories = uow.stories.by_numbers(range(1, 9))
    assert len(stories) == 8
    assert all(story.is_indexed for story in stories.values())
    assert len({story.cluster_id for story in stories.values()}) == 4


def test_a_worker_that_answers_nobody_indexes_and_keeps_neither_cards_nor_events(new_room: NewRoom) -> None:
    replica, worker = new_room(), new_room(answers=False)
    story_ids = stories_in(worker)
    replica.events.record(clicks(replica, story_ids[0], "r1", "r2"))
    copy = a_draft("copy", title="转发第0篇", body=a_body(0), outlet_id="cangxi", hours_ago=0.5)
    (receipt,) = ingest([copy], database=replica.database, clock=replica.clock)
    assert worker.indexer.step() == 1
    replica.library.catch_up(at_once=True)

    assert worker.library.index.size == replica.library.index.size == 13
    assert len(worker.library.view) == 0
    assert len(replica.library.view) == 13
    assert hot(worker) == {}
    first, second = map(replica.library.view.card_named, (story_ids[0], receipt.story_id))
    assert first is not None
    assert second is not None
    assert first.cluster_id == second.cluster_id, "found by a worker that has no cards"


def test_a_revision_that_arrives_while_its_story_is_read_is_not_overwritten_by_the_older_text(
    new_room: NewRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = new_room(), new_room()
    ingest([a_draft(title="旧标题")], database=one.database, clock=one.clock)
    read = one.indexer._edges

    def overtaken(batch: object) -> object:
        ingest([a_draft(title="新标题")], database=other.database, clock=other.clock)
        while other.indexer.step():
            pass
        return read(batch)  # type: ignore[arg-type]

    if one.database.is_sqlite:
        pytest.skip("a box has one worker")
    monkeypatch.setattr(one.indexer, "_edges", overtaken)
    one.indexer.step()
    with one.database.read() as uow:
        vector = uow.vectors.of([1], encoder="fake")[1]
        story = uow.stories.by_numbers([1])[1]
        waiting = uow.queue.depth().waiting
    assert (vector.revision, story.indexed_revision, waiting) == (2, 2, 0)


def test_a_change_is_never_seen_before_one_with_a_lower_number(new_room: NewRoom) -> None:
    room = new_room()
    seen: list[int] = []
    stop = threading.Event()

    def follow() -> None:
        last = 0
        while not stop.is_set():
            with room.database.read() as uow:
                for change in uow.changes.since(last):
                    seen.append(change.sequence)
                    last = change.sequence

    def tell(n: int) -> None:
        with room.database.write(()) as uow:
            uow.changes.add(ChangeKind.STORY_STATE, range(3), room.clock.now())
            if n % 5 == 0:
                return  # given up: its numbers are never committed
            time.sleep(0.002 * (n % 3))
            uow.commit()

    follower = threading.Thread(target=follow)
    follower.start()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(tell, range(60)))
    time.sleep(0.3)
    stop.set()
    follower.join()
    with room.database.read() as uow:
        written = [change.sequence for change in uow.changes.since(0)]
    assert seen == written
    assert len(written) >= 48 * 3


def test_a_race_for_one_row_is_an_error_that_may_be_tried_again(postgres_url: str) -> None:
    with Database(postgres_url) as database:

        def second() -> None:
            with database.write(()) as uow:
                uow._connection.execute(text("SET LOCAL lock_timeout = '200ms'"))
                uow.settings.put("x", "2")

        with database.write(()) as first:
            first.settings.put("x", "1")
            with pytest.raises(StoreUnavailable, match="Somebody else"):
                second()
        with database.write() as after:
            after.settings.put("x", "3")
            after.commit()
