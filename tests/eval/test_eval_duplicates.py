"""Measures of duplicates and reprints against cases worked out by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from tianfu.embeddings.pairs.judge import load_pair_judge
from tianfu.embeddings.reprints.copy_index import ReprintIndex
from tianfu.eval import duplicates, reprints
from tianfu.eval.core import Subject
from tianfu.eval.duplicates import baseline_answers, duplicate_metrics, pair_of
from tianfu.eval.reprints import CopyQuery, query_of, reprint_metrics, search_copies, story_of
from tianfu.model.artifacts import shipped
from tianfu.model.errors import UnreadableFile
from tianfu.model.ports import FloatMatrix, PairText

BODIES = (
    "旺苍县木门镇昨日举办首届黄茶采摘节，来自四个村的 120 名茶农同场比拼手工采茶，"
    "最快的一名半小时采下鲜叶 1.3 斤。今年新建茶园 2600 亩，预计每亩增收 1800 元，茶厂已签下 47 吨干茶订单。",
    "剑阁县下寺镇的老旧小区改造进入收尾阶段，北门社区三栋居民楼新装了电梯和充电桩，六百余户居民用上了新的雨污分流管网。社区还把"
    "闲置车棚改成了议事亭，每周三晚上由居民轮流主持，商量停车和绿化的事。",
    "青川县乔庄镇中学的篮球队昨晚赢得全县中学生联赛冠军，这支只有九名队员的山区球队三年前连一块像样的场地也没有。教练何建平用"
    "旧轮胎和木板搭起了第一座训练场，如今学校有了灯光球场，队员里已有两人考入省体校。",
)


class NoEncoder:
    """An encoder that must not be asked."""

    fingerprint = "none"
    dimension = 1

    def encode(self, texts: object) -> FloatMatrix:
        raise AssertionError("asked")


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


def test_an_unknown_relation_is_refused() -> None:
    with pytest.raises(ValueError, match="cousin"):
        pair_of({"a": {"title": "", "body": ""}, "b": {"title": "", "body": ""}, "relation": "cousin"})


def test_baselines_call_equal_texts_a_reprint() -> None:
    side = {"title": "题", "body": BODIES[0]}
    answers = baseline_answers([pair_of({"a": side, "b": side, "relation": "reprint"})])
    assert answers == {"majority": ["same_topic"], "jaccard_5": ["reprint"], "containment_5": ["reprint"],
                       "cosine_2": ["reprint"]}  # fmt: skip


def test_reprint_metrics_equal_a_case_worked_by_hand() -> None:
    text = PairText(title="", body="")
    queries = [CopyQuery(id=str(i), text=text, source=s) for i, s in enumerate(["a", "b", "c", None, None])]
    metrics = reprint_metrics(queries, ["a", "x", None, "a", "b"])
    assert metrics == {"precision": 1 / 4, "recall": 1 / 3, "false_alarm_rate": 1.0}
    alike = reprint_metrics(queries, ["a", "x", None, "a", "b"], same=lambda f, s: (f, s) == ("x", "b"))
    assert alike["recall"] == 2 / 3


def test_copies_are_found_and_stories_of_their_own_are_not() -> None:
    corpus = [story_of({"id": i, "title": f"题{i}", "body": body}) for i, body in enumerate(BODIES[:2])]
    queries = [
        query_of({"id": "q1", "title": "新题", "body": "据了解，" + BODIES[1][:60], "source": "1"}),
        query_of({"id": "q2", "title": "新题", "body": BODIES[2], "source": None}),
    ]
    judge = load_pair_judge(shipped("pairs"))
    search = search_copies(corpus, queries, index=ReprintIndex(), judge=judge)
    assert search.found == ("1", None)
    assert search.stories_per_second > 0


def write_rows(file: Path, rows: list[dict[str, object]]) -> Path:
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return file


def test_both_suites_run_on_files(tmp_path: Path) -> None:
    sides = [{"title": f"题{i}", "body": body} for i, body in enumerate(BODIES)]
    pairs = write_rows(
        tmp_path / "pairs.jsonl",
        [
            {"a": sides[0], "b": {"title": "别题", "body": BODIES[0]}, "relation": "reprint"},
            {"a": sides[0], "b": sides[2], "relation": "unrelated"},
        ],
    )
    subject = Subject(encoder=NoEncoder())
    result = duplicates.run([pairs], subject)
    assert result.metrics["reprint_f1"] == result.metrics["relation_macro_f1"] == 1
    assert set(result.baselines) >= {"majority", "containment_5"}
    assert np.all([low <= high for low, high in result.intervals.values()])
    corpus = write_rows(tmp_path / "corpus.jsonl", [{"id": i, **side} for i, side in enumerate(sides)])
    queries = write_rows(
        tmp_path / "queries.jsonl", [{"id": "q", "title": "", "body": BODIES[1], "source": 1}]
    )
    assert reprints.run([corpus, queries], subject).metrics["recall"] == 1


def test_a_file_of_another_form_is_named(tmp_path: Path) -> None:
    bad = write_rows(tmp_path / "bad.jsonl", [{"a": 1, "b": 2, "relation": "reprint"}])
    with pytest.raises(UnreadableFile, match=r"bad\.jsonl"):
        duplicates.run([bad], Subject(encoder=NoEncoder()))
    with pytest.raises(UnreadableFile, match="queries"):
        reprints.run([bad], Subject(encoder=NoEncoder()))
