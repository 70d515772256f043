"""Nothing that axe-core calls serious: on the sign-in page, on every tab, where there is nothing to show."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from support.live import Live

Open = Callable[..., Page]
Check = Callable[[Page], None]


@pytest.fixture
def linked(live: Live) -> list[str]:
    """Pages that are reached by links only, each with something to show."""
    stories = live.call("GET", "/v1/stories?limit=50", "editor")["items"]
    copied = max(stories, key=lambda story: story["cluster_size"])
    coverage = live.call("GET", "/v1/coverages", "editor")["items"][0]
    trace = live.post("/v1/recommend", "app", {"device_id": "d-axe"})["trace_id"]
    return [
        f"#/cluster?id={copied['cluster_id']}",
        f"#/story?id={copied['story_id']}",
        f"#/coverage?id={coverage['id']}",
        f"#/decision?trace={trace}",
    ]


def places(page: Page) -> list[str]:
    """The addresses that the navigation leads to, without the one that is open."""
    links = page.get_by_role("navigation").locator("a:not([aria-current])")
    return [str(one.get_attribute("href")) for one in links.all()]


def open_place(page: Page, place: str) -> None:
    """Go to another page and wait for what it shows."""
    before = page.locator("main h1").inner_text()
    page.goto(f"/console{place}")
    expect(page.locator("main h1")).not_to_have_text(before)
    expect(page.locator("main .loading")).to_have_count(0)


def other_tabs(page: Page) -> Iterator[None]:
    """Open one tab after the other that is not open from the start."""
    for tab in page.get_by_role("tab").all()[1:]:
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        expect(page.locator("main .loading")).to_have_count(0)
        yield


def test_signing_in_is_accessible_before_and_after_a_refusal(
    open_page: Open, assert_accessible: Check
) -> None:
    page = open_page(role=None)
    expect(page.get_by_label("密钥")).to_be_focused()
    assert_accessible(page)
    page.get_by_label("密钥").fill("tf_wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert_accessible(page)


def test_every_tab_of_every_page_is_accessible(
    open_page: Open, assert_accessible: Check, linked: list[str]
) -> None:
    """What stands behind the tab that is open at first is checked where a page is tried out."""
    page = open_page("library")
    tabs = 0
    for place in [*places(page), *linked]:
        open_place(page, place)
        for _ in other_tabs(page):
            assert_accessible(page)
            tabs += 1
    assert tabs >= 15


KEPT = ("/v1/session", "/v1/openapi.json", "/v1/outlets", "/v1/areas", "/v1/personas", "/aims")
"""What says who is asking and what may be chosen, with or without any story."""


def without_lists(value: Any) -> Any:
    if isinstance(value, list):
        return []
    if isinstance(value, dict):
        return {name: without_lists(one) for name, one in value.items()}
    return value


def answer_with_nothing(route: Route) -> None:
    answer = route.fetch()
    path = route.request.url.partition("?")[0]
    if path.endswith(KEPT):
        route.fulfill(response=answer)
    else:
        route.fulfill(response=answer, json=without_lists(answer.json()))


def test_pages_that_have_nothing_to_show_are_accessible(
    open_page: Open, assert_accessible: Check, linked: list[str]
) -> None:
    page = open_page("write")
    page.route("**/v1/**", answer_with_nothing)
    unnamed = [place.partition("?")[0] for place in linked]
    for place in [*places(page), *unnamed, *linked[1:]]:  # a cluster has one story at least
        open_place(page, place)
        assert_accessible(page)
        for _ in other_tabs(page):
            assert_accessible(page)


def test_pages_on_which_no_outlet_is_chosen_are_accessible(open_page: Open, assert_accessible: Check) -> None:
    page = open_page("library", "operator")
    for place in ("#/write", "#/flow", "#/report", "#/front", "#/preview"):
        open_place(page, place)
        assert_accessible(page)


def test_a_reader_of_whom_nothing_is_known_has_an_accessible_page(
    open_page: Open, live: Live, assert_accessible: Check
) -> None:
    link = live.post("/v1/readers/axe-reader/link", "app", {})
    page = open_page(role=None, width=390, height=844)
    page.goto(link["path"])
    expect(page.get_by_text("还没有兴趣标签")).to_be_visible()
    assert_accessible(page)
