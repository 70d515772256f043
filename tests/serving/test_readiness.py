"""/readyz under each part broken."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from support.builders import NOW, FakeClock

from tianfu.model.errors import StoreUnavailable
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.store.changes import ChangeKind
from tianfu.serving.store.queue import MAX_ATTEMPTS


@pytest.fixture
def room(served: TestClient) -> Newsroom:
    found: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    return found


def ready(served: TestClient, status: int) -> dict[str, Any]:
    answer = served.get("/readyz")
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    assert told["ready"] == (status == 200)
    return told


def failing(told: dict[str, Any]) -> set[str]:
    return {name for name, check in told["checks"].items() if not check["ok"]}


def test_a_whole_newsroom_is_ready_and_says_by_what(served: TestClient, room: Newsroom) -> None:
    told = ready(served, 200)
    assert set(told["checks"]) == {"database", "index", "models", "worker", "queue"}
    assert failing(told) == set()
    assert told["models"] == dict(room.models)


def test_without_its_database_it_is_not_ready_and_invents_no_numbers(
    served: TestClient, room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Any:
        raise StoreUnavailable("The database does not answer.")

    monkeypatch.setattr(room.database, "read", away)
    told = ready(served, 503)
    assert failing(told) >= {"database", "index", "queue"}
    assert [told[name] for name in ("stories", "queue_waiting", "queue_age_s", "behind")] == [None] * 4
    assert "does not answer" in told["checks"]["database"]["detail"]


def test_a_real_database_that_lost_its_tables_is_away(served: TestClient, room: Newsroom) -> None:
    room.worker.stop()
    with room.database.write() as uow:
        uow._connection.execute(text("ALTER TABLE work_queue RENAME TO gone"))
        uow.commit()
    try:
        assert "database" in failing(ready(served, 503))
    finally:
        with room.database.write() as uow:
            uow._connection.execute(text("ALTER TABLE gone RENAME TO work_queue"))
            uow.commit()


def test_an_index_that_stopped_following_is_told_after_half_a_minute(
    served: TestClient, room: Newsroom, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room.library, "catch_up", lambda **_: 0)
    time.sleep(1.0)  # a round that began before is over
    with room.database.write() as uow:
        uow.changes.add(ChangeKind.AIMS, [None], NOW)
        uow.commit()
    told = ready(served, 200)
    assert told["behind"] == 1
    clock.pass_by(seconds=31)
    told = ready(served, 503)
    assert failing(told) == {"index"}
    assert told["behind_s"] == 31.0


@pytest.mark.parametrize(
    "broken",
    [
        lambda _texts: (_ for _ in ()).throw(RuntimeError("weights are gone")),
        lambda texts: np.zeros((len(texts), 32), np.float32),
        lambda texts: np.full((len(texts), 32), np.nan, np.float32),
        lambda texts: np.ones((len(texts), 3), np.float32),
    ],
)
def test_an_encoder_that_fails_is_found_by_asking_it(
    served: TestClient, room: Newsroom, monkeypatch: pytest.MonkeyPatch, broken: Callable[[Any], Any]
) -> None:
    monkeypatch.setattr(room.library.meaning.encoder._encoder, "encode", broken)  # type: ignore[attr-defined]
    told = ready(served, 503)
    assert failing(told) == {"models"}
    assert "weights are gone" not in str(told)


def test_the_encoder_is_asked_every_half_minute_at_most(
    served: TestClient, room: Newsroom, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(served, 200)
    broken = lambda _texts: (_ for _ in ()).throw(RuntimeError)  # noqa: E731
    monkeypatch.setattr(room.library.meaning.encoder._encoder, "encode", broken)  # type: ignore[attr-defined]
    ready(served, 200)
    clock.pass_by(seconds=31)
    assert failing(ready(served, 503)) == {"models"}


def test_a_worker_that_ended_is_told(served: TestClient, room: Newsroom) -> None:
    room.worker.stop()
    assert failing(ready(served, 503)) == {"worker"}


def test_a_late_queue_and_a_given_up_story_are_told_but_feeds_go_on(
    served: TestClient, room: Newsroom, clock: FakeClock, key: Callable[..., dict[str, str]],
    story_json: Callable[..., dict[str, Any]],
) -> None:  # fmt: skip
    room.worker.stop()
    room.worker._thread = None
    room.worker._stop.clear()
    served.post("/v1/stories", headers=key(), json=story_json())
    clock.pass_by(minutes=16)
    told = served.get("/readyz").json()
    assert {"queue"} <= failing(told) <= {"queue", "worker", "index"}
    assert told["checks"]["queue"]["needed"] is False
    assert (told["queue_waiting"], told["queue_age_s"]) == (1, 960.0)
    with room.database.write() as uow:
        uow._connection.execute(text("UPDATE work_queue SET attempts = :n"), {"n": MAX_ATTEMPTS})
        uow.commit()
    told = served.get("/readyz").json()
    assert (told["queue_stuck"], told["queue_waiting"]) == (1, 0)
    assert "1 given up" in told["checks"]["queue"]["detail"]
