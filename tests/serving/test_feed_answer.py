"""The answer that feeds write themselves keeps to the documented shape."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from support.builders import a_body, a_draft
from support.readers import Key, StoryJson, farm_and_school, feed

from tianfu.model.aims import MEASURED
from tianfu.model.errors import CursorExpired, NotFound, StoreUnavailable
from tianfu.model.event import ReaderKind, ReaderRef
from tianfu.model.recommendation import Decision, FeedRequest
from tianfu.serving.api.recommend import FeedItemOut, FeedOut
from tianfu.serving.services import decision_log
from tianfu.serving.services.decision_log import DecisionLog
from tianfu.serving.services.forgetting import reader_digest
from tianfu.serving.services.ingest import ingest
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.services.receipts import ReceiptBook
from tianfu.serving.store.database import UnitOfWork

pytestmark = pytest.mark.box


@pytest.fixture
def page(served: TestClient, key: Key, story_json: StoryJson, app_key: dict[str, str]) -> Any:
    farm_and_school(served, key, story_json)
    return feed(served, app_key, reader_id="r-1", count=3)


def test_pages_follow_from_what_waits_to_be_written(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the database is away more feeds wait than the recent ones that are kept."""
    monkeypatch.setattr(decision_log, "_RECENT", 1)
    monkeypatch.setattr(decision_log, "_OTHERS_WRITE_S", 0.0)
    drafts = [a_draft(f"s{n}", title=f"第{n}条", body=a_body(n), hours_ago=n + 1) for n in range(6)]
    ingest(drafts, database=room.database, clock=room.clock)
    room.work_off()
    first, _ = (room.feeds.recommend(FeedRequest(outlet_id="lizhou", count=2)) for _ in range(2))
    assert first.cursor is not None
    assert room.feeds.next_page(first.cursor, outlet_id="lizhou").items


def test_only_a_signed_cursor_makes_anybody_wait_for_a_decision_of_another_process(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An id of this very moment may be made up by whoever holds a key."""
    slept: list[float] = []
    ticks = SimpleNamespace(sleep=slept.append, monotonic=time.monotonic, time=time.time)
    monkeypatch.setattr(decision_log, "time", ticks)
    monkeypatch.setattr(decision_log, "_OTHERS_WRITE_S", 0.05)
    fresh = f"f{int(time.time() * 1_000):012x}{1:020x}"
    with pytest.raises(NotFound):
        room.feeds.replay(fresh)
    assert slept == []
    with pytest.raises(CursorExpired):
        room.feeds.next_page(room.cursors.make("feed", fresh, 0), outlet_id="lizhou")
    assert slept


def test_what_is_being_written_can_be_found_and_forgotten(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that waits for the database, and then fails, loses no page and keeps no erased reader."""
    monkeypatch.setattr(decision_log, "_RECENT", 0)
    ref = ReaderRef(outlet_id="lizhou", kind=ReaderKind.READER, id="r-gone")
    made = [room.feeds.recommend(FeedRequest(outlet_id="lizhou")).trace_id for _ in range(2)]

    def found(trace_id: str) -> Decision:
        decision = room.decisions.find(trace_id)
        assert decision is not None
        return decision

    of_reader, of_nobody = (
        replace(found(trace_id), trace_id=f"t-{trace_id}", reader_key=key)
        for trace_id, key in zip(made, (ref.key, None), strict=True)
    )
    decisions = DecisionLog(room.database, ReceiptBook())
    for one in (of_reader, of_nobody):
        decisions.add(one, began_s=time.monotonic())

    @contextmanager
    def hangs(_holding: object) -> Iterator[UnitOfWork]:
        assert decisions.find(of_nobody.trace_id) is of_nobody
        assert decisions.reader_keys() == {ref.key}
        decisions.forget(ref.key)
        raise StoreUnavailable("away")
        yield

    with monkeypatch.context() as away:
        away.setattr(room.database, "write", hangs)
        decisions.flush()
    assert decisions.reader_keys() == set()
    decisions.flush()
    with room.database.read() as uow:
        written = [uow.decisions.by_trace_id(one.trace_id) for one in (of_reader, of_nobody)]
    assert [one is not None for one in written] == [False, True]


def test_a_commit_whose_answer_is_lost_is_not_made_twice(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = room.feeds.recommend(FeedRequest(outlet_id="lizhou")).trace_id
    found = room.decisions.find(made)
    assert found is not None
    decisions = DecisionLog(room.database, ReceiptBook())
    found = replace(found, measured=dict.fromkeys(MEASURED, 1.0))
    decisions.add(replace(found, trace_id="t-once"), began_s=time.monotonic())

    @contextmanager
    def answer_lost(holding: Sequence[str]) -> Iterator[UnitOfWork]:
        with written(holding) as uow:
            yield uow
        raise StoreUnavailable("the line broke")

    written = room.database.write
    with monkeypatch.context() as broken:
        broken.setattr(room.database, "write", answer_lost)
        decisions.flush()
    decisions.add(replace(found, trace_id="t-next"), began_s=time.monotonic())
    decisions.flush()
    assert decisions.reader_keys() == set()
    with room.database.read() as uow:
        assert all(uow.decisions.by_trace_id(name) for name in ("t-once", "t-next"))
        feeds = uow._connection.execute(text("SELECT sum(feeds) FROM aim_measures")).scalar_one()
    assert feeds == 2


def test_a_feed_in_the_making_brings_no_erased_reader_back(room: Newsroom) -> None:
    found = room.decisions.find(room.feeds.recommend(FeedRequest(outlet_id="lizhou")).trace_id)
    assert found is not None
    decisions = DecisionLog(room.database, ReceiptBook())
    began_s = time.monotonic()
    key = "lizhou:reader:r-gone"
    decisions.forget(key)
    decisions.flush()
    decisions.add(replace(found, trace_id="t-late", reader_key=key), began_s=began_s)
    assert decisions.reader_keys() == set()
    decisions.flush()
    decisions.add(replace(found, trace_id="t-new", reader_key=key), began_s=time.monotonic())
    assert decisions.reader_keys() == {key}
    other = DecisionLog(room.database, ReceiptBook())
    began_s = time.monotonic()
    other.are_gone({reader_digest(key)})
    other.add(replace(found, trace_id="t-elsewhere", reader_key=key), began_s=began_s)
    assert other.reader_keys() == set()
    with room.database.read() as uow:
        late = uow.decisions.by_trace_id("t-late")
    assert late is not None
    assert late.reader_key is None


def test_an_answer_has_exactly_the_documented_fields(page: Any) -> None:
    assert FeedOut.model_validate(page).model_dump(mode="json").keys() == page.keys()
    for item in page["items"]:
        assert item.keys() == FeedItemOut.model_fields.keys()
        again = FeedItemOut.model_validate(item).model_dump(mode="json")
        assert {**again, "published_at": None} == {**item, "published_at": None}
        for part in ("outlet", "rights", "version"):
            assert again[part] == item[part]


def test_times_are_rfc_3339_in_utc(page: Any) -> None:
    assert all(item["published_at"].endswith(("+00:00", "Z")) for item in page["items"])


@pytest.fixture
def away(served: TestClient, page: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The database is away; feeds were made before, and what they decided is written."""
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    room.decisions.flush()

    def gone(*_: object) -> None:
        raise StoreUnavailable("away")

    with monkeypatch.context() as broken:
        for name in ("read", "glance", "write"):
            broken.setattr(room.database, name, gone)
        yield


@pytest.mark.usefixtures("away")
def test_what_is_related_to_a_story_that_nobody_can_look_up_now_is_a_simpler_feed(
    served: TestClient, app_key: dict[str, str]
) -> None:
    older = feed(served, app_key, scene="related", story_id="s-of-last-year", count=3)
    assert (len(older["items"]), older["degraded"]) == (3, ["stories"])


def test_what_is_related_to_no_story_is_not_found_while_the_database_answers(
    served: TestClient, page: Any, app_key: dict[str, str]
) -> None:
    asked = {"scene": "related", "story_id": "s-of-last-year"}
    assert served.post("/v1/recommend", headers=app_key, json=asked).status_code == 404


@pytest.mark.usefixtures("away")
def test_a_page_that_only_the_database_knows_says_what_to_do_while_it_is_away(
    served: TestClient, page: Any, app_key: dict[str, str]
) -> None:
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    assert len(feed(served, app_key, cursor=page["cursor"], count=3)["items"]) == 3
    room.decisions._recent.clear()
    answer = served.post("/v1/recommend", headers=app_key, json={"cursor": page["cursor"]})
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert "same cursor" in answer.json()["advice"]
