"""What breaks in the small: rows, clocks, disks, snapshots, replicas that slept."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import pytest
import structlog
from fastapi.testclient import TestClient
from sqlalchemy import event
from support.builders import FakeClock, a_body, a_draft
from support.fakes import POISON, fake_parts
from support.small_disk import small_disk

from tianfu.model.access import Role
from tianfu.model.errors import StoreUnavailable
from tianfu.model.story import StoryState
from tianfu.serving.app import create_app
from tianfu.serving.services.access import create_key
from tianfu.serving.services.ingest import ingest
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store.changes import ChangeKind
from tianfu.serving.store.queue import MAX_ATTEMPTS, QueuedStory
from tianfu.serving.wiring import build_newsroom

log = structlog.get_logger(__name__)
NewRoom = Callable[[], Newsroom]


def test_a_key_is_admitted_from_memory_for_an_hour_and_no_longer(
    room: Newsroom, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = create_key(
        role=Role.OPERATOR, outlet_id=None, label="x", actor="t", database=room.database, clock=clock
    )
    room.gatekeeper.admit(secret)

    def away() -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(room.database, "glance", away)
    clock.pass_by(minutes=59)
    room.gatekeeper.admit(secret)
    clock.pass_by(minutes=2)
    with pytest.raises(StoreUnavailable):
        room.gatekeeper.admit(secret)


def test_an_index_that_cannot_be_saved_ends_no_thread(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FAISS tells of a full disk by an error of its own."""

    def full() -> None:
        raise RuntimeError("No space left on device")

    monkeypatch.setattr(room.library, "save_snapshot", full)
    room.worker._save()


def test_a_clock_that_jumps_and_comes_back_holds_up_no_story(new_room: NewRoom, clock: FakeClock) -> None:
    room = new_room()
    clock.pass_by(days=2)
    ingest([a_draft("a"), a_draft("b", body=a_body(2))], database=room.database, clock=clock)
    with room.database.write(()) as uow:
        uow.queue.take(1, worker="killed-in-the-future", now=clock.now())
        uow.commit()
    clock.pass_by(days=-2)
    other = new_room()
    if room.database.is_sqlite:
        other._release_leases()  # as a box does at its start; a province sees that the line is gone
    while other.indexer.step():
        pass
    assert other.library.index.size == 2


def test_two_workers_never_hold_one_story(new_room: NewRoom) -> None:
    rooms = [new_room(), new_room()]
    drafts = [a_draft(f"s{n}", body=a_body(n)) for n in range(20)]
    ingest(drafts, database=rooms[0].database, clock=rooms[0].clock)
    if rooms[0].database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    with rooms[0].database.write(()) as one, rooms[1].database.write(()) as other:
        mine = one.queue.take(8, worker="one", now=rooms[0].clock.now())
        theirs = other.queue.take(8, worker="other", now=rooms[0].clock.now())
    assert len(mine) == len(theirs) == 8
    assert not {item.number for item in mine} & {item.number for item in theirs}


def test_stories_held_while_the_database_was_away_are_taken_again_and_no_attempt_is_counted(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest([a_draft(f"s{n}", body=a_body(n)) for n in range(5)], database=room.database, clock=room.clock)

    def away(*_: object) -> None:
        raise StoreUnavailable("away")

    with monkeypatch.context() as broken:
        broken.setattr(room.indexer, "_edges", away)
        for _ in range(8):
            with pytest.raises(StoreUnavailable):
                room.indexer.step()
    with room.database.read() as uow:
        assert (uow.queue.depth().waiting, uow.queue.depth().stuck) == (5, 0)
    assert room.indexer.step() == 5
    assert room.library.index.size == 5


def test_a_poisoned_row_holds_up_nobody_though_two_workers_try_it(new_room: NewRoom) -> None:
    one, other = new_room(), new_room()
    drafts = [a_draft("bad", title=POISON), *(a_draft(f"s{n}", body=a_body(n)) for n in range(6))]
    ingest(drafts, database=one.database, clock=one.clock)
    for _ in range(6):
        one.indexer.step(4)
        other.indexer.step(4)
    with one.database.read() as uow:
        depth = uow.queue.depth()
    assert (depth.waiting, depth.stuck, one.library.index.size) == (0, 1, 6)


def test_a_story_that_kills_each_worker_that_reads_it_takes_no_other_with_it(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The process is gone: nothing of it goes on."""

    drafts = [a_draft(f"s{n}", body=a_body(n)) for n in range(8)]
    ingest(drafts, database=room.database, clock=room.clock)
    index = room.indexer._index

    def dies(items: Sequence[QueuedStory]) -> None:
        if any(item.number == 4 for item in items):
            raise Killed
        index(items)

    monkeypatch.setattr(room.indexer, "_index", dies)
    deaths = 0
    for start in range(20):
        monkeypatch.setattr(room.indexer, "_worker", f"w{start}")
        try:
            while room.indexer.step():
                pass
        except Killed:
            deaths += 1
        with room.database.write(()) as uow:
            uow.queue.release(worker=f"w{start}")
            uow.commit()
    with room.database.read() as uow:
        depth = uow.queue.depth()
    assert (deaths, depth.waiting, depth.stuck, room.library.index.size) == (MAX_ATTEMPTS, 0, 1, 7)


def test_what_waits_of_the_often_tried_keeps_no_other_of_them_from_its_turn(room: Newsroom) -> None:
    ingest([a_draft(f"s{n}", body=a_body(n)) for n in range(3)], database=room.database, clock=room.clock)
    now = room.clock.now()
    with room.database.write(()) as uow:
        for name in ("one", "two"):
            assert len(uow.queue.take(3, worker=name, now=now)) == 3
            uow.queue.release(worker=name)
        assert uow.queue.take(3, worker="three", now=now) == []
        turns = [uow.queue.take_doubtful(worker="three", now=now) for _ in range(4)]
    assert [[item.number for item in items] for items in turns] == [[1], [2], [3], [1]]
    assert {item.attempts for items in turns for item in items} == {3}


def test_what_is_new_comes_before_what_is_read_again_though_both_were_tried_often(
    room: Newsroom, clock: FakeClock
) -> None:
    ingest([a_draft(f"s{n}", body=a_body(n)) for n in range(2)], database=room.database, clock=clock)
    room.indexer.step()
    with room.database.write(()) as uow:
        uow.queue.add_all(clock.now())
        uow.commit()
    ingest([a_draft("new", body=a_body(9))], database=room.database, clock=clock)
    came = clock.now()
    clock.pass_by(minutes=9)
    with room.database.write(()) as uow:
        uow.queue.add_all(clock.now())
        assert uow.queue.depth().oldest_at == came
        for name in ("one", "two"):
            assert [item.number for item in uow.queue.take(3, worker=name, now=clock.now())] == [3, 1, 2]
            uow.queue.release(worker=name)
        (first,) = uow.queue.take_doubtful(worker="three", now=clock.now())
    assert first.number == 3


def test_a_replica_that_slept_through_thousands_of_changes_catches_up(new_room: NewRoom) -> None:
    asleep, awake = new_room(), new_room()
    ingest([a_draft(f"s{n}", body=a_body(n)) for n in range(30)], database=awake.database, clock=awake.clock)
    while awake.indexer.step():
        pass
    with awake.database.write(()) as uow:
        for _ in range(400):
            uow.changes.add(ChangeKind.STORY_TAGS, range(1, 31), awake.clock.now())
        uow.stories.set_state([7], StoryState.TAKEN_DOWN)
        uow.changes.add(ChangeKind.STORY_STATE, [7], awake.clock.now())
        uow.commit()
    began = time.monotonic()
    asleep.library.catch_up(at_once=True)
    log.info("replica.caught_up", changes=12_000, seconds=round(time.monotonic() - began, 2))
    awake.library.catch_up(at_once=True)
    assert asleep.library.sequence == awake.library.sequence
    assert {c.number for c in asleep.library.view.cards} == {c.number for c in awake.library.view.cards}
    assert not asleep.library.is_showable(7)


@contextmanager
def full_disk(room: Newsroom) -> Iterator[None]:
    """Let SQLite's file not grow by a single page."""
    engine = room.database._opened.writers

    def limit(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")

    def lift(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1073741823")

    event.listen(engine, "checkout", limit)
    try:
        yield
    finally:
        event.remove(engine, "checkout", limit)
        event.listen(engine, "checkout", lift)


Filled = Callable[[Newsroom], AbstractContextManager[None]]


@pytest.fixture
def small(settings: ServiceSettings, clock: FakeClock) -> Iterator[tuple[TestClient, Filled]]:
    """A service over HTTP on a disk that can be filled, and what fills it."""
    with ExitStack() as stack:
        fill: Filled = full_disk
        if settings.database_url.startswith("postgresql"):
            disk = stack.enter_context(small_disk())
            if disk is None:
                pytest.skip("a disk to be filled is mounted, which this user may not")
            settings = settings.model_copy(update={"database_url": disk.url})
            fill = lambda _room: disk.full()  # noqa: E731
        app = create_app(settings, build=lambda given: build_newsroom(given, parts=fake_parts(), clock=clock))
        yield stack.enter_context(TestClient(app)), fill


def test_a_full_disk_refuses_writes_clearly_and_feeds_go_on(
    small: tuple[TestClient, Filled], story_json: Callable[..., dict[str, object]]
) -> None:
    service, filled = small
    room: Newsroom = service.app.state.newsroom  # type: ignore[attr-defined]
    _, secret = create_key(
        role=Role.OPERATOR, outlet_id=None, label="x", actor="t", database=room.database, clock=room.clock
    )
    headers = {"Authorization": f"Bearer {secret}"}
    ingest(
        [a_draft(f"s{n}", title=f"第{n}篇", body=a_body(n)) for n in range(5)],
        database=room.database,
        clock=room.clock,
    )
    while room.indexer.step():
        pass
    room.library.catch_up(at_once=True)
    acknowledged = 5
    with filled(room):
        refused = send(service, headers, story_json(external_id="x0", body=a_body(9, 9_000)))
        while refused.status_code == 201:  # what is free within the pages that there are is soon used up
            acknowledged += 1
            assert acknowledged < 100
            name = f"x{acknowledged}"
            refused = send(service, headers, story_json(external_id=name, body=a_body(acknowledged, 9_000)))
        assert (refused.status_code, refused.json()["code"]) == (503, "store_unavailable")
        feed = service.post("/v1/recommend", headers=headers, json={"outlet_id": "lizhou"})
        assert (feed.status_code, bool(feed.json()["items"])) == (200, True)
    began = time.monotonic()
    # A database that failed is left in peace for half a second.
    last = story_json(external_id="last", body=a_body(9, 9_000))
    while (taken := send(service, headers, last)).status_code == 503:
        assert time.monotonic() - began < 30, taken.text
        time.sleep(0.1)
    log.info("disk.free_again", seconds=round(time.monotonic() - began, 2))
    assert taken.status_code == 201
    with room.database.read() as uow:
        assert uow.stories.count() == acknowledged + 1, "nothing lost, nothing doubled"


def send(service: TestClient, headers: dict[str, str], story: dict[str, object]) -> Any:
    return service.post("/v1/stories", headers=headers, json=story)
