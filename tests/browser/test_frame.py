"""The frame of the console: signing in and out, navigation, the keyboard, the phone."""

import json
import time
from collections.abc import Callable

import pytest
import structlog
from playwright.sync_api import Page, expect
from support.live import Live

log = structlog.get_logger(__name__)


def test_an_editor_signs_in_with_a_key_and_out_again(
    open_page: Callable[..., Page], live: Live, shot: Callable[[Page, str], None]
) -> None:
    page = open_page(role=None)
    shot(page, "sign-in")
    page.get_by_label("密钥").fill("tf_wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("密钥无效或已停用")

    page.get_by_label("密钥").fill(live.demo.keys["editor"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation")).to_be_visible()
    assert live.demo.keys["editor"] not in page.url + page.content()
    assert page.evaluate("document.cookie") == "", "no script reads the session"

    page.get_by_role("button", name="退出").click()
    expect(page.get_by_label("密钥")).to_be_visible()


def test_the_key_of_an_app_does_not_open_the_console(open_page: Callable[..., Page], live: Live) -> None:
    page = open_page(role=None)
    page.get_by_label("密钥").fill(live.demo.keys["app"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("应用密钥不能登录控制台")


def test_how_long_the_first_page_takes_is_logged(open_page: Callable[..., Page]) -> None:
    page = open_page("library")
    page.wait_for_selector("table")
    began = time.perf_counter()
    page.reload()
    page.wait_for_selector("table")
    seconds = time.perf_counter() - began
    log.info("console.first_page", seconds=round(seconds, 2))


def test_the_keyboard_alone_reaches_the_navigation_and_skips_it(open_page: Callable[..., Page]) -> None:
    page = open_page("library")
    page.wait_for_selector("table")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    assert page.url.endswith("#/library")


def test_on_a_phone_the_navigation_opens_and_nothing_runs_over_the_edge(
    open_page: Callable[..., Page], assert_accessible: Callable[[Page], None]
) -> None:
    page = open_page("library", width=390, height=844)
    page.wait_for_selector("table")
    expect(page.get_by_role("navigation")).to_be_hidden()
    page.get_by_role("button", name="菜单").click()
    expect(page.get_by_role("navigation")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_accessible(page)


def test_every_page_goes_by_the_name_that_the_navigation_gives_it(open_page: Callable[..., Page]) -> None:
    page = open_page("library", "admin")
    links = page.get_by_role("navigation").get_by_role("link")
    names = links.all_text_contents()
    assert len(names) == len(set(names)) == 11
    for name in names:
        page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        expect(page).to_have_title(f"{name} · 天府荐闻")


def test_whatever_the_keyboard_reaches_shows_that_it_does(open_page: Callable[..., Page]) -> None:
    page = open_page("library")
    page.wait_for_selector("table")
    seen = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        name, width = page.evaluate(
            """() => {
              const style = getComputedStyle(document.activeElement);
              const drawn = style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
              return [document.activeElement.outerHTML.slice(0, 80), drawn];
            }"""
        )
        assert width >= 2, name
        seen.add(name)
    assert len(seen) > 20


COVERED = """(note) => {
  const box = note.getBoundingClientRect();
  return [...document.querySelectorAll("main button, main a, main select, main input")].filter((one) => {
    const its = one.getBoundingClientRect();
    return its.left < box.right && its.right > box.left && its.top < box.bottom && its.bottom > box.top;
  }).map((one) => one.textContent);
}"""


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_a_note_covers_no_control(open_page: Callable[..., Page], width: int, height: int) -> None:
    page = open_page("write", width=width, height=height)
    page.get_by_label("标题", exact=True).fill("苍溪红心猕猴桃丰收 果农忙采摘")
    page.get_by_label("正文", exact=True).fill("果农正忙着采摘红心猕猴桃。" * 40)
    page.wait_for_selector(".tag-row")
    page.get_by_label("要添加的标签", exact=True).fill("词表里没有的词")
    page.get_by_role("button", name="添加").click()
    note = page.locator(".toast")
    expect(note).to_contain_text("词表里没有")
    assert note.evaluate(COVERED) == []
    assert note.evaluate("one => one.getBoundingClientRect().right <= innerWidth")


DOWN = "**/v1/**"
PLACES = ["library", "spread", "map", "flow", "coverages", "report", "front", "orders", "preview"]


@pytest.mark.parametrize("place", PLACES)
def test_a_page_that_gets_no_answer_says_so_and_what_to_do(
    open_page: Callable[..., Page], place: str
) -> None:
    page = open_page("write")
    page.route(DOWN, lambda route: route.abort())
    page.evaluate("place => { location.hash = place }", f"#/{place}")
    expect(page.locator("main").get_by_role("alert").first).to_contain_text("连不上服务")
    expect(page.locator("main").get_by_role("button", name="重试").first).to_be_visible()
    page.unroute(DOWN)
    retry = page.locator("main").get_by_role("button", name="重试")
    for left in reversed(range(retry.count())):
        retry.first.click()
        expect(retry).to_have_count(left)
    expect(page.locator("main").get_by_text("连不上服务")).to_have_count(0)


@pytest.mark.parametrize("place", PLACES)
def test_a_page_that_is_refused_says_so_in_chinese(open_page: Callable[..., Page], place: str) -> None:
    page = open_page("write")
    refusal = {
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
        "code": "forbidden",
        "detail": "No.",
    }
    page.route(
        DOWN,
        lambda route: route.fulfill(
            status=403, content_type="application/problem+json", body=json.dumps(refusal)
        ),
    )
    page.evaluate("place => { location.hash = place }", f"#/{place}")
    expect(page.locator("main").get_by_role("alert").first).to_contain_text("没有权限")


def test_an_unknown_page_says_so(open_page: Callable[..., Page]) -> None:
    page = open_page("nowhere")
    expect(page.get_by_text("没有这个页面")).to_be_visible()
