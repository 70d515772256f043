"""The suites of pairs and copies: figures worked out by hand, baselines, and what they refuse."""

import json
from pathlib import Path

import numpy as np
import pytest

from tianfu.embeddings.pairs.judge import load_pair_judge
from tianfu.embeddings.reprints.copy_index import ReprintIndex
from tianfu.eval import duplicates, reprints
from tianfu.eval.core import Subject
from tianfu.eval.duplicates import duplicate_metrics, pair_of, story_groups
from tianfu.eval.reprint_measures import CopyQuery, Found, Same, never_same, reprint_measure
from tianfu.eval.reprints import query_of, search_copies, story_of
from tianfu.model.artifacts import shipped
from tianfu.model.errors import InvalidInput, UnreadableFile
from tianfu.model.ports import PairText

BODIES = (
    "旺苍县木门镇昨日举办首届黄茶采摘节，来自四个村的 120 名茶农同场比拼手工采茶，"
    "最快的一名半小时采下鲜叶 1.3 斤。今年新建茶园 2600 亩，预计每亩增收 1800 元，茶厂已签下 47 吨干茶订单。",
    "剑阁县下寺镇的老旧小区改造进入收尾阶段，北门社区三栋居民楼新装了电梯和充电桩，六百余户居民用上了新的雨污分流管网。社区还把"
    "闲置车棚改成了议事亭，每周三晚上由居民轮流主持，商量停车和绿化的事。",
    "青川县乔庄镇中学的篮球队昨晚赢得全县中学生联赛冠军，这支只有九名队员的山区球队三年前连一块像样的场地也没有。教练何建平用"
    "旧轮胎和木板搭起了第一座训练场，如今学校有了灯光球场，队员里已有两人考入省体校。",
)
SIDES = [{"title": f"题{i}", "body": body} for i, body in enumerate(BODIES)]


@pytest.fixture(scope="module")
def subject() -> Subject:
    return Subject(judge=load_pair_judge(shipped("pairs")), facts={"name": "pairs", "version": "1"})


def test_duplicate_metrics_equal_a_case_worked_by_hand() -> None:
    truth = ["reprint", "reprint", "same_event", "same_topic", "unrelated", "same_topic"]
    said = ["reprint", "same_event", "same_event", "reprint", "unrelated", "same_topic"]
    metrics = duplicate_metrics(truth, said)
    assert metrics["reprint_f1"] == pytest.approx(1 / 2)
    assert metrics["same_event_f1"] == pytest.approx(2 * 3 / (3 + 4))
    assert metrics["relation_macro_f1"] == pytest.approx((1 / 2 + 2 / 3 + 2 / 3 + 1) / 4)
    assert metrics["same_event_precision"] == pytest.approx(3 / 4)


def test_nothing_said_and_nothing_true_is_no_division_by_nought() -> None:
    assert duplicate_metrics(["unrelated"], ["unrelated"])["reprint_f1"] == 0
    assert duplicate_metrics([], [])["relation_macro_f1"] == 0


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"a": SIDES[0], "b": SIDES[1], "relation": "cousin"}, "relation"),
        ({"a": SIDES[0], "b": SIDES[1]}, "relation"),
        ({"a": 1, "b": SIDES[1], "relation": "reprint"}, "a"),
        ({"a": SIDES[0], "b": {"title": "题"}, "relation": "reprint"}, "b.body"),
    ],
)
def test_a_faulty_pair_is_named_by_its_field(row: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as told:
        pair_of(row)
    assert told.value.field == field


def test_pairs_that_share_a_story_directly_or_over_others_are_one_group() -> None:
    def row(a: int, b: int) -> dict[str, object]:
        return {"a": {**SIDES[0], "ref": str(a)}, "b": {**SIDES[1], "ref": str(b)}, "relation": "reprint"}

    one, other, third = story_groups([pair_of(row(*refs)) for refs in ((1, 2), (3, 4), (2, 5))])
    assert one == third != other


def test_stories_without_a_reference_are_known_by_their_text() -> None:
    rows = [{"a": SIDES[i], "b": SIDES[j], "relation": "reprint"} for i, j in ((0, 1), (1, 2), (0, 2))]
    assert len(set(story_groups([pair_of(row) for row in rows]))) == 1


def measured(
    queries: list[CopyQuery], found: Found, same: Same = never_same, rows: list[int] | None = None
) -> dict[str, float]:
    at = np.arange(len(queries)) if rows is None else np.array(rows)
    return dict(reprint_measure(queries, found, same)(at))


def copy_query(source: str | None, edit: str | None = None) -> CopyQuery:
    return CopyQuery(id="q", text=PairText(title="", body=""), source=source, edit=edit)


def test_reprint_metrics_equal_a_case_worked_by_hand() -> None:
    queries = [copy_query(source) for source in ("a", "b", "c", None, None)]
    assert measured(queries, ["a", "x", None, "a", "b"]) == {
        "precision": 1 / 4,
        "recall": 1 / 3,
        "false_alarm_rate": 1.0,
    }
    alike = measured(queries, ["a", "x", None, "a", "b"], lambda f, s: (f, s) == ("x", "b"))
    assert alike["recall"] == 2 / 3


def test_a_sample_counts_its_items_as_often_as_they_were_drawn() -> None:
    queries = [copy_query(source) for source in ("a", "b", None)]
    assert measured(queries, ["a", None, "a"], rows=[0, 0, 1]) == {
        "precision": 1.0,
        "recall": 2 / 3,
        "false_alarm_rate": 0.0,
    }


def test_recall_is_told_for_each_edit_where_queries_tell_theirs() -> None:
    queries = [copy_query("a", "cut"), copy_query("b", "cut"), copy_query("c", "ocr"), copy_query("d")]
    queries.append(copy_query(None, "ignored for a story of its own"))
    figures = measured(queries, ["a", None, "c", "d", None])
    assert {name: value for name, value in figures.items() if name.startswith("recall_")} == {
        "recall_cut": 1 / 2,
        "recall_ocr": 1.0,
        "recall_unnamed": 1.0,
    }


def test_copies_are_found_and_stories_of_their_own_are_not(subject: Subject) -> None:
    corpus = [story_of({"id": i, "title": f"题{i}", "body": body}) for i, body in enumerate(BODIES[:2])]
    queries = [
        query_of({"id": "q1", "title": "新题", "body": "据了解，" + BODIES[1][:60], "source": "1"}),
        query_of({"id": "q2", "title": "新题", "body": BODIES[2], "source": None}),
    ]
    assert subject.judge is not None
    search = search_copies(corpus, queries, index=ReprintIndex(), judge=subject.judge)
    assert search.found == ("1", None)
    assert search.stories_per_second > 0


def write_rows(file: Path, rows: list[dict[str, object]]) -> Path:
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return file


def test_pairs_are_judged_beside_every_baseline_with_intervals(tmp_path: Path, subject: Subject) -> None:
    rows: list[dict[str, object]] = [
        {
            "a": {"title": "题", "body": text},
            "b": {"title": "别题", "body": "据悉，" + text},
            "relation": "reprint",
        }
        for text in (f"{body}编号{i}。" for i, body in enumerate(BODIES * 2))
    ]
    rows += [
        {"a": {"title": "甲", "body": f"{BODIES[i]}{n}"}, "b": {"title": "乙", "body": f"{BODIES[j]}{n}"},
         "relation": "unrelated"}
        for n, (i, j) in enumerate(((0, 1), (1, 2), (0, 2), (2, 0)))
    ]  # fmt: skip
    result = duplicates.run([write_rows(tmp_path / "pairs.jsonl", rows)], subject)
    assert result.metrics["reprint_f1"] == 1
    assert set(result.baselines) == {"majority", "minhash", "simhash", "tfidf", "containment_5"}
    assert result.baselines["containment_5"]["reprint_f1"] == 1
    assert result.baselines["majority"]["reprint_precision"] == pytest.approx(0.6)
    assert set(result.baseline_intervals) == set(result.baselines)
    assert np.all([low <= result.metrics[m] <= high for m, (low, high) in result.intervals.items()])


def test_copies_are_sought_beside_every_baseline_with_intervals(tmp_path: Path, subject: Subject) -> None:
    stories = [{**side, "body": f"{side['body']}第{i}号。"} for i, side in enumerate(SIDES * 4)]
    corpus = write_rows(tmp_path / "corpus.jsonl", [{"id": i, **side} for i, side in enumerate(stories[:9])])
    rows: list[dict[str, object]] = [
        {"id": f"q{i}", "title": "", "body": BODIES[i][20:], "source": i, "edit": "cut"} for i in range(3)
    ]
    own = "通江县银耳博物馆昨日开馆，三百件展品讲述椴木银耳一百多年的栽培历史，开馆首周免费参观。"
    rows.append({"id": "own", "title": "银耳博物馆开馆", "body": own * 2, "source": None})
    result = reprints.run([corpus, write_rows(tmp_path / "queries.jsonl", rows)], subject)
    assert result.n == 4
    assert set(result.metrics) == {
        "precision",
        "recall",
        "false_alarm_rate",
        "recall_cut",
        "stories_per_second",
    }
    assert result.metrics["false_alarm_rate"] == 0
    assert set(result.intervals) == set(result.metrics) - {"stories_per_second"}
    for name in ("minhash", "simhash"):
        assert set(result.baselines[name]) == set(result.metrics)
        assert set(result.baseline_intervals[name]) == set(result.intervals)


def test_an_id_that_stands_twice_in_the_corpus_is_told(tmp_path: Path, subject: Subject) -> None:
    twice = write_rows(tmp_path / "corpus.jsonl", [{"id": 7, **SIDES[0]}, {"id": "7", **SIDES[1]}])
    queries = write_rows(tmp_path / "queries.jsonl", [{"id": "q", **SIDES[0], "source": "7"}])
    with pytest.raises(UnreadableFile, match="id 7"):
        reprints.run([twice, queries], subject)


def test_a_file_of_another_form_is_named_with_line_and_field(tmp_path: Path, subject: Subject) -> None:
    good = {"a": SIDES[0], "b": SIDES[1], "relation": "reprint"}
    bad = write_rows(tmp_path / "bad.jsonl", [good, {"a": 1, "b": 2, "relation": "reprint"}])
    with pytest.raises(UnreadableFile, match=r"bad\.jsonl, line 2, a:"):
        duplicates.run([bad], subject)
    with pytest.raises(UnreadableFile, match="queries"):
        reprints.run([bad], subject)


def test_a_suite_without_its_kind_of_model_is_refused(tmp_path: Path) -> None:
    pairs = write_rows(tmp_path / "p.jsonl", [{"a": SIDES[0], "b": SIDES[1], "relation": "reprint"}])
    with pytest.raises(InvalidInput, match="pairs"):
        duplicates.run([pairs], Subject())
