"""Coverage by long runs, and the bounds of the copy head."""

import random
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tianfu.embeddings.pairs.bounds import SIBLING_ODDS, copy_probability, is_misread_copy
from tianfu.embeddings.pairs.features import NAMES, feature_range, features
from tianfu.embeddings.pairs.heads import Head, read_heads
from tianfu.embeddings.pairs.profile import profile_of
from tianfu.embeddings.pairs.rarity import BUCKETS, Rarity
from tianfu.embeddings.pairs.runs import covered, runs_of
from tianfu.embeddings.reprints.verify import compared, verify
from tianfu.embeddings.text.wording import wording
from tianfu.model.artifacts import shipped

BODY = (
    "县水务局昨日完成龙潭水库除险加固，蓄水能力由原来的两百三十万立方米恢复到三百一十万立方米。"
    "水库建成于上世纪七十年代，坝体渗漏多年，下游四个村的稻田靠抽水灌溉。施工队利用枯水期清淤、灌浆、改建溢洪道，"
    "赶在春耕前交付。管水员老周说，闸门一开，水顺着新修的干渠流到最远的田块只要三个小时。"
)


def share(a: str, b: str, size: int) -> float:
    return covered(runs_of(wording(a).letters, size), runs_of(wording(b).letters, size))


def test_runs_that_overlap_count_their_letters_once() -> None:
    # 甲乙丙丁 stands in both: 4 of 6 letters of the shorter, in two overlapping runs of three
    assert share("甲乙丙丁戊己", "寅卯甲乙丙丁辰巳", 3) == pytest.approx(4 / 6)


def test_a_text_that_tells_a_passage_twice_is_covered_by_one_that_tells_it_once() -> None:
    assert share("甲乙丙丁甲乙丙丁", "子丑甲乙丙丁寅卯", 4) == 1.0


@settings(deadline=None)
@given(st.text(alphabet="甲乙丙", max_size=30), st.text(alphabet="甲乙丙", max_size=30))
def test_coverage_is_symmetric_and_agrees_with_searching_letter_by_letter(a: str, b: str) -> None:
    def oracle(one: str, other: str) -> float:
        inside = [any(one[s : s + 4] in other for s in range(max(0, i - 3), min(i, len(one) - 4) + 1))
                  for i in range(len(one))]  # fmt: skip
        return sum(inside) / len(one) if one else 0.0

    assert share(a, b, 4) == share(b, a, 4) == pytest.approx(max(oracle(a, b), oracle(b, a)))


def always(odds: float) -> Head:
    none = np.zeros(0, dtype=np.int64)
    return Head(places=none, weights=np.zeros(0), bias=odds, threshold=0.5, sure=0.5)


def answer(head: Head, a: str, b: str) -> float:
    return copy_probability(head, np.zeros(len(NAMES)), verify(compared("题", a), compared("题", b)))


def test_a_sibling_is_no_copy_whatever_the_head_says() -> None:
    template = (
        "市疾控中心{}日通报，全市昨日新增流感样病例{}例，其中住院{}例；新增治愈出院{}例，累计报告{}例。"
        "各学校要落实晨午检制度，市民外出请戴口罩、勤洗手、常通风，出现症状及时就医，不带病上班上课。"
    )
    one, two = template.format(12, 147, 55, 82, 3460), template.format(13, 152, 48, 97, 3612)

    assert answer(always(9.0), one, two) == 0.0


def test_a_misread_text_is_a_copy_whatever_the_head_says() -> None:
    rng = random.Random(3)
    misread = "".join(rng.choice("曰入末士太夭") if i % 11 == 7 else c for i, c in enumerate(BODY))

    assert answer(always(-9.0), BODY, misread) > 0.5
    assert answer(always(-9.0), BODY, BODY[:90] + "。") < 0.5


FIGURES = (
    "全县共清淤渠道47公里，整治山坪塘126口，新建提灌站9座，改造管网83公里，惠及5个乡镇38个村的21400名群众。"
    "项目总投资6250万元，其中县级财政配套1875万元。按照计划，明年还将整治水库4座、渠道62公里，"
    "新增有效灌溉面积11300亩，亩均节水90立方米。农户算了一笔账：以前抽一次水要花40元，如今开闸放水，每亩一年能省150元。"
    "镇上的技术员每周三到田头，教大家按土壤墒情放水，谁家的渠口堵了，在群里喊一声，第二天就有人来疏通。"
)


def test_a_text_misread_all_over_is_a_copy_though_its_figures_were_misread_too() -> None:
    rng = random.Random(5)
    body = BODY + FIGURES
    misread = "".join(
        rng.choice("曰入末士太夭") if i % 6 == 4 and not c.isdigit() else c for i, c in enumerate(body)
    )
    for figure in ("6250", "1875", "11300", "21400", "126", "150", "47", "83"):
        misread = misread.replace(figure, figure[:-1] + "7" if figure[-1] != "7" else "41")

    assert verify(compared("题", body), compared("题", misread)).sibling_odds >= SIBLING_ODDS
    assert answer(always(-9.0), body, misread) > 0.5


def test_the_next_bulletin_of_a_long_series_is_no_copy() -> None:
    rng = random.Random(5)
    body = BODY + FIGURES
    following = re.sub(r"\d+", lambda found: str(int(found.group()) + rng.randint(1, 9)), body)
    following = following.replace("三个小时", "四个小时").replace("老周", "老吴")

    assert answer(always(9.0), body, following) == 0.0


def test_an_edited_text_is_not_taken_for_a_misread_one() -> None:
    edited = BODY.replace("昨日完成", "日前全面完成").replace("老周说", "周大爷高兴地告诉记者")

    assert not is_misread_copy(verify(compared("题", BODY), compared("题", edited)))


def test_more_shared_wording_never_makes_the_shipped_head_less_sure() -> None:
    head = read_heads(shipped("pairs") / "heads.json").copy

    assert (head.weights > 0).all()


@pytest.mark.parametrize(
    "other", [BODY, BODY[40:], BODY[:60] + "新上任的站长介绍，" + BODY[90:], "与此全然无关的一句话。", ""]
)
def test_no_alignment_leaves_the_range_told_before_it(other: str) -> None:
    rarity = Rarity(np.full(BUCKETS, 3.0, np.float32))
    one, two = profile_of("龙潭水库完成加固", BODY), profile_of("三月三日水库通水", other)

    low, high = feature_range(one, two, rarity)
    row = features(one, two, verify(one.text, two.text), rarity)

    assert (low <= row + 1e-9).all()
    assert (row <= high + 1e-9).all()


def test_the_most_a_head_can_say_is_never_less_than_what_it_says() -> None:
    rng = np.random.default_rng(2)
    head = Head(places=np.arange(5), weights=rng.normal(size=5), bias=0.3, threshold=0.5, sure=0.5)
    low = rng.random(len(NAMES))
    high = low + rng.random(len(NAMES))

    said = [head.probability(low + (high - low) * rng.random(len(NAMES))) for _ in range(200)]

    assert max(said) <= head.most(low, high)
