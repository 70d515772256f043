from tianfu.model.vocab.media_topics import load_media_topics
from tianfu.model.vocab.topics import load_topics


def test_there_are_24_top_classes_in_the_standards_order() -> None:
    table = load_topics()

    assert len(table.all) == 24
    assert list(table.codes) == sorted(table.codes)
    assert table.by_code["14"].name == "农业、农村"
    assert table.provenance.version == "GB/T 20093-2013"


def test_every_class_leads_to_media_topics_that_are_in_use() -> None:
    tree = load_media_topics()

    for topic in load_topics().all:
        assert topic.media_topics
        assert all(tree.by_code[code].retired_on is None for code in topic.media_topics)


def test_media_topics_form_a_tree_whose_levels_agree_with_their_parents() -> None:
    tree = load_media_topics()

    assert len(tree.all) == 1372
    for topic in tree.all:
        if topic.parent is None:
            assert topic.level == 1
        elif topic.retired_on is None:
            assert tree.by_code[topic.parent].level == topic.level - 1


def test_every_media_topic_has_a_chinese_name() -> None:
    assert all(topic.name and topic.name_en for topic in load_media_topics().all)


def test_human_interest_is_not_called_human_nature() -> None:
    topic = load_media_topics().by_code["medtop:08000000"]

    assert topic.name == "社会万象、人情趣闻"
    assert topic.mended


def test_ancestors_run_from_the_parent_to_the_top() -> None:
    above = [topic.name_en for topic in load_media_topics().ancestors("medtop:20000005")]

    assert above == ["arts and entertainment", "arts, culture, entertainment and media"]
