"""Cleaning of bodies: only the story is left, and every character knows where it came from."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tianfu.embeddings.text.html import clean, html_to_text

STORY = "利州区昨日启动春灌。\n全区检修水渠四十二公里，惠及农户三千余户。\n“今年水来得早。”村民李国芳说。"


def test_plain_text_comes_back_unchanged() -> None:
    assert html_to_text(STORY) == STORY


def test_comparison_signs_and_book_titles_are_not_markup() -> None:
    text = "气温<5℃时停工，a<b 且 c>d；见<渠道管理办法>第三条。"
    assert html_to_text(text) == text


def test_paragraphs_stay_on_lines_of_their_own() -> None:
    html = '<div id="content"><p>利州区<b>启动</b>春灌。</p>\n<p>　检修&nbsp;42 公里。<br/>完毕</p></div>'
    assert html_to_text(html) == "利州区启动春灌。\n检修 42 公里。\n完毕"


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>var a = '<p>不是正文</p>';</script>",
        "<style>.a{color:red}</style>",
        "<!-- 不是正文 -->",
        '<div style="display: none">不是正文</div>',
        '<div class="video-box"><div>不是正文</div>不是正文</div>',
        '<p class="ad">不是正文</p>',
        "<p hidden>不是正文</p>",
        "<nav><ul><li>不是正文</li></ul></nav>",
        "<iframe src='x'>不是正文</iframe>",
    ],
)
def test_hidden_parts_are_gone(hidden: str) -> None:
    assert html_to_text(f"<p>利州区春灌。</p>{hidden}<p>水来得早。</p>") == "利州区春灌。\n水来得早。"


@pytest.mark.parametrize(
    "broken", ["<div hidden>水来得早。", "<p class='ad'>水来得早。", "<span style='display:none'>水来得早。"]
)
def test_an_element_that_is_never_closed_does_not_swallow_the_story(broken: str) -> None:
    assert "水来得早。" in html_to_text(f"<p>利州区春灌。</p>{broken}")


@pytest.mark.parametrize(
    "line",
    [
        "责任编辑：王芳",
        "（编辑：李明 校对：周红）",
        "编辑丨王芳",
        "扫描下方二维码关注我们",
        "点击进入专题",
        "点击查看更多精彩内容",
        "原标题：春灌启动",
        "声明：本网独家稿件，未经授权禁止转载",
        "来源：县融媒体中心",
        "广告",
        "加载中",
        "Copyright © 2024 县融媒体中心 All Rights Reserved",
        "欢迎关注“云上利州”微信公众号",
    ],
)
def test_furniture_lines_are_gone(line: str) -> None:
    assert html_to_text(f"{STORY}\n{line}") == STORY
    assert html_to_text(f"{line}\n{STORY}") == STORY


@pytest.mark.parametrize(
    "sentence",
    [
        "外交部发言人发表声明：中方对此表示欢迎。双方将继续合作，推动各项共识落到实处，造福两国人民。" * 4,
        "县广播电视台编辑王芳获得全省好新闻奖。",
        "市民扫描二维码即可预约挂号，全市已有二十家医院接入。",
        "来源于山泉的水被引到田间。",
        "市民王平下载了办事大厅客户端，动动手指就能完成申报。",
        "会议审核了三项议题。",
    ],
)
def test_news_about_such_words_stays(sentence: str) -> None:
    text = f"{STORY}\n{sentence}\n{STORY}"
    assert html_to_text(text) == text


def test_page_code_without_tags_is_gone_and_the_story_between_stays() -> None:
    code = (
        "Player.load({\nid: 'p01'\nrequire: [\n{\nurl: \"//example.cn/x/player.js\"\n],\n"
        "onReady: function () {\nnew Player.Card({\nwrap:'p01',//外层\n});"
    )
    text = f"利州区昨日启动春灌。\n{code}\n全区检修水渠四十二公里。"
    assert html_to_text(text) == "利州区昨日启动春灌。\n全区检修水渠四十二公里。"


def test_each_character_of_clean_html_leads_back_to_the_outlets_own_text() -> None:
    html = "<p>利州区&amp;朝天区\r\n联合<b>春灌</b></p><script>x()</script><p>水来得早。</p>"
    result = clean(html)
    assert result.text == "利州区&朝天区 联合春灌\n水来得早。"
    start = result.text.index("春灌")
    own_start, own_end = result.span(start, start + 2)
    assert html[own_start:own_end] == "春灌"
    at = result.text.index("&")
    assert html[slice(*result.span(at, at + 1))] == "&amp;"


@given(st.text(alphabet="春灌a<>/p div!-&amp;;\n责任编辑：{}'\" =", max_size=200))
def test_any_text_is_cleaned_and_every_span_lies_in_the_source(text: str) -> None:
    result = clean(text)
    assert len(result.text) <= len(text)
    for at in range(len(result.text)):
        start, end = result.span(at, at + 1)
        assert 0 <= start < end <= len(text)


@pytest.mark.parametrize(
    "hostile",
    ["<" * 100_000, "<!--" * 25_000, "<div hidden>" * 8_000, "<script>" * 12_000, "&amp" * 25_000,
     "{" * 100_000, "a:" * 50_000, "'" * 100_000, "责编：" * 33_000, "点击关注" * 25_000, "(原标题" * 25_000,
     "{\n" * 50_000, "声明：" * 33_000, " " * 100_000, "<p> " * 25_000, "二维码" * 33_000, "@@" * 50_000],
)  # fmt: skip
def test_hostile_bodies_take_no_time(hostile: str) -> None:
    began = time.perf_counter()
    html_to_text(hostile)
    assert time.perf_counter() - began < 5
