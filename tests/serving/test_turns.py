"""Calls that wait for each other: a few of one outlet, and never all threads of a process."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
from fastapi.testclient import TestClient
from support.builders import a_body, a_draft
from support.readers import Key

from tianfu.model.access import Role
from tianfu.model.errors import RateLimited
from tianfu.model.event import Event, EventType, ReaderKind, ReaderRef
from tianfu.serving.services.events import AT_ONCE, EventOutcome
from tianfu.serving.services.ingest import ingest
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.services.turns import Turns
from tianfu.serving.store.locks import readers_of


def a_click(room: Newsroom, story_id: str, number: int, outlet_id: str = "lizhou") -> Event:
    ref = ReaderRef(outlet_id=outlet_id, kind=ReaderKind.READER, id=f"r-{number}")
    return Event(
        event_id=f"e-{number}", reader=ref, story_id=story_id, type=EventType.CLICK, at=room.clock.now()
    )


def a_story(room: Newsroom) -> str:
    (receipt,) = ingest([a_draft("s1", body=a_body(1))], database=room.database, clock=room.clock)
    return receipt.story_id


def until(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def locked(room: Newsroom, outlet_id: str) -> Iterator[None]:
    """Hold what every writer of an outlet's readers waits for, as another process's large batch does."""
    with room.database.write([readers_of(outlet_id)]):
        yield


def test_few_of_one_name_are_inside_and_a_place_is_given_back_even_by_an_error() -> None:
    turns = Turns(2, what="things")
    with turns.of("a"), ExitStack() as second:
        second.enter_context(turns.of("a"))
        with pytest.raises(RateLimited, match="Too many things") as full, turns.of("a"):
            pass
        assert (full.value.code, full.value.retry_after_s, full.value.limit) == ("rate_limited", 1, None)
        with turns.of("b"):
            second.close()
        with turns.of("a"):
            pass
    with pytest.raises(ZeroDivisionError), turns.of("a"):
        _ = 1 / 0
    with turns.of("a"), turns.of("a"):
        pass


def test_batches_of_one_outlet_beyond_those_that_wait_are_refused_at_once_and_nothing_is_lost(
    room: Newsroom,
) -> None:
    story_id = a_story(room)
    batches = [[a_click(room, story_id, n)] for n in range(AT_ONCE + 1)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        with locked(room, "lizhou"):
            waiting = [pool.submit(room.events.record, batch) for batch in batches[:-1]]
            until(lambda: room.events._turns._inside["lizhou"] == AT_ONCE)
            began_s = time.monotonic()
            with pytest.raises(RateLimited):
                room.events.record(batches[-1])
            assert time.monotonic() - began_s < 1.0
        outcomes = [receipt.outcome for one in waiting for receipt in one.result()]
    assert outcomes == [EventOutcome.ACCEPTED] * AT_ONCE
    (again,) = room.events.record(batches[-1])
    assert again.outcome is EventOutcome.ACCEPTED


def test_a_refused_batch_and_a_refused_change_say_when_to_come_again(served: TestClient, key: Key) -> None:
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    app, other = key(Role.APP, "lizhou"), key(Role.APP, "cangxi")
    event = {"event_id": "e1", "story_id": "s-none", "type": "click", "reader_id": "r"}
    asked = {"events": [{**event, "at": "2026-03-02T12:00:00+08:00"}]}
    with ExitStack() as inside:
        for turns in (room.events._turns, room.readers._turns):
            for _ in range(turns._at_once):
                inside.enter_context(turns.of("lizhou"))
        for answer in (
            served.post("/v1/events", headers=app, json=asked),
            served.put("/v1/readers/r/personalisation", headers=app, json={"on": False}),
            served.delete("/v1/readers/r", headers=app),
        ):
            assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
            assert answer.headers["Retry-After"] == "1"
            assert "RateLimit-Limit" not in answer.headers
        assert served.post("/v1/events", headers=other, json=asked).status_code == 200
        assert served.get("/v1/readers/r", headers=app).status_code == 200, "looking waits for nobody"
    assert served.post("/v1/events", headers=app, json=asked).status_code == 200
    assert served.delete("/v1/readers/r", headers=app).status_code == 200


def test_turns_of_many_threads_never_exceed_the_bound() -> None:
    turns, most, now = Turns(3, what="things"), 0, 0
    lock = threading.Lock()

    def enter(_number: int) -> bool:
        nonlocal most, now
        try:
            with turns.of("a"):
                with lock:
                    now += 1
                    most = max(most, now)
                time.sleep(0.001)
                with lock:
                    now -= 1
        except RateLimited:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        entered = list(pool.map(enter, range(200)))
    assert most <= 3
    assert any(entered)
    assert not turns._inside
