import pytest

from tianfu.embeddings.tagging.places import PlaceTagger, load_place_tagger
from tianfu.model.ports import TaggingText
from tianfu.model.tag import TagSuggestion


@pytest.fixture(scope="module")
def tagger() -> PlaceTagger:
    return load_place_tagger()


def tags(tagger: PlaceTagger, title: str, body: str = "", home: str | None = None) -> list[TagSuggestion]:
    return tagger.suggest([TaggingText(title=title, body=body, home=home)])[0]


# sentence, adcode of the outlet's own area, names expected (the province aside)
SENTENCES: list[tuple[str, str | None, set[str]]] = [
    ("广元市利州区举行柑橘采摘节", None, {"利州区"}),
    ("广元利州：小院坝议出大民生", None, {"利州区"}),
    ("利州区宝轮镇新修三座便民桥", None, {"利州区", "宝轮镇"}),
    ("成都市青羊区与金牛区联合招聘", None, {"青羊区", "金牛区"}),
    ("本周星座运势：金牛座财运上升", None, set()),
    ("本周星座运势：金牛座财运上升", "510106", set()),
    ("成都金牛今年新增学位三千个", None, {"金牛区"}),
    ("乐山市市中区开放社区食堂", None, {"乐山市市中区"}),
    ("乐山市中区开放社区食堂", None, {"乐山市市中区"}),
    ("内江市市中区开放社区食堂", None, {"内江市市中区"}),
    ("市中区开放社区食堂", None, set()),
    ("市中区开放社区食堂", "511002", {"内江市市中区"}),
    ("乐山城区道路改造，市中区四条街完工", None, {"乐山市", "乐山市市中区"}),
    ("山东济南市市中区推出新举措", None, set()),
    ("枣庄市市中区发布惠企政策", "511102", set()),
    ("东区学生食堂换了新灶台", None, set()),
    ("小区东区停车位扩容", "510402", set()),
    ("攀枝花市东区新建口袋公园", None, {"攀枝花市东区"}),
    ("攀枝花加快建设，东区、西区同日开工", None, {"攀枝花市", "攀枝花市东区", "攀枝花市西区"}),
    ("老城区改造惠及万户", "510800", set()),
    ("高新区企业座谈会召开", None, set()),
    ("推进治理县域经济高质量发展", None, set()),
    ("村民李仁寿种出千斤南瓜", "511600", set()),
    ("老兵张广安讲述往事", "510800", set()),
    ("陈宝兴先进事迹报告会举行", "511802", set()),
    ("向德阳捐赠物资", None, {"德阳市"}),
    ("记者宜宾探访：江边老街焕新", None, {"宜宾市"}),
    ("记者于德阳采访多家企业", None, {"德阳市"}),
    ("摄影展宜宾开幕", None, {"宜宾市"}),
    ("长江宜宾段水质优良", None, {"宜宾市"}),
    ("南充嘉陵江畔灯光秀点亮夜空", "511302", {"南充市"}),
    ("遂宁安居工程惠及万户", None, {"遂宁市"}),
    ("雅安名山大川走进镜头", None, {"雅安市"}),
    ("自贡大安全大应急框架建成", None, {"自贡市"}),
    ("眉山东坡文化节开幕", None, {"眉山市"}),
    ("乐山市中区域医疗中心挂牌", None, {"乐山市"}),
    ("资阳区位优势凸显", "512000", {"资阳市"}),
    ("长宁区域公用品牌发布", "511524", {"长宁县"}),
    ("西河南部县段治理完工", "511321", {"南部县"}),
    ("广元城区利州广场亮灯", "510802", {"广元市", "利州区"}),
    ("名山茶博会开幕", "511803", {"名山区"}),
    ("石棉黄果柑上市", "511824", {"石棉县"}),
    ("石棉瓦屋顶全部换新", "510800", set()),
    ("他提高县里干部的认识", None, set()),
    ("高县早茶上市价格喜人", None, {"高县"}),
    ("理县甘堡藏寨迎来客流高峰", None, {"理县"}),
    ("县里管理县城停车位有新办法", None, set()),
    ("光荣县里走出的老兵", None, set()),
    ("荣县土陶匠人的一天", None, {"荣县"}),
    ("我国特色达到新高度", None, set()),
    ("色达县开展草原管护培训", None, {"色达县"}),
    ("选手取得荣誉后返乡", None, set()),
    ("江油市青莲镇办诗歌节", None, {"江油市", "青莲镇"}),
    ("黑龙江油田产量创新高", None, set()),
    ("泸州江阳区晒出成绩单", None, {"江阳区"}),
    ("浙江阳光房装修注意事项", None, set()),
    ("安县老街的记忆：今日安州区换新颜", None, {"安州区"}),
    ("西安县域调研归来", None, set()),
    ("康定新都桥镇迎来赏秋人潮", None, {"康定市", "新都桥镇"}),
    ("印尼新都建设提速", None, set()),
    ("成都新都音乐产业加速聚集", None, {"新都区"}),
    ("创新都在基层一线", None, set()),
    ("巴中市恩阳区古镇亮灯", None, {"恩阳区"}),
    ("巴中友谊源远流长", None, set()),
    ("巴中银耳卖进商场", "511921", {"巴中市"}),
    ("巴中经济走廊项目竣工", "511902", set()),
    ("青神县竹编走进课堂", None, {"青神县"}),
    ("金川县雪梨开园采摘", None, {"金川县"}),
    ("甘肃金川镍矿增产", None, set()),
    ("重庆江北区发布招生政策", None, set()),
    ("通江路早高峰缓堵", None, set()),
    ("通江路早高峰缓堵", "511921", set()),
    ("巴中通江银耳开采", None, {"通江县"}),
    ("以通江达海之势扩大开放", "511921", set()),
    ("韩国平昌冬奥会回顾", None, set()),
    ("平昌县元山镇驷马水乡春意浓", None, {"平昌县", "元山镇"}),
    ("嘉陵江航运枢纽完工", None, set()),
    ("南充嘉陵桑茶园采茶忙", None, {"嘉陵区"}),
    ("达州南部山区有暴雨", None, {"达州市"}),
    ("南部县升钟湖钓鱼大赛开幕", None, {"南部县"}),
    ("苏东坡诗词吟诵会", None, set()),
    ("眉山东坡区泡菜出口增长", None, {"东坡区"}),
    ("一块石棉瓦引发的邻里纠纷", None, set()),
    ("雅安石棉黄果柑丰收", None, {"石棉县"}),
    ("白玉雕件拍出高价", "513300", set()),
    ("大英博物馆中国馆重新开放", None, set()),
    ("遂宁大英新增就业两千人", None, {"大英县"}),
    ("峨眉山市罗目镇茶叶节开幕", None, {"峨眉山市", "罗目镇"}),
    ("都江堰放水节吸引八方来客", None, {"都江堰市"}),
    ("新冠都江堰", None, {"都江堰市"}),
    ("海南充电桩数量翻番", None, set()),
    ("南充充电桩数量翻番", None, {"南充市"}),
    ("他亲自贡献了一条线索", None, set()),
    ("外商投资中国信心增强", None, set()),
    ("资中血橙挂满枝头", None, {"资中县"}),
    ("长江安澜，两岸共护", "511523", set()),
    ("宜宾江安竹簧工艺上新", None, {"江安县"}),
    ("上海长宁区老年食堂开张", None, set()),
    ("长宁县竹食品走俏", None, {"长宁县"}),
    ("湖南益阳资阳区招商", None, set()),
    ("北京广安门医院专家义诊", None, set()),
    ("广安区协兴镇脐橙丰收", None, {"广安区", "协兴镇"}),
    ("仁和镇赶集日", None, set()),
    ("雅江县松茸出口增长", None, {"雅江县"}),
    ("雅江下游水电工程开工", "513325", set()),
    ("九龙坡区轻轨新站投用", "513324", set()),
    ("阿坝县牧民定居点供暖", None, {"阿坝县"}),
    ("阿坝州推进草原生态修复", None, {"阿坝藏族羌族自治州"}),
    ("甘孜州甘孜县格萨尔城开放", None, {"甘孜县"}),
    ("凉山州西昌市邛海湿地观鸟", None, {"西昌市"}),
    ("北川羌年活动热闹开场", None, {"北川羌族自治县"}),
    ("北川景子出席新片发布会", None, set()),
    ("瀏覽：廣元市利州區舉行採摘節", None, {"利州区"}),
    ("利　州　区", None, set()),
    ("大家要学会理智消费", None, set()),
    ("会理石榴进入采收季", None, {"会理市"}),
    ("快乐至上的周末生活", None, set()),
    ("穿越西部无人区", "513434", set()),
    ("南宁南站客流创新高", "513427", set()),
    ("射洪县改市五周年", None, {"射洪市"}),
    ("郫县豆瓣香飘海外", None, set()),
    ("成都路18号院改造完成", None, set()),
    ("成都路况实时播报", None, {"成都市"}),
    ("夏利州长率团来访", None, set()),
    ("游客在卡洛维伐利州体验温泉", None, set()),
    ("京广线武胜关隧道检修", None, set()),
    ("靠山邻水的好民宿", None, set()),
    ("广安邻水脐橙上市", None, {"邻水县"}),
    ("武侠小说里的峨眉派", None, set()),
    ("探险家安德格伦的极地日记", None, set()),
    ("甘孜州德格县印经院修缮", None, {"德格县"}),
]


@pytest.mark.parametrize(("sentence", "home", "expected"), SENTENCES)
def test_names_of_places_are_told_from_other_words(
    tagger: PlaceTagger, sentence: str, home: str | None, expected: set[str]
) -> None:
    found = {tag.label for tag in tags(tagger, sentence, home=home) if tag.code != "510000"}

    assert found == expected


def test_a_story_is_about_the_place_of_its_title_and_only_mentions_the_others(tagger: PlaceTagger) -> None:
    body = (
        "11月20日，利州区在赤化镇举办首届柑橘节，八方游客前来采摘。利州区今年扩种柑橘两千亩。\n"
        "活动现场，合作社负责人介绍了种植经验。\n客商罗志远说，他从绵阳赶来订货。"
    )

    found = {tag.label: tag for tag in tags(tagger, "利州区举办首届柑橘节", body)}

    assert found["利州区"].primary
    assert found["利州区"].confidence > 0.9
    assert not found["绵阳市"].primary
    assert found["绵阳市"].confidence < 0.5


def test_at_most_one_place_is_primary(tagger: PlaceTagger) -> None:
    found = tags(tagger, "剑阁苍溪旺苍三县共建产业园", "广元市剑阁县、苍溪县、旺苍县签约。广元将统筹。")

    assert sum(tag.primary for tag in found) == 1


def test_a_list_of_sister_counties_is_about_their_city(tagger: PlaceTagger) -> None:
    body = "广元市今天公布名单，剑阁县、苍溪县、旺苍县、青川县入选。广元市将给予补助。"

    found = tags(tagger, "广元市公布试点名单", body)

    assert [tag.label for tag in found if tag.primary] == ["广元市"]


def test_a_dateline_and_a_source_credit_do_not_make_a_place_the_subject(tagger: PlaceTagger) -> None:
    body = (
        "本报成都11月20日电 剑阁县翠云廊古柏保护工程完工，千余株古柏有了新档案。\n（利州区融媒体中心 王小林）"
    )

    found = {tag.label: tag for tag in tags(tagger, "古柏有了新档案", body)}

    assert found["剑阁县"].primary
    assert all(found[name].confidence < 0.5 for name in ("成都市", "利州区") if name in found)


def test_a_township_needs_its_county_or_the_outlets_own(tagger: PlaceTagger) -> None:
    title = "元坝镇举行趣味运动会"

    assert tags(tagger, title) == []
    assert "元坝镇" in {tag.label for tag in tags(tagger, title, home="510811")}
    assert "元坝镇" in {tag.label for tag in tags(tagger, f"昭化区{title}")}


def test_a_township_name_of_several_counties_goes_to_the_county_named(tagger: PlaceTagger) -> None:
    found = tags(tagger, "永兴镇党员干部进院落", "巴中市平昌县与广安市岳池县交流经验。")
    towns = [tag for tag in found if len(tag.code) == 9]

    assert all(tag.code[:6] in {"511923", "511621"} for tag in towns)


def test_a_township_of_the_own_county_speaks_for_the_county(tagger: PlaceTagger) -> None:
    found = {tag.code: tag for tag in tags(tagger, "元坝镇举行趣味运动会", home="510811")}

    assert [span.text for span in found["510811"].evidence] == ["元坝镇"]


def test_evidence_counts_in_the_callers_own_text(tagger: PlaceTagger) -> None:
    title = "　【快訊】\u200b廣元利州　迎來降温"
    body = "记者从\u200d青\u200b川县获悉，  青川县发布大风预警。"

    found = tags(tagger, title, body)

    spans = {tag.label: [(span.field.value, span.start, span.text) for span in tag.evidence] for tag in found}
    assert spans == {
        "利州区": [("title", title.index("廣元"), "廣元利州")],
        "青川县": [("body", body.index("青"), "青\u200b川县"), ("body", body.index("青川县"), "青川县")],
    }
    for tag in found:
        for span in tag.evidence:
            assert {"title": title, "body": body}[span.field][span.start : span.end] == span.text


def test_the_title_is_the_first_evidence(tagger: PlaceTagger) -> None:
    found = tags(tagger, "青川县发布大风预警", "青川县气象台消息。青川县各乡镇注意防范。")

    assert found[0].evidence[0].field == "title"


def test_a_district_name_that_two_cities_share_stays_open_when_both_are_named_later(
    tagger: PlaceTagger,
) -> None:
    found = tags(tagger, "市中区结对共建", "乐山市与内江市今天签约。")

    assert "市中区" not in "".join(tag.label for tag in found)


def test_the_city_named_last_settles_a_shared_district_name(tagger: PlaceTagger) -> None:
    found = tags(tagger, "两地交流", "代表团先到乐山市，又到内江市，在市中区参观了社区。")

    assert "内江市市中区" in {tag.label for tag in found}


def test_an_empty_story_has_no_places(tagger: PlaceTagger) -> None:
    assert tags(tagger, "", "") == []


def test_one_answer_for_each_text_in_order(tagger: PlaceTagger) -> None:
    texts = [TaggingText(title=title, body="") for title in ("青川县春茶", "今日要闻", "江油市夜市")]

    labels = [[tag.label for tag in found] for found in tagger.suggest(texts)]

    assert labels == [["青川县"], [], ["江油市"]]


def test_a_province_is_weaker_than_the_county_it_holds(tagger: PlaceTagger) -> None:
    found = tags(tagger, "四川青川县春茶开采", "四川茶农抢抓农时。青川县茶农忙采春茶。")

    assert [tag.label for tag in found if tag.primary] == ["青川县"]


def test_a_byline_names_no_place_and_a_dateline_says_where_it_was_written(tagger: PlaceTagger) -> None:
    found = tags(tagger, "春茶开采", "本报讯（记者 罗江 李明）昨日，利州区荣山镇的春茶开采。")
    assert (found[0].label, found[0].primary) == ("利州区", True)
    assert "罗江区" not in {tag.label for tag in found}
    (city,) = tags(tagger, "十二个县入选", "新华社成都3月1日电（记者谢佼）我省十二个县入选名单。", "510800")
    assert (city.label, city.primary, city.confidence < 0.5) == ("成都市", False, True)


def test_who_is_called_like_a_city_outweighs_no_place(tagger: PlaceTagger) -> None:
    found = tags(tagger, "护林员王德阳：三十年守护山林", "王德阳今年58岁，是利州区白朝乡护林员。", "510802")
    assert [tag.label for tag in found] == ["利州区", "白朝乡"]
