"""What the pages do with texts: offsets, edits, HTML bodies, revisions; run in the browser's own engine."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

Run = Callable[..., Any]


@pytest.fixture
def run(open_page: Callable[..., Page]) -> Run:
    """Call an exported function of a module of the console."""
    page = open_page(role=None)

    def call(module: str, name: str, *given: Any) -> Any:
        return page.evaluate(
            """async ([module, name, given]) =>
              (await import(`/console/static/lib/${module}`))[name](...given)""",
            [module, name, list(given)],
        )

    return call


def test_a_highlighted_word_moves_with_its_text_or_goes(run: Run) -> None:
    for before, after, kept in (
        ("利州春耕开始", "今天利州春耕开始", ["春耕"]),
        ("利州春耕开始", "利州春耕今天开始", ["春耕"]),
        ("利州春耕开始", "利州春耕开", ["春耕"]),
        ("利州春耕开始", "利州", []),
        ("利州春耕开始", "利州春天开始", []),
        ("春耕春耕", "春耕", ["春耕"]),
    ):
        start = before.index("春耕")
        found = run("marked.js", "moved", [{"start": start, "end": start + 2}], before, after)
        assert [after[one["start"] : one["end"]] for one in found] == kept, after


def test_offsets_of_characters_become_offsets_of_the_browser(run: Run) -> None:
    text = "😀苍溪😀县"
    assert run("marked.js", "inUnits", text, [{"start": 1, "end": 3}]) == [{"start": 2, "end": 4}]
    assert run("marked.js", "inUnits", text, [{"start": 4, "end": 5}]) == [{"start": 6, "end": 7}]


def test_pieces_join_to_the_text_and_overlapping_spans_share_one(run: Run) -> None:
    spans = [{"start": 0, "end": 3}, {"start": 2, "end": 5}, {"start": 4, "end": 99}]
    pieces = run("marked.js", "pieces", "苍溪县歧坪镇", spans)
    assert [one["text"] for one in pieces] == ["苍溪", "县", "歧坪", "镇"]
    assert [len(one["spans"]) for one in pieces] == [1, 2, 1, 0]


def test_the_plain_text_of_a_body(run: Run) -> None:
    for body, text in (
        ("没有标记 1 < 2 且 3 > 2", "没有标记 1 < 2 且 3 > 2"),
        ("<p>第一段</p><p>第二段<br>换行</p>", "第一段\n第二段\n换行"),
        ("前<script>var a = '<p>'</script>后<!-- 注释 -->", "前后"),
        ("&lt;b&gt; &amp; &#20013;&#x6587; &unknown; &#99999999;", "<b> & 中文 &unknown; &#99999999;"),
        ('<img src=x onerror="a>b">字', 'b">字'),
        ("<style>p{}</style><svg onload=x>字</svg>", "字"),
    ):
        assert run("marked.js", "plainText", body) == text


def test_shared_words_are_found_across_line_breaks(run: Run) -> None:
    text = "十二万吨。\n县农业 农村局"
    (found,) = run("marked.js", "occurrences", text, "吨。县农业农村")
    assert text[found["start"] : found["end"]] == "吨。\n县农业 农村"
    assert run("marked.js", "occurrences", text, " ") == []


def test_changes_between_revisions_add_up_to_both(run: Run) -> None:
    before = "一句。二句！三句？\n四句没有完"
    after = "一句。新句。三句？\n四句没有完。五句。"
    found = run("revisions.js", "changes", before, after)
    assert "".join(one["text"] for one in found if one["kind"] != "in") == before
    assert "".join(one["text"] for one in found if one["kind"] != "out") == after
    assert {"kind": "out", "text": "二句！"} in found
    assert {"kind": "same", "text": "三句？"} in found
