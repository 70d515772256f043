"""How long logs and changes are kept, and that no wrong clock drops them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from sqlalchemy import Table, insert, select, text
from support.builders import FakeClock, a_draft

from tianfu.model.errors import StoreUnavailable
from tianfu.model.event import EventType, Scene
from tianfu.model.recommendation import FeedRequest
from tianfu.serving.services.ingest import ingest
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.services.retention import RetentionChore
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store.changes import ChangeKind
from tianfu.serving.store.events import LoggedEvent
from tianfu.serving.store.schema import decisions, events

log = structlog.get_logger(__name__)
NewRoom = Callable[[], Newsroom]


def left(room: Newsroom, table: Table) -> list[str]:
    column = table.c.event_id if table is events else table.c.trace_id
    with room.database.read() as uow:
        return list(uow._connection.execute(select(column).order_by(column)).scalars())


def an_event(name: str, at: datetime) -> LoggedEvent:
    return LoggedEvent(
        outlet_id="lizhou", event_id=name, reader_key=None, story_number=1, type=EventType.CLICK, at=at,
        received_at=at, scene=Scene.HOME,
    )  # fmt: skip


def put_logs(room: Newsroom, days_ago: list[int]) -> None:
    with room.database.write(()) as uow:
        for days in days_ago:
            at = room.clock.now() - timedelta(days=days)
            uow.events.add([an_event(f"e{days:03}", at)])
            row = {"trace_id": f"f{days:03}", "outlet_id": "lizhou", "made_at": at, "record": b""}
            uow.run(insert(decisions).values(row))
        uow.commit()


def chore(room: Newsroom, clock: FakeClock | None = None, days: int = 180) -> RetentionChore:
    return RetentionChore(
        database=room.database, clock=clock or room.clock, event_days=days, decision_days=days
    )


def test_what_readers_did_and_what_was_decided_is_kept_180_days_unless_set_otherwise(room: Newsroom) -> None:
    kept = {name: ServiceSettings.model_fields[name].default for name in ("event_days", "decision_days")}
    assert kept == {"event_days": 180, "decision_days": 180}
    put_logs(room, [1, 40, 170, 179, 181, 260, 400])
    work = RetentionChore(database=room.database, clock=room.clock, **kept)
    while work.step():
        pass
    assert left(room, events) == ["e001", "e040", "e170", "e179"]
    assert left(room, decisions) == ["f001", "f040", "f170", "f179"]


def test_a_retention_that_fails_is_left_alone_for_some_minutes(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_logs(room, [400])
    work = chore(room)
    with monkeypatch.context() as away:
        away.setattr(room.database, "write", lambda _holding: (_ for _ in ()).throw(StoreUnavailable("slow")))
        with pytest.raises(StoreUnavailable):
            work.step()
    assert work.step() == 0
    assert left(room, events) == ["e400"]


def test_months_are_tables_of_their_own_and_old_ones_are_dropped_whole(
    room: Newsroom, clock: FakeClock
) -> None:
    if room.database.is_sqlite:
        pytest.skip("a box keeps one table")

    def months() -> set[str]:
        with room.database.read() as uow:
            rows = uow._connection.execute(
                text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'events'::regclass")
            )
            return set(rows.scalars()) - {"events_other"}

    put_logs(room, [0, 20, 400])
    chore(room).step()
    assert months() == {"events_2026_02", "events_2026_03", "events_2026_04", "events_2026_05"}
    with room.database.read() as uow:
        where = uow._connection.execute(text("SELECT tableoid::regclass::text FROM events ORDER BY at"))
        assert list(where.scalars()) == ["events_2026_02", "events_2026_03"]
    clock.pass_by(days=100)
    chore(room, days=60).step()
    assert months() == {
        "events_2026_04", "events_2026_05", "events_2026_06", "events_2026_07", "events_2026_08",
    }  # fmt: skip
    assert left(room, events) == []


def test_the_rest_of_a_month_goes_in_steps(room: Newsroom) -> None:
    at = room.clock.now() - timedelta(days=181)
    with room.database.write(()) as uow:
        uow.events.add([an_event(f"e{number:05}", at) for number in range(5_003)])
        uow.commit()
    work = chore(room)
    gone = []
    while step := work.step():
        gone.append(step)
    assert len(gone) > 1
    assert sum(gone) == 5_003
    assert left(room, events) == []


def changed(room: Newsroom, days_ago: list[float]) -> None:
    for days in days_ago:
        with room.database.write(()) as uow:
            uow.changes.add(ChangeKind.PLACEMENTS, [None], room.clock.now() - timedelta(days=days))
            uow.commit()


def test_old_changes_go_but_for_the_last_that_tells_how_far_back_they_reach(room: Newsroom) -> None:
    changed(room, [40, 39, 38, 37, 1])
    with room.database.write(()) as uow:
        first = uow.changes.since(0)[-5].sequence
        before = room.clock.now() - timedelta(days=30)
        assert uow.changes.let_go(before) == 0, "so few are kept whatever their age"
        gone = [uow.changes.let_go(before, rows=2, keep=0) for _ in range(5)]
        uow.commit()
    assert gone[-1] == 0
    with room.database.read() as uow:
        assert [change.sequence for change in uow.changes.since(0)] == [first + 3, first + 4]
        assert uow.changes.reach_back_to(first + 2)
        assert not uow.changes.reach_back_to(first + 1)


def test_a_process_that_slept_longer_than_changes_are_kept_loads_everything_anew(
    new_room: NewRoom, clock: FakeClock
) -> None:
    awake, asleep = new_room(), new_room()
    receipts = ingest([a_draft()], database=awake.database, clock=clock)
    awake.indexer.step()
    changed(awake, [0, 0])
    with awake.database.write(()) as uow:
        uow.changes.let_go(clock.now() + timedelta(days=1), keep=0)
        uow.commit()
    asleep.library.catch_up(at_once=True)
    assert asleep.library.index.size == 1
    page = asleep.feeds.recommend(FeedRequest(outlet_id="lizhou", count=5))
    assert [shown.card.story_id for shown in page.items] == [receipts[0].story_id]


def test_a_snapshot_older_than_the_changes_that_are_kept_is_not_used(
    new_room: NewRoom, clock: FakeClock
) -> None:
    room = new_room()
    room.library.save_snapshot()
    ingest([a_draft()], database=room.database, clock=clock)
    room.indexer.step()
    changed(room, [0, 0])
    with room.database.write(()) as uow:
        uow.changes.let_go(clock.now() + timedelta(days=1), keep=0)
        uow.commit()
    assert new_room().library.index.size == 1


def test_a_clock_that_jumps_ahead_drops_nothing(room: Newsroom, clock: FakeClock) -> None:
    put_logs(room, [1, 40])
    work = chore(room)
    clock.pass_by(days=3_000)
    assert work.step() == 0
    assert left(room, events) == ["e001", "e040"]


def test_a_machine_that_starts_with_a_wrong_clock_drops_nothing_on_postgresql(room: Newsroom) -> None:
    if room.database.is_sqlite:
        pytest.skip("a box has no second clock to ask")
    recent = datetime.now(UTC) - timedelta(days=10)
    with room.database.write(()) as uow:
        uow.events.add([an_event("recent", recent)])
        uow.commit()
    wrong = FakeClock(datetime.now(UTC) + timedelta(days=3_000))
    work = chore(room, wrong)
    while work.step():  # months of long ago that other tests left may go
        pass
    assert left(room, events) == ["recent"]
