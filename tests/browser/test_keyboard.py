"""The main tasks of the console by the keyboard alone."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect
from support.live import Live

Open = Callable[..., Page]
FAR = 120
"""More presses of the Tab key than anybody would bear."""


def tab_to(page: Page, wanted: Locator, *, key: str = "Tab", within: int = FAR) -> None:
    """Press Tab until something has the focus."""
    expect(wanted).to_be_visible()
    for _ in range(within):
        page.keyboard.press(key)
        if wanted.evaluate("one => one === document.activeElement"):
            return
    pytest.fail(f"{wanted} is not reached by the Tab key")


def press_on(page: Page, wanted: Locator, key: str = "Enter", *, within: int = FAR) -> None:
    tab_to(page, wanted, within=within)
    page.keyboard.press(key)


def assert_focus_stays(page: Page) -> None:
    """The focus stands on something that can be seen: who cannot see the page knows where they are."""
    expect(page.locator(":focus")).to_have_count(1)
    expect(page.locator(":focus")).to_be_visible()


def to_page(page: Page, name: str) -> None:
    """Go to a page of the navigation; the focus arrives on its heading."""
    press_on(page, page.get_by_role("navigation").get_by_role("link", name=name, exact=True))
    expect(page.get_by_role("heading", level=1, name=name, exact=True)).to_be_focused()


@pytest.fixture
def own_story(live: Live, request: pytest.FixtureRequest) -> dict[str, str]:
    """A story of the editor's own outlet, one for each test."""
    story = {
        "title": f"山村图书角开放：{request.node.name[-20:]}",
        "body": f"{request.node.name}：山村图书角今天开放，孩子们放学后可以借书回家，书是三所学校一起捐的。",
        "published_at": datetime.now(UTC).isoformat(),
    }
    receipt = live.post("/v1/stories", "editor", story)["results"][0]
    return {"id": receipt["story_id"], "title": story["title"]}


def withdraw_all(live: Live) -> None:
    headers = {"Authorization": f"Bearer {live.demo.keys['operator']}"}
    with httpx.Client(base_url=live.address, headers=headers, timeout=60) as client:
        for order in client.get("/v1/placements").json()["items"]:
            client.delete(f"/v1/placements/{order['id']}")


@pytest.fixture
def no_other_orders(live: Live) -> Iterator[None]:
    withdraw_all(live)
    yield
    withdraw_all(live)


def test_the_keyboard_alone_opens_a_coverage_and_claims_an_angle(open_page: Open, live: Live) -> None:
    now = datetime.now(UTC)
    window = {"since": now.isoformat(), "until": (now + timedelta(days=1)).isoformat()}
    angles = [{"name": "返乡路上", "words": ["返乡"]}, {"name": "年货市场", "words": ["年货"]}]
    body: dict[str, Any] = {"title": "键盘打开的专题", "query": window, "angles": angles}
    made = live.post("/v1/coverages", "operator", body)
    page = open_page("library")
    page.wait_for_selector("table")
    to_page(page, "专题")
    press_on(page, page.get_by_role("link", name="键盘打开的专题"))
    expect(page.get_by_role("heading", level=1, name="专题看板")).to_be_focused()
    press_on(page, page.get_by_role("button", name="认领：年货市场"))
    dialog = page.get_by_role("dialog")
    tab_to(page, dialog.get_by_label("哪个部门"), within=4)
    page.keyboard.type("民生部")
    press_on(page, dialog.get_by_role("button", name="认领", exact=True), within=12)
    expect(dialog).to_be_hidden()
    claims = page.get_by_role("region", name="角度：年货市场").locator(".claims li")
    expect(claims).to_contain_text("民生部")
    assert_focus_stays(page)
    (claim,) = live.call("GET", f"/v1/coverages/{made['id']}", "editor")["claims"]
    assert (claim["desk"], claim["outlet_id"]) == ("民生部", live.demo.outlet_id)
    press_on(page, claims.get_by_role("button", name="放弃"))
    expect(claims).to_contain_text("已放弃")
    assert_focus_stays(page)


def test_the_keyboard_alone_opens_a_new_coverage(open_page: Open, live: Live) -> None:
    page = open_page("coverages")
    press_on(page, page.get_by_role("button", name="新建专题").first)
    dialog = page.get_by_role("dialog")
    tab_to(page, dialog.get_by_label("专题名称"), within=4)
    page.keyboard.type("键盘新建的专题")
    press_on(page, dialog.get_by_role("button", name="添加角度"))
    tab_to(page, dialog.get_by_label("第 1 个角度的名称"), key="Shift+Tab", within=4)
    page.keyboard.type("只有一个角度")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2, name="键盘新建的专题")).to_be_visible()
    expect(page.get_by_role("heading", level=1, name="专题看板")).to_be_focused()


@pytest.mark.usefixtures("no_other_orders")
def test_the_keyboard_alone_gives_a_must_carry_order_and_withdraws_it(
    open_page: Open, live: Live, own_story: dict[str, str]
) -> None:
    page = open_page("library", "operator")
    to_page(page, "人工安排")
    press_on(page, page.get_by_role("button", name="新的安排"))
    choose_story(page, own_story["title"])
    dialog = page.get_by_role("dialog")
    tab_to(page, dialog.get_by_label("做什么"), within=4)
    page.keyboard.type("省级必推")
    press_on(page, dialog.get_by_label("县级"), "Space", within=6)
    tab_to(page, dialog.get_by_label("说明"))
    page.keyboard.type("键盘下达")
    expect(dialog).to_contain_text("将到达 185 家媒体")
    press_on(page, dialog.get_by_role("button", name="下达"), within=6)
    expect(page.get_by_role("region", name="展示情况")).to_be_visible()
    assert_focus_stays(page)
    (order,) = live.call("GET", "/v1/placements", "operator")["items"]
    assert (order["action"], order["levels"], order["note"]) == ("must_carry", ["county"], "键盘下达")
    press_on(page, page.get_by_role("region", name="省级必推").get_by_role("button", name="撤回"))
    expect(page.get_by_text("现在没有人工安排")).to_be_visible()
    assert_focus_stays(page)


@pytest.mark.usefixtures("no_other_orders")
def test_the_keyboard_alone_pins_a_story_at_the_second_place(
    open_page: Open, live: Live, own_story: dict[str, str]
) -> None:
    page = open_page("orders")
    press_on(page, page.get_by_role("button", name="新的安排"))
    choose_story(page, own_story["title"])
    dialog = page.get_by_role("dialog")
    tab_to(page, dialog.get_by_label("第几位"))
    page.keyboard.press("ArrowUp")
    press_on(page, dialog.get_by_role("button", name="下达"))
    expect(page.get_by_role("heading", level=2, name="置顶到第 2 位")).to_be_visible()
    assert_focus_stays(page)
    (order,) = live.call("GET", "/v1/placements", "editor")["items"]
    assert (order["action"], order["position"], order["story_id"]) == ("pin", 1, own_story["id"])


def choose_story(page: Page, title: str) -> None:
    dialog = page.get_by_role("dialog")
    tab_to(page, dialog.get_by_role("searchbox"), within=4)
    page.keyboard.type(title)
    press_on(page, dialog.get_by_role("button", name=title), within=4)
    expect(dialog.get_by_role("link", name=title)).to_be_visible()
    assert_focus_stays(page)


def test_the_keyboard_alone_takes_a_story_down_with_a_reason_and_restores_it(
    open_page: Open, live: Live, own_story: dict[str, str]
) -> None:
    page = open_page(f"story?id={own_story['id']}")
    press_on(page, page.get_by_role("button", name="撤稿", exact=True))
    dialog = page.get_by_role("dialog")
    tab_to(page, dialog.get_by_label("原因"), within=4)
    page.keyboard.type("数字有误")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_label("连同同一事件的各篇")).to_be_checked()
    page.keyboard.press("ArrowUp")
    press_on(page, dialog.get_by_role("button", name="确认撤稿"), within=2)
    expect(page.get_by_text("回执：1/1 篇已停止展示")).to_be_visible()
    assert_focus_stays(page)
    (order,) = live.call("GET", f"/v1/stories/{own_story['id']}/takedowns", "editor")["items"]
    assert (order["reason"], order["scope"]) == ("数字有误", "story")
    press_on(page, page.get_by_role("button", name="恢复", exact=True))
    press_on(page, dialog.get_by_role("button", name="确认恢复"), within=4)
    expect(page.get_by_text("回执：1/1 篇已恢复展示")).to_be_visible()
    assert_focus_stays(page)


LOST = """async (leave) => {
  const {keepFocus} = await import("/console/static/lib/focus.js");
  document.body.innerHTML = `<div id="all"><main tabindex="-1"><a href="#/">首页</a>
    <ul><li><button>甲</button></li><li><button>乙</button></li><li><button>丙</button></li></ul></main></div>`;
  keepFocus(document.getElementById("all"));
  const [, second, third] = document.querySelectorAll("li");
  const turn = () => new Promise((done) => setTimeout(done));
  const held = () => document.activeElement.textContent.trim();
  const seen = [];
  second.querySelector("button").focus();
  if (leave) document.activeElement.blur();
  await turn();
  const other = document.createElement("button");
  other.textContent = "丁";
  second.querySelector("button").replaceWith("好", other);
  await turn(), seen.push(held());
  second.remove();
  await turn(), seen.push(held());
  third.remove();
  await turn(), seen.push(held());
  document.querySelector("ul").remove();
  await turn(), seen.push(held());
  document.querySelector("a").remove();
  await turn(), seen.push(document.activeElement.localName);
  return seen;
}"""


def test_the_focus_passes_on_to_what_stands_in_place_of_what_went_and_next_to_it(open_page: Open) -> None:
    page = open_page(role=None)
    assert page.evaluate(LOST, False) == ["丁", "丙", "甲", "首页", "main"]


def test_a_focus_given_up_on_purpose_is_not_brought_back(open_page: Open) -> None:
    page = open_page(role=None)
    assert page.evaluate(LOST, True)[-1] == "body"
