"""A joint coverage from opening to claims, picks and closing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from support.live import Live

Open = Callable[..., Page]
Check = Callable[[Page], None]
Shot = Callable[[Page, str], None]


@pytest.fixture
def coverage(live: Live) -> dict[str, Any]:
    """A coverage of the province with stories in it."""
    now = datetime.now(UTC)
    body = {
        "title": "秋冬农业生产联动报道",
        "lead": "三级媒体一起报秋收秋种和冬季农业生产。",
        "query": {
            "since": (now - timedelta(days=10)).isoformat(),
            "until": (now + timedelta(days=10)).isoformat(),
            "words_any": ["农业", "合作社"],
        },
        "angles": [
            {"name": "产业富民", "words": ["产业", "增收"]},
            {"name": "种粮故事", "words": ["种粮"]},
            {"name": "灯会巡游", "words": ["灯会巡游"]},
        ],
    }
    made: dict[str, Any] = live.post("/v1/coverages", "operator", body)
    return made


def filled(page: Page) -> None:
    """Look again until the stories that are there already are gathered."""
    for _ in range(60):
        page.get_by_role("button", name="刷新").click()
        stories = page.locator(".fact", has_text="稿件").first.locator("dd").inner_text()
        if stories != "0" and not page.get_by_text("正在补收以前的稿件").is_visible():
            return
        page.wait_for_timeout(500)
    pytest.fail("no story was gathered")


def test_an_editor_opens_a_coverage_and_stories_come_in(
    open_page: Open, live: Live, shot: Shot, assert_accessible: Check
) -> None:
    page = open_page("coverages")
    page.get_by_role("button", name="新建专题").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("专题名称").fill("冬季招聘与技能培训")
    dialog.get_by_label("有任意一个词").fill("招聘、培训")
    dialog.get_by_role("button", name="添加角度").click()
    dialog.get_by_label("第 1 个角度的名称").fill("招聘会")
    dialog.get_by_label("第 1 个角度的词").fill("招聘")
    shot(page, "coverage-new")
    assert_accessible(page)
    dialog.get_by_role("button", name="建立专题").click()

    expect(page.get_by_role("heading", level=2, name="冬季招聘与技能培训")).to_be_visible()
    expect(page.get_by_role("heading", level=3, name="招聘会")).to_be_visible()
    known = live.call("GET", "/v1/coverages", "editor")["items"]
    made = next(one for one in known if one["title"] == "冬季招聘与技能培训")
    assert (made["query"]["words_any"], made["angles"][0]["words"]) == (["招聘", "培训"], ["招聘"])
    page.goto("/console#/coverages")
    expect(page.get_by_role("link", name="冬季招聘与技能培训").first).to_be_visible()
    shot(page, "coverages")
    assert_accessible(page)


def test_a_form_that_breaks_a_rule_says_which_field(open_page: Open) -> None:
    page = open_page("coverages")
    page.get_by_role("button", name="新建专题").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("专题名称").fill("时间倒置")
    dialog.get_by_label("发布时间从").fill("2026-03-02T08:00")
    dialog.get_by_label("到", exact=True).fill("2026-03-01T08:00")
    dialog.get_by_role("button", name="建立专题").click()
    expect(dialog.get_by_role("alert")).to_contain_text("结束时间")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_second_desk_is_told_who_has_an_angle_and_may_join(
    open_page: Open, live: Live, coverage: dict[str, Any], shot: Shot, assert_accessible: Check
) -> None:
    page = open_page(f"coverage?id={coverage['id']}", "operator", reduced_motion="reduce")
    filled(page)

    def claim(outlet_id: str, desk: str) -> None:
        angle = page.get_by_role("region", name="角度：种粮故事")
        angle.get_by_role("button", name="认领").first.click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("哪家媒体").select_option(outlet_id)
        dialog.get_by_label("哪个部门").fill(desk)
        dialog.get_by_role("button", name="认领", exact=True).click()

    claim("guangyuan", "经济部")
    angle = page.get_by_role("region", name="角度：种粮故事")
    expect(angle.locator(".claims li")).to_contain_text(["经济部"])
    claim("lizhou", "")
    taken = page.get_by_role("dialog").get_by_role("alert")
    expect(taken).to_contain_text("这个角度已有人认领")
    expect(taken).to_contain_text("经济部")
    shot(page, "coverage-claimed")
    assert_accessible(page)
    taken.get_by_role("button", name="一起做（共同认领）").click()
    expect(angle.locator(".claims li")).to_have_count(2)
    expect(angle).to_contain_text("（共同）")
    shot(page, "coverage")
    assert_accessible(page)
    story = live.call("GET", "/v1/stories?outlet_id=lizhou&limit=1", "operator")["items"][0]
    angle.locator(".claims li", has_text="（共同）").get_by_role("button", name="交稿").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="交稿", exact=True)).to_be_disabled()
    dialog.get_by_label("找稿件").fill(story["title"][:6])
    dialog.get_by_role("list", name="找到的稿件").get_by_role("button", name=story["title"]).first.click()
    expect(dialog.get_by_role("link", name=story["title"])).to_be_visible()
    assert_accessible(page)
    dialog.get_by_role("button", name="交稿", exact=True).click()
    expect(angle.locator(".claims li", has_text="（共同）")).to_contain_text("已交稿")
    angle.locator(".claims li", has_text="经济部").get_by_role("button", name="放弃").click()
    expect(angle.locator(".claims li", has_text="经济部")).to_contain_text("已放弃")
    expect(page.get_by_text("没有稿件的角度")).to_be_visible()


def test_a_story_put_out_is_listed_and_can_come_back(
    open_page: Open, coverage: dict[str, Any], shot: Shot, assert_accessible: Check
) -> None:
    page = open_page(f"coverage?id={coverage['id']}", "operator")
    filled(page)
    page.get_by_role("tab", name="稿件").click()
    row = page.locator(".told > li").first
    title = row.locator(".story-link").inner_text()
    href = row.locator(".story-link").get_attribute("href")
    expect(row).to_contain_text("有「")
    shot(page, "coverage-stories")
    row.get_by_role("button", name="移出").click()
    expect(page.locator(f'.told a[href="{href}"]')).to_have_count(0)

    page.get_by_role("tab", name="人工选稿").click()
    out = page.get_by_role("row").filter(has=page.locator(f'a[href="{href}"]'))
    expect(out).to_contain_text("移出")
    assert_accessible(page)
    out.get_by_role("button", name="撤回").click()
    expect(page.get_by_text("还没有人工选稿")).to_be_visible()

    page.get_by_label("找稿件").fill("没有这样的稿件")
    expect(page.get_by_text("没有找到，换一个词试试。")).to_be_visible()
    page.get_by_label("找稿件").fill(f"http://127.0.0.1/console{href}")
    page.get_by_role("list", name="找到的稿件").get_by_role("button", name=title).click()
    page.get_by_label("归入角度").select_option(label="灯会巡游")
    page.get_by_role("button", name="选入").click()
    expect(page.get_by_role("row").filter(has_text=title)).to_contain_text("灯会巡游")


def test_doubles_hours_and_reach_are_drawn(
    open_page: Open, live: Live, coverage: dict[str, Any], shot: Shot, assert_accessible: Check
) -> None:
    page = open_page(f"coverage?id={coverage['id']}", "operator", reduced_motion="reduce")
    filled(page)
    board = live.call("GET", f"/v1/coverages/{coverage['id']}", "operator")
    page.get_by_role("tab", name="撞稿").click()
    first = page.locator("details.double").first
    expect(first.locator("li")).to_have_count(len(board["doubles"][0]["stories"]))
    expect(first.locator("li").first).to_contain_text("首发")
    shot(page, "coverage-doubles")
    assert_accessible(page)
    page.get_by_role("tab", name="撞稿").press("ArrowRight")
    page.wait_for_selector(".chart canvas")
    best = max(board["reach"], key=lambda one: one["clicks"] or 0)
    expect(page.locator(".table-frame tbody tr").last).to_be_visible()
    assert f"{best['clicks']:,}" in page.get_by_role("region", name="各家稿件与触达").inner_text()
    shot(page, "coverage-reach")
    assert_accessible(page)


def test_a_member_sees_its_own_reach_and_the_sum_and_no_other_outlets(
    open_page: Open, live: Live, shot: Shot, assert_accessible: Check
) -> None:
    known = live.call("GET", "/v1/coverages", "editor")["items"]
    demo = next(one for one in known if one["title"] == "平安温暖过冬")
    page = open_page(f"coverage?id={demo['id']}&tab=reach", reduced_motion="reduce")
    board = live.call("GET", f"/v1/coverages/{demo['id']}", "editor")
    (own,) = board["reach"]
    assert own["outlet_id"] == live.demo.outlet_id
    page.wait_for_selector(".chart canvas")
    rows = page.get_by_role("region", name="触达", exact=True).locator("tbody tr")
    for row, told in ((rows.first, own), (rows.last, board["reach_total"] or {})):
        for name in ("exposures", "clicks", "readers"):
            expect(row).to_contain_text("—" if told.get(name) is None else f"{told[name]:,}")
    others = page.get_by_role("region", name="各家稿件", exact=True)
    expect(others.get_by_role("columnheader")).to_have_text(["媒体", "层级", "稿件", "首发"])
    rows.first.scroll_into_view_if_needed()
    shot(page, "coverage-reach-member")
    assert_accessible(page)


def test_the_demos_coverages_are_alive_with_claims_doubles_and_a_channel(open_page: Open, live: Live) -> None:
    known = live.call("GET", "/v1/coverages?state=live", "editor")["items"]
    for title in ("平安温暖过冬", "川果飘香产地行"):
        demo = next(one for one in known if one["title"] == title)
        board = live.call("GET", f"/v1/coverages/{demo['id']}", "editor")
        assert board["fill"]["done"]
        assert board["stories"] >= 20
        assert board["doubles"]
        assert {claim["state"] for claim in board["claims"]} >= {"claimed", "filed"}
        assert len({claim["outlet_id"] for claim in board["claims"]}) >= 3
        assert live.demo.outlet_id in {claim["outlet_id"] for claim in board["claims"]}
        asked = {"scene": "channel", "channel": board["channel"], "device_id": "d-channel"}
        assert live.post("/v1/recommend", "app", asked)["items"]
    page = open_page("coverages")
    page.get_by_role("link", name="平安温暖过冬").click()
    expect(page.get_by_role("region", name="角度：水电气保供")).to_contain_text("已交稿")


def test_a_coverage_that_nobody_tells_of_says_so_on_every_tab(
    open_page: Open, live: Live, shot: Shot, assert_accessible: Check
) -> None:
    now = datetime.now(UTC)
    query = {
        "since": now.isoformat(),
        "until": (now + timedelta(days=1)).isoformat(),
        "words_any": ["无人提及的词"],
    }
    made = live.post(
        "/v1/coverages", "operator", {"title": "筹备中的专题", "query": query, "state": "planned"}
    )
    page = open_page(f"coverage?id={made['id']}", "operator")
    for tab, said in (
        ("角度与认领", "这个专题没有分角度"),
        ("稿件", "没有稿件"),
        ("撞稿", "没有两家报同一内容"),
        ("进度与触达", "还没有媒体发稿"),
        ("人工选稿", "还没有人工选稿"),
    ):
        page.get_by_role("tab", name=tab, exact=True).click()
        expect(page.get_by_text(said, exact=True)).to_be_visible()
    shot(page, "coverage-empty")
    assert_accessible(page)
    page.get_by_role("button", name="开始").click()
    expect(page.get_by_text("进行中", exact=True)).to_be_visible()


def test_an_angle_added_later_keeps_the_others_and_the_query(
    open_page: Open, live: Live, coverage: dict[str, Any]
) -> None:
    page = open_page(f"coverage?id={coverage['id']}", "operator")
    page.get_by_role("button", name="修改").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="添加角度").click()
    dialog.get_by_label("第 4 个角度的名称").fill("农机检修")
    dialog.get_by_label("只收写到这些地方的稿件").select_option("510800")
    expect(dialog.get_by_role("button", name="去掉广元市")).to_be_visible()
    dialog.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", level=3, name="农机检修")).to_be_visible()
    changed = live.call("GET", f"/v1/coverages/{coverage['id']}", "operator")
    assert changed["angles"][:3] == coverage["angles"]
    assert changed["query"] == {
        **coverage["query"],
        "places": ["510800"],
        "since": changed["query"]["since"],
        "until": changed["query"]["until"],
    }
    assert changed["query"]["since"][:16] == coverage["query"]["since"][:16]


def test_only_who_leads_a_coverage_ends_it(open_page: Open, coverage: dict[str, Any]) -> None:
    member = open_page(f"coverage?id={coverage['id']}")
    expect(member.get_by_role("heading", level=2, name=coverage["title"])).to_be_visible()
    expect(member.get_by_role("button", name="结束")).to_have_count(0)
    expect(member.get_by_role("button", name="认领").first).to_be_visible()

    page = open_page(f"coverage?id={coverage['id']}", "operator")
    page.get_by_role("button", name="结束").click()
    expect(page.get_by_text("已结束", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="认领")).to_have_count(0)
    page.get_by_role("button", name="重新打开").click()
    expect(page.get_by_role("button", name="认领").first).to_be_visible()
