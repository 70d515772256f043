"""The encoder suites on small files of our own."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tianfu.eval.core import Subject
from tianfu.eval.suites import SUITES, run_suite
from tianfu.model.errors import InvalidInput, NotFound, UnreadableFile
from tianfu.model.ports import FloatMatrix

STORIES = [
    (
        "昭化区春茶开采，茶农每斤卖到八十元",
        "清明前夕，昭化区的茶园里，茶农们忙着采摘春茶。今年鲜叶每斤八十元。",
    ),
    (
        "县医院开通夜间门诊，上班族看病方便了",
        "县医院本周起开通夜间门诊，内科、儿科每晚接诊到九点，方便上班族看病。",
    ),
    (
        "青川县修通最后一条村道，三百户出行不再难",
        "青川县最后一条未硬化的村道完工，沿线三百户村民出行告别泥泞。",
    ),
    (
        "剑阁中学学生获机器人大赛一等奖",
        "剑阁中学四名学生自制的机器人在全省比赛中夺得一等奖，指导老师很欣慰。",
    ),
]


class LetterEncoder:
    """Counts characters into a few buckets: crude, but deterministic."""

    fingerprint = "0" * 64
    dimension = 512

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for char in text:
                vectors[row, ord(char) % self.dimension] += 1
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def write(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.fixture
def subject() -> Subject:
    return Subject(encoder=LetterEncoder(), facts={"name": "letters", "version": "1"})


@pytest.mark.parametrize("name", ["stories.jsonl", "stories.jsonl.gz"])
def test_headlines_find_their_stories(tmp_path: Path, subject: Subject, name: str) -> None:
    file = write(tmp_path / name, [{"title": t, "body": b} for t, b in STORIES])
    result = run_suite("retrieval", [file], subject)

    assert result.n == 4
    assert result.metrics == {"recall_at_1": 1.0, "recall_at_10": 1.0, "mrr_at_10": 1.0}
    perfect = {"recall_at_1": 1.0, "recall_at_10": 1.0, "mrr_at_10": 1.0}
    assert result.baselines == {"tfidf": perfect, "bm25": perfect}
    assert result.intervals["recall_at_1"] == (1.0, 1.0)
    assert result.as_json()["model"] == {"name": "letters", "version": "1"}


def test_markup_before_a_body_hides_no_story(tmp_path: Path, subject: Subject) -> None:
    plain = [{"title": t, "body": b} for t, b in STORIES]
    script = "<script>" + "var player = 1; " * 20 + "</script>"
    marked = [
        {"title": t, "body": f'{script}<div class="article-content"><p>{b}</p></div>'} for t, b in STORIES
    ]
    plain_result = run_suite("retrieval", [write(tmp_path / "plain.jsonl", plain)], subject)
    marked_result = run_suite("retrieval", [write(tmp_path / "marked.jsonl", marked)], subject)

    assert marked_result.metrics == plain_result.metrics
    assert marked_result.metrics["recall_at_1"] == 1.0
    assert marked_result.baselines == plain_result.baselines


def test_a_limit_and_no_baselines_are_kept(tmp_path: Path) -> None:
    file = write(tmp_path / "s.jsonl", [{"title": t, "body": b} for t, b in STORIES])
    result = run_suite("retrieval", [file], Subject(encoder=LetterEncoder(), baselines=False, limit=2))

    assert (result.n, result.baselines) == (2, {})


def test_likeness_follows_labels(tmp_path: Path, subject: Subject) -> None:
    rows = [
        {"a": "茶农采茶", "b": "茶农采茶", "label": 5},
        {"a": "茶农采茶", "b": "茶农卖茶", "label": 3},
        {"a": "茶农采茶", "b": "医院开门", "label": 0},
    ]
    result = run_suite("sts", [write(tmp_path / "sts.jsonl", rows)], subject)

    assert result.metrics["spearman"] == pytest.approx(1.0)
    assert result.baselines["tfidf"]["spearman"] == pytest.approx(1.0)
    # characters in common of those in either: 3 of 3, 2 of 4, none
    assert result.baselines["jaccard"]["spearman"] == pytest.approx(1.0)


def test_probe_and_head_learn_classes(tmp_path: Path, subject: Subject) -> None:
    words = {"农业": "茶园 果园 稻田 春耕 采茶", "医疗": "医院 门诊 医生 看病 药房"}
    rows = [
        {"title": f"{a}里的{b}", "label": label}
        for label, line in words.items()
        for a in line.split()
        for b in line.split()
    ]
    learn = write(tmp_path / "learn.jsonl", rows[::2])
    test = write(tmp_path / "test.jsonl", rows[1::2])
    result = run_suite("headlines", [learn, test], subject)

    assert set(result.metrics) == {"probe_accuracy", "probe_macro_f1", "head_accuracy", "head_macro_f1"}
    assert min(result.metrics.values()) == 1.0
    assert set(result.baselines["tfidf"]) == set(result.metrics)
    assert result.baselines["majority"]["head_accuracy"] == pytest.approx(0.5, abs=0.05)
    assert result.baselines["majority"]["probe_accuracy"] == result.baselines["majority"]["head_accuracy"]


def test_a_limit_of_headlines_leaves_what_is_learnt_from_whole(tmp_path: Path) -> None:
    learn = [{"title": f"茶园{n}采茶", "label": "农业"} for n in range(6)]
    learn += [{"title": f"医院{n}门诊", "label": "医疗"} for n in range(6)]
    test = [{"title": "医院开门诊", "label": "医疗"}, {"title": "茶园采春茶", "label": "农业"}]
    files = [write(tmp_path / "learn.jsonl", learn), write(tmp_path / "test.jsonl", test)]
    result = run_suite("headlines", files, Subject(encoder=LetterEncoder(), baselines=False, limit=1))

    assert (result.n, result.metrics["head_accuracy"]) == (1, 1.0)


def test_headlines_needs_two_files(tmp_path: Path, subject: Subject) -> None:
    file = write(tmp_path / "one.jsonl", [{"title": "茶", "label": "a"}])
    with pytest.raises(InvalidInput, match="two"):
        run_suite("headlines", [file], subject)


def test_an_unknown_suite_is_told(subject: Subject) -> None:
    with pytest.raises(NotFound):
        run_suite("beauty", [], subject)


@pytest.mark.parametrize("suite", ["retrieval", "sts"])
@pytest.mark.parametrize("content", [b"", b"[1]\n", b"{\n", b'{"title": "x"}\n', b"\xff\xfe"])
def test_a_file_in_another_form_is_told(tmp_path: Path, subject: Subject, suite: str, content: bytes) -> None:
    (tmp_path / "bad.jsonl").write_bytes(content)
    with pytest.raises(UnreadableFile, match="bad"):
        run_suite(suite, [tmp_path / "bad.jsonl"], subject)


def test_every_suite_has_a_name_of_its_own() -> None:
    wanted = {"retrieval", "headlines", "sts", "tagging", "duplicates", "reprints", "recommendation"}
    assert set(SUITES) == wanted
