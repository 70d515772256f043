"""Files of stories in the formats newsrooms use."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from tianfu.model.errors import UnreadableFile
from tianfu.serving.importers.formats import ImportFormat, read_stories
from tianfu.serving.importers.rows import ImportRow, safe_id, with_offset
from tianfu.serving.importers.send import Refused, send_stories

pytestmark = pytest.mark.box

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>利州融媒</title>
<item><title>春灌全面 启动</title><link>https://news.example/1</link><guid>g-1</guid><author>何静</author>
<pubDate>Mon, 02 Mar 2026 11:00:00 +0800</pubDate><category>要闻</category>
<description>摘要</description><content:encoded><![CDATA[<p>全区检修水渠。</p><p>惠及农户三千。</p>]]></content:encoded></item>
<item><title></title><link>https://news.example/2</link></item></channel></rss>"""
ATOM = """<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>苍溪融媒</title>
<entry><title>猕猴桃开园</title><id>urn:a:1</id><link href="https://news.example/a"/>
<updated>2026-03-02T03:00:00Z</updated>
<content type="html">&lt;p&gt;果农采摘忙。&lt;/p&gt;</content></entry></feed>"""
NEWSML = """<?xml version="1.0" encoding="utf-8"?>
<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><itemSet><newsItem guid="urn:newsml:x:1" version="1">
<itemMeta><provider><name>示范通讯社</name></provider><firstCreated>2026-03-02T11:00:00+08:00</firstCreated></itemMeta>
<contentMeta><headline>梯田春耕</headline><by>周敏</by><subject><name>农业</name></subject></contentMeta>
<contentSet><inlineXML><html xmlns="http://www.w3.org/1999/xhtml"><body><p>第一段。</p><p>第二段。</p></body></html></inlineXML>
</contentSet></newsItem></itemSet></newsMessage>"""
NINJS = {
    "uri": "tag:news.example,2026:9",
    "headline": "古镇灯会亮灯",
    "body_xhtml": "<p>灯火可亲。</p>",
    "byline": "罗丽",
    "versioncreated": "2026-03-02T03:00:00Z",
    "subject": [{"name": "文化"}],
}


def rows_of(
    folder: Path, name: str, content: str | bytes, wanted: ImportFormat | None = None
) -> list[ImportRow]:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_stories(file, wanted))


def test_json_lines_take_other_systems_names_and_bad_lines_spoil_nothing(tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": "v-1", "date": "2026-03-02", "title": "甲", "content": "正文", "keywords": ["x"]}),
        "{broken",
        "[1]",
        "",
        json.dumps({"标题": "乙", "发布时间": "2026-03-02 08:30:00", "正文": "文"}),
    ]
    rows = rows_of(tmp_path, "a.jsonl", "\n".join(lines))
    assert [row.place for row in rows] == [1, 2, 3, 5]
    assert rows[0].story == {
        "external_id": "v-1",
        "published_at": "2026-03-02T00:00:00+08:00",
        "title": "甲",
        "body": "正文",
    }
    assert "not valid JSON" in rows[1].why
    assert "not a JSON object" in rows[2].why
    assert rows[3].story == {"title": "乙", "published_at": "2026-03-02T08:30:00+08:00", "body": "文"}


def test_gzip_and_byte_order_marks_are_read_through(tmp_path: Path) -> None:
    content = gzip.compress(b"\xef\xbb\xbf" + json.dumps({"title": "甲"}).encode())
    assert rows_of(tmp_path, "a.jsonl.gz", content)[0].story == {"title": "甲"}


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_tables_are_read_with_any_usual_mark(tmp_path: Path, mark: str) -> None:
    table = mark.join(["稿件编号", "标题", "正文"]) + "\n" + mark.join(["1", "甲", '"多\n行"']) + "\n2\n"
    rows = rows_of(tmp_path, "a.csv", table)
    assert rows[0].story == {"external_id": "1", "title": "甲", "body": "多\n行"}
    assert (rows[1].story, rows[1].why) == (None, "has not 3 columns")


def test_a_table_without_a_title_column_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no title column"):
        rows_of(tmp_path, "a.csv", "a,b\n1,2\n")


def test_rss_and_atom_are_told_from_newsml_by_their_content(tmp_path: Path) -> None:
    rss = rows_of(tmp_path, "a.xml", RSS)
    assert rss[0].story == {
        "title": "春灌全面 启动",
        "body": "<p>全区检修水渠。</p><p>惠及农户三千。</p>",
        "url": "https://news.example/1",
        "external_id": "g-1",
        "author": "何静",
        "source": "利州融媒",
        "channel": "要闻",
        "published_at": "2026-03-02T03:00:00+00:00",
    }
    assert rss[1].why == "the entry has no title"
    atom = rows_of(tmp_path, "b.atom", ATOM)[0].story
    assert atom is not None
    assert (atom["title"], atom["external_id"], atom["body"]) == (
        "猕猴桃开园",
        "urn:a:1",
        "<p>果农采摘忙。</p>",
    )


def test_newsml_g2_keeps_paragraphs(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "a.xml", NEWSML)[0].story == {
        "external_id": "urn:newsml:x:1",
        "title": "梯田春耕",
        "body": "第一段。\n第二段。",
        "author": "周敏",
        "source": "示范通讯社",
        "channel": "农业",
        "published_at": "2026-03-02T11:00:00+08:00",
    }


@pytest.mark.parametrize("many", [False, True])
def test_ninjs_is_read_alone_and_in_lists(tmp_path: Path, many: bool) -> None:
    rows = rows_of(tmp_path, "a.json", json.dumps([NINJS, {"uri": "x"}] if many else NINJS))
    assert rows[0].story is not None
    assert rows[0].story["title"] == "古镇灯会亮灯"
    assert [row.why for row in rows[1:]] == (["the item has no headline"] if many else [])


@pytest.mark.parametrize(
    "bomb",
    [
        '<!DOCTYPE a [<!ENTITY b "x">]><newsItem xmlns="http://iptc.org/std/nar/2006-10-01/">&b;</newsItem>',
        "<newsItem xmlns='http://iptc.org/std/nar/2006-10-01/'>",
    ],
)
def test_entities_and_broken_xml_are_refused(tmp_path: Path, bomb: str) -> None:
    with pytest.raises(UnreadableFile):
        rows_of(tmp_path, "a.xml", bomb, ImportFormat.NEWSML_G2)


@pytest.mark.parametrize("name", ["a.docx", "missing.jsonl"])
def test_an_unknown_or_missing_file_is_refused_with_advice(tmp_path: Path, name: str) -> None:
    if name != "missing.jsonl":
        (tmp_path / name).write_text("x")
    with pytest.raises(UnreadableFile) as refused:
        list(read_stories(tmp_path / name))
    assert refused.value.advice


def test_ids_of_other_systems_become_ours_and_stay_apart() -> None:
    assert safe_id("VIDE-1.a") == "VIDE-1.a"
    assert safe_id("稿/1") != safe_id("稿/2")
    assert safe_id("稿/1") == safe_id("稿/1")
    assert len(safe_id("长" * 500)) <= 128


def test_times_without_offset_are_chinas() -> None:
    assert with_offset("2026-3-2") == "2026-03-02T00:00:00+08:00"
    assert with_offset("2026/03/02 08:05") == "2026-03-02T08:05:00+08:00"
    assert with_offset(1_772_420_400) == "2026-03-02T03:00:00+00:00"
    assert with_offset("yesterday") == "yesterday"


def test_sending_reports_row_by_row_and_sending_again_changes_nothing(
    served: TestClient, key: Callable[..., dict[str, str]]
) -> None:
    rows = [
        ImportRow(place=n, story={"title": f"第{n}条", "published_at": "2026-03-02T11:00:00+08:00"})
        for n in range(1, 460)
    ]
    rows[6] = ImportRow(place=7, story={"title": "无时间"})
    rows[8] = ImportRow(place=9, story=None, why="broken")
    served.headers.update(key())
    first = send_stories(rows, client=served, defaults={"outlet_id": "lizhou"})
    again = send_stories(rows, client=served, defaults={"outlet_id": "lizhou"})
    assert (first.created, first.rejected) == (457, 2)
    assert (again.created, again.unchanged) == (0, 457)
    assert sorted(place for place, _ in first.faults) == [7, 9]


def test_a_service_that_refuses_the_key_ends_the_import_with_its_reason(served: TestClient) -> None:
    row = ImportRow(place=1, story={"title": "甲"})
    with pytest.raises(Refused, match="key"):
        send_stories([row], client=served, defaults={})


def test_a_batch_without_an_answer_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _s: None)
    answers: list[Any] = [httpx.ConnectError("away"), 503, 201]

    def answer(request: httpx.Request) -> httpx.Response:
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        result = {"error": None, "outcome": "created"}
        return httpx.Response(found, json={"results": [result] if found == 201 else [], "detail": "x"})

    with httpx.Client(transport=httpx.MockTransport(answer), base_url="http://x") as client:
        report = send_stories([ImportRow(place=1, story={"title": "甲"})], client=client, defaults={})
    assert (report.created, answers) == (1, [])


@pytest.mark.parametrize("fault", [httpx.LocalProtocolError, httpx.UnsupportedProtocol])
def test_what_can_never_be_sent_is_told_at_once_and_without_the_key(
    fault: type[httpx.TransportError], monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)

    def answer(_request: httpx.Request) -> httpx.Response:
        raise fault("Illegal header value b'Bearer secret '")

    with (
        httpx.Client(transport=httpx.MockTransport(answer), base_url="http://x") as client,
        pytest.raises(Refused) as refused,
    ):
        send_stories([ImportRow(place=1, story={"title": "甲"})], client=client, defaults={})
    assert waited == []
    assert "http://" in refused.value.advice
    assert "secret" not in refused.value.message + refused.value.advice


def test_half_a_character_or_no_number_in_one_row_spoils_no_other(
    served: TestClient, key: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    lines = [
        {"title": title, "published_at": "2026-03-02T11:00:00+08:00", "source": source}
        for title, source in (("甲", "一"), ("乙\ud83d", "一"), ("丙😀", "一"), ("丁", float("nan")))
    ]
    rows = rows_of(tmp_path, "a.jsonl", "\n".join(json.dumps(line) for line in lines))
    served.headers.update(key())
    report = send_stories(rows, client=served, defaults={"outlet_id": "lizhou"})
    assert (report.created, [place for place, _ in report.faults]) == (2, [2, 4])
    assert "half a character" in report.faults[0][1]
    assert "finite" in report.faults[1][1]
