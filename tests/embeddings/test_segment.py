import logging
import tempfile
from pathlib import Path

import pytest

from tianfu.embeddings.tagging.segment import load_segmenter, words_tagged


def test_words_together_make_up_the_text() -> None:
    text = "利州区2026年春耕：1.5万亩（含co2监测），真好！\n完。"

    assert "".join(load_segmenter().cut(text)) == text


@pytest.mark.parametrize(
    ("text", "name", "alone"),
    [
        ("理县县城", "理县", True),
        ("治理县域", "理县", False),
        ("海南充电", "南充", False),
        ("四川大学", "四川", True),
        ("投资中国", "资中", False),
        ("学会理解", "会理", False),
    ],
)
def test_a_name_cut_out_of_other_words_does_not_stand_alone(text: str, name: str, alone: bool) -> None:
    start = text.index(name)

    assert load_segmenter().stands_alone(text, start, start + len(name)) is alone


def test_counties_are_words() -> None:
    assert "利州区" in list(load_segmenter().cut("到利州区去"))


def test_loading_leaves_no_cache_file_and_says_nothing(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    load_segmenter.cache_clear()
    before = set(Path(tempfile.gettempdir()).glob("jieba*"))

    with caplog.at_level(logging.DEBUG):
        list(load_segmenter().cut("春耕现场会", unknown_words=True))

    assert set(Path(tempfile.gettempdir()).glob("jieba*")) == before
    assert caplog.records == []
    assert capfd.readouterr().err == ""


def test_the_dictionary_knows_parts_of_speech() -> None:
    assert "清华大学" in words_tagged("nt")
