"""The frame of the console: signing in and out, navigation, the keyboard, the phone."""

import time
from collections.abc import Callable

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


def test_an_unknown_page_says_so(open_page: Callable[..., Page]) -> None:
    page = open_page("nowhere")
    expect(page.get_by_text("没有这个页面")).to_be_visible()
