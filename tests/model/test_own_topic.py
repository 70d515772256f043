"""Topics that a newsroom makes up itself."""

import pytest

from tianfu.model.errors import InvalidTag
from tianfu.model.own_topic import check_own_code, check_own_label, is_own_topic


@pytest.mark.parametrize("code", ["local:pixian-doubanjiang", "local:2026", "local:a"])
def test_a_slug_of_small_letters_digits_and_hyphens_is_a_code(code: str) -> None:
    assert is_own_topic(code)
    assert check_own_code(code) == code


@pytest.mark.parametrize(
    "code",
    ["local:", "local:-a", "local:a-", "local:a--b", "local:郫县", "local:A", "local:a b", "medtop:20000013"],
)
def test_any_other_code_is_refused_by_the_name_of_its_field(code: str) -> None:
    with pytest.raises(InvalidTag) as refused:
        check_own_code(code)
    assert refused.value.field == "code"


def test_a_slug_of_more_than_forty_characters_is_refused() -> None:
    assert check_own_code("local:" + "a" * 40)
    with pytest.raises(InvalidTag):
        check_own_code("local:" + "a" * 41)


@pytest.mark.parametrize("label", ["郫县豆瓣", "茶事", "5G小镇", "川剧·变脸"])
def test_a_chinese_name_is_a_label(label: str) -> None:
    assert check_own_label(label) == label


@pytest.mark.parametrize(
    "label", ["", "茶", "tea", "郫县 豆瓣", "郫县\n豆瓣", "<b>豆瓣</b>", "豆" * 21, "  "]
)
def test_any_other_label_is_refused_by_the_name_of_its_field(label: str) -> None:
    with pytest.raises(InvalidTag) as refused:
        check_own_label(label)
    assert refused.value.field == "label"
