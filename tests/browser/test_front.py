"""The first screen and orders: by mouse, by keyboard, by the platform, and which outlets show them."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect
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


def titles(live: Live) -> list[str]:
    """Titles of the county's first pages, in order."""
    return [item["title"] for item in feed(live, count=50)["items"]]


def shown(live: Live, outlet_id: str, scene: str) -> tuple[list[str], list[tuple[int, str]]]:
    """Titles on the first screen that an outlet's readers get, and what people placed there."""
    asked = {"outlet_id": outlet_id, "scene": scene, "device_id": "d-other", "count": 10}
    items = live.post("/v1/recommend", "operator", asked)["items"]
    placed = [(one["position"], one["title"]) for one in items if one["placed_by"] == "editor"]
    return [one["title"] for one in items], placed


def slots(page: Page) -> Locator:
    return page.get_by_role("list", name="首屏", exact=True).locator("[data-place]")


def title_of(slot: Locator) -> str:
    return slot.locator(".feed-title").inner_text()


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
    expect(slots(page).nth(0)).not_to_contain_text(title)  # the screen has followed

    slots(page).nth(0).focus()
    expect(slots(page).nth(0)).to_be_focused()
    title = title_of(slots(page).nth(0))
    outlet = slots(page).nth(0).locator(".feed-meta > span").first.inner_text()
    page.keyboard.press("b")  # another outlet's version of the same story may take the place
    expect(slots(page).filter(has_text=title).filter(has_text=outlet)).to_have_count(0)
    assert (title, outlet) not in {(item["title"], item["outlet"]["name"]) for item in feed(live)["items"]}


def test_an_editor_inserts_moves_the_insertion_pins_by_key_and_holds_back(
    open_page: Opens, live: Live
) -> None:
    page = open_page("front")
    page.wait_for_selector("[data-place]")
    candidates = page.get_by_role("list", name="可放上首屏的稿件").get_by_role("listitem")
    orders = page.get_by_role("region", name="正在起作用的安排").locator("tbody tr")
    first, second = (candidates.nth(n).get_by_role("link").inner_text() for n in (1, 2))
    for title in (first, second):
        page.get_by_label(f"放到第几位：{title}", exact=True).select_option(label="第 2 位")
        page.get_by_role("button", name=f"插入：{title}", exact=True).click()
        expect(slots(page).filter(has_text=title)).to_contain_text("编辑推荐")
    expect(slots(page).nth(1)).to_contain_text(first)
    expect(slots(page).nth(2)).to_contain_text(second)
    expect(orders.filter(has_text=second)).to_contain_text("插入 第 2 位")
    assert titles(live)[1:3] == [first, second], "the place was taken, so the second follows it"

    page.get_by_label("搜标题里的词").fill(first)
    again = candidates.filter(has_text="已在首屏")
    again.get_by_role("combobox").select_option(label="第 5 位")
    again.get_by_role("button", name="插入").click()
    expect(slots(page).nth(4)).to_contain_text(first)
    expect(orders).to_have_count(2)
    assert (titles(live)[1], titles(live)[4]) == (second, first)

    slots(page).nth(4).focus()
    page.keyboard.press("p")
    expect(orders.filter(has_text=first)).to_contain_text("置顶 第 5 位")
    expect(orders).to_have_count(2)
    expect(slots(page).nth(4)).to_be_focused()

    held_back = title_of(slots(page).nth(0))
    before = titles(live).index(held_back)
    slots(page).nth(0).focus()
    page.keyboard.press("s")
    expect(orders.filter(has_text=held_back)).to_contain_text("降权")
    expect(slots(page).nth(0)).not_to_contain_text(held_back)
    expect(page.locator("[data-place]:focus")).to_have_count(1)
    assert held_back not in titles(live)[: before + 1]
    page.get_by_role("button", name=f"撤回：{held_back}").click()
    expect(slots(page).nth(0)).to_contain_text(held_back)


def test_an_operator_places_in_one_scene_of_a_chosen_outlet_alone(
    open_page: Opens, live: Live, assert_accessible: Check
) -> None:
    page = open_page("front", "operator")
    expect(page.get_by_text("先选一家媒体")).to_be_visible()
    page.get_by_label("媒体").select_option(label="苍溪县融媒体中心")
    page.wait_for_selector("[data-place]")
    page.get_by_label("场景").select_option(label="本地")
    expect(page).to_have_url(re.compile("outlet=cangxi.*scene=local"))
    expect(page.locator(".phone-name")).to_have_text("本地")
    assert slots(page).locator(".feed-title").all_inner_texts() == shown(live, "cangxi", "local")[0]
    assert_accessible(page)
    slots(page).nth(3).focus()
    title = title_of(slots(page).nth(3))
    page.keyboard.press("Alt+ArrowUp")
    expect(slots(page).nth(2)).to_contain_text(title)
    expect(slots(page).nth(2)).to_contain_text("编辑推荐")
    orders = page.get_by_role("region", name="正在起作用的安排").locator("tbody tr")
    expect(orders).to_contain_text(["省级平台"])
    assert shown(live, "cangxi", "local")[1] == [(2, title)]
    assert shown(live, "cangxi", "home")[1] == []
    assert shown(live, live.demo.outlet_id, "local")[1] == []

    page.get_by_label("场景").select_option(label="首页")
    expect(page.locator(".phone-name")).to_have_text("首页")
    expect(page.get_by_text("没有人工安排")).to_be_visible()
    page.get_by_label("搜标题里的词").fill(title)
    page.get_by_role("button", name=f"置顶：{title}", exact=True).first.click()
    expect(slots(page).nth(0)).to_contain_text(title)
    expect(page.get_by_role("region", name="正在起作用的安排").locator("tbody tr")).to_have_count(1)
    assert shown(live, "cangxi", "home")[1] == [(0, title)]
    assert shown(live, "cangxi", "local")[1] == [(2, title)], "what stands in another scene stays"


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
    dialog.get_by_label("县级").uncheck()
    expect(dialog).to_contain_text("将到达 210 家媒体")
    assert_accessible(page)
    dialog.get_by_role("button", name="下达").click()

    board = page.get_by_role("region", name="展示情况")
    shown = board.get_by_role("status")
    expect(shown).to_contain_text("0 / 210 家媒体的读者已经看到")
    expect(board.locator(".outlet-tile")).to_have_count(210)
    assert feed(live)["items"][0]["placed_by"] == "must_carry"
    expect(shown).to_contain_text("1 / 210")
    board.get_by_role("button", name="已展示", exact=True).click()
    tile = board.get_by_role("button", name=re.compile("第 1 位"))
    expect(tile).to_have_count(1)
    tile.click()
    expect(board.get_by_role("link", name="回放首次展示")).to_be_visible()
    assert_accessible(page)

    places = shown_places(live)
    expect(shown).to_contain_text(f"{len(places)} / 210")
    tiles = board.locator(".outlet-tile.shown")
    expect(tiles).to_have_count(len(places))
    told = zip(
        tiles.locator(".outlet-tile-name").all_inner_texts(),
        tiles.locator(".outlet-tile-state").all_inner_texts(),
        strict=True,
    )
    assert dict(told) == {name: f"第 {position + 1} 位" for name, position in places.items()}
    board.get_by_role("button", name="还没展示", exact=True).click()
    expect(board.locator(".outlet-tile")).to_have_count(210 - len(places))
    board.get_by_role("button", name="全部", exact=True).click()
    shot(page, "orders")

    order_id = page.url.rpartition("id=")[2]
    live.call("PATCH", f"/v1/placements/{order_id}", "operator", {"note": PAYLOAD})
    page.reload()
    expect(page.get_by_text(PAYLOAD)).to_be_visible()
    assert page.title() != "broken"
    page.get_by_role("region", name="省级必推").get_by_role("button", name="撤回").click()
    expect(page.locator("tbody tr").filter(has_text="省级必推")).to_have_count(0)
    page.get_by_role("tab", name="近 30 天结束的").click()
    expect(page.locator("tbody tr").filter(has_text="已撤回").first).to_be_visible()


def shown_places(live: Live) -> dict[str, int]:
    """Where readers of every fourth outlet find the order; one of these outlets pins another story."""
    every = live.call("GET", "/v1/outlets", "operator")["items"]
    own = [one for one in every if one["id"] == live.demo.outlet_id]
    outlets = own + [one for one in every[::4] if one not in own]
    pinned = outlets[1]["id"]
    seen = live.post("/v1/recommend/preview", "operator", {"outlet_id": pinned})["feed"]["items"]
    ends_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    pin = {"story_id": seen[-1]["story_id"], "action": "pin", "position": 0, "outlet_ids": [pinned]}
    live.post("/v1/placements", "operator", {**pin, "ends_at": ends_at})
    found = {}
    for outlet in outlets:
        items = live.post("/v1/recommend", "operator", {"outlet_id": outlet["id"]})["items"]
        at = [one["position"] for one in items if one["placed_by"] == "must_carry"]
        found[re.sub("(融媒体中心|（示范）)$", "", outlet["name"])] = at[0]
    return found


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
