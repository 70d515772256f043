"""稿库 and the page of a story: search, filters, tags, revisions, takedown and restore."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from support.live import Live

OpenPage = Callable[..., Page]


@pytest.fixture
def own_story(live: Live) -> Callable[..., str]:
    """Send a story of the editor's outlet and return its id."""

    def send(
        title: str, body: str = "记者从县教育局获悉，新校车今天开行，惠及三个乡镇的学生。", **more: Any
    ) -> str:
        story = {"title": title, "body": body, "published_at": datetime.now(UTC).isoformat(), **more}
        receipt = live.post("/v1/stories", "editor", story)
        return str(receipt["results"][0]["story_id"])

    return send


def own_name(live: Live) -> str:
    outlets = live.call("GET", "/v1/outlets", "editor")["items"]
    return str(next(one["name"] for one in outlets if one["id"] == live.demo.outlet_id))


def test_a_search_by_words_and_one_by_meaning_find_stories(
    open_page: OpenPage, shot: Callable[[Page, str], None], assert_accessible: Callable[[Page], None]
) -> None:
    page = open_page("library")
    page.wait_for_selector("tbody tr")
    shot(page, "library")
    assert_accessible(page)
    page.get_by_role("searchbox", name="搜索稿件").fill("猕猴桃")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr").first).to_contain_text("词语")
    page.get_by_role("searchbox", name="搜索稿件").fill("孩子们上学路上的安全")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr").first).to_contain_text("意思相近")
    shot(page, "library-search")


def test_filters_narrow_the_list_stand_in_the_address_and_clear(open_page: OpenPage) -> None:
    page = open_page("library")
    page.wait_for_selector("tbody tr")
    page.get_by_label("媒体").select_option(label="苍溪县融媒体中心")
    page.get_by_label("主题").select_option(label="农业、农村")
    page.get_by_label("发布时间").select_option(label="最近一月")
    expect(page).to_have_url(re.compile("outlet_id=cangxi.*topic=14.*days=30"))
    expect(page.locator("tbody tr").first).to_contain_text("农业、农村")
    expect(page.locator("tbody tr").filter(has_not_text="苍溪县融媒体中心")).to_have_count(0)
    assert page.locator("tbody tr").count() > 0
    page.go_back()
    expect(page.get_by_label("发布时间")).to_have_value("")
    page.get_by_role("button", name="清除条件").click()
    expect(page.get_by_label("媒体")).to_have_value("")


def test_stories_are_found_by_the_city_or_county_they_tell_of(open_page: OpenPage, live: Live) -> None:
    page = open_page("library")
    page.wait_for_selector("tbody tr")
    for label, place in (("苍溪县", "510824"), ("广元市（全市州）", "510800")):
        page.get_by_label("地点").select_option(label=label)
        expect(page).to_have_url(re.compile(f"place={place}"))
        items = live.call("GET", f"/v1/stories?place={place}", "editor")["items"]
        stem = place.removesuffix("00")
        assert all(any(one["code"].startswith(stem) for one in item["places"]) for item in items)
        expect(page.locator("tbody a.story-link")).to_have_text([item["title"] for item in items])


def test_a_taken_down_story_is_found_by_its_state_and_an_expired_one_says_so(
    open_page: OpenPage, live: Live, own_story: Callable[..., str]
) -> None:
    now = datetime.now(UTC)
    down = own_story("待核实的招聘通知")
    live.post(f"/v1/stories/{down}/takedown", "editor", {"reason": "待核实"})
    page = open_page("library")
    page.get_by_label("状态").select_option(label="已撤稿")
    expect(page.get_by_role("heading", name="已撤下的稿件")).to_be_visible()
    row = page.locator("tbody tr", has_text="待核实的招聘通知")
    expect(row).to_contain_text("已撤稿")
    page.get_by_label("媒体").select_option(label="苍溪县融媒体中心")
    expect(page.get_by_text("没有符合条件的稿件")).to_be_visible()
    page.get_by_label("媒体").select_option(live.demo.outlet_id)
    row.get_by_role("link").click()
    expect(page.get_by_role("button", name="恢复")).to_be_visible()

    times = {
        "published_at": (now - timedelta(hours=3)).isoformat(),
        "expires_at": (now - timedelta(hours=1)).isoformat(),
    }
    page.goto(f"/console#/story?id={own_story('昨天的停车提示', **times)}")
    expect(page.locator(".story-head")).to_contain_text("昨天的停车提示")
    expect(page.locator(".story-head")).to_contain_text("已过时效")
    expect(page.locator(".story-head")).to_contain_text("失效")


def test_nothing_found_says_what_to_do(open_page: OpenPage, shot: Callable[[Page, str], None]) -> None:
    page = open_page("library?q=zzqqxx&outlet_id=cangxi&days=1&topic=03")
    expect(page.get_by_text("没有符合条件的稿件")).to_be_visible()
    shot(page, "library-nothing")


def test_more_pages_are_added_below(open_page: OpenPage) -> None:
    page = open_page("library")
    expect(page.locator("tbody tr")).to_have_count(20)
    page.get_by_role("button", name="再看一页").click()
    expect(page.locator("tbody tr")).to_have_count(40)


def test_a_story_shows_text_tags_copies_and_exposure(
    open_page: OpenPage, shot: Callable[[Page, str], None], assert_accessible: Callable[[Page], None]
) -> None:
    page = open_page("library?q=猕猴桃开园", role="operator")
    page.locator("tbody a.story-link").first.click()
    expect(page.locator(".story-title")).to_be_visible()
    expect(page.locator(".tag-row").first).to_be_visible()
    expect(page.get_by_text("最早是")).to_be_visible()
    expect(page.locator(".body-text mark").first).to_be_visible()
    expect(page.get_by_role("heading", name="曝光")).to_be_visible()
    shot(page, "story")
    assert_accessible(page)


def test_what_readers_saw_and_clicked_is_counted_once_there_are_enough_of_them(
    open_page: OpenPage, live: Live, own_story: Callable[..., str]
) -> None:
    story_id = own_story("新校车首日运行情况")
    page = open_page(f"story?id={story_id}")
    card = page.get_by_role("region", name="曝光")
    expect(card).to_contain_text("还没有读者看到")
    read(live, story_id, readers=range(3))
    page.reload()
    expect(card).to_contain_text("读者还不多")
    read(live, story_id, readers=range(3, 25))
    page.reload()
    expect(card.locator("tbody td")).to_have_text([own_name(live), "25", "5", "20%", "25"])


def read(live: Live, story_id: str, *, readers: range) -> None:
    """Let readers be shown a story; every fifth opens it."""
    at = datetime.now(UTC).isoformat()
    told = [(n, "expose") for n in readers] + [(n, "click") for n in readers if n % 5 == 0]
    events = [
        {
            "event_id": f"{story_id}-{kind}-{n}",
            "story_id": story_id,
            "type": kind,
            "at": at,
            "device_id": f"d-bus-{n}",
        }
        for n, kind in told
    ]
    answer = live.post("/v1/events", "app", {"events": events})
    assert answer["accepted"] == len(events)


def test_a_key_on_a_tag_is_stored_at_once(
    open_page: OpenPage, live: Live, own_story: Callable[..., str]
) -> None:
    story_id = own_story("校车开进山乡 接送学生上学")
    page = open_page(f"story?id={story_id}")
    page.wait_for_selector(".tag-row")  # it appears by itself once the story is analysed
    first = page.locator(".tag-row").first
    label = first.locator(".tag-label").text_content()
    first.get_by_role("button").first.focus()
    page.keyboard.press("x")
    expect(first).to_have_attribute("data-state", "rejected")
    tags = {tag["label"]: tag for tag in live.call("GET", f"/v1/stories/{story_id}", "editor")["tags"]}
    assert tags[label]["state"] == "rejected"


def test_an_editor_offers_a_story_to_a_desk_above_and_finds_it_offered_after_a_reload(
    open_page: OpenPage, live: Live, own_story: Callable[..., str]
) -> None:
    story_id = own_story("校车新线路报送稿")
    page = open_page(f"story?id={story_id}")
    desk = page.locator(".desk").first
    desk.get_by_role("button", name="报送").click()
    expect(desk).to_contain_text("已报送")
    expect(desk.get_by_role("button")).to_have_count(0)
    (sent,) = live.call("GET", f"/v1/submissions?box=outbox&story_id={story_id}", "editor")["items"]
    page.reload()
    expect(desk).to_contain_text("已报送")
    expect(desk.get_by_role("button")).to_have_count(0)
    declined = {"state": "declined", "reason": "本周同类稿件已满"}
    live.call("PATCH", f"/v1/submissions/{sent['id']}", "operator", declined)
    page.reload()
    expect(desk).to_contain_text("已谢绝")
    expect(desk.get_by_role("button", name="再报送")).to_be_visible()


def test_revisions_show_what_changed(open_page: OpenPage, live: Live, own_story: Callable[..., str]) -> None:
    story_id = own_story("集市开张", "今天集市开张。共有三十个摊位。")
    live.call("PATCH", f"/v1/stories/{story_id}", "editor", {"body": "今天集市开张。共有四十个摊位。"})
    page = open_page(f"story?id={story_id}")
    page.get_by_role("button", name="与下一版比较").click()
    expect(page.locator("del")).to_have_text("共有三十个摊位。")
    expect(page.locator("ins")).to_have_text("共有四十个摊位。")


def test_an_editor_takes_a_story_down_with_a_reason_sees_receipts_and_restores_it(
    open_page: OpenPage,
    live: Live,
    own_story: Callable[..., str],
    shot: Callable[[Page, str], None],
    assert_accessible: Callable[[Page], None],
) -> None:
    story_id = own_story("有差错的稿件")
    page = open_page(f"story?id={story_id}")
    page.get_by_role("button", name="撤稿").click()
    confirm = page.get_by_role("button", name="确认撤稿")
    expect(confirm).to_be_disabled()
    page.get_by_label("原因").fill("数字有误，正在核实")
    assert_accessible(page)
    confirm.click()
    expect(page.get_by_text("回执：1/1 篇已停止展示")).to_be_visible()
    expect(page.locator(".story-head")).to_contain_text("已撤稿")
    shot(page, "takedown")
    assert_accessible(page)
    found = live.call("GET", "/v1/stories?q=有差错的稿件", "operator")["items"]
    assert story_id not in [one["story_id"] for one in found]

    page.get_by_role("button", name="恢复").click()
    page.get_by_role("button", name="确认恢复").click()
    expect(page.get_by_text("回执：1/1 篇已恢复展示")).to_be_visible()
    expect(page.locator(".story-head")).to_contain_text("在线")
    found = live.call("GET", "/v1/stories?q=有差错的稿件", "operator")["items"]
    assert story_id in [one["story_id"] for one in found]


def test_the_platform_takes_a_whole_event_down_and_alone_puts_it_back(
    open_page: OpenPage, live: Live, own_story: Callable[..., str]
) -> None:
    title = "万亩梨园修剪培训开班 农技员手把手教学"
    body = "昨日，万亩梨园修剪培训班开班，三十名农技员手把手教果农拉枝、疏花，为来年丰产打下基础。" * 3
    ids = [own_story(title, body)]
    copy = {"outlet_id": "cangxi", "published_at": datetime.now(UTC).isoformat()}
    sent = live.post("/v1/stories", "operator", {"title": title, "body": body, **copy})
    ids.append(sent["results"][0]["story_id"])
    page = open_page(f"story?id={ids[0]}", "operator")
    expect(page.get_by_role("link", name="传播过程")).to_be_visible()  # the two have found each other

    page.get_by_role("button", name="撤稿").click()
    page.get_by_label("原因").fill("上级要求撤稿")
    page.get_by_role("radio", name="连同同一事件的各篇").check()
    page.get_by_role("button", name="确认撤稿").click()
    order = page.locator("article.order")
    expect(order).to_contain_text("连同同一事件的各篇")
    expect(order).to_contain_text("回执：2/2 篇已停止展示")
    names = order.locator(".receipts .nowrap").all_inner_texts()
    assert names == [own_name(live), "苍溪县融媒体中心"]
    page.goto("/console#/library?state=taken_down")
    expect(page.locator("tbody tr", has_text=title)).to_have_count(2)

    own = open_page(f"story?id={ids[0]}")
    expect(own.locator("article.order")).to_contain_text("上级要求撤稿")
    expect(own.get_by_text("由省级平台恢复")).to_be_visible()
    expect(own.get_by_role("button", name="恢复")).to_have_count(0)

    page.goto(f"/console#/story?id={ids[1]}")
    page.get_by_role("button", name="恢复").click()
    page.get_by_role("button", name="确认恢复").click()
    expect(order).to_contain_text("回执：2/2 篇已恢复展示")
    own.reload()
    expect(own.locator(".story-head")).to_contain_text("在线")
    expect(own.get_by_role("button", name="撤稿")).to_be_visible()

    live.post(f"/v1/stories/{ids[0]}/takedown", "operator", {"reason": "再核一次", "scope": "cluster"})
    page.reload()
    page.get_by_role("button", name="恢复").click()
    page.get_by_label("原因").fill("本稿已更正")
    page.get_by_role("radio", name="只恢复这一篇").check()
    page.get_by_role("button", name="确认恢复").click()
    expect(order.first).to_contain_text("回执：1/1 篇已恢复展示")
    (left,) = live.call("GET", f"/v1/stories/{ids[0]}/takedowns", "operator")["items"][:1]
    assert [one["story_id"] for one in left["reached"]] == ids[:1]


def test_another_outlets_story_offers_no_takedown_and_an_unknown_one_says_so(open_page: OpenPage) -> None:
    page = open_page("library?outlet_id=cangxi")
    page.locator("tbody a.story-link").first.click()
    expect(page.locator(".story-title")).to_be_visible()
    expect(page.get_by_role("button", name="撤稿")).to_have_count(0)
    expect(page.get_by_role("button", name="采纳")).to_have_count(0)
    lost = open_page("story?id=s404")
    expect(lost.get_by_role("alert")).to_contain_text("没有找到")
