"""Reasons, notes, names and what a reader's own page calls things are shown as text."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Route, expect
from support.live import Live
from support.xss import PAYLOADS, assert_unharmed, packed

Guarded = Callable[..., Page]
EVERY = " ".join(PAYLOADS)
"""The whole corpus as one text, for a place that shows one text alone."""


@pytest.fixture
def story_id(live: Live, request: pytest.FixtureRequest) -> str:
    """A story of the editor's outlet that is a payload itself, one for each test."""
    story = {"title": PAYLOADS[0], "body": f"{request.node.name} {EVERY}".replace("\x0c", " ")}
    receipt = live.post("/v1/stories", "editor", {**story, "published_at": datetime.now(UTC).isoformat()})
    return str(receipt["results"][0]["story_id"])


def answering(change: Callable[[Any], Any]) -> Callable[[Route], None]:
    """Change what the service answers on its way to the page."""

    def answer(route: Route) -> None:
        found = route.fetch()
        route.fulfill(response=found, json=change(found.json()))

    return answer


def named(**same: Any) -> list[dict[str, Any]]:
    """One thing for each payload, called so."""
    return [{**same, "code": f"c{place}", "label": payload} for place, payload in enumerate(PAYLOADS)]


def test_a_readers_own_page_shows_poisoned_names_as_text(guarded: Guarded, live: Live) -> None:
    link = live.post("/v1/readers/xss-reader/link", "app", {})
    reader = {
        **live.call("GET", "/v1/readers/xss-reader", "app"),
        "interests": named(kind="topic", weight=3.0, by_reader=True),
        "removed": named(kind="place"),
        "wishes": named(kind="story", amount="less"),
    }
    choices = {"topics": named(kind="topic"), "places": named(kind="place")}
    page = guarded("", None, width=390, height=844)
    page.route(re.compile("/v1/readers/me"), lambda route: route.fulfill(json=reader))
    page.route("**/v1/readers/me/choices", lambda route: route.fulfill(json=choices))
    page.goto(link["path"])
    page.get_by_role("button", name="显示其余 42 个").click()
    assert page.locator(".interests strong").all_text_contents() == list(PAYLOADS)
    wishes = page.get_by_role("region", name="少看和不看")
    for payload, shown in zip(PAYLOADS, wishes.locator("li").all_text_contents(), strict=True):
        assert payload in shown
    expect(page.get_by_text("删除过的：")).to_contain_text("、".join(PAYLOADS))
    for options in page.get_by_label(re.compile("^(自己设定一个兴趣|少看或不看什么)$")).all():
        assert options.locator("option").all_text_contents()[1:] == [*PAYLOADS, *PAYLOADS]
    assert_unharmed(page)
    wishes.get_by_role("button", name="恢复").nth(12).click()
    expect(page.locator(".toast")).to_contain_text(PAYLOADS[12])
    assert_unharmed(page)


def test_a_poisoned_link_shows_nothing_of_itself(guarded: Guarded) -> None:
    page = guarded("", None)
    page.goto(f"/me#{PAYLOADS[13]}")
    expect(page.get_by_role("heading", name="链接已失效")).to_be_visible()
    assert_unharmed(page)


def test_a_poisoned_decision_is_replayed_as_text(guarded: Guarded, live: Live) -> None:
    made = live.post("/v1/recommend", "app", {"device_id": "d-xss"})

    def poison(decision: Any) -> Any:
        counts = dict.fromkeys(PAYLOADS, 1)
        said = [{"code": "interest", "text": payload} for payload in PAYLOADS]
        item = {**decision["items"][0], "placed_by": "model", "placement_id": PAYLOADS[12]}
        item |= {"parts": counts, "sources": PAYLOADS, "reasons": said}
        items = [{**item, "story_id": f"s{n}", "title": text} for n, text in enumerate(PAYLOADS)]
        orders = [
            {"placement_id": text, "outcome": text, "position": 0, "because": text} for text in PAYLOADS
        ]
        passed = [
            {"story_id": f"p{n}", "title": text, "score": 0.1, "sources": [text], "why": text}
            for n, text in enumerate(PAYLOADS)
        ]
        tallies = dict.fromkeys(("candidates", "filtered", "weights", "measured"), counts)
        models = dict.fromkeys(PAYLOADS, EVERY)
        lists = {"items": items, "orders": orders, "passed_over": passed}
        return {**decision, **tallies, **lists, "models": models, "scene": EVERY}

    page = guarded("decision")
    page.route("**/v1/decisions/*", answering(poison))
    page.get_by_label("推荐编号").fill(made["trace_id"])
    page.keyboard.press("Enter")
    expect(page.locator(".feed-title")).to_have_text(list(PAYLOADS))
    assert page.locator(".passed li a").all_text_contents() == list(PAYLOADS)
    whole = page.get_by_role("region", name="整个列表").text_content() or ""
    assert all(whole.count(payload) >= 5 for payload in PAYLOADS)
    page.locator(".feed-item").last.click()
    chosen = page.get_by_role("region", name="选中的这条")
    expect(chosen.get_by_role("link").first).to_have_text(PAYLOADS[-1])
    assert "；".join(PAYLOADS) in (chosen.text_content() or "")
    assert_unharmed(page)


def test_poisoned_reasons_of_takedowns_are_text(guarded: Guarded, live: Live, story_id: str) -> None:
    reasons = packed(500)
    for reason in reasons[:-1]:
        live.post(f"/v1/stories/{story_id}/takedown", "editor", {"reason": reason})
        live.post(f"/v1/stories/{story_id}/restore", "editor", None)
    page = guarded(f"story?id={story_id}")
    page.get_by_role("button", name="撤稿").click()
    page.get_by_label("原因").fill(reasons[-1])
    page.get_by_role("button", name="确认撤稿").click()
    given = page.locator(".order strong")
    expect(given).to_have_count(len(reasons))
    assert given.all_text_contents() == reasons[::-1]
    assert_unharmed(page)
    page.get_by_role("button", name="恢复").click()
    page.get_by_role("button", name="确认恢复").click()
    expect(page.locator(".order").first).to_contain_text("已恢复")
    expect(given).to_have_text(reasons[::-1])
    expect(page.locator(".receipts .story-link").first).to_have_text(PAYLOADS[0])
    assert_unharmed(page)


def test_poisoned_notes_and_refusals_of_submissions_are_text(
    guarded: Guarded, live: Live, story_id: str
) -> None:
    texts = packed(300)
    desk = live.call("GET", f"/v1/stories/{story_id}/desks", "editor")["items"][0]["desk"]
    for text in texts:
        offer = {"desk": desk, "note": text}
        made = live.post(f"/v1/stories/{story_id}/submissions", "editor", offer)
        refusal = {"state": "declined", "reason": text}
        live.call("PATCH", f"/v1/submissions/{made['id']}", "operator", refusal)
    inbox = f"flow?tab=inbox&outlet_id={made['to_outlet_id']}"
    for place, role in (("flow?tab=outbox", "editor"), (inbox, "operator")):
        page = guarded(place, role)
        page.get_by_label("状态").select_option("declined")
        told = page.locator(".told > li", has=page.locator(f'a[href$="{story_id}"]'))
        expect(told).to_have_count(len(texts))
        for text, shown in zip(texts[::-1], told.all_text_contents(), strict=True):
            assert f"附言：{text}" in shown
            assert f"理由：{text}" in shown
        assert_unharmed(page)
    page = guarded(f"story?id={story_id}")
    expect(page.get_by_title(texts[-1], exact=True)).to_have_text("已谢绝")
    assert_unharmed(page)


def test_poisoned_coverages_are_listed_and_opened_as_text(guarded: Guarded) -> None:
    def poison(listed: Any) -> Any:
        row = listed["items"][0]
        called = [{**row, "id": f"v{n}", "title": text, "lead": text} for n, text in enumerate(PAYLOADS)]
        return {"items": called, "cursor": None}

    page = guarded("coverages", "operator")
    page.get_by_role("button", name="新建专题").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("专题名称").fill(PAYLOADS[12])
    dialog.get_by_role("button", name="添加角度").click()
    dialog.get_by_label("第 1 个角度的名称").fill(PAYLOADS[13])
    dialog.get_by_role("button", name="建立专题").click()
    expect(page.locator(".toast")).to_contain_text(PAYLOADS[12])
    page.get_by_role("button", name=f"认领：{PAYLOADS[13]}").click()
    expect(dialog.get_by_role("heading", name=f"认领：{PAYLOADS[13]}")).to_be_visible()
    assert_unharmed(page)
    page.route(re.compile(r"/v1/coverages\?"), answering(poison))
    page.goto("/console#/coverages")
    rows = page.locator(".coverage-list")
    expect(rows.locator("h3 a")).to_have_text(list(PAYLOADS))
    assert rows.locator("li > div > p:not(.hint)").all_text_contents() == list(PAYLOADS)
    assert_unharmed(page)


@pytest.fixture
def order_id(live: Live) -> Iterator[str]:
    """An order that reaches every outlet, for as long as a test looks at it."""
    story = live.call("GET", "/v1/stories?limit=1", "operator")["items"][0]
    ends_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    order = {"story_id": story["story_id"], "action": "boost", "ends_at": ends_at}
    made = live.post("/v1/placements", "operator", order)
    yield made["id"]
    headers = {"Authorization": f"Bearer {live.demo.keys['operator']}"}
    httpx.delete(f"{live.address}/v1/placements/{made['id']}", headers=headers, timeout=60)


def test_poisoned_names_of_outlets_are_text(guarded: Guarded, order_id: str) -> None:
    def rename(name: str) -> Callable[[Any], Any]:
        def change(answer: Any) -> Any:
            items = [{**one, name: text} for one, text in zip(answer["items"], cycle(PAYLOADS), strict=False)]
            return {**answer, "items": items}

        return change

    def renote(order: Any) -> Any:
        return {**order, "note": EVERY, "channels": PAYLOADS, "story_title": EVERY}

    page = guarded("ops", "operator")
    page.route("**/v1/outlets", answering(rename("name")))
    page.route("**/v1/placements/*/receipts", answering(rename("outlet_name")))
    page.route(f"**/v1/placements/{order_id}", answering(renote))
    page.goto("/console#/library")
    expect(page.get_by_label("媒体").locator("option").nth(1)).to_be_attached()
    assert set(PAYLOADS) <= set(page.get_by_label("媒体").locator("option").all_text_contents())
    assert any(payload in PAYLOADS for payload in page.locator("tbody td:nth-child(2)").all_text_contents())
    assert_unharmed(page)
    page.goto(f"/console#/orders?id={order_id}")
    board = page.get_by_role("region", name="展示情况")
    expect(board.locator(".outlet-tile-name").nth(len(PAYLOADS))).to_be_visible()
    assert set(PAYLOADS) <= set(board.locator(".outlet-tile-name").all_text_contents())
    board.locator(".outlet-tile").nth(12).click()
    expect(page.get_by_text(EVERY, exact=True).last).to_be_visible()
    expect(page.get_by_text("、".join(PAYLOADS))).to_be_visible()
    assert_unharmed(page)
