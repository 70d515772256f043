"""Bulletins of one series, told by one template for other days, counties and people, are never duplicates."""

from itertools import combinations

import pytest

from tianfu.embeddings.pairs.judge import LexicalPairJudge, load_pair_judge
from tianfu.model.artifacts import shipped
from tianfu.model.ports import PairText

Told = tuple[str, str, tuple[dict[str, str], ...]]

SERIES: dict[str, Told] = {
    "weather": (
        "{where}天气预报",
        "{where}气象台{day}日17时发布：今晚到明天白天，{sky}，偏{wind}风{force}级，最低气温{low}℃，最高气温{high}℃。"
        "相对湿度{wet}%，空气质量良。请市民朋友及时增减衣物，外出注意交通安全，老人和儿童谨防感冒。",
        (
            {
                "where": "剑阁县",
                "day": "3",
                "sky": "多云",
                "wind": "北",
                "force": "2",
                "low": "6",
                "high": "14",
                "wet": "62",
            },
            {
                "where": "剑阁县",
                "day": "4",
                "sky": "阴有小雨",
                "wind": "东",
                "force": "3",
                "low": "5",
                "high": "10",
                "wet": "81",
            },
            {
                "where": "青川县",
                "day": "3",
                "sky": "晴",
                "wind": "南",
                "force": "1",
                "low": "4",
                "high": "16",
                "wet": "55",
            },
        ),
    ),
    "power cut": (
        "{month}月{day}日计划停电通知",
        "尊敬的电力客户：因{line}线路检修，国网{where}供电公司定于{month}月{day}日{start}时至{end}时对{area}一带实施计划停电。"
        "停电期间请关好家中电器，注意用电安全，任何人不得在停电设备上工作。给您带来的不便敬请谅解，详情请拨打95598供电服务热线。",
        (
            {
                "month": "5",
                "day": "8",
                "line": "10千伏城北",
                "where": "旺苍县",
                "start": "8",
                "end": "17",
                "area": "东河镇红旗社区",
            },
            {
                "month": "5",
                "day": "12",
                "line": "10千伏工业园",
                "where": "旺苍县",
                "start": "9",
                "end": "15",
                "area": "嘉川镇五红村",
            },
            {
                "month": "5",
                "day": "8",
                "line": "10千伏望江",
                "where": "苍溪县",
                "start": "8",
                "end": "17",
                "area": "陵江镇北门沟",
            },
        ),
    ),
    "flu": (
        "市疾控中心通报流感监测情况",
        "市疾控中心{day}日通报，{before}日0时至24时，全市报告流感样病例{n}例，较前一日{trend}{k}例，其中住院{m}例，"
        "无重症和死亡病例。目前流行毒株以甲型H3N2为主。疾控专家提醒，学校要落实晨午检和通风消毒，"
        "老年人和慢性病患者应尽早接种疫苗，出现发热咳嗽等症状要及时就医，不带病上班上课。",
        (
            {"day": "12", "before": "11", "n": "147", "trend": "增加", "k": "9", "m": "21"},
            {"day": "13", "before": "12", "n": "152", "trend": "增加", "k": "5", "m": "24"},
            {"day": "20", "before": "19", "n": "88", "trend": "减少", "k": "13", "m": "10"},
        ),
    ),
    "match": (
        "省运会男子{weight}公斤级摔跤决出金牌",
        "第十五届省运会摔跤比赛{day}日在市体育馆继续进行。在男子{weight}公斤级决赛中，{winner}以{score}战胜{loser}夺得金牌，"
        "{third}获得铜牌。赛后{winner}表示，感谢教练和队友一直以来的支持，下一步将全力备战全国锦标赛，争取再创佳绩。"
        "根据赛程，摔跤项目将于本周末结束全部比赛。",
        (
            {
                "day": "6",
                "weight": "65",
                "winner": "成都队选手何立群",
                "score": "7比2",
                "loser": "绵阳队选手周海",
                "third": "泸州队选手唐波",
            },
            {
                "day": "7",
                "weight": "74",
                "winner": "宜宾队选手罗开明",
                "score": "5比4",
                "loser": "成都队选手向东",
                "third": "达州队选手王小勇",
            },
        ),
    ),
    "appointment": (
        "{where}人大常委会任命名单",
        "{where}第{term}届人民代表大会常务委员会第{n}次会议于{date}通过：任命{name}为{where}{post}。"
        "会议举行了宪法宣誓仪式，新任命的国家机关工作人员面向国旗进行宣誓，表示将忠于宪法、恪尽职守，自觉接受人大和人民监督，"
        "为推动高质量发展贡献力量。",
        (
            {
                "where": "昭化区",
                "term": "八",
                "n": "二十一",
                "date": "3月28日",
                "name": "李明远",
                "post": "教育局局长",
            },
            {
                "where": "昭化区",
                "term": "八",
                "n": "二十二",
                "date": "5月30日",
                "name": "陈蓉",
                "post": "卫生健康局局长",
            },
            {
                "where": "利州区",
                "term": "八",
                "n": "二十一",
                "date": "3月29日",
                "name": "赵启航",
                "post": "审计局局长",
            },
        ),
    ),
    "pork price": (
        "本周{where}猪肉价格{trend}",
        "据{where}发展改革局价格监测，{from_}日至{to}日，全县集贸市场猪肉（后腿肉）平均零售价为每斤{price}元，环比{trend}{share}%，"
        "五花肉每斤{belly}元。分析认为，当前生猪存栏充足，市场供应有保障，预计近期价格总体平稳。"
        "监测人员提醒消费者到正规市场购买经过检疫的肉品。",
        (
            {
                "where": "平武县",
                "trend": "上涨",
                "from_": "7",
                "to": "13",
                "price": "12.6",
                "share": "2.4",
                "belly": "14.8",
            },
            {
                "where": "平武县",
                "trend": "下降",
                "from_": "14",
                "to": "20",
                "price": "12.1",
                "share": "4.0",
                "belly": "14.1",
            },
            {
                "where": "北川县",
                "trend": "上涨",
                "from_": "7",
                "to": "13",
                "price": "13.2",
                "share": "1.5",
                "belly": "15.3",
            },
        ),
    ),
    "fire ban": (
        "{where}人民政府森林防火禁火令",
        "为有效预防森林火灾，保护人民群众生命财产和森林资源安全，根据《森林防火条例》，{where}人民政府决定自{start}起至{end}止，"
        "在{area}实行禁火。禁火期内，严禁上坟烧纸、燃放烟花爆竹、烧秸秆等一切野外用火。违反本令的，依法从严处罚；"
        "构成犯罪的，依法追究刑事责任。火警电话：12119。",
        (
            {"where": "朝天区", "start": "2月1日", "end": "5月10日", "area": "全区林区及林缘100米范围内"},
            {"where": "青川县", "start": "1月20日", "end": "5月31日", "area": "唐家河等12个林区乡镇"},
        ),
    ),
    "missing digits of a lottery": (
        "“天府”双色球第{n}期开奖",
        "第{n}期双色球于{day}晚开奖，红球号码{red}，蓝球号码{blue}。本期一等奖开出{first}注，每注奖金{prize}万元，"
        "全国投注额{sold}亿元，奖池结余{pool}亿元滚入下期。中奖者请在60天内到当地福彩中心兑奖，理性购彩，量力而行。",
        (
            {
                "n": "2026031",
                "day": "3月19日",
                "red": "03 08 11 19 24 30",
                "blue": "06",
                "first": "7",
                "prize": "688",
                "sold": "3.52",
                "pool": "21.4",
            },
            {
                "n": "2026032",
                "day": "3月22日",
                "red": "01 05 14 20 27 33",
                "blue": "12",
                "first": "4",
                "prize": "812",
                "sold": "3.71",
                "pool": "22.0",
            },
        ),
    ),
    "welcome": (
        "省长会见{guest}",
        "{day}日下午，省长在成都会见了{guest}{name}一行。省长对客人来访表示欢迎，简要介绍了四川经济社会发展情况，"
        "希望双方深化经贸、文化、教育等领域务实合作，推动友好关系取得新成果。{name}感谢四川的热情接待，"
        "表示愿进一步加强交流，实现互利共赢。",
        (
            {"guest": "匈牙利驻华大使", "day": "9", "name": "拉斯洛"},
            {"guest": "新加坡代表团", "day": "16", "name": "林国强"},
        ),
    ),
    "village meeting": (
        "{town}召开基层治理现场会",
        "近日，{town}在{village}召开基层治理现场会。会议听取了{village}“{brand}”工作法的经验介绍，与会人员实地参观了便民服务大厅、"
        "老年食堂和文化广场。镇党委要求，各村（社区）要对标先进、查找差距，把群众的急难愁盼放在心上，切实提升治理水平。",
        (
            {"town": "白桥镇", "village": "双河村", "brand": "院坝议事"},
            {"town": "元坝镇", "village": "石井村", "brand": "板凳会"},
        ),
    ),
}
CASES = [
    pytest.param(
        *(PairText(title=title.format(**one), body=body.format(**one)) for one in pair), id=f"{name} {row}"
    )
    for name, (title, body, told) in SERIES.items()
    for row, pair in enumerate(combinations(told, 2))
]


@pytest.fixture(scope="module")
def judge() -> LexicalPairJudge:
    return load_pair_judge(shipped("pairs"))


@pytest.mark.parametrize(("one", "other"), CASES)
def test_bulletins_of_one_series_do_not_join(judge: LexicalPairJudge, one: PairText, other: PairText) -> None:
    verdict = judge.judge(one, other, 0.97)

    assert not verdict.relation.joins, f"{verdict.relation} {verdict.score:.2f}"


@pytest.mark.parametrize("name", SERIES)
def test_the_same_bulletin_with_another_headline_and_credit_is_a_copy(
    judge: LexicalPairJudge, name: str
) -> None:
    title, body, (told, *_) = SERIES[name]
    one = PairText(title=title.format(**told), body=body.format(**told))
    copy = PairText(title=f"提醒！{one.title}", body=f"本网讯 {one.body}\n来源：县融媒体中心 记者 何川")

    assert judge.judge(one, copy, 0.9).relation.is_copy


ONE_HEADLINE = {
    "计划停电通知": (
        "尊敬的电力客户：因线路检修，国网旺苍县供电公司定于5月{}日8时至18时对{}社区一带实施计划停电。停电期间请关好家中电器，"
        "注意用电安全，任何人不得在停电设备上工作。给您带来的不便敬请谅解，详情请拨打95598供电服务热线。",
        (("8", "红旗"), ("12", "新华")),
    ),
    "青川县发布大风蓝色预警": (
        "青川县气象台3月{}日16时发布大风蓝色预警信号：预计未来24小时内，我县大部乡镇将出现6级以上大风，阵风可达8级。"
        "防御指南：1.关好门窗；2.加固围板；3.户外作业人员注意安全；4.驾车出行减速慢行。",
        (("3",), ("19",)),
    ),
    "停水通知": (
        "因供水管网改造，我公司定于4月{}日22时至次日6时对{}沿线停止供水，请用户提前储水。恢复供水后如有浑浊，"
        "请放水片刻再用。由此带来的不便，敬请谅解。剑阁县自来水公司客服电话全天有人接听。",
        (("6", "人民路"), ("9", "滨河路")),
    ),
    "寻人启事": (
        "{}，{}岁，身高1.6米左右，于昨日上午从家中走失，走失时身穿深色上衣，背一个布包。家人万分焦急，如有见到者请与家属联系，"
        "必有重谢，也可向当地派出所报告。",
        (("张桂芳，女", "78"), ("李德全，男", "81")),
    ),
}


@pytest.mark.parametrize("headline", ONE_HEADLINE)
def test_notices_that_come_again_under_one_headline_never_join_by_themselves(headline: str) -> None:
    template, fills = ONE_HEADLINE[headline]
    first, second = (PairText(title=headline, body=template.format(*fill)) for fill in fills)
    judge = load_pair_judge(shipped("pairs"))
    for verdict in (judge.judge(first, second, 0.95), judge.judge(second, first, 0.95)):
        assert not (verdict.relation.joins and verdict.sure)
    trimmed = PairText(title=headline, body=first.body[:-20])
    assert judge.judge(first, trimmed, 0.95).sure


def test_headlines_over_pictures_are_not_one_story_for_ever() -> None:
    judge = load_pair_judge(shipped("pairs"))
    picture = PairText(title="利州区今日天气", body="")
    assert not judge.judge(picture, picture, 1.0).sure
    flash = PairText(title="四川省终止地震二级应急响应，成雅铁路全线恢复通车", body="")
    assert judge.judge(flash, flash, 1.0).sure


def test_full_width_digits_in_a_headline_make_no_sibling() -> None:
    body = (
        "今天上午，利州区新开通的12条公交线路正式投入运营，覆盖全区各乡镇，群众出行更加方便。区交通局负责人介绍，"
        "线路连接学校、医院和集市，票价一元，老人凭证免费乘坐。下一步还将增加班次，方便学生上学。"
    )
    whole = PairText(title="利州区开通12条公交线路", body=body)
    copy = PairText(title="我市利州区开通１２条公交线路", body=body[:-15])
    assert load_pair_judge(shipped("pairs")).judge(whole, copy, 0.95).relation.joins
