"""The suite of tags: figures worked out by hand, baselines that never see what they answer, faulty rows."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tianfu.eval import tagging
from tianfu.eval.baselines.topics import majority_tags, svm_tags
from tianfu.eval.bootstrap import bootstrap
from tianfu.eval.calibration import calibration_error, confidence_bins, coverage_at_precision
from tianfu.eval.core import Subject
from tianfu.eval.pictures import Bars, Curves
from tianfu.eval.tagging_measures import (
    NONE,
    TagAnswers,
    TagTruth,
    answers_at,
    best_threshold,
    tagging_measure,
)
from tianfu.model.errors import UnreadableFile
from tianfu.model.ports import FloatMatrix, TaggingText
from tianfu.model.tag import TagKind, TagSuggestion
from tianfu.model.vocab.topics import load_topics
from tianfu.training.topics.measure import tagging_metrics

WORDS = {"14": "茶农春耕稻田果园", "31": "学校老师考试招生", "39": "球队比赛冠军联赛"}


class WordTopics:
    """Knows three classes by their words."""

    version = "words@1"
    classes = tuple(WORDS)

    def probabilities(self, texts: Sequence[TaggingText]) -> FloatMatrix:
        rows = np.zeros((len(texts), len(WORDS)), np.float32)
        for row, text in enumerate(texts):
            hits = [sum(char in words for char in text.title + text.body) for words in WORDS.values()]
            rows[row] = np.array(hits) / max(sum(hits), 1)
        return rows

    def suggest(self, texts: Sequence[TaggingText]) -> list[list[TagSuggestion]]:
        names = load_topics().by_code
        found = []
        for row in self.probabilities(texts):
            order = [int(c) for c in np.argsort(-row, kind="stable") if row[c] >= 0.4]
            found.append(
                [
                    TagSuggestion(
                        kind=TagKind.TOPIC,
                        code=self.classes[c],
                        label=names[self.classes[c]].name,
                        confidence=float(row[c]),
                        primary=place == 0,
                    )
                    for place, c in enumerate(order)
                ]
            )
        return found


def cells(*rows: str) -> np.ndarray:
    return np.array([[char == "x" for char in row] for row in rows])


TRUTH = TagTruth(labels=cells("xx.", ".x.", "..x", "x.."), primary=np.array([0, 1, 2, 0]))
SAID = TagAnswers(
    probabilities=np.array([[0.9, 0.4, 0.0], [0.8, 0.2, 0.0], [0.0, 0.1, 0.6], [0.0, 0.0, 0.0]]),
    given=cells("xx.", "x..", "..x", "..."),
    first=np.array([0, 0, 2, NONE]),
)


def test_the_figures_equal_a_case_worked_by_hand() -> None:
    figures = tagging_measure(TRUTH, SAID)(np.arange(4))

    # cells: right 3 (a of 1, b of 1, c of 3), given 4, true 5
    assert figures["micro_f1"] == pytest.approx(2 * 3 / (4 + 5))
    # a: 1 right of 2 given, 2 true; b: 1 of 1 given, 2 true; c: all right
    assert figures["macro_f1"] == pytest.approx((2 / 4 + 2 / 3 + 1) / 3)
    assert figures["primary_accuracy"] == 2 / 4  # a story of which nothing is said counts as wrong
    # surest first: 0.9 right, 0.8 wrong, 0.6 right, nothing: nine in ten are right up to the first
    assert figures["coverage_at_precision_90"] == 1 / 4


def test_the_figures_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(5)
    labels, p = rng.random((80, 6)) < 0.3, rng.random((80, 6))
    labels[np.arange(80), rng.integers(0, 6, 80)] = True
    said = answers_at(p, 0.7)
    figures = tagging_measure(TagTruth(labels=labels, primary=labels.argmax(axis=1)), said)(np.arange(80))

    assert figures["micro_f1"] == pytest.approx(f1_score(labels, said.given, average="micro"))
    assert figures["macro_f1"] == pytest.approx(f1_score(labels, said.given, average="macro"))


def test_a_class_neither_true_nor_given_does_not_lower_the_mean() -> None:
    truth = TagTruth(labels=cells("x..", "x.."), primary=np.array([0, 0]))
    said = answers_at(np.array([[0.9, 0.0, 0.0], [0.9, 0.6, 0.0]]), 0.5)
    assert tagging_measure(truth, said)(np.arange(2))["macro_f1"] == (1 + 0) / 2


def test_calibration_equals_a_case_worked_by_hand() -> None:
    p = np.array([0.9, 0.98, 0.5, 0.5, 0.01])
    right = np.array([True, False, True, False, False])
    bins = confidence_bins(p, right)

    assert [(b.confidence, b.right, b.count) for b in bins] == [(0.5, 0.5, 2), (pytest.approx(0.94), 0.5, 2)]
    # half of the told cells are off by 0.44; the cell at 0.01 is not told
    assert calibration_error(p, right) == pytest.approx(0.44 / 2)


def test_nothing_told_is_no_error() -> None:
    assert calibration_error(np.zeros(4), np.zeros(4, dtype=bool)) == 0.0


def test_the_deepest_cut_that_holds_the_precision_counts() -> None:
    confidence = np.array([0.9, 0.8, 0.7, 0.6])
    right = np.array([True, False, True, True])
    assert coverage_at_precision(confidence, right, 0.75) == 1.0  # after dipping to a half
    assert coverage_at_precision(confidence, right, 0.76) == 0.25
    assert coverage_at_precision(confidence, ~right, 0.9) == 0.0


def test_items_of_one_confidence_are_taken_together() -> None:
    confidence, right = np.array([0.9, 0.9]), np.array([True, False])
    assert coverage_at_precision(confidence, right, 0.9) == 0.0


def test_the_best_threshold_gives_what_is_true() -> None:
    p = np.array([[0.9, 0.35, 0.0], [0.2, 0.9, 0.3]])
    assert 0.3 < best_threshold(p, cells("xx.", ".x.")) <= 0.35


def test_training_measures_what_eval_measures() -> None:
    rng = np.random.default_rng(6)
    labels, p = rng.random((50, 4)) < 0.4, rng.random((50, 4))
    primary = rng.integers(0, 4, 50)
    metrics, intervals = tagging_metrics(p, labels, primary, threshold=0.6, seed=1)
    truth = TagTruth(labels=labels, primary=primary)
    point, limits = bootstrap(50, tagging_measure(truth, answers_at(p, 0.6)), seed=1)

    assert metrics == {name: round(value, 4) for name, value in point.items()}
    assert intervals["ece"] == [round(value, 4) for value in limits["ece"]]


def stories(per_class: int = 8) -> list[dict[str, Any]]:
    rows = []
    for code, words in WORDS.items():
        for number in range(per_class):
            at = number % len(words)
            rows.append({"title": f"{words[at:]}{words[:at]}{number}", "labels": [code]})
    return rows


def write(path: Path, rows: Sequence[object]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_the_suite_measures_a_tagger_beside_its_baselines(tmp_path: Path) -> None:
    file = write(tmp_path / "tags.jsonl", stories())
    result = tagging.run([file], Subject(tagger=WordTopics(), facts={"name": "words"}))

    assert result.n == 24
    assert result.metrics["micro_f1"] == result.metrics["primary_accuracy"] == 1.0
    assert result.metrics["ece"] == pytest.approx(0.0)
    assert result.metrics["coverage_at_precision_90"] == 1.0
    assert set(result.baselines) == {"majority", "tfidf_svm"}
    assert result.baselines["tfidf_svm"]["primary_accuracy"] > 0.9
    assert result.baselines["majority"]["micro_f1"] < 0.5
    assert set(result.baseline_intervals["tfidf_svm"]) == set(result.metrics)
    curve, bars = result.pictures
    assert isinstance(curve, Curves)
    assert isinstance(bars, Bars)
    assert set(curve.lines) == {"model", "tfidf_svm"}
    assert [bar.name for bar in bars.bars] == ["14 农业、农村 (8)", "31 教育 (8)", "39 体育 (8)"]


def test_a_lead_stands_for_the_body_and_neither_is_needed(tmp_path: Path) -> None:
    rows = [
        {"title": "消息", "lead": "春耕开始", "labels": ["14"]},
        {"title": "消息", "body": "<p>联赛开球</p>", "labels": ["39"]},
        {"title": "老师", "body": None, "labels": ["31"]},
    ]
    result = tagging.run([write(tmp_path / "t.jsonl", rows)], Subject(tagger=WordTopics(), baselines=False))
    assert result.metrics["primary_accuracy"] == 1.0


def test_mistakes_are_quoted_only_on_request_the_surest_first(tmp_path: Path) -> None:
    rows = [
        {"title": "春耕学校", "labels": ["39"]},
        {"title": "茶农", "labels": ["39", "31"]},
        {"title": "比赛", "labels": ["39"]},
    ]
    file = write(tmp_path / "t.jsonl", rows)
    assert tagging.run([file], Subject(tagger=WordTopics(), baselines=False)).examples == []
    (worst,) = tagging.run([file], Subject(tagger=WordTopics(), baselines=False, examples=1)).examples
    assert worst.titles == ("茶农",)
    assert (worst.truth, worst.said) == ("体育、教育", "农业、农村 (1.00)")


GOOD = {"title": "茶农", "labels": ["14"]}


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"labels": ["14"]}, "title"),
        ({"title": "  ", "labels": ["14"]}, "title"),
        ({"title": 7, "labels": ["14"]}, "title"),
        ({"title": "茶农"}, "labels"),
        ({"title": "茶农", "labels": []}, "labels"),
        ({"title": "茶农", "labels": "14"}, "labels"),
        ({"title": "茶农", "labels": ["14", "99"]}, "labels"),
        ({"title": "茶农", "labels": [["14"]]}, "labels"),
        ({"title": "茶农", "labels": [14]}, "labels"),
        ({"title": "茶农", "labels": ["14"], "body": 3}, "body"),
    ],
)
def test_a_faulty_row_is_named_by_file_line_and_field(tmp_path: Path, row: object, field: str) -> None:
    file = write(tmp_path / "tags.jsonl", [GOOD, GOOD, row])
    with pytest.raises(UnreadableFile, match=rf"tags\.jsonl, line 3, {field}:"):
        tagging.run([file], Subject(tagger=WordTopics()))


def test_an_unknown_class_is_quoted(tmp_path: Path) -> None:
    file = write(tmp_path / "tags.jsonl", [{"title": "茶农", "labels": ["14", "99"]}])
    with pytest.raises(UnreadableFile, match="'99'"):
        tagging.run([file], Subject(tagger=WordTopics()))


def test_no_story_teaches_the_baselines_its_own_class() -> None:
    # each headline's word occurs once: what is not learnt from the story itself cannot be known
    texts = [TaggingText(title=chr(0x4E00 + 7 * i), body="") for i in range(60)]
    primary = np.arange(60) % 2
    truth = TagTruth(labels=np.eye(24, dtype=bool)[primary], primary=primary)
    groups = [text.title for text in texts]

    svm = tagging_measure(truth, svm_tags(texts, truth, groups))(np.arange(60))
    assert svm["primary_accuracy"] < 0.75
    majority = tagging_measure(truth, majority_tags(truth, groups))(np.arange(60))
    assert majority["primary_accuracy"] <= 0.55
