"""Copies against sibling bulletins, on the texts themselves."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tianfu.embeddings.reprints.verify import ComparedText, ReprintVerdict, compared, verify
from tianfu.embeddings.text.normalise import normalise

STORY = (
    "利州区三堆镇昨日启动今年首批春灌，全镇四条主干渠同时放水。镇农业服务中心主任周建明介绍，去"
    "冬以来当地投入 136 万元，"
    "清淤渠道 42 公里，改造提灌站 7 座。\n"
    "在马口村，种粮大户李国芳家的 180 亩水田已泡田过半。“往年要等到清明后，今年提前了 12 天。”她说。\n"
    "全区今年计划种植水稻 6.8 万亩，区水利局抽调 23 名技术员驻村，确保 4 月 20 日前完成泡田。下"
    "一步，当地还将在支渠安装"
    "计量设施，推行定额配水，让下游农户也能用上头道水。"
)
WEATHER = (
    "市气象台{day}日16时发布：今晚到明天白天，全市多云转阴，{area}有小雨，气温{low}～{high}℃，"
    "偏北风{wind}级。"
    "预计{next_day}日夜间起雨势减弱，{next_day2}日转多云，最高气温回升到{warm}℃。气象部门提醒，"
    "早晚温差大，请注意添衣，"
    "雨天路滑，驾车出行请减速慢行，山区公众需防范局地强降水可能引发的地质灾害。"
)
NOTICE = (
    "停水通知\n尊敬的用户：因{street}供水管网改造施工，定于{month}月{day}日{hour}时至{end}时对{"
    "estate}及周边区域停止供水，"
    "请受影响的用户提前做好储水准备，并关闭家中水龙头，以免恢复供水时造成不必要的损失。如遇天气"
    "等特殊原因，停水时间顺延。"
    "恢复供水初期可能出现短时水质浑浊，放水数分钟后即可正常使用。由此带来的不便，敬请谅解。服务"
    "热线：{phone}。"
)


def judged(a: str, b: str) -> ReprintVerdict:
    return verify(compared("题", a), compared("另题", b))


@pytest.mark.parametrize(
    "copy",
    [
        STORY[: len(STORY) * 6 // 10],
        STORY[len(STORY) // 2 :],
        "本报讯（记者 王芳）春日的田野一派繁忙。" + STORY + "\n（陈静 摄影报道）",
        "\n".join(reversed(STORY.split("\n"))),
        STORY.replace("，", ",").replace("水", "水 "),
        STORY.replace("启动", "啟動").replace("干渠", "幹渠").replace("农业", "農業").replace("万元", "萬元"),
        STORY.replace("介绍", "告诉记者").replace("确保", "力争"),
    ],
)
def test_an_edited_copy_is_a_copy(copy: str) -> None:
    assert judged(STORY, copy).is_copy


def test_a_copy_with_many_letters_misread_is_a_copy() -> None:
    rng = random.Random(5)
    noisy = "".join(rng.choice(STORY) if rng.random() < 0.12 else char for char in STORY)
    assert judged(STORY, noisy).is_copy


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (
            WEATHER.format(day=11, area="北部", low=8, high=14, wind=2, next_day=12, next_day2=13, warm=19),
            WEATHER.format(day=12, area="东部", low=9, high=13, wind=3, next_day=13, next_day2=14, warm=21),
        ),
        (
            NOTICE.format(
                street="滨河路", month=11, day=3, hour=8, end=18, estate="锦绣苑", phone="0839-3260111"
            ),
            NOTICE.format(
                street="人民街", month=11, day=9, hour=9, end=17, estate="翠湖居", phone="0839-3260111"
            ),
        ),
    ],
)
def test_the_next_bulletin_of_a_series_is_no_copy(a: str, b: str) -> None:
    verdict = judged(a, b)
    assert verdict.copied > 0.9
    assert verdict.sibling_odds > 2
    assert not verdict.is_copy


def test_another_text_on_the_same_matter_is_no_copy() -> None:
    other = (
        "“水到田头心不慌。”12日一早，马口村村民李国芳踩着田埂查看水情。随着三堆镇四条主渠开闸，利州"
        "区今年的春灌比往年提前了"
        "近两周。记者了解到，为了这渠水，镇上去年冬天就忙开了：136万元资金、7座提灌站、42公里渠道，"
        "一项项落到实处。"
    )
    verdict = judged(STORY, other)
    assert not verdict.is_copy
    assert verdict.containment < 0.2


def test_passages_stand_in_the_callers_own_bodies() -> None:
    copy = "编者按：春耕时节。" + STORY.replace("清淤渠道 42 公里", "清淤主渠４２公里")
    verdict = judged(STORY, copy)
    assert verdict.passages
    for p in verdict.passages:
        own, other = STORY[p.a_start : p.a_end], copy[p.b_start : p.b_end]
        assert len(own) >= 5
        assert normalise(own).replace(" ", "") == normalise(other).replace(" ", "")
    lengths = [p.a_end - p.a_start for p in verdict.passages]
    assert lengths[0] == max(lengths)


def test_a_text_that_stands_twice_in_the_other_is_a_copy() -> None:
    assert judged(STORY, STORY + "\n" + STORY).is_copy


def test_empty_and_tiny_texts_are_compared_with_their_headlines() -> None:
    flash = compared("利州区今晨发生三点二级地震震源深度十公里", "")
    assert verify(flash, flash).same_wording
    assert not verify(flash, compared("朝天区明日启动春灌", "")).is_copy
    nothing = compared("", "")
    assert not verify(nothing, nothing).is_copy


def _text(seed: int, chars: int) -> ComparedText:
    rng = random.Random(seed)
    return compared("题", "".join(rng.choice("春灌水3。 ") for _ in range(chars)))


@given(st.integers(0, 50), st.integers(0, 300), st.integers(0, 50), st.integers(0, 300))
def test_the_order_of_the_two_changes_only_sides(seed: int, chars: int, other: int, other_chars: int) -> None:
    a, b = _text(seed, chars), _text(other, other_chars)
    one, two = verify(a, b), verify(b, a)
    assert (one.is_copy, one.containment, one.copied, one.sibling_odds, one.changes) == (
        two.is_copy,
        two.containment,
        two.copied,
        two.sibling_odds,
        two.changes,
    )
    assert [(p.a_start, p.a_end) for p in one.passages] == [(p.b_start, p.b_end) for p in two.passages]
    assert 0 <= one.containment <= 1
    assert 0 <= one.copied <= 1
