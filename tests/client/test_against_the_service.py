"""The client against the real application."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import httpx
import pytest
from support.builders import NOW
from support.lines import Site, a_row

from tianfu.client import (
    AsyncTianfu,
    Conflict,
    EventRow,
    Invalid,
    KeyMissing,
    KeyRefused,
    Missing,
    OddAnswer,
    Tianfu,
)
from tianfu.model.access import Role


def clicks(story_ids: Sequence[str], reader: str = "r-1") -> list[EventRow]:
    return [
        {"story_id": one, "type": "click", "at": NOW - timedelta(minutes=1), "reader_id": reader}
        for one in story_ids
    ]


def test_a_feed_is_read_page_by_page_and_never_repeats(site: Site, stories: Sequence[str]) -> None:
    app = site.client(Role.APP, "lizhou")
    pages = list(app.feed_pages(device_id="d-1", count=5))
    shown = [item.story_id for page in pages for item in page.items]
    assert sorted(shown) == sorted(stories)
    first = pages[0].items[0]
    assert first.outlet.id == "lizhou"
    assert first.published_at == datetime(2026, 3, 2, 3, tzinfo=UTC)
    assert first.reasons[0].text
    told = app.decision(pages[0].trace_id)
    assert [item.story_id for item in told.items][:5] == shown[:5]
    below = app.related(stories[0], count=3)
    assert stories[0] not in {item.story_id for item in below.items}


def test_lists_run_over_pages(site: Site, stories: Sequence[str]) -> None:
    editor = site.client(Role.EDITOR, "lizhou")
    before = len(site.line.requests)
    found = list(editor.stories(limit=5, outlet_id="lizhou"))
    assert sorted(one.story_id for one in found) == sorted(stories)
    assert len(site.line.requests) - before == 3
    assert list(editor.stories(since=NOW + timedelta(days=1))) == []


def test_rows_have_their_own_answers_over_several_batches(site: Site) -> None:
    rows = [a_row(n % 40, external_id=f"m-{n % 40}") for n in range(503)]
    rows[501] = {"title": "没有时间", "outlet_id": "lizhou"}
    found = site.client().send_stories(rows)
    assert (found.accepted, found.rejected) == (502, 1)
    assert [row.index for row in found.results] == list(range(503))
    faulty = found.results[501].error
    assert faulty is not None
    assert [one.field for one in faulty.errors] == ["published_at"]
    assert found.results[502].outcome == "unchanged"


def test_events_get_ids_and_each_row_its_answer(site: Site, stories: Sequence[str]) -> None:
    app = site.client(Role.APP, "lizhou")
    rows: list[EventRow] = [*clicks(stories), {"story_id": stories[0], "type": "jump", "device_id": "d-1"}]
    found = app.send_events(rows)
    assert (found.accepted, found.rejected) == (12, 1)
    assert len({row.event_id for row in found.results[:12]}) == 12
    assert all("event_id" not in row for row in rows)
    assert app.reader("r-1").stories_read == 12


def test_readers_keep_their_rights(site: Site, stories: Sequence[str]) -> None:
    app = site.client(Role.APP, "lizhou")
    app.send_events(clicks(stories[:3]))
    assert app.switch_personalisation("r-1", on=False).personalise is False
    told = app.set_interest("r-1", "topic", "31", weight=2.0)
    assert [(one.code, one.weight) for one in told.interests if one.by_reader] == [("31", 2.0)]
    assert [one.code for one in app.delete_interest("r-1", "topic", "31").removed] == ["31"]
    assert app.set_wish("r-1", "outlet", "cangxi", amount="none").wishes[0].amount == "none"
    assert app.withdraw_wish("r-1", "outlet", "cangxi").wishes == ()
    app.send_events([{"story_id": stories[5], "type": "click", "at": NOW, "device_id": "d-9"}])
    assert app.join_device("r-1", "d-9").stories_read == 4
    assert len(app.export_reader("r-1").events) == 4
    assert app.reader_link("r-1", minutes=5).path.startswith("/")
    assert sum(app.erase_reader("r-1").erased.values()) > 0
    assert app.reader("r-1").stories_read == 0


def test_ids_with_odd_letters_stay_one_segment(site: Site) -> None:
    app = site.client(Role.APP, "lizhou")
    with pytest.raises(Missing):
        app.reader("a/b?c#d%2e")
    assert site.line.requests[-1].url.raw_path == b"/v1/readers/a%2Fb%3Fc%23d%252e"
    sent = len(site.line.requests)
    for dots in ("", ".", ".."):
        with pytest.raises(ValueError, match="reader_id cannot be"):
            app.erase_reader(dots)
    assert len(site.line.requests) == sent


def test_a_newsroom_reads_tags_and_duplicates(site: Site, stories: Sequence[str]) -> None:
    editor = site.client(Role.EDITOR, "lizhou")
    assert editor.suggest_tags("利州区春耕备耕", "农户在田间忙碌。").models
    row = a_row(3)
    matches = editor.check_duplicates(row["title"], row["body"], published_at=NOW).matches
    assert stories[3] in {one.story_id for one in matches}
    assert editor.story(stories[3]).title == row["title"]
    assert editor.duplicates(stories[3]).model


def test_takedown_restore_and_orders(site: Site, stories: Sequence[str]) -> None:
    editor = site.client(Role.EDITOR, "lizhou")
    assert editor.takedown(stories[0], reason="更正").story_ids == (stories[0],)
    assert editor.restore(stories[0]).story_ids == (stories[0],)
    with pytest.raises(Conflict):
        editor.restore(stories[0])
    ends_at = NOW + timedelta(hours=3)
    given = editor.place(
        story_id=stories[1], action="pin", position=0, ends_at=ends_at, outlet_ids=["lizhou"]
    )
    assert [one.id for one in editor.placements().items] == [given.id]
    assert editor.change_placement(given.id, note="头条").note == "头条"
    shown = site.client(Role.APP, "lizhou").recommend(device_id="d-1", count=3)
    assert shown.items[0].story_id == stories[1]
    site.room.decisions.flush()
    assert editor.placement_receipts(given.id).shown == 1
    editor.withdraw_placement(given.id)
    (ended,) = editor.placements(ended=True).items
    assert (ended.id, ended.withdrawn_at) == (given.id, NOW)


def test_errors_carry_code_advice_and_fields_and_no_ids(site: Site) -> None:
    app = site.client(Role.APP, "lizhou")
    with pytest.raises(Invalid) as invalid:
        app.recommend(count=0)
    assert (invalid.value.status, invalid.value.code) == (422, "invalid_request")
    assert [one.field for one in invalid.value.field_errors] == ["count"]
    with pytest.raises(Missing) as missing:
        app.decision("t-nowhere")
    assert missing.value.call == "GET /v1/decisions/{trace_id}"
    assert missing.value.status == 404
    with pytest.raises(KeyRefused) as refused:
        app.takedown("s-1", reason="不行")
    assert refused.value.status == 403
    with pytest.raises(KeyRefused) as unknown:
        site.client(key="tf_unknown").reader("r-1")
    assert unknown.value.status == 401
    assert unknown.value.advice
    assert "tf_unknown" not in repr(vars(site.client(key="tf_unknown")))


def test_a_key_comes_from_the_environment_or_is_missed(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    monkeypatch.setenv("TIANFU_KEY", f" {site.key(Role.APP, 'lizhou')}\n")
    assert site.client(key=None).reader("r-1").outlet_id == "lizhou"
    monkeypatch.delenv("TIANFU_KEY")
    for key in (None, "  ", "tf_钥匙", "two words"):
        with pytest.raises(KeyMissing, match="key"):
            Tianfu(key)


def test_signed_batches_are_taken_and_signed_anew_when_sent_again(site: Site, stories: Sequence[str]) -> None:
    wanted = {"role": "app", "outlet_id": "lizhou", "label": "app", "signs_events": True}
    admin = {"Authorization": f"Bearer {site.key(Role.ADMIN)}"}
    made = site.app.post("/v1/keys", headers=admin, json=wanted).json()
    with pytest.raises(KeyRefused) as bare:
        site.client(key=made["secret"]).send_events(clicks(stories[:1]))
    assert bare.value.code == "signature_needed"

    app = site.client(key=made["secret"], signing_secret=made["signing_secret"], now=site.clock.now)
    site.line.faults = ["lost", "lost"]
    found = app.send_events(clicks(stories[:2]))
    assert (found.accepted, found.duplicate) == (0, 2)
    stamps = [request.headers["Tianfu-Timestamp"] for request in site.line.requests[-3:]]
    assert len(set(stamps)) == 3
    # The very same batch of another call in the same second: refused as a replay, then signed anew.
    row: list[EventRow] = [{**clicks(stories[2:3])[0], "event_id": "e-same"}]
    assert app.send_events(row).accepted == 1
    assert app.send_events(row).duplicate == 1
    assert made["signing_secret"] not in repr(vars(app))


def test_the_awaited_client_does_the_same(site: Site, stories: Sequence[str]) -> None:
    key = site.key(Role.OPERATOR)

    async def visit() -> Any:
        transport = httpx.ASGITransport(app=site.app.app)
        async with (
            httpx.AsyncClient(transport=transport) as http,
            AsyncTianfu(key, url="http://testserver", http=http) as app,
        ):
            async with app.event_buffer(outlet_id="lizhou") as buffer:
                for one in stories:
                    await buffer.add(story_id=one, type="click", reader_id="r-1", at=NOW)
            listed = [one.story_id async for one in app.stories(limit=7)]
            with pytest.raises(Missing):
                await app.story("s-nowhere")
            return (await app.reader("r-1", outlet_id="lizhou")).stories_read, sorted(listed)

    assert anyio.run(visit) == (12, sorted(stories))


def test_an_answer_of_something_else_is_told_apart(site: Site) -> None:
    app = site.client(Role.APP, "lizhou")
    answers = {
        "contract": httpx.Response(200, html="<h1>请登录</h1>"),
        "403": httpx.Response(403, text="blocked"),
        "307": httpx.Response(307, headers={"Location": "http://elsewhere/"}),
    }
    for told, answer in answers.items():
        site.line.faults = [answer]
        with pytest.raises(OddAnswer, match=told):
            app.reader("r-1")
