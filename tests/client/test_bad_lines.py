"""The client on a line that fails: what is sent again, how long it waits, and that nothing counts twice."""

import json
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import NOW
from support.lines import LOST, Fault, Line, Site, a_row

from tianfu.client import AsyncTianfu, Broken, EventBuffer, NoAnswer, Patience, Throttled, Tianfu
from tianfu.client.flow import Terms
from tianfu.client.patience import asked_pause_s
from tianfu.client.signing import signature_headers
from tianfu.model.access import Role


def problem(status: int, **headers: str) -> httpx.Response:
    body = {"code": "some_problem", "detail": "Not now.", "advice": "Wait."}
    return httpx.Response(
        status, json=body, headers={name.replace("_", "-"): v for name, v in headers.items()}
    )


class Nowhere(httpx.BaseTransport):
    """Must never be reached."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.url)


def over(line: Line, slept: list[float], **more: Any) -> Tianfu:
    return Tianfu("tf_k", url="http://x", http=httpx.Client(transport=line), sleep=slept.append, **more)


@pytest.mark.parametrize(
    "fault", [LOST, httpx.ConnectError("no"), httpx.RemoteProtocolError("cut"), problem(503), problem(429)]
)
def test_events_and_stories_count_once_whatever_the_line_does(
    site: Site, stories: Sequence[str], fault: Fault
) -> None:
    app = site.client()
    site.line.faults = [fault, None, fault]
    rows: list[Any] = [{"story_id": s, "type": "click", "at": NOW, "reader_id": "r-1"} for s in stories]
    found = app.send_events(rows, outlet_id="lizhou")
    assert found.accepted + found.duplicate == 12
    assert app.send_stories([a_row(n, title=f"新{n}") for n in range(3)]).accepted == 3
    assert len(site.slept) == 2
    assert app.reader("r-1", outlet_id="lizhou").stories_read == 12
    assert len(app.export_reader("r-1", outlet_id="lizhou").events) == 12
    assert len(list(app.stories())) == 12
    assert app.story(stories[0]).revision == 2


def test_what_may_not_be_done_twice_is_sent_once(site: Site, stories: Sequence[str]) -> None:
    editor = site.client(Role.EDITOR, "lizhou")
    order: dict[str, Any] = {"story_id": stories[0], "action": "boost", "outlet_ids": ["lizhou"]}
    site.line.faults = [LOST]
    with pytest.raises(NoAnswer) as lost:
        editor.place(**order, ends_at=NOW + timedelta(hours=1))
    assert lost.value.call == "POST /v1/placements"
    assert len(editor.placements().items) == 1
    site.line.faults = [problem(503)]
    with pytest.raises(Broken):
        editor.takedown(stories[0], reason="更正")
    # Where nobody got it, it is sent again.
    site.line.faults = [httpx.ConnectError("no"), problem(429)]
    assert editor.takedown(stories[0], reason="更正").story_ids == (stories[0],)


def test_a_delete_whose_answer_was_lost_is_done(site: Site, stories: Sequence[str]) -> None:
    editor = site.client(Role.EDITOR, "lizhou")
    ends_at = NOW + timedelta(hours=1)
    given = editor.place(story_id=stories[0], action="boost", outlet_ids=["lizhou"], ends_at=ends_at)
    site.line.faults = [LOST]
    editor.withdraw_placement(given.id)
    assert editor.placements().items == ()


def test_pauses_grow_and_patience_ends() -> None:
    slept: list[float] = []
    line = Line(Nowhere(), faults=[problem(503)] * 4)
    with pytest.raises(Broken) as broken:
        over(line, slept).reader("r-1")
    assert (broken.value.code, broken.value.advice) == ("some_problem", "Wait.")
    assert len(line.requests) == 4
    for pause, most in zip(slept, (0.25, 0.5, 1.0), strict=True):
        assert most / 2 <= pause <= most


def test_retry_after_is_honoured_and_one_too_long_is_told() -> None:
    slept: list[float] = []
    line = Line(Nowhere(), faults=[problem(429, retry_after="7"), problem(429, retry_after="3600")])
    with pytest.raises(Throttled) as throttled:
        over(line, slept).recommend()
    assert len(slept) == 1
    assert 7.0 <= slept[0] <= 7.25
    assert throttled.value.retry_after_s == 3600.0


def test_no_patience_sends_once() -> None:
    line = Line(Nowhere(), faults=[httpx.ReadTimeout("slow")])
    with pytest.raises(NoAnswer):
        over(line, [], patience=Patience(attempts=1)).reader("r-1")
    assert len(line.requests) == 1


def test_what_was_not_acknowledged_is_told_with_its_ids(site: Site, stories: Sequence[str]) -> None:
    app = site.client(patience=Patience(attempts=1))
    rows: list[Any] = [{"story_id": stories[0], "type": "expose", "at": NOW, "device_id": "d"}] * 700
    site.line.faults = [None, LOST]
    with pytest.raises(NoAnswer) as lost:
        app.send_events(rows, outlet_id="lizhou")
    unsent: Any = lost.value.unsent
    assert len(unsent) == 200
    assert app.send_events(unsent, outlet_id="lizhou").duplicate == 200


def test_a_buffer_keeps_what_was_not_sent_and_never_doubles(site: Site, stories: Sequence[str]) -> None:
    app = site.client(Role.APP, "lizhou", patience=Patience(attempts=1), now=site.clock.now)
    buffer = app.event_buffer()
    with pytest.raises(ValueError, match="offset"):
        buffer.add(story_id=stories[0], type="click", at=datetime(2026, 3, 2))
    for n in range(499):
        assert buffer.add(story_id=stories[n % 12], type="expose", reader_id=f"r-{n}").results == ()
    site.line.faults = [LOST]
    with pytest.raises(NoAnswer):
        buffer.add(story_id=stories[0], type="expose", reader_id="r-499")
    assert len(buffer) == 500
    with buffer:
        buffer.add(story_id=stories[1], type="expose", reader_id="r-500")
    assert len(buffer) == 0
    batches = [len(request.read()) for request in site.line.requests if request.url.path == "/v1/events"]
    assert len(batches) == 3  # lost; the same again when 501 wait; the one left
    assert len(app.export_reader("r-499").events) == 1
    assert len(app.export_reader("r-500").events) == 1


def test_threads_share_a_buffer(site: Site, stories: Sequence[str]) -> None:
    app = site.client(Role.APP, "lizhou", now=site.clock.now)
    with EventBuffer(app, now=site.clock.now, rows=4) as buffer:

        def tell(reader: str) -> None:
            for story in stories:
                buffer.add(story_id=story, type="click", reader_id=reader)

        threads = [threading.Thread(target=tell, args=(f"r-{n}",)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    sent = [
        json.loads(request.content)["events"]
        for request in site.line.requests
        if b"event_id" in request.content
    ]
    assert sum(map(len, sent)) == 8 * 12
    assert [app.reader(f"r-{n}").stories_read for n in range(8)] == [12] * 8


def test_the_awaited_client_waits_and_tries_again() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    answers = [problem(503), problem(429, retry_after="3"), problem(404)]

    async def visit() -> None:
        transport = httpx.MockTransport(lambda _request: answers.pop(0))
        async with httpx.AsyncClient(transport=transport) as http:
            app = AsyncTianfu("tf_k", url="http://x", http=http, sleep=sleep)
            with pytest.raises(Exception, match="Not now"):
                await app.reader("r-1")

    anyio.run(visit)
    assert (len(slept), answers) == (2, [])
    assert slept[1] >= 3.0


@given(st.integers(1, 30), st.one_of(st.none(), st.floats(0, 200)), st.floats(0, 1))
def test_no_pause_is_shorter_than_asked_or_longer_than_bounds(
    attempt: int, asked_s: float | None, luck: float
) -> None:
    patience = Patience(attempts=20)
    pause = patience.pause_s(attempt, asked_s, luck)
    if attempt >= 20 or (asked_s or 0) > 60:
        assert pause is None
    else:
        assert pause is not None
        assert (asked_s or 0) < pause <= (asked_s or 0) + patience.longest_s


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("5", 5.0), ("Mon, 02 Mar 2026 04:00:30 GMT", 30.0), ("Mon, 02 Mar 2026 03:00:00 GMT", 0.0)]
    + [(odd, None) for odd in (None, "", "soon", "-3", "٣")],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert asked_pause_s(header, NOW.astimezone(UTC)) == seconds


def test_the_signature_is_the_documented_one() -> None:
    assert signature_headers("tfs_example", 1772424000, b'{"events":[]}')["Tianfu-Signature"] == (
        "v1=b2fc9769618a22e7da60c44d8e44317fedc369bd24d6a8a488ab9290e5194314"
    )


def test_waiting_for_tags_gives_the_answer_its_time() -> None:
    line = Line(Nowhere(), faults=[httpx.ReadTimeout("slow")])
    app = over(line, [], patience=Patience(attempts=1), timeout_s=4.0)
    with pytest.raises(NoAnswer):
        app.send_stories([a_row(1)], wait_s=30)
    assert line.requests[0].extensions["timeout"] == {"connect": 4.0, "read": 34.0, "write": 4.0, "pool": 4.0}


def test_secrets_are_in_no_text(site: Site) -> None:
    terms: Terms = vars(site.client(key="tf_secret", signing_secret="tfs_secret"))["_terms"]
    assert "secret" not in repr(terms).replace("signing_secret", "")
