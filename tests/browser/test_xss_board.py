"""What newsrooms write into joint coverages, claims and copies of stories is shown as text."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import cycle

from playwright.sync_api import Page, expect
from support.live import Live
from support.xss import PAYLOADS, assert_unharmed, storable

Open = Callable[..., Page]
MAX_ANGLES = 30


def poisoned_coverage(live: Live) -> str:
    """A coverage with a payload in every field; its claims hold those that its angles do not."""
    now = datetime.now(UTC)
    names = [storable(payload, 40) for payload in PAYLOADS]
    angles = [{"name": name, "description": name, "words": [name]} for name in names[:MAX_ANGLES]]
    query = {
        "since": (now - timedelta(days=3)).isoformat(),
        "until": (now + timedelta(days=3)).isoformat(),
        "words_any": names,
    }
    body = {"title": names[0], "lead": storable(PAYLOADS[1], 500), "query": query, "angles": angles}
    made = live.post("/v1/coverages", "operator", body)
    until = (now + timedelta(days=1)).isoformat()
    for name, angle in zip(names[MAX_ANGLES:], cycle(made["angles"]), strict=False):
        claim = {"angle_id": angle["id"], "outlet_id": "lizhou", "desk": name, "note": name, "until": until}
        live.post(f"/v1/coverages/{made['id']}/claims", "operator", claim)
    return str(made["id"])


def test_a_poisoned_coverage_is_text_on_every_tab(guarded: Open, live: Live) -> None:
    coverage_id = poisoned_coverage(live)
    page = guarded(f"coverage?id={coverage_id}", "operator")
    expect(page.locator(".angle")).to_have_count(MAX_ANGLES)
    shown = set(page.locator(".angle h3").all_text_contents())
    assert shown == {storable(payload, 40) for payload in PAYLOADS[:MAX_ANGLES]}
    claims = " ".join(page.locator(".claims").all_text_contents())
    assert all(storable(payload, 40) in claims for payload in PAYLOADS[MAX_ANGLES:])
    page.get_by_role("button", name=f"也要认领：{storable(PAYLOADS[0], 40)}", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("哪家媒体").select_option("guangyuan")
    dialog.get_by_role("button", name="认领", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text(storable(PAYLOADS[MAX_ANGLES], 40))
    assert_unharmed(page)
    page.keyboard.press("Escape")
    for name in ("角度与认领", "稿件", "撞稿", "进度与触达", "人工选稿"):
        page.get_by_role("tab", name=name).click()
        page.wait_for_load_state("networkidle")
        assert_unharmed(page)
    page.get_by_role("button", name="修改").click()
    expect(page.get_by_label("专题名称")).to_have_value(storable(PAYLOADS[0], 40))
    assert_unharmed(page)
    page.goto("/console#/coverages")
    expect(page.get_by_role("link", name=storable(PAYLOADS[0], 40), exact=True).first).to_be_visible()
    assert_unharmed(page)


def test_poisoned_copies_are_text_in_the_tree_and_on_the_timeline(guarded: Open, live: Live) -> None:
    outlets = ["lizhou", "guangyuan", "cangxi", "shuchuan-daily", "leshan"]
    text = (
        "本报记者在现场看到，新修的灌溉渠已经通水，两千亩高标准农田当天完成了冬灌，村民说往年要等半个月。" * 4
    )
    now = datetime.now(UTC)
    stories = [
        {
            "external_id": f"xss-copy-{place}",
            "outlet_id": outlet,
            "title": storable(payload, 200),
            "body": text,
            "published_at": (now - timedelta(minutes=60 - place)).isoformat(),
        }
        for place, (payload, outlet) in enumerate(zip(PAYLOADS, cycle(outlets), strict=False))
    ]
    rows = live.post("/v1/stories", "operator", {"stories": stories})["results"]
    page = guarded(f"cluster?id={rows[0]['story_id']}", "operator")
    for _ in range(120):
        page.reload()
        page.wait_for_selector("main .figures, main .problem")
        if page.locator(".tree-node").count() == len(PAYLOADS):
            break
        page.wait_for_timeout(500)
    titles = page.locator(".tree-node .tree-title").all_text_contents()
    assert all(any(storable(payload, 200) in title for title in titles) for payload in PAYLOADS)
    assert_unharmed(page)
    page.get_by_role("tab", name="时间线").click()
    assert set(page.locator(".timeline .story-link").all_text_contents()) == {
        storable(payload, 200) for payload in PAYLOADS
    }
    assert_unharmed(page)
