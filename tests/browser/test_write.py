"""写稿助手: suggestions while typing, one key for each, who has it, desks, storing with labels."""

from collections.abc import Callable

from playwright.sync_api import Page, expect
from support.live import Live

TITLE = "苍溪红心猕猴桃丰收 果农忙采摘"
BODY = (
    "记者在苍溪县歧坪镇看到，果农正忙着采摘红心猕猴桃。今年全县种植面积达到三十九万亩，预计产量十二万吨。\n"
    "县农业农村局组织农技人员下田指导，合作社负责人李明华说，电商订单比去年多了三成。"
)
STORED = (
    "歧坪镇的分拣中心今天启用，红心猕猴桃从这里按大小分成五档。中心由县农业农村局与合作社合建。\n"
    "负责人李明华介绍，种植户把果子送来，当天就能结账。"
)
OpenPage = Callable[..., Page]


def write(page: Page, title: str = TITLE, body: str = BODY) -> None:
    page.get_by_label("标题", exact=True).fill(title)
    page.get_by_label("正文", exact=True).fill(body)
    page.wait_for_selector(".tag-row")


def row(page: Page, label: str) -> str:
    return f".tag-row:has(.tag-label:text-is('{label}'))"


def test_tags_follow_the_text_and_their_words_stand_out_in_it(
    open_page: OpenPage, shot: Callable[[Page, str], None], assert_accessible: Callable[[Page], None]
) -> None:
    page = open_page("write")
    shot(page, "write-empty")
    assert_accessible(page)
    write(page)
    expect(page.locator(row(page, "苍溪县"))).to_be_visible()
    expect(page.locator(".marked-area.body mark", has_text="歧坪镇")).to_be_attached()
    page.wait_for_selector(".match", state="attached")
    page.wait_for_selector(".desk", state="attached")
    shot(page, "write")
    assert_accessible(page)
    page.get_by_label("正文", exact=True).fill("😀" + BODY)
    expect(page.locator(".marked-area.body mark", has_text="李明华")).to_be_attached()


def test_a_marked_name_takes_no_more_room_than_its_letters(open_page: OpenPage) -> None:
    page = open_page("write")
    write(page)
    mark = page.locator(".marked-area.body mark", has_text="李明华")
    expect(mark).to_be_attached()
    for side in ("padding-left", "padding-right", "border-left-width", "margin-left"):
        expect(mark).to_have_css(side, "0px")


def test_one_key_accepts_and_one_rejects_without_the_mouse(open_page: OpenPage) -> None:
    page = open_page("write")
    write(page)
    page.get_by_label("正文", exact=True).focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".tag-row").first.get_by_role("button").first).to_be_focused()
    page.keyboard.press("a")
    page.keyboard.press("x")
    expect(page.locator(".tag-row").nth(0)).to_have_attribute("data-state", "accepted")
    expect(page.locator(".tag-row").nth(1)).to_have_attribute("data-state", "rejected")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("u")
    expect(page.locator(".tag-row").nth(1)).to_have_attribute("data-state", "suggested")
    page.keyboard.press("Escape")
    expect(page.get_by_label("正文", exact=True)).to_be_focused()


def test_who_has_it_already_is_shown_side_by_side(
    open_page: OpenPage, shot: Callable[[Page, str], None], assert_accessible: Callable[[Page], None]
) -> None:
    page = open_page("write")
    write(page)
    page.get_by_role("tab", name="谁已经发过").click()
    expect(page.get_by_text("最早是")).to_be_visible()
    page.get_by_role("button", name="对照").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("article").nth(1).locator("mark").first).to_be_visible()
    mine, other = (
        {
            "".join(text.split())
            for text in dialog.locator("article").nth(n).locator("mark").all_text_contents()
        }
        for n in (0, 1)
    )
    assert mine == other
    assert mine
    shot(page, "side-by-side")
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_upper_desks_are_named_with_their_chance_and_reason(
    open_page: OpenPage, shot: Callable[[Page, str], None]
) -> None:
    page = open_page("write")
    write(page)
    page.get_by_role("tab", name="上级编辑部").click()
    expect(page.locator(".desk").first).to_contain_text("%")
    expect(page.locator(".desk").first.locator(".hint")).not_to_be_empty()
    shot(page, "desks")


def test_a_story_pasted_whole_has_its_first_line_as_title(open_page: OpenPage) -> None:
    page = open_page("write")
    page.get_by_label("正文", exact=True).wait_for()
    page.evaluate(
        """([title, body]) => {
          const data = new DataTransfer();
          data.setData("text/plain", title + "\\r\\n" + body);
          const paste = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
          document.querySelector("textarea[name=body]").dispatchEvent(paste);
        }""",
        [TITLE, BODY],
    )
    expect(page.get_by_label("标题", exact=True)).to_have_value(TITLE)
    expect(page.get_by_label("正文", exact=True)).to_have_value(BODY)


def test_storing_keeps_the_editors_decisions_as_labels(open_page: OpenPage, live: Live) -> None:
    page = open_page("write")
    write(page, title="苍溪歧坪镇猕猴桃分拣中心启用", body=STORED)
    page.locator(row(page, "农业、农村")).get_by_role("button", name="采纳").click()
    page.locator(row(page, "李明华")).get_by_role("button", name="否定").click()
    page.get_by_label("要添加的标签类别").select_option(label="关键词")
    page.get_by_role("textbox", name="要添加的标签").or_(
        page.get_by_role("combobox", name="要添加的标签", exact=True)
    ).first.fill("冷链直发")
    page.get_by_role("button", name="添加").click()
    page.get_by_role("button", name="入库").click()
    page.get_by_role("button", name="确认入库").click()
    page.wait_for_url("**/console#/story?id=*")
    expect(page.locator(".story-title")).to_have_text("苍溪歧坪镇猕猴桃分拣中心启用")

    story_id = page.url.partition("id=")[2]
    tags = {tag["label"]: tag for tag in live.call("GET", f"/v1/stories/{story_id}", "editor")["tags"]}
    assert (tags["农业、农村"]["state"], tags["农业、农村"]["assigned_by"]) == ("accepted", "model")
    assert tags["李明华"]["state"] == "rejected"
    assert (tags["冷链直发"]["state"], tags["冷链直发"]["assigned_by"]) == ("accepted", "editor")
    assert all(tags[label]["decided_at"] for label in ("农业、农村", "李明华", "冷链直发"))


def test_a_draft_outlives_a_reload_but_not_storing(open_page: OpenPage) -> None:
    page = open_page("write")
    write(page, title="未写完的稿子")
    page.reload()
    expect(page.get_by_label("标题", exact=True)).to_have_value("未写完的稿子")
    page.get_by_role("button", name="清空").click()
    page.reload()
    expect(page.get_by_label("标题", exact=True)).to_have_value("")


def test_a_service_that_fails_is_told_in_chinese(open_page: OpenPage) -> None:
    page = open_page("write")
    page.route("**/v1/tags/suggest", lambda route: route.abort())
    page.get_by_label("标题", exact=True).fill(TITLE)
    expect(page.get_by_role("alert").first).to_contain_text("连不上服务")
