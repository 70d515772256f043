"""The judge of pairs is learnt, measured out of fold and written as an artefact that loads and judges."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from tianfu.embeddings.pairs.features import NAMES
from tianfu.embeddings.pairs.judge import load_pair_judge
from tianfu.model.cluster import Relation
from tianfu.model.ports import PairText
from tianfu.training.pairs.fit import at_precision, fit_head
from tianfu.training.pairs.sources import from_files
from tianfu.training.pairs.train import train_pairs

PLACES = [
    "龙潭",
    "白桥",
    "元坝",
    "双河",
    "石井",
    "东河",
    "嘉川",
    "陵江",
    "木门",
    "普济",
    "张华",
    "三江",
    "国华",
    "水磨",
    "檬子",
    "盐河",
]
WORKS = [
    "修好了水渠",
    "装上了路灯",
    "办起了食堂",
    "栽下了果树",
    "建成了球场",
    "开通了公交",
    "改造了校舍",
    "清理了河道",
]


def story(row: int) -> dict[str, str]:
    place, work = PLACES[row % len(PLACES)], WORKS[(row // 2) % len(WORKS)]
    told = "".join(
        f"{place}的第{row * 7 + i * 3}户人家说起{WORKS[(row + i) % len(WORKS)]}，脸上都是笑意。"
        for i in range(8)
    )
    return {
        "id": f"s{row}",
        "title": f"{place}镇{work}",
        "body": f"入秋以来，{place}镇{work}，村民奔走相告。{told}",
    }


def pair(row: int, relation: str) -> dict[str, object]:
    one, other = story(row), story(row + 5)
    if relation == "reprint":
        other = {
            "id": f"r{row}",
            "title": f"乡村新貌（{row}）",
            "body": "本网讯 " + one["body"] + "（记者 何川）",
        }
    if relation == "same_event":
        place = PLACES[row % len(PLACES)]
        told = f"盼了多年，{one['title']}，乡亲们打心眼里高兴。镇长介绍，资金由县里和{place}商会各出一半。"
        other = {"id": f"e{row}", "title": f"{place}百姓添喜事", "body": told}
    return {"a": {**one, "ref": one["id"]}, "b": {**other, "ref": other["id"]}, "relation": relation}


def write(file: Path, rows: list[dict[str, object]]) -> Path:
    with gzip.open(file, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return file


@pytest.mark.filterwarnings("ignore:The least populated class:UserWarning")
def test_a_trained_judge_loads_judges_and_tells_how_well(tmp_path: Path) -> None:
    kinds = ("reprint", "same_event", "same_topic")
    pairs = write(tmp_path / "dev.jsonl.gz", [pair(row, kinds[row % 3]) for row in range(48)])
    corpus = write(tmp_path / "news.jsonl.gz", [dict(story(row)) for row in range(60)])

    card = train_pairs(from_files(pairs, [corpus]), target=tmp_path / "pairs", version="t")

    judge = load_pair_judge(tmp_path / "pairs")
    one = story(3)
    copy = PairText(title="另一个标题", body="本网讯 " + one["body"])
    assert judge.version == "pairs-lexical@t"
    assert judge.judge(PairText(title=one["title"], body=one["body"]), copy, 0.0).relation is Relation.REPRINT
    assert card["metrics"]["reprint_f1"] > 0.9
    low, high = card["intervals"]["reprint_f1"]
    assert low <= card["metrics"]["reprint_f1"] <= high
    assert 0.0 <= card["made_pairs"]["siblings_joined"] <= 1.0


def test_no_story_is_on_both_sides_of_a_fold() -> None:
    rng = np.random.default_rng(5)
    groups = np.repeat(np.arange(30), 4)
    targets = rng.random(30)[groups] > 0.5
    rows = np.zeros((120, len(NAMES)))
    # each group has a value of its own that tells its answer: seen in training it would be learnt by heart
    rows[:, 0] = rng.permutation(30)[groups]

    fitted = fit_head(
        rows,
        targets,
        groups=groups,
        names=("covered",),
        weights=np.ones(120),
        settled=np.zeros(120, dtype=bool),
    )

    for group in range(30):
        assert np.ptp(fitted.out_of_fold[:, groups == group], axis=1).max() < 1e-12


def test_a_settled_pair_is_answered_no() -> None:
    rows = np.zeros((40, len(NAMES)))
    targets = np.arange(40) % 2 == 0
    rows[:, 0] = targets
    settled = np.arange(40) < 4

    fitted = fit_head(
        rows, targets, groups=np.arange(40), names=("covered",), weights=np.ones(40), settled=settled
    )

    assert (fitted.out_of_fold[:, :4] == 0.0).all()
    assert (fitted.out_of_fold[:, 4::2] > 0.5).all()


def test_the_threshold_of_a_precision_is_the_lowest_that_keeps_it() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.6])
    truth = np.array([True, True, False, True])

    assert at_precision(scores, truth, 1.0) == pytest.approx(0.75)
    assert at_precision(scores, truth, 0.75) == pytest.approx(0.3)
    assert at_precision(scores, ~truth, 1.0) == 1.0
