"""What operators see of the service itself."""

import asyncio
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from starlette.types import Receive, Scope, Send
from support.builders import FakeClock

from tianfu.model.access import Role
from tianfu.serving.api.metrics import RequestMetrics
from tianfu.serving.api.request_history import BOUNDS_MS, KEPT_MINUTES, RequestHistory
from tianfu.serving.services.newsroom import Newsroom

Key = Callable[..., dict[str, str]]


def told(served: TestClient, headers: dict[str, str]) -> Any:
    answer = served.get("/v1/vitals", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_what_came_in_shows_in_the_samples(
    served: TestClient, key: Key, story_json: Callable[..., dict[str, Any]], clock: FakeClock
) -> None:
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    operator = key()
    served.post("/v1/stories", headers={**operator, "Prefer": "wait=20"}, json=story_json())
    clock.pass_by(minutes=1)
    for _ in range(100):
        if len(room.vitals.samples()) > 1:
            break
        time.sleep(0.05)
    found = told(served, operator)
    assert found["samples"][0]["stories"] == 0
    assert (found["samples"][-1]["stories"], found["samples"][-1]["indexed"]) == (1, 1)
    assert (found["now"]["stories"], found["now"]["waiting"], found["now"]["behind"]) == (1, 0, 0)
    assert found["models"]["encoder"] == "fake@1"
    assert found["started_at"] == "2026-03-02T04:00:00Z"


def test_answers_are_counted_by_route_template_and_never_by_id(served: TestClient, key: Key) -> None:
    operator = key()
    for story_id in ("s-secret-1", "s-secret-2"):
        assert served.get(f"/v1/stories/{story_id}", headers=operator).status_code == 404
    found = told(served, operator)
    (row,) = [row for row in found["routes"] if row["route"].endswith("/stories/{story_id}")]
    assert (row["method"], row["requests"], row["refused"], row["broken"]) == ("GET", 2, 2, 0)
    assert row["p50_ms"] > 0.0
    assert sum(minute["requests"] for minute in found["minutes"]) >= 2
    assert "s-secret" not in str(found)


def test_a_broken_answer_is_remembered(served: TestClient, key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    operator = key()

    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(type(room.placements), "standing", breaks)
    with pytest.raises(RuntimeError, match="on purpose"):
        served.get("/v1/placements", headers=operator)
    (row,) = told(served, operator)["broken"]
    assert (row["method"], row["status"]) == ("GET", 500)
    assert row["route"].endswith("/placements")


@pytest.mark.parametrize(("error", "broken", "refused"), [(None, 0, 1), (RuntimeError("broken"), 1, 0)])
def test_a_client_that_left_is_no_error_of_ours(error: Exception | None, broken: int, refused: int) -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        if error is not None:
            raise error

    history = RequestHistory()
    counted = RequestMetrics(app, registry=CollectorRegistry(), history=history)
    with nullcontext() if error is None else pytest.raises(RuntimeError):
        asyncio.run(counted({"type": "http", "method": "GET"}, None, None))  # type: ignore[arg-type]
    ((_, _, found),) = history.routes()
    assert (found.broken, found.refused) == (broken, refused)
    assert len(history.broken()) == broken


@pytest.mark.parametrize(
    ("role", "outlet_id", "status"),
    [(Role.APP, "lizhou", 403), (Role.EDITOR, "lizhou", 403), (Role.SCIENTIST, None, 200)],
)
def test_only_those_who_run_it_see_it(
    served: TestClient, key: Key, role: Role, outlet_id: str | None, status: int
) -> None:
    assert served.get("/v1/vitals", headers=key(role, outlet_id)).status_code == status


@given(st.lists(st.floats(min_value=0.0001, max_value=30.0), min_size=1, max_size=200))
def test_percentiles_are_those_of_all_durations_to_a_fifth(seconds: list[float]) -> None:
    history = RequestHistory(lambda: 0.0)
    for one in seconds:
        history.add(method="GET", route="/x", status=200, seconds=one)
    ((_, found),) = history.minutes()
    for share, told_ms in ((0.5, found.p50_ms), (0.95, found.p95_ms), (0.99, found.p99_ms)):
        true_ms = float(np.quantile(np.array(seconds) * 1_000, share, method="inverted_cdf"))
        assert told_ms / 1.21 <= max(true_ms, BOUNDS_MS[0]) <= told_ms * 1.001


def test_only_the_last_three_hours_are_kept() -> None:
    now = [0.0]
    history = RequestHistory(lambda: now[0])
    for minute in range(KEPT_MINUTES + 10):
        now[0] = minute * 60.0
        history.add(method="GET", route="/x", status=500, seconds=0.01)
    minutes = [at for at, _ in history.minutes()]
    assert (len(minutes), minutes[-1]) == (KEPT_MINUTES, now[0])
    now[0] += KEPT_MINUTES * 60
    assert history.minutes() == []
    assert len(history.broken()) == 50
    assert history.routes()[0][2].requests == KEPT_MINUTES + 10
