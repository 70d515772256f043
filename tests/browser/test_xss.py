"""Whatever a story, an outlet, a tag or a search holds is shown as text."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import cycle
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Error, Page, Route, expect
from support.live import Live
from support.xss import PAYLOADS, assert_unharmed, storable


@pytest.fixture(scope="module")
def poisoned(live: Live) -> list[str]:
    """Stories whose every text is a payload; ids in the order of the corpus."""
    stories = [
        {
            "title": payload,
            "body": f"{payload}\n第{place}篇。{payload}",
            "author": payload[:100],
            "source": payload[:100],
            "channel": payload[:40],
            "published_at": datetime.now(UTC).isoformat(),
        }
        for place, payload in enumerate(_storable())
    ]
    results = live.post("/v1/stories", "editor", {"stories": stories})["results"]
    assert all(row["error"] is None for row in results), results
    return [row["story_id"] for row in results]


def _storable() -> list[str]:
    return [storable(payload) for payload in PAYLOADS]


def test_the_corpus_holds_fifty_payloads() -> None:
    assert len(set(PAYLOADS)) == 50


def test_poisoned_stories_are_listed_as_text(
    guarded: Callable[..., Page], poisoned: list[str], live: Live
) -> None:
    page = guarded(f"library?outlet_id={live.demo.outlet_id}&days=1")
    page.wait_for_selector("tbody tr")
    for _ in range(2):
        before = page.locator("tbody tr").count()
        page.get_by_role("button", name="再看一页").click()
        expect(page.locator("tbody tr")).not_to_have_count(before)
    shown = set(page.locator(".story-link").all_text_contents())
    assert set(_storable()) <= shown
    assert_unharmed(page)


def test_poisoned_stories_open_as_text(guarded: Callable[..., Page], poisoned: list[str]) -> None:
    page = guarded("library")
    for story_id, payload in zip(poisoned, _storable(), strict=True):
        page.evaluate(f"location.hash = '#/story?id={story_id}'")
        expect(page.locator(".story-title")).to_have_text(payload)
        assert payload[:100] in (page.locator(".meta").text_content() or "")
        assert_unharmed(page)


def test_a_poisoned_draft_and_its_copies_stay_text(guarded: Callable[..., Page], poisoned: list[str]) -> None:
    page = guarded("write")
    page.get_by_label("标题", exact=True).fill(PAYLOADS[0])
    page.get_by_label("正文", exact=True).fill("\n".join(_storable()))
    page.wait_for_selector(".tag-row")
    assert_unharmed(page)
    page.get_by_label("正文", exact=True).fill(f"{_storable()[13]}\n第13篇。{_storable()[13]}")
    page.get_by_label("标题", exact=True).fill(_storable()[13])
    page.get_by_role("tab", name="谁已经发过").click()
    page.get_by_role("button", name="对照").first.click()
    expect(page.locator(".beside article").nth(1).locator(".body-text")).to_be_visible()
    assert_unharmed(page)


def test_poisoned_searches_are_repeated_as_text(guarded: Callable[..., Page]) -> None:
    page = guarded("library")
    for payload in PAYLOADS:
        page.evaluate("place => { location.hash = place }", f"#/library?q={quote(payload)}")
        expect(page.get_by_role("heading", name=f"“{payload}”的结果")).to_be_visible()
        assert_unharmed(page)


def test_poisoned_tags_are_shown_as_text(
    guarded: Callable[..., Page], poisoned: list[str], live: Live
) -> None:
    codes = [payload[:64] for payload in _storable()]
    decisions = [{"verb": "add", "kind": "keyword", "code": code, "label": code} for code in codes]
    live.call("PUT", f"/v1/stories/{poisoned[0]}/tags", "editor", {"decisions": decisions})
    page = guarded(f"story?id={poisoned[0]}")
    page.wait_for_selector(".tag-row")
    assert set(codes) <= set(page.locator(".tag-label").all_text_contents())
    assert_unharmed(page)


NAMES = {
    "author",
    "body",
    "channel",
    "description",
    "desk",
    "desk_name",
    "detail",
    "image_url",
    "label",
    "lead",
    "leading_name",
    "name",
    "note",
    "outlet",
    "outlet_name",
    "reason",
    "short_name",
    "source",
    "text",
    "title",
    "url",
}


def _poison(value: Any, payloads: Iterator[str]) -> Any:
    if isinstance(value, list):
        return [_poison(one, payloads) for one in value]
    if isinstance(value, dict):
        return {
            name: next(payloads) if name in NAMES and isinstance(one, str) else _poison(one, payloads)
            for name, one in value.items()
        }
    return value


def _answer_poisoned(route: Route, payloads: Iterator[str]) -> None:
    try:
        answer = route.fetch()
        text = answer.text()
    except Error:
        return  # the page went on to another meanwhile
    if "json" not in answer.headers.get("content-type", ""):
        route.fulfill(response=answer)
        return
    route.fulfill(response=answer, body=json.dumps(_poison(json.loads(text), payloads)))


_SHOWS_ONE = "payloads => payloads.some((one) => document.body.textContent.includes(one))"
WITHOUT_TEXTS = {"#/ops"}
"""Pages that show numbers, routes and versions alone, nothing that an outlet or a reader wrote."""


def test_every_page_shows_poisoned_answers_as_text(
    guarded: Callable[..., Page], poisoned: list[str], live: Live
) -> None:
    """Every text that the API may send, outlets' names and coverages' titles among them, is a payload."""
    window = {"since": "2026-03-01T00:00:00+08:00", "until": "2026-03-02T00:00:00+08:00"}
    live.post("/v1/coverages", "operator", {"title": "专题", "query": window})
    ends_at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    live.post("/v1/placements", "operator", {"story_id": poisoned[0], "action": "boost", "ends_at": ends_at})
    for role in ("operator", "editor"):  # an operator chooses a newsroom first, an editor has one
        page = guarded("library", role=role)
        payloads = cycle(PAYLOADS)
        page.route("**/v1/**", partial(_answer_poisoned, payloads=payloads))
        page.reload()
        page.wait_for_selector("nav a")
        links = "all => all.map((one) => [one.getAttribute('href'), one.textContent])"
        places = page.locator("nav a").evaluate_all(links)
        assert len(places) >= 2
        for place, name in places:
            page.evaluate("place => { location.hash = place }", place)
            expect(page.get_by_role("heading", level=1)).to_have_text(name)
            expect(page.locator("main .loading")).to_have_count(0)
            if place not in WITHOUT_TEXTS:
                page.wait_for_function(_SHOWS_ONE, arg=list(PAYLOADS))
            assert_unharmed(page)
