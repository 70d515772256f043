"""Previews, replays, the reader's own page, and pages without an answer."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect
from support.live import Live

Opens = Callable[..., Page]
Shot = Callable[[Page, str], None]
Check = Callable[[Page], None]


def test_an_editor_sees_the_feed_of_a_made_up_reader_and_why(
    open_page: Opens, shot: Shot, assert_accessible: Check
) -> None:
    page = open_page("preview")
    page.wait_for_selector(".feed-item")
    expect(page.get_by_text("未使用个人信息")).to_be_visible()

    page.get_by_role("radio", name="学生家长").check()
    expect(page.get_by_text("个性化推荐", exact=True)).to_be_visible()
    page.locator(".feed-item").nth(2).click()
    why = page.get_by_role("region", name="为什么是这样")
    expect(why.get_by_role("link").first).to_have_text(
        page.locator(".feed-item").nth(2).locator(".feed-title").inner_text()
    )
    expect(why).to_contain_text("第 3 位")
    assert_accessible(page)
    page.evaluate("scrollTo(0, 0)")
    shot(page, "preview")

    why.get_by_role("tab", name="整个列表").click()
    for words in ("候选稿件", "规则去掉的", "每项特征最多加几分", "关注的主题或地方", "排序模型"):
        expect(why).to_contain_text(words)
    page.get_by_role("radio", name="关闭个性化").check()
    expect(page.get_by_text("未使用个人信息")).to_be_visible()


def test_an_editor_makes_a_reader_of_the_own_mind(open_page: Opens, assert_accessible: Check) -> None:
    page = open_page("preview?who=own")
    expect(page.get_by_text("先勾选几个主题")).to_be_visible()
    expect(page.get_by_role("checkbox", name="医药、卫生")).to_have_count(0)
    page.get_by_role("checkbox", name="体育").check()
    expect(page.locator(".feed-why").filter(has_text="您关注的『体育』").first).to_be_visible()
    page.get_by_role("checkbox", name="教育").check()
    expect(page.locator(".feed-why").filter(has_text="您关注的『教育』").first).to_be_visible()
    assert_accessible(page)


def test_an_operator_first_chooses_an_outlet(open_page: Opens, live: Live, assert_accessible: Check) -> None:
    page = open_page("preview", "operator")
    expect(page.get_by_text("先选一家媒体")).to_be_visible()
    page.get_by_role("combobox", name="媒体").select_option(live.demo.outlet_id)
    page.wait_for_selector(".feed-item")
    assert_accessible(page)


def test_any_feed_is_replayed_by_its_number(
    open_page: Opens, live: Live, shot: Shot, assert_accessible: Check
) -> None:
    reader = "replayed-reader"  # one of its own: other tests switch the demo's reader off, or erase it
    live.call("PUT", f"/v1/readers/{reader}/tags/topic/14", "app", {"weight": 3.0})
    made = live.post("/v1/recommend", "app", {"reader_id": reader})
    page = open_page("decision")
    page.get_by_label("推荐编号").fill(made["trace_id"])
    page.keyboard.press("Enter")
    expect(page.locator(".feed-item").first).to_contain_text(made["items"][0]["title"])
    expect(page.get_by_text("使用了读者的兴趣")).to_be_visible()
    page.locator(".feed-item").nth(4).click()
    expect(page.get_by_role("region", name="选中的这条")).to_contain_text(made["items"][4]["title"])
    assert reader not in page.content()
    assert_accessible(page)
    page.evaluate("scrollTo(0, 0)")
    shot(page, "decision")

    page.get_by_label("推荐编号").fill("f-nothing")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("没有找到")


def own_page(open_page: Opens, live: Live, **options: Any) -> Page:
    """The page as the county's app opens it for its reader."""
    link = live.post(f"/v1/readers/{live.demo.reader_id}/link", "app", {})
    page = open_page(role=None, width=390, height=844, **options)
    page.goto(link["path"])
    expect(page.get_by_role("heading", name="我的兴趣")).to_be_visible()
    return page


def test_a_reader_sees_corrects_switches_takes_along_and_erases(
    open_page: Opens, live: Live, shot: Shot, assert_accessible: Check
) -> None:
    page = own_page(open_page, live, accept_downloads=True)
    assert "tfl_" not in page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_accessible(page)
    shot(page, "me")
    who = f"/v1/readers/{live.demo.reader_id}"

    page.get_by_role("switch", name="个性化推荐").click()
    expect(page.get_by_text("已关闭", exact=True)).to_be_visible()
    assert not live.call("GET", who, "app")["personalise"]
    page.get_by_role("switch", name="个性化推荐").click()

    gone = page.get_by_role("button", name=re.compile("^删除兴趣：")).first
    label = (gone.get_attribute("aria-label") or "").removeprefix("删除兴趣：")
    gone.click()
    expect(page.get_by_text(f"删除过的：{label}")).to_be_visible()
    assert [tag["label"] for tag in live.call("GET", who, "app")["removed"]] == [label]

    page.get_by_label("少看或不看什么").select_option(label="体育")
    page.get_by_role("region", name="少看和不看").get_by_label("程度").select_option(label="不看")
    page.get_by_role("region", name="少看和不看").get_by_role("button", name="设定").click()
    expect(page.get_by_role("button", name="恢复：体育")).to_be_visible()
    page.get_by_label(re.compile("^本地")).press("End")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("button", name="恢复平常")).to_be_enabled()
    assert live.call("GET", who, "app")["sliders"]["local"] == 1.0

    with page.expect_download() as taken:
        page.get_by_role("button", name="导出全部记录").click()
    exported = json.loads(Path(taken.value.path()).read_text(encoding="utf-8"))
    assert exported["reader"]["wishes"][0]["label"] == "体育"
    assert exported["events"]

    page.reload()
    page.get_by_role("button", name="清除全部记录").click()
    page.get_by_role("button", name="不清除").click()
    assert live.call("GET", who, "app")["stories_read"] > 0
    page.get_by_role("button", name="清除全部记录").click()
    page.get_by_role("button", name="全部清除").click()
    expect(page.get_by_text("从现在起，这里对您一无所知")).to_be_visible()
    told = live.call("GET", who, "app")
    assert (told["stories_read"], told["interests"], told["wishes"]) == (0, [], [])


def test_an_altered_link_shows_nothing_but_the_way_back(open_page: Opens, assert_accessible: Check) -> None:
    page = open_page(role=None, width=390, height=844)
    page.goto("/me#tfl_AAAA")
    expect(page.get_by_role("heading", name="链接已失效")).to_be_visible()
    assert_accessible(page)


def test_the_explanation_is_a_page_for_browsers_without_script(
    open_page: Opens, shot: Shot, assert_accessible: Check, live: Live
) -> None:
    page = open_page(role=None)
    page.goto("/about-algorithm")
    expect(page.get_by_role("heading", name="您的权利")).to_be_visible()
    assert page.locator("script").count() == 0
    told = page.locator("main").inner_text()
    assert not re.search(r"[\u3000-\u9fff] [\u3000-\u9fff]", told), "no space within Chinese text"
    assert_accessible(page)
    shot(page, "about-algorithm")
    plain = httpx.get(f"{live.address}/about-algorithm")
    assert plain.headers["content-type"].startswith("text/plain")
    assert plain.text.startswith("# ")


@pytest.mark.parametrize("place", ["preview", "front", "orders"])
def test_when_the_service_does_not_answer_the_page_says_so_and_tries_again(
    open_page: Opens, assert_accessible: Check, place: str
) -> None:
    page = open_page("decision")
    pattern = re.compile("/v1/(recommend/preview|placements)")
    page.route(pattern, lambda route: route.abort())
    page.goto(f"/console#/{place}")
    alert = page.get_by_role("alert").first
    expect(alert).to_contain_text("连不上服务")
    assert_accessible(page)
    page.unroute(pattern)
    alert.get_by_role("button", name="重试").click()
    expect(page.get_by_role("alert")).to_have_count(0)
