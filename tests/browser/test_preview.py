"""First screens, orders, previews, the reader's own page, and how the service does."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect
from support.live import Live

Opens = Callable[..., Page]
Shot = Callable[[Page, str], None]
Check = Callable[[Page], None]
PAYLOAD = "<img src=x onerror=document.title='broken'>"


@pytest.fixture(autouse=True)
def no_orders_stay(live: Live) -> Iterator[None]:
    yield
    headers = {"Authorization": f"Bearer {live.demo.keys['operator']}"}
    with httpx.Client(base_url=live.address, headers=headers, timeout=60) as client:
        for order in client.get("/v1/placements").json()["items"]:
            client.delete(f"/v1/placements/{order['id']}")


def feed(live: Live, **asked: Any) -> Any:
    """A page as the county's app gets it."""
    return live.post("/v1/recommend", "app", {"device_id": "d-browser", **asked})


def slots(page: Page) -> Locator:
    return page.get_by_role("list", name="首屏", exact=True).locator("[data-place]")


def title_of(slot: Locator) -> str:
    return slot.locator(".feed-title").inner_text()


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
    expect(why.get_by_role("link").first).to_have_text(title_of(page.locator(".feed-item").nth(2)))
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
    made = feed(live, reader_id=reader, device_id=None)
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


def test_an_editor_drags_a_story_to_the_third_place_and_readers_get_it_there(
    open_page: Opens, live: Live, shot: Shot, assert_accessible: Check
) -> None:
    page = open_page("front")
    page.wait_for_selector("[data-place]")
    candidate = page.get_by_role("list", name="可放上首屏的稿件").get_by_role("listitem").nth(1)
    title = candidate.get_by_role("link").inner_text()
    candidate.drag_to(slots(page).nth(2))
    expect(slots(page).nth(2)).to_contain_text(title)
    expect(slots(page).nth(2)).to_contain_text("编辑推荐")
    shown = feed(live)["items"][2]
    assert (shown["title"], shown["placed_by"]) == (title, "editor")
    expect(page.get_by_role("region", name="首屏的构成")).to_contain_text("编辑推荐")
    assert_accessible(page)
    shot(page, "front")


def test_the_keyboard_alone_moves_pins_holds_back_and_withdraws(open_page: Opens, live: Live) -> None:
    page = open_page("front")
    page.wait_for_selector("[data-place]")
    slots(page).nth(0).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(slots(page).nth(2)).to_be_focused()
    title = title_of(slots(page).nth(2))

    page.keyboard.press("Alt+ArrowUp")
    expect(slots(page).nth(1)).to_contain_text(title)
    expect(slots(page).nth(1)).to_be_focused()
    page.keyboard.press("Alt+ArrowUp")
    expect(slots(page).nth(0)).to_contain_text(title)
    expect(slots(page).nth(0)).to_be_focused()
    assert feed(live)["items"][0]["title"] == title

    orders = page.get_by_role("region", name="正在起作用的安排").locator("tbody tr")
    expect(orders).to_have_count(1)
    page.keyboard.press("Delete")
    expect(orders).to_have_count(0)

    slots(page).nth(0).focus()
    title = title_of(slots(page).nth(0))
    outlet = slots(page).nth(0).locator(".feed-meta > span").first.inner_text()
    page.keyboard.press("b")  # another outlet's version of the same story may take the place
    expect(slots(page).filter(has_text=title).filter(has_text=outlet)).to_have_count(0)
    assert (title, outlet) not in {(item["title"], item["outlet"]["name"]) for item in feed(live)["items"]}


def test_the_first_screen_works_on_a_phone(open_page: Opens, assert_accessible: Check) -> None:
    page = open_page("front", width=390, height=844)
    page.wait_for_selector("[data-place]")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name=re.compile("^下移：")).first.click()
    expect(page.get_by_role("status").filter(has_text="已下达")).to_be_visible()
    assert_accessible(page)


def test_an_operator_orders_a_story_everywhere_and_watches_outlets_show_it(
    open_page: Opens, live: Live, shot: Shot, assert_accessible: Check
) -> None:
    page = open_page("orders", "operator")
    expect(page.get_by_text("现在没有人工安排")).to_be_visible()
    page.get_by_role("button", name="新的安排").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("searchbox").fill("农")
    dialog.get_by_role("list", name="找到的稿件").get_by_role("button").first.click()
    dialog.get_by_label("做什么").select_option(label="省级必推")
    dialog.get_by_label("县级").check()
    dialog.get_by_label("说明").fill("全省统一部署")
    expect(dialog).to_contain_text("将到达 185 家媒体")
    assert_accessible(page)
    dialog.get_by_role("button", name="下达").click()

    board = page.get_by_role("region", name="展示情况")
    expect(board.get_by_role("status")).to_contain_text("0 / 185 家媒体的读者已经看到")
    assert feed(live)["items"][0]["placed_by"] == "must_carry"
    expect(board.get_by_role("status")).to_contain_text("1 / 185")
    board.get_by_role("button", name="已展示", exact=True).click()
    tile = board.get_by_role("button", name=re.compile("第 1 位"))
    expect(tile).to_have_count(1)
    tile.click()
    expect(board.get_by_role("link", name="回放首次展示")).to_be_visible()
    assert_accessible(page)
    board.get_by_role("button", name="全部", exact=True).click()
    for outlet in live.call("GET", "/v1/outlets", "operator")["items"][::4]:
        live.post("/v1/recommend", "operator", {"outlet_id": outlet["id"]})
    expect(board.get_by_role("status")).to_contain_text(re.compile("^(4[0-9]|5[0-9]) / 185"))
    shot(page, "orders")

    order_id = page.url.rpartition("id=")[2]
    live.call("PATCH", f"/v1/placements/{order_id}", "operator", {"note": PAYLOAD})
    page.reload()
    expect(page.get_by_text(PAYLOAD)).to_be_visible()
    assert page.title() != "broken"
    page.get_by_role("region", name="省级必推").get_by_role("button", name="撤回").click()
    expect(page.get_by_text("现在没有人工安排")).to_be_visible()
    page.get_by_role("tab", name="近 30 天结束的").click()
    expect(page.locator("tbody tr").filter(has_text="已撤回").first).to_be_visible()


def test_the_form_shows_what_an_order_meets_before_it_is_given(open_page: Opens, live: Live) -> None:
    page = open_page("front")
    page.wait_for_selector("[data-place]")
    page.get_by_role("button", name=re.compile("^置顶：")).first.click()
    expect(slots(page).nth(0)).to_contain_text("编辑推荐")
    page.goto("/console#/orders")
    page.get_by_role("button", name="新的安排").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("searchbox").fill("的")
    dialog.get_by_role("list", name="找到的稿件").get_by_role("button").last.click()
    expect(dialog.get_by_label("做什么")).to_have_value("pin")
    expect(dialog).to_contain_text("与 1 条已有安排相遇")
    expect(dialog.get_by_label("做什么").locator("option", has_text="必推")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


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


@pytest.mark.parametrize("role", ["operator", "scientist"])
def test_those_who_run_it_see_how_the_service_does(
    open_page: Opens, shot: Shot, assert_accessible: Check, live: Live, role: str
) -> None:
    page = open_page("ops", role)
    now = page.get_by_role("region", name="此刻")
    counted = now.locator("dt", has_text=re.compile("^稿件$")).locator("xpath=following-sibling::dd[1]")
    expect(counted).to_have_text(re.compile(r"^\d,\d{3}$"))
    assert int(counted.inner_text().replace(",", "")) >= live.demo.stories  # other tests may have sent more
    expect(page.get_by_role("img", name="每分钟应答用时的三个分位")).to_be_visible()
    page.wait_for_selector("canvas")
    models = page.get_by_role("region", name="模型", exact=True)
    for name in ("文本编码器", "主题标签", "细主题标签", "地点标签", "关键词标签", "人物与机构标签"):
        named = models.locator("dt", has_text=re.compile(f"^{name}$"))
        expect(named).to_have_count(1)
        expect(named.locator("xpath=following-sibling::dd[@class='hint']")).not_to_be_empty()
    expect(page.get_by_role("region", name="接口").first).to_contain_text("POST /v1/session")
    assert_accessible(page)
    if role == "operator":
        shot(page, "ops")


def test_where_there_is_a_registry_a_model_is_published_and_rolled_back(
    open_page: Opens, assert_accessible: Check
) -> None:
    version = {
        "id": "a1",
        "kind": "ranker",
        "version": "feed-curves@4",
        "metrics": {"page_auc": 0.7125},
        "imported_at": "2026-03-02T04:00:00Z",
    }
    models: dict[str, Any] = {
        "serving": [
            {"kind": "ranker", "serving": "hand-set@3", "published": None, "previous": None, "since": None}
        ],
        "versions": [version],
        "move": None,
        "history": [],
    }
    posted: list[tuple[str, Any]] = []

    def answer(route: Route) -> None:
        if route.request.method == "POST":
            posted.append((route.request.url.rpartition("/")[2], route.request.post_data_json))
            serving = {"published": version, "serving": version["version"], "since": version["imported_at"]}
            models["serving"][0].update(serving)
        route.fulfill(json=models)

    page = open_page("decision", "scientist")
    paths = ("", "/{kind}/publish", "/{kind}/rollback")
    page.route(
        "**/v1/openapi.json",
        lambda route: route.fulfill(json={"paths": {f"/v1/models{p}": {} for p in paths}}),
    )
    page.route(re.compile("/v1/models"), answer)
    page.goto("/console#/ops")
    page.get_by_role("button", name="启用：feed-curves@4").click()
    assert_accessible(page)
    page.get_by_role("dialog").get_by_role("button", name="启用", exact=True).click()
    models_card = page.get_by_role("region", name="模型", exact=True)
    expect(models_card).to_contain_text("同一屏里先后判对的比例 0.713")
    models_card.get_by_role("button", name="退回上一版：排序模型").click()
    page.get_by_role("dialog").get_by_role("button", name="退回", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert posted == [("publish", {"version": "a1"}), ("rollback", None)]


def test_an_editor_has_no_page_of_operations(open_page: Opens) -> None:
    page = open_page("ops")
    expect(page.get_by_text("当前角色不能打开这个页面")).to_be_visible()


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
