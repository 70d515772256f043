"""The pair judge as shipped: relations, symmetry, evidence, and its artefact."""

import shutil
import time
from pathlib import Path

import pytest

from tianfu.embeddings.pairs.judge import LexicalPairJudge, load_pair_judge
from tianfu.model.artifacts import shipped
from tianfu.model.cluster import Relation
from tianfu.model.errors import ArtefactInvalid
from tianfu.model.ports import PairJudge, PairText

BODY = (
    "苍溪县白桥镇红心猕猴桃昨日开园采摘，首日接待游客 3200 余人次。镇长唐文兵介绍，全镇今年挂果"
    "面积 1.4 万亩，预计产量 9800 吨，"
    "电商订单已占四成。\n在双河村果园，果农罗素珍忙着分拣装箱：“昨天一天就发走 260 件，最远的寄"
    "到了哈尔滨。”她家 12 亩果园今年"
    "预计收入 15 万元。\n为保证品质，当地推行“一品一码”，糖度不到 7 度的果子不准下树；县农业农"
    "村局还从 11 个村选出 36 名“果管家”，"
    "免费上门指导修枝、套袋和采后保鲜。采摘季将持续到 10 月 20 日。"
)
STORY = PairText(title="苍溪红心猕猴桃开园 首日迎客三千", body=BODY)
REWRITE = PairText(
    title="白桥镇猕猴桃熟了 果农罗素珍一天发货260件",
    body=(
        "“昨天一天就发走260件！”站在自家果园里，苍溪县白桥镇双河村的罗素珍合不拢嘴。随着红心猕猴桃"
        "开园，这个川北小镇一天涌进3200多名"
        "游客。罗素珍种了12亩果子，按今年的行情，收入能到15万元。唐文兵是白桥镇镇长，他算了一笔账："
        "1.4万亩挂果、9800吨产量，四成走电商。"
        "糖度不到7度不下树，是镇上立下的规矩，36名“果管家”分片包村，教大家修枝套袋。"
    ),
)
OTHER = PairText(
    title="旺苍加快推进乡道改造 年内完工五条",
    body="旺苍县交通运输局介绍，今年实施的五条乡道改造已完成路基工程，正在铺设沥青路面，沿线一万余名群众出行将更加便捷安全，预计年底前通车。",
)


@pytest.fixture(scope="module")
def judge() -> LexicalPairJudge:
    return load_pair_judge(shipped("pairs"))


def test_the_shipped_judge_is_a_pair_judge(judge: LexicalPairJudge) -> None:
    port: PairJudge = judge
    assert port.version.startswith("pairs-lexical@")


def test_the_same_text_with_the_same_headline_is_identical(judge: LexicalPairJudge) -> None:
    other = PairText(title=STORY.title.replace(" ", "　"), body=BODY.replace("，", ","))
    assert judge.judge(STORY, other, 1.0).relation is Relation.IDENTICAL


@pytest.mark.parametrize(
    "body",
    [
        BODY,
        BODY[: len(BODY) * 6 // 10],
        "近日，记者走进川北果乡。" + BODY + "\n（本报记者 何川）",
        "\n".join(reversed(BODY.split("\n"))),
    ],
)
def test_a_retitled_edited_copy_is_a_reprint(judge: LexicalPairJudge, body: str) -> None:
    verdict = judge.judge(STORY, PairText(title="川北果乡丰收忙", body=body), 0.9)
    assert verdict.relation is Relation.REPRINT
    assert verdict.containment > 0.8
    assert verdict.passages


def test_the_next_bulletin_of_a_series_does_not_join(judge: LexicalPairJudge) -> None:
    template = (
        "市疾控中心{day}日通报：{before}日0时至24时，全市新增流感病例{n}例，其中住院{m}例；新增治愈"
        "出院{k}例。截至{before}日24时，"
        "在院{total}例。各县区要继续做好重点场所监测，学校落实晨午检制度，市民外出请戴口罩、勤洗手"
        "、常通风，出现症状及时就医。"
    )
    one = template.format(day=12, before=11, n=147, m=55, k=82, total=346)
    two = template.format(day=13, before=12, n=152, m=48, k=97, total=358)
    title = "市疾控中心通报最新情况"
    relation = judge.judge(PairText(title=title, body=one), PairText(title=title, body=two), 0.99).relation
    assert relation is Relation.SAME_TOPIC


def test_another_text_on_the_same_event_is_no_reprint(judge: LexicalPairJudge) -> None:
    assert judge.judge(STORY, REWRITE, 0.8).relation in (Relation.SAME_EVENT, Relation.SAME_TOPIC)


def test_unlike_stories_are_unrelated(judge: LexicalPairJudge) -> None:
    assert judge.judge(STORY, OTHER, 0.1).relation is Relation.UNRELATED


@pytest.mark.parametrize(
    "other", [REWRITE, OTHER, PairText(title="题", body=BODY[50:260]), PairText(title="", body="")]
)
def test_the_order_of_the_two_changes_only_sides(judge: LexicalPairJudge, other: PairText) -> None:
    one, two = judge.judge(STORY, other, 0.4), judge.judge(other, STORY, 0.4)
    assert (one.relation, one.score, one.containment) == (two.relation, two.score, two.containment)
    assert [(p.a_start, p.b_end) for p in one.passages] == [(p.b_start, p.a_end) for p in two.passages]


def test_an_altered_artefact_is_refused(tmp_path: Path) -> None:
    copy = tmp_path / "pairs"
    shutil.copytree(shipped("pairs"), copy)
    (copy / "heads.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ArtefactInvalid):
        load_pair_judge(copy)


def test_hostile_texts_are_judged_in_no_time(judge: LexicalPairJudge) -> None:
    texts = [
        "啊" * 100_000,
        "12" * 50_000,
        "啊1" * 50_000,
        "《" * 100_000,
        "《引" * 50_000,
        "a" * 100_000,
        "",
    ]
    began = time.perf_counter()
    for one in texts:
        for other in texts:
            judge.judge(PairText(title="题", body=one), PairText(title="题", body=other), 0.5)
    assert time.perf_counter() - began < 20
