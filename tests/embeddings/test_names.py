import pytest

from tianfu.embeddings.tagging.names import NameTagger, load_name_tagger
from tianfu.model.ports import TaggingText
from tianfu.model.tag import TagKind, TagSuggestion


@pytest.fixture(scope="module")
def tagger() -> NameTagger:
    return load_name_tagger()


def named(tagger: NameTagger, kind: TagKind, body: str, title: str = "") -> set[str]:
    return {tag.label for tag in suggested(tagger, body, title) if tag.kind is kind}


def suggested(tagger: NameTagger, body: str, title: str = "") -> list[TagSuggestion]:
    return tagger.suggest([TaggingText(title=title, body=body)])[0]


PEOPLE: list[tuple[str, set[str]]] = [
    ("村民李国芳今年种了五亩柑橘。", {"李国芳"}),
    ("局长周建明带队检查。", {"周建明"}),
    ("记者 王小林 通讯员 何福贵", set()),
    ("记者：张永刚", set()),
    ("（记者王小林）通讯员何福贵报道。村民李国芳笑了。", {"李国芳"}),
    ("记者 王小林 报道。主持人王小林说，观众很热情。", {"王小林"}),
    ("近七十岁的潘志荣把丝线分成三十二股。", {"潘志荣"}),
    ("参加座谈的有周捷、赵冉和县里的干部。", {"周捷"}),
    ("林先生和李老师都来了。", set()),
    ("安哥拉总统多斯桑托斯抵达。", {"多斯桑托斯"}),
    ("演员马男波杰克走红。", set()),
    ("古谷一行、丰川悦司主演。", set()),
    ("李强一行抵达县城。", {"李强"}),
    ("电影《林则徐》重映。", set()),
    ("国王菲利普到访成都。", {"菲利普"}),
    ("议长波维斯率团抵达。", {"波维斯"}),
    ("团长沐华平出席。", {"沐华平"}),
    ("古城的杏花村里摆开了长桌宴。", set()),
    ("陈德全说，合作社今年扩大了规模。", {"陈德全"}),
    ("种植户欧阳秀兰笑得合不拢嘴。", {"欧阳秀兰"}),
    ("党支部书记罗志远、周晓燕、何永贵等参加。", {"罗志远", "周晓燕", "何永贵"}),
    ("村民们高高兴兴地干活。", set()),
    ("记者在广场上看到人山人海。", set()),
    ("记者从会上获悉，工程即将完工。", set()),
    ("群众安全感进一步提升。", set()),
    ("教师和学生都参加了活动。", set()),
    ("要求全体党员同学习贯彻要求对标。", set()),
    ("校长方面表示将全力配合。", set()),
    ("负责人介绍，项目总投资两亿元。", set()),
    ("代表团团长卡洛斯·冈萨雷斯在会上发言。", {"卡洛斯·冈萨雷斯"}),
    ("公司总裁霍尔格·伯尔纳来访。", {"霍尔格·伯尔纳"}),
    ("犯罪嫌疑人王某被抓获。", set()),
    ("游客陈女士说景色很美。", set()),
    ("中央军委主席习近平日前签署命令。", {"习近平"}),
    ("国家主席习近平和夫人彭丽媛出席晚宴。", {"习近平", "彭丽媛"}),
    ("国务院总理李克强于当地时间九日抵达。", {"李克强"}),
    ("李强主持召开国务院常务会议", {"李强"}),
    ("国务院总理李强乘包机抵达机场。", {"李强"}),
    ("国务院总理李强同马来西亚总理安瓦尔会谈。", {"李强", "安瓦尔"}),
    ("外交部部长王毅等陪同。", {"王毅"}),
    ("王毅、何立峰等参加会见。", {"王毅", "何立峰"}),
    ("村民李强国表示收成很好。", {"李强国"}),
    ("汪洋大海里的一条船。", set()),
    ("学习贯彻习近平新时代中国特色社会主义思想。", set()),
    ("深入学习习近平外交思想和邓小平理论。", set()),
    ("邓小平故里游人如织。", set()),
    ("朱德纪念馆开放，李强路过时停下。", {"李强"}),
    ("法国总统马克龙访问成都。", {"马克龙"}),
    ("总统阿纳斯塔西亚迪斯抵达机场。", {"阿纳斯塔西亚迪斯"}),
    ("日本首相安倍晋三表示遗憾。", {"安倍晋三"}),
    ("牧民多吉次仁说，草场好了。", {"多吉次仁"}),
    ("党员泽仁卓玛、扎西罗布等参加。", {"泽仁卓玛", "扎西罗布"}),
]


@pytest.mark.parametrize(
    "after", [*"日时等在对向将于和与同到从乘已说的是为", "今天", "强调", "近平", "方面", ""]
)
@pytest.mark.parametrize("name", ["习近平", "李克强", "丁薛祥", "赵乐际", "王沪宁"])
def test_a_leaders_name_is_whole_or_not_there(tagger: NameTagger, name: str, after: str) -> None:
    body = f"国家主席{name}{after}。记者从会上了解到，{name}{after}讲话。"

    assert named(tagger, TagKind.PERSON, body) == {name}


@pytest.mark.parametrize(("body", "expected"), PEOPLE)
def test_people_are_named_only_on_a_sign(tagger: NameTagger, body: str, expected: set[str]) -> None:
    assert named(tagger, TagKind.PERSON, body) == expected


ORGANISATIONS: list[tuple[str, set[str]]] = [
    ("青川县人民医院开设夜间门诊。", {"青川县人民医院"}),
    ("广元市利州区农业农村局送技下乡。", {"利州区农业农村局"}),
    ("利州区农业农村局长到场。", {"利州区农业农村局"}),
    ("成都市第三人民医院专家义诊。", {"成都市第三人民医院"}),
    ("四川农业大学的专家来了。", {"四川农业大学"}),
    ("教育部印发通知。", {"教育部"}),
    ("剑阁县召开全县农业工作会。", set()),
    ("利州区召集农业农村局开会。", set()),
    ("绵阳市形成新的发展格局。", set()),
    ("泸州市的医院都配了新设备。", set()),
    ("他在公司上班。", set()),
    ("国家卫生健康委员会通报情况。", {"国家卫生健康委员会"}),
    ("国家发展和改革委员会发布数据。", {"国家发展和改革委员会"}),
    ("俄罗斯外交部发言人说，外交部将发表声明。", {"俄罗斯外交部"}),
    ("美国财政部公布名单。", {"美国财政部"}),
    ("前财政部长鲁宾到访。", set()),
    ("应急管理部门提醒群众注意防汛。", set()),
    ("中国银行业运行平稳。", set()),
    ("国务院扶贫开发领导小组召开会议。", {"国务院扶贫开发领导小组"}),
    ("全国人大常委会法工委答记者问。", {"全国人大常委会法工委"}),
    ("中共中央政治局委员到会。", set()),
    ("郴州市委组织部发布公示。", {"郴州市委组织部"}),
    ("利州区委召开会议。", {"利州区委"}),
    ("剑阁县委员们视察学校。", set()),
    ("成都市锦江区环宇科技有限公司开业。", {"锦江区环宇科技有限公司"}),
    ("四川省公共资源交易中心挂牌。", {"四川省公共资源交易中心"}),
    ("德阳市两家公司签约。", set()),
    ("绵阳市大医院人满为患。", set()),
    ("据新华社消息，台风明天登陆。", set()),
    ("美国国务院发表声明，国务院发言人否认。", {"美国国务院"}),
    ("法国国民议会通过法案。", {"法国国民议会"}),
    ("众议院通过法案。", set()),
    ("香港《经济日报》的一篇评论。", set()),
    ("联合国难民署呼吁停火。", {"联合国难民署"}),
    ("四川大学华西医院专家义诊。华西医院供图。", {"四川大学华西医院"}),
]


@pytest.mark.parametrize(("body", "expected"), ORGANISATIONS)
def test_organisations_are_known_or_an_office_of_a_place(
    tagger: NameTagger, body: str, expected: set[str]
) -> None:
    assert named(tagger, TagKind.ORGANISATION, body) == expected


def test_an_office_has_one_name_with_and_without_its_city(tagger: NameTagger) -> None:
    body = "广元市利州区水利局消息。利州区水利局提醒市民注意安全。"

    found = [tag for tag in suggested(tagger, body) if tag.kind is TagKind.ORGANISATION]

    assert [tag.label for tag in found] == ["利州区水利局"]
    assert len(found[0].evidence) == 2


def test_evidence_is_exact_in_the_callers_own_text(tagger: NameTagger) -> None:
    title = "　村民李國芳的\u200b好日子"
    body = "青川縣人民醫院醫生 周建明 來到村裏。"

    found = suggested(tagger, body, title)

    assert {tag.label: [span.text for span in tag.evidence] for tag in found} == {
        "李国芳": ["李國芳"],
        "青川县人民医院": ["青川縣人民醫院"],
        "周建明": ["周建明"],
    }
    for tag in found:
        for span in tag.evidence:
            assert {"title": title, "body": body}[span.field][span.start : span.end] == span.text


def test_every_place_where_a_person_is_named_is_evidence(tagger: NameTagger) -> None:
    body = "村民李国芳今年种了五亩柑橘。算下来，李国芳一家能收入六万元。"

    found = suggested(tagger, body)

    assert len(found[0].evidence) == 2


def test_a_name_is_suggested_once(tagger: NameTagger) -> None:
    body = "村民李国芳来了。李国芳说，水质好了。"

    assert [tag.label for tag in suggested(tagger, body)] == ["李国芳"]


def test_no_text_no_names(tagger: NameTagger) -> None:
    assert tagger.suggest([TaggingText(title="", body="")]) == [[]]
