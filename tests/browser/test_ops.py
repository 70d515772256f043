"""How the service does, and its models published and rolled back."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from support.artefacts import a_ranker
from support.live import Live

from tianfu.embeddings.artefact import CARD
from tianfu.serving.parts import model_desk
from tianfu.serving.settings import ServiceSettings
from tianfu.serving.store.database import Database

Opens = Callable[..., Page]
Shot = Callable[[Page, str], None]
Check = Callable[[Page], None]


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


@pytest.fixture
def two_rankers(live: Live, tmp_path: Path) -> tuple[str, str]:
    """Versions of a ranker in the registry of the service; the second failed its own measure."""
    settings = ServiceSettings(data_dir=live.demo.data_dir)
    good = a_ranker(tmp_path / "county-fresh", fresh=3.0)
    bad = a_ranker(tmp_path / "county-hasty", fresh=3.0)
    card = json.loads((bad / CARD).read_text(encoding="utf-8"))
    (bad / CARD).write_text(json.dumps({**card, "metrics": {"page_auc": 0.41}}), encoding="utf-8")
    with Database(settings.effective_database_url) as database:
        desk = model_desk(settings, database)
        labels = [desk.take_in(folder, actor="command line").label for folder in (good, bad)]
    return labels[0], labels[1]


def test_a_model_is_published_serves_feeds_and_is_rolled_back(
    open_page: Opens, assert_accessible: Check, live: Live, two_rankers: tuple[str, str]
) -> None:
    good, bad = two_rankers

    def ranker() -> str:
        asked = {"outlet_id": live.demo.outlet_id, "count": 5}
        return str(live.post("/v1/recommend/preview", "editor", asked)["decision"]["models"]["ranker"])

    shipped = ranker()
    page = open_page("ops", "scientist")
    card = page.get_by_role("region", name="模型", exact=True)
    running = card.locator("dt", has_text=re.compile("^排序模型$")).locator("xpath=following-sibling::dd[1]")
    standing = card.get_by_role("table", name="正在使用的模型").locator("tbody tr", has_text="排序模型")
    back = card.get_by_role("button", name="退回上一版：排序模型")
    dialog = page.get_by_role("dialog")
    expect(standing).to_contain_text("随产品提供")
    expect(back).to_have_count(0)

    card.get_by_role("button", name=f"启用：{bad}").click()
    dialog.get_by_role("button", name="启用", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("模型没有通过检查")
    assert_accessible(page)
    dialog.get_by_role("button", name="取消").click()

    card.get_by_role("button", name=f"启用：{good}").click()
    dialog.get_by_role("button", name="启用", exact=True).click()
    expect(standing).to_contain_text(good)
    expect(standing).to_contain_text("随产品提供的")
    expect(card).to_contain_text("同一屏里先后判对的比例 0.700")
    expect(running).to_have_text(good)
    assert ranker() == good

    back.click()
    dialog.get_by_role("button", name="退回", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(standing).to_contain_text(shipped)
    expect(running).to_have_text(shipped)
    expect(back).to_have_count(0)
    assert ranker() == shipped


def test_an_operator_sees_versions_and_publishes_none(open_page: Opens, two_rankers: tuple[str, str]) -> None:
    card = open_page("ops", "operator").get_by_role("region", name="模型", exact=True)
    expect(card.get_by_role("row").filter(has_text=two_rankers[0])).to_contain_text("备用")
    expect(card.get_by_role("button", name=re.compile("启用"))).to_have_count(0)


def test_an_editor_has_no_page_of_operations(open_page: Opens) -> None:
    page = open_page("ops")
    expect(page.get_by_text("当前角色不能打开这个页面")).to_be_visible()
