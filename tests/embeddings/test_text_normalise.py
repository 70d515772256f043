"""Normalisation for the models, and the way back to the outlet's own characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tianfu.embeddings.text.normalise import align, normalise
from tianfu.embeddings.text.wording import gram_hashes, wording


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＧＤＰ增长６．５％", "gdp增长6.5%"),
        ("四川發佈：雅安雨城區茶葉豐收", "四川发布:雅安雨城区茶叶丰收"),
        ("乾隆年间的乾县", "乾隆年间的乾县"),
        ("曬乾的辣椒", "晒干的辣椒"),
        ("什么时候著名", "什么时候著名"),
        ("一\u3000二\n\n三\u200b四  ", "一 二 三四"),
        ("", ""),
    ],
)
def test_width_script_case_and_blanks_are_folded(text: str, expected: str) -> None:
    assert normalise(text) == expected


@given(st.text(alphabet="春灌發 \n\u3000ＡbＣ\u200b乾隆１。𠀀", max_size=60))
def test_alignment_gives_the_same_text_and_points_at_its_characters(text: str) -> None:
    aligned = align(text)
    assert aligned.text == normalise(text) == normalise(normalise(text))
    for at, char in enumerate(aligned.text):
        start, end = aligned.span(at, at + 1)
        own = text[start:end]
        assert char == " " or normalise(own) == char or char == "乾"


def test_a_span_outside_the_text_is_a_programmers_mistake() -> None:
    with pytest.raises(ValueError, match="outside"):
        align("春灌").span(1, 3)


def test_wording_ignores_punctuation_width_case_and_script() -> None:
    one, two = wording("《廣元》：ＧＤＰ 增長6%！"), wording("广元gdp增长６％")
    assert one.letters.tolist() == two.letters.tolist()
    assert one.offsets.tolist() == [1, 2, 5, 6, 7, 9, 10, 11]


def test_lone_surrogates_do_no_harm() -> None:
    assert wording("春\ud800灌").length in (2, 3)


def test_gram_hashes_are_the_same_for_ever() -> None:
    # stored fingerprints depend on these values
    assert gram_hashes(wording("利州区昨日").letters, 4).tolist() == [2085800899, 3191975083]
    assert gram_hashes(wording("利州").letters, 4).tolist() == []
