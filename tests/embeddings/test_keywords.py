from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tianfu.embeddings.tagging.keyword_candidates import FEATURES, candidates
from tianfu.embeddings.tagging.keyword_table import (
    KeywordTable,
    WordFacts,
    load_keyword_table,
    log_odds,
    parse_keyword_table,
    write_keyword_table,
)
from tianfu.embeddings.tagging.keywords import MOST_KEYWORDS, KeywordTagger, load_keyword_tagger
from tianfu.embeddings.tagging.segment import load_segmenter
from tianfu.embeddings.text.normalise import normalise
from tianfu.model.ports import TaggingText
from tianfu.model.tag import TagSuggestion

TITLE = "剑阁县翠云廊古柏有了“电子身份证”"
BODY = "剑阁县林业部门为翠云廊古柏建立档案。每棵古柏挂上二维码，巡护员扫码就能记录树木长势。"


@pytest.fixture(scope="module")
def tagger() -> KeywordTagger:
    return load_keyword_tagger()


def suggested(tagger: KeywordTagger, title: str, body: str) -> list[TagSuggestion]:
    return tagger.suggest([TaggingText(title=title, body=body)])[0]


def test_keywords_name_the_matter_and_not_the_function_words(tagger: KeywordTagger) -> None:
    words = {tag.label for tag in suggested(tagger, TITLE, BODY)}

    assert {"剑阁县", "翠云廊", "电子身份证"} <= words
    assert not words & {"有了", "每棵", "就能", "的"}


def test_there_are_few_and_the_likeliest_comes_first(tagger: KeywordTagger) -> None:
    found = suggested(tagger, TITLE, BODY)

    assert 1 <= len(found) <= MOST_KEYWORDS
    assert [tag.confidence for tag in found] == sorted((tag.confidence for tag in found), reverse=True)


def test_keywords_do_not_overlap_in_the_title(tagger: KeywordTagger) -> None:
    title = "全县农业农村工作会议召开 部署农业农村重点任务"
    indifferent = replace(tagger, weights=np.zeros(len(FEATURES)), table=replace(tagger.table, bias=3.0))

    chosen = [one for _, one in indifferent.ranked(title, "")]

    assert len(chosen) == MOST_KEYWORDS
    for one in chosen:
        assert not any(o is not one and one.start < o.end and o.start < one.end for o in chosen)


def test_every_keyword_shows_where_it_stands(tagger: KeywordTagger) -> None:
    title, body = "　劍閣縣古柏　有了新檔案", "古柏長勢良好，\u200b古\u200b柏專家說。"

    for tag in suggested(tagger, title, body):
        assert tag.evidence
        for span in tag.evidence:
            assert normalise(span.text) == tag.label
            assert {"title": title, "body": body}[span.field][span.start : span.end] == span.text


def test_a_story_without_title_gets_words_of_its_body(tagger: KeywordTagger) -> None:
    found = suggested(tagger, "", "古柏古柏古柏。保护古柏。")

    assert all(tag.label in "古柏保护" for tag in found)


def test_no_text_no_keywords(tagger: KeywordTagger) -> None:
    assert suggested(tagger, "", "") == []


def test_marks_and_digits_alone_are_no_keywords(tagger: KeywordTagger) -> None:
    assert suggested(tagger, "！？……——", "，。；") == []


def test_what_only_the_body_names_is_found_where_it_is_said_often(tagger: KeywordTagger) -> None:
    body = (
        "合作社建起了冷链仓库。有了冷链仓库，枇杷能放两个月。枇杷采摘季里，冷链仓库昼夜运转，枇杷卖到了外省。"
    )

    words = {tag.label for tag in suggested(tagger, "山里的好日子", body)}

    assert {"枇杷", "冷链仓库"} <= words


def offered(title: str, body: str) -> set[str]:
    found = candidates(
        normalise(title), normalise(body), table=load_keyword_table(), segmenter=load_segmenter()
    )
    return {one.text for one in found}


def test_numbers_function_words_and_columns_are_not_offered() -> None:
    found = offered("【县城早知道】5G进山村 3件实事 8.7级大风今年又来了", "")

    assert "5g" in found
    assert "山村" in found
    assert not found & {"3件", "8.7级", "今年", "又来", "县城早知道", "早知道", "3件实事"}


def test_a_work_in_marks_is_offered_whole_and_without_them() -> None:
    found = offered("县川剧团新排《柳荫记》上演", "《新编绣襦记》也在筹备。")

    assert {"柳荫记", "新编绣襦记"} <= found


def test_a_mark_that_opens_in_the_title_and_closes_in_the_body_quotes_nothing() -> None:
    assert "古柏" in offered('县里的"', '古柏"有了身份证。')
    assert not any("山" in text and "记" in text for text in offered("新书《山", "村记》面世"))


def test_no_keyword_is_a_part_of_another(tagger: KeywordTagger) -> None:
    title, body = (
        "高标准农田建设加快",
        "高标准农田建设进入冬季。高标准农田里，农田建设机械轰鸣，高标准农田面积扩大。",
    )

    words = [tag.label for tag in suggested(tagger, title, body)]

    assert not [(a, b) for a in words for b in words if a != b and a in b]


def test_features_have_as_many_numbers_as_the_shipped_weights() -> None:
    table = load_keyword_table()

    found = candidates(TITLE, BODY, table=table, segmenter=load_segmenter())

    assert len(table.weights) == len(FEATURES)
    assert {len(one.features) for one in found} == {len(FEATURES)}


def test_the_shipped_table_is_small_and_holds_no_sentences() -> None:
    table = load_keyword_table()

    assert max(map(len, table.words)) <= 20
    assert max(map(len, table.phrases)) <= 8
    assert table.source


def test_a_table_survives_being_written_and_read(tmp_path: Path) -> None:
    table = KeywordTable(
        version="7",
        source="手写",
        words={"古柏": WordFacts(5.1, 1.2, 0.3, -0.4), "的": WordFacts(0.2)},
        unknown=WordFacts(9.0),
        phrases={"电子身份证": 1.5},
        weights=(0.5, -0.25),
        bias=-1.0,
    )

    write_keyword_table(table, tmp_path / "table.tsv")

    assert parse_keyword_table((tmp_path / "table.tsv").read_text(encoding="utf-8")) == table


def test_log_odds_are_zero_for_the_unseen_and_grow_with_hits() -> None:
    assert log_odds(0, 0, 0.2) == pytest.approx(0.0)
    assert log_odds(9, 10, 0.2) > log_odds(5, 10, 0.2) > 0 > log_odds(0, 50, 0.2)
