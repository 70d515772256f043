"""Spread, map, pick-ups and the monthly report, by hand and by keyboard."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route, expect
from support.live import Live

Open = Callable[..., Page]
Check = Callable[[Page], None]
Shot = Callable[[Page, str], None]
DEAR_READERS = 20


def figure(page: Page, label: str) -> str:
    """The figure under a name, without the notes below it."""
    fact = page.locator(".fact", has=page.get_by_text(label, exact=True))
    return fact.locator("dd").first.inner_text()


def assert_no_sideways(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_is_hot_leads_to_how_it_spread(
    open_page: Open, live: Live, shot: Shot, assert_accessible: Check
) -> None:
    page = open_page("spread", reduced_motion="reduce")
    expect(page.get_by_role("heading", name="现在最热")).to_be_visible()
    expect(page.get_by_role("button", name="本市州")).to_have_attribute("aria-pressed", "true")
    page.wait_for_selector(".chart canvas")
    shot(page, "spread")
    assert_accessible(page)

    page.get_by_role("button", name="全省").click()
    expect(page.get_by_text("全省；点击是本媒体读者的").first).to_be_visible()
    hot = live.call("GET", "/v1/insights/hot?adcode=510000&days=7", "editor")
    first = page.locator("section", has_text="近 7 天最热").locator(".hot-list a").first
    expect(first).to_have_text(hot["lately"][0]["title"])
    page.get_by_text("以表格查看").click()
    heat = live.call("GET", "/v1/insights/heat?adcode=510000&days=7", "editor")
    expect(page.locator(".chart-rows tbody tr")).to_have_count(7)
    expect(page.locator(".chart-rows tbody tr").last.locator("td").nth(1)).to_have_text(
        str(heat["topics"][0]["stories"][-1])
    )

    first.click()
    expect(page.get_by_role("heading", level=1, name="一稿传播")).to_be_visible()
    cluster = live.call("GET", f"/v1/clusters/{hot['lately'][0]['cluster_id']}", "editor")
    expect(page.locator(".tree-node")).to_have_count(cluster["size"])
    expect(page.locator(".tree-edge")).to_have_count(cluster["size"] - 1)
    assert figure(page, "媒体") == str(cluster["outlets"])
    page.locator(".tree-legend").scroll_into_view_if_needed()
    shot(page, "cluster")
    assert_accessible(page)
    page.get_by_role("tab", name="关系图").press("ArrowRight")
    steps = page.locator(".timeline li")
    expect(steps).to_have_count(cluster["size"])
    expect(steps.first).to_contain_text("首发")
    expect(steps.last).to_contain_text(cluster["members"][-1]["outlet"])
    shot(page, "cluster-timeline")


def test_a_blank_spot_leads_to_stories_that_would_fill_it(open_page: Open, live: Live) -> None:
    page = open_page("spread")
    spots = live.call("GET", "/v1/insights/topics?days=7", "editor")["blank_spots"]
    spot = next(one for one in spots if one["kind"] == "topic")
    row = page.locator(".spots li", has_text=spot["reason"]["text"])
    row.get_by_role("link", name="看可转用的稿件").click()
    expect(page.get_by_role("heading", level=1, name="选题与报送")).to_be_visible()
    expect(page.get_by_label("主题")).to_have_value(spot["code"])


def test_the_map_shows_every_county_and_moves_by_arrow_keys(
    open_page: Open, live: Live, shot: Shot, assert_accessible: Check
) -> None:
    page = open_page("map")
    tiles = page.locator(".tile")
    expect(tiles).to_have_count(183)
    cities = live.call("GET", "/v1/insights/map?days=7", "editor")["cities"]
    county = next(c for city in cities for c in city["counties"] if c["adcode"] == "510802")
    tile = page.locator('[data-adcode="510802"]')
    expect(tile.locator(".tile-figure")).to_have_text(str(county["stories"]))

    tile.focus()
    page.keyboard.press("ArrowDown")
    below = page.locator(":focus")
    assert below.get_attribute("data-adcode") in {"510811", "510824"}, "a tile of the row below"
    page.keyboard.press("ArrowUp")
    expect(tile).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="广元市 · 利州区")).to_be_visible()
    assert figure(page, "写当地的稿件") == str(county["stories"])
    shot(page, "map")
    assert_accessible(page)

    page.get_by_label("看什么").select_option("own_stories")
    expect(tile.locator(".tile-figure")).to_have_text(str(county["own_stories"]))
    page.get_by_label("主题").select_option("14")
    farming = live.call("GET", "/v1/insights/map?days=7&topic=14", "editor")["cities"]
    own = next(c["own_stories"] for city in farming for c in city["counties"] if c["adcode"] == "510802")
    expect(tile.locator(".tile-figure")).to_have_text(str(own))
    page.get_by_text("以表格查看").click()
    expect(page.get_by_role("row")).to_have_count(184)


def test_clicks_of_few_readers_are_drawn_as_hidden_and_not_as_nought(open_page: Open, live: Live) -> None:
    page = open_page("map?measure=clicks")
    cities = live.call("GET", "/v1/insights/map?days=7", "editor")["cities"]
    hidden = sum(c["clicks"] is None for city in cities for c in city["counties"])
    assert hidden
    expect(page.locator(".tile.shade-unknown")).to_have_count(hidden)
    expect(page.get_by_text(f"不足 {DEAR_READERS} 位读者", exact=True)).to_be_visible()


def test_on_a_phone_the_board_pages_keep_within_the_screen(
    open_page: Open, shot: Shot, assert_accessible: Check
) -> None:
    page = open_page("map", width=390, height=844)
    expect(page.locator(".tile")).to_have_count(183)
    assert_no_sideways(page)
    shot(page, "map-phone")
    assert_accessible(page)
    for place in ("spread", "flow", "report", "coverages"):
        page.goto(f"/console#/{place}")
        page.wait_for_selector("main .card")
        assert_no_sideways(page)


def offered(live: Live, note: str) -> dict[str, Any]:
    """A story of the editor's county offered to its city's newsroom."""
    used = {
        s["story_id"] for s in live.call("GET", "/v1/submissions?box=outbox&limit=100", "editor")["items"]
    }
    stories = live.call("GET", f"/v1/stories?outlet_id={live.demo.outlet_id}&limit=50", "editor")["items"]
    story = next(one for one in stories if one["story_id"] not in used)
    desks = live.call("GET", f"/v1/stories/{story['story_id']}/desks", "editor")["items"]
    path = f"/v1/stories/{story['story_id']}/submissions"
    made: dict[str, Any] = live.post(path, "editor", {"desk": desks[0]["desk"], "note": note})
    return made


def test_an_upper_newsroom_accepts_one_story_and_declines_another_with_a_reason(
    open_page: Open, live: Live, shot: Shot, assert_accessible: Check
) -> None:
    kept, refused = offered(live, "有照片"), offered(live, "有视频")
    page = open_page(f"flow?tab=inbox&outlet_id={kept['to_outlet_id']}", "operator")
    expect(page.get_by_text("附言：有照片")).to_be_visible()
    shot(page, "flow-inbox")
    assert_accessible(page)
    page.get_by_role("button", name=f"采用：{kept['title']}").first.click()
    expect(page.get_by_text("附言：有照片")).to_be_hidden()

    page.goto(f"/console#/flow?tab=inbox&outlet_id={refused['to_outlet_id']}")
    page.get_by_role("button", name=f"谢绝：{refused['title']}").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="谢绝")).to_be_disabled()
    dialog.get_by_label("理由").fill("本周同类稿件已满")
    dialog.get_by_role("button", name="谢绝").click()
    expect(page.get_by_text("附言：有视频")).to_be_hidden()

    sender = open_page("flow?tab=outbox")
    expect(sender.locator(".told li", has_text="有照片")).to_contain_text("已采用")
    expect(sender.locator(".told li", has_text="有视频")).to_contain_text("理由：本周同类稿件已满")


def test_pick_ups_come_with_their_reasons_and_grow_page_by_page(
    open_page: Open, live: Live, shot: Shot, assert_accessible: Check
) -> None:
    page = open_page("flow")
    rows = page.locator("ol.told > li")
    expect(rows).to_have_count(20)
    expect(rows.first.locator(".chip").first).to_be_visible()
    shot(page, "flow")
    assert_accessible(page)
    page.get_by_role("button", name="再看一些").click()
    expect(rows).to_have_count(40)
    page.get_by_label("来自").select_option("province")
    found = live.call("GET", f"/v1/outlets/{live.demo.outlet_id}/pickups?level=province", "editor")["items"]
    expect(rows.first).to_contain_text(found[0]["outlet"])
    expect(rows).to_have_count(len(found))


def test_a_month_tells_the_reports_figures_and_prints_on_two_sheets(
    open_page: Open, live: Live, shot: Shot, assert_accessible: Check
) -> None:
    page = open_page("report")
    path = f"/v1/outlets/{live.demo.outlet_id}/report"
    report = live.call("GET", path, "editor")
    if report["readers"] is None:  # the first days of a month have too few readers to tell of
        before = page.get_by_label("月份").locator("option").nth(1).get_attribute("value")
        page.get_by_label("月份").select_option(index=1)
        report = live.call("GET", f"{path}?month={before}", "editor")
    expect(page.get_by_role("heading", level=2, name=report["outlet"])).to_be_visible()
    expect(page.locator(".fact").filter(has=page.get_by_text("点击", exact=True))).to_be_visible()
    assert figure(page, "发稿") == str(report["output"])
    assert figure(page, "被上级采用") == str(report["spread"]["by_higher_levels"])
    assert figure(page, "点击") == f"{report['readers']['clicks']:,}"
    shot(page, "report")
    assert_accessible(page)

    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.get_by_role("button", name="打印或存为 PDF")).to_be_hidden()
    sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", prefer_css_page_size=True)))
    assert 1 <= sheets <= 2
    page.emulate_media(media="screen")

    page.get_by_label("月份").select_option(index=11)
    expect(page.get_by_text("这个月没有稿件")).to_be_visible()


def test_a_first_month_is_compared_with_nothing(open_page: Open) -> None:
    page = open_page("report")
    expect(page.get_by_role("heading", level=2, name="发稿")).to_be_visible()

    def nothing_before(route: Route) -> None:
        answer = route.fetch()
        report = answer.json()
        report["output"] = report["originals"] = report["reprints"] = 0
        report["spread"] = {**report["spread"], "adoptions": 0, "by_higher_levels": 0}
        route.fulfill(response=answer, json={**report, "readers": None})

    month = page.get_by_label("月份").locator("option").nth(1).get_attribute("value")
    page.route(f"**/report?month={month}", nothing_before)
    page.reload()
    expect(page.get_by_text("上月没有数据").first).to_be_visible()
    expect(page.get_by_text("比上月")).to_have_count(0)


def test_a_reader_count_too_small_is_said_to_be_withheld(open_page: Open, live: Live) -> None:
    page = open_page("report", "operator")
    expect(page.get_by_text("请先选择媒体", exact=True)).to_be_visible()
    page.get_by_label("媒体").select_option("shuchuan-daily")
    expect(page.get_by_text("不足 20 位读者，不显示")).to_be_visible()


def test_nothing_there_and_nothing_answered_are_said_in_plain_words(open_page: Open, shot: Shot) -> None:
    page = open_page("cluster?id=cnothing")
    expect(page.get_by_role("alert")).to_contain_text("没有找到")
    page.goto("/console#/cluster")
    expect(page.get_by_text("没有选定稿件")).to_be_visible()

    def refuse(route: Route) -> None:
        route.abort()

    page.route("**/v1/insights/map*", refuse)
    page.goto("/console#/map")
    expect(page.get_by_role("alert")).to_contain_text("连不上服务")
    shot(page, "map-unreachable")
    page.unroute("**/v1/insights/map*")
    page.get_by_role("button", name="重试").click()
    expect(page.locator(".tile")).to_have_count(183)
