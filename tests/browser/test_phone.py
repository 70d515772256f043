"""Every page on a telephone: nothing moves sideways, and every control is there in full."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from support.live import Live

Open = Callable[..., Page]
PHONE = {"width": 390, "height": 844}

CUT_OFF = """() => {
  const pen = document.createElement("canvas").getContext("2d");
  const ARROW = 20;
  const textRoom = (one) => {
    const style = getComputedStyle(one);
    pen.font = style.font;
    const taken = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
    return one.clientWidth - taken - (one.tagName === "SELECT" ? ARROW : 0);
  };
  const textOf = (one) => (one.tagName === "SELECT" ? one.selectedOptions[0]?.text : one.placeholder) ?? "";
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth) found.push("the page moves sideways");
  for (const one of document.querySelectorAll("button, a[href], input, select, textarea, summary")) {
    const its = one.getBoundingClientRect();
    if (!its.width || !one.checkVisibility({ visibilityProperty: true }) || one.matches(".skip")) continue;
    const name = one.getAttribute("aria-label") || one.textContent.trim().slice(0, 30) || one.className;
    const tell = (why) => found.push(`${why}: ${one.tagName} ${name}`);
    if (its.left < -0.5 || its.right > innerWidth + 0.5) tell("outside the screen");
    for (let up = one.parentElement; up && up !== document.body; up = up.parentElement) {
      if (getComputedStyle(up).overflowX === "visible") continue;
      const box = up.getBoundingClientRect();
      if (its.left < box.left - 0.5 || its.right > box.right + 0.5) tell("cut off by " + up.className);
    }
    if (one.tagName === "BUTTON" && one.scrollWidth > one.clientWidth + 1) tell("wider than its button");
    if (one.matches("select, input:not([type])") && pen.measureText(textOf(one)).width > textRoom(one) + 1) {
      tell("its words are cut off");
    }
  }
  return found;
}"""
BUSY = ".loading, .starting, main [aria-busy=true]"


def faults_of(page: Page, waits_for: str) -> list[str]:
    """What is cut off on a page once this stands on it and nothing is being fetched any more."""
    page.wait_for_selector(waits_for)
    expect(page.locator(BUSY)).to_have_count(0)
    found: list[str] = page.evaluate(CUT_OFF)
    return found


@pytest.fixture
def places(live: Live) -> dict[str, str]:
    """Pages of the console with what stands on them once they are there."""
    hot = live.call("GET", "/v1/insights/hot?adcode=510000&days=7", "editor")["lately"][0]
    known = live.call("GET", "/v1/coverages", "editor")["items"]
    coverage = next(one for one in known if one["title"] == "平安温暖过冬")["id"]
    story = live.call("GET", f"/v1/stories?outlet_id={live.demo.outlet_id}&limit=1", "editor")["items"][0]
    trace = live.post("/v1/recommend", "app", {"device_id": "d-phone"})["trace_id"]
    return {
        "write": ".write-foot",
        "library": "tbody tr",
        f"story?id={story['story_id']}": ".desk",
        "spread": ".chart canvas",
        "map": ".tile",
        f"cluster?id={hot['cluster_id']}": ".tree-node",
        "flow": ".told > li",
        "flow?tab=outbox": "main .card",
        "coverages": ".coverage-list > li",
        f"coverage?id={coverage}": ".angle",
        f"coverage?id={coverage}&tab=stories": ".told > li",
        f"coverage?id={coverage}&tab=doubles": ".double",
        f"coverage?id={coverage}&tab=reach": ".chart canvas",
        f"coverage?id={coverage}&tab=picks": ".picks-form",
        "report": ".report-head",
        "front": "[data-place]",
        "orders": "main .card",
        "preview": ".feed-item",
        "preview?who=own": ".person input[type=checkbox]",
        f"decision?trace={trace}": ".feed-item",
        "ops": ".chart canvas",
        "nowhere": "main .empty",
    }


def test_on_a_phone_no_page_moves_sideways_and_no_control_is_cut_off(
    open_page: Open, live: Live, places: dict[str, str]
) -> None:
    found: dict[str, list[str]] = {}
    pages = {role: open_page("write", role, **PHONE) for role in ("editor", "operator")}
    named = pages["editor"].evaluate(
        "async () => (await import('/console/static/lib/places.js')).PAGES.map((page) => page.name)"
    )
    assert set(named) <= {place.partition("?")[0] for place in places}
    for place, waits_for in places.items():
        page = pages["operator" if place == "ops" else "editor"]
        page.goto(f"/console#/{place}")
        found[place] = faults_of(page, waits_for)
    stranger = open_page(role=None, **PHONE)
    found["sign-in"] = faults_of(stranger, ".sign-in")
    reader = "phone-reader"  # one of its own: other tests erase the demo's
    live.call("PUT", f"/v1/readers/{reader}/tags/topic/14", "app", {"weight": 3.0})
    link = live.post(f"/v1/readers/{reader}/link", "app", {})
    for place, waits_for in ((link["path"], ".interests"), ("/about-algorithm", ".article-foot")):
        stranger.goto(place)
        found[place.partition("#")[0]] = faults_of(stranger, waits_for)
    assert {place: faults for place, faults in found.items() if faults} == {}


@pytest.mark.parametrize(("place", "button"), [("coverages", "新建专题"), ("orders", "新的安排")])
def test_on_a_phone_a_form_in_a_dialog_is_there_in_full(open_page: Open, place: str, button: str) -> None:
    page = open_page(place, "operator", **PHONE)
    page.get_by_role("button", name=button).first.click()
    assert faults_of(page, "dialog[open] form") == []


def test_on_a_phone_a_written_text_has_all_its_tabs_in_reach(open_page: Open) -> None:
    page = open_page("write", **PHONE)
    page.get_by_label("标题", exact=True).fill("苍溪红心猕猴桃丰收 果农忙采摘")
    page.get_by_label("正文", exact=True).fill("果农正忙着采摘红心猕猴桃。" * 12)
    assert faults_of(page, ".tag-row") == []
