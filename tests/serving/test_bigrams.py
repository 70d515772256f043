"""Words are found by pairs of characters first, and the pairs never hide a story that holds the word."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from support.builders import a_draft

from tianfu.serving.services.ingest import ingest
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.store.bigrams import bigrams_of
from tianfu.serving.store.schema import story_bigrams
from tianfu.serving.store.stories import StoryQuery

TEXTS = {
    "port": ("长江上游港口开港", "市长江边致辞。港口年吞吐量八百万吨。"),
    "mayor": ("市长调研春耕", "新江村的农户抢种早稻。"),
    "five": ("利州建成5G基站", "全区已有5G基站320座。😀好消息"),
    "bond": ("A股早报", "沪指收涨，Tianfu Express 首发。"),
}


@pytest.fixture
def named(room: Newsroom) -> Callable[..., set[str]]:
    """What a search for words lists, by the outlet's own ids."""
    drafts = [a_draft(name, title=title, body=body) for name, (title, body) in TEXTS.items()]
    ingest(drafts, database=room.database, clock=room.clock)

    def found(*words: str) -> set[str]:
        with room.database.read() as uow:
            return {story.external_id for story in uow.stories.page(StoryQuery(words=words))}

    return found


@pytest.mark.parametrize(
    ("words", "those"),
    [
        (["市长"], {"port", "mayor"}),
        (["市长江"], {"port"}),  # 市长 and 长江 stand in it together, elsewhere apart
        (["江"], {"port", "mayor"}),
        (["5g基站"], {"five"}),
        (["tianfu express"], {"bond"}),
        (["😀好"], {"five"}),
        (["市长", "早稻"], {"mayor"}),
        (["市长", "江"], {"port", "mayor"}),
        (["村市"], set()),  # the end of one field and the beginning of another
        (["%"], set()),
        (["长_上"], set()),
    ],
)
def test_words_are_found_where_they_stand_and_nowhere_else(
    named: Callable[..., set[str]], words: list[str], those: set[str]
) -> None:
    assert named(*words) == those


def test_after_an_edit_a_story_is_found_by_its_new_words_alone(
    room: Newsroom, named: Callable[..., set[str]]
) -> None:
    ingest(
        [a_draft("mayor", title="区长调研春耕", body="新河村的农户抢种早稻。")],
        database=room.database,
        clock=room.clock,
    )
    assert named("区长") == {"mayor"}
    assert named("新河村") == {"mayor"}
    assert named("市长") == {"port"}


def test_a_box_keeps_no_pairs_and_a_province_one_row_a_story(
    room: Newsroom, named: Callable[..., set[str]]
) -> None:
    assert named("市长")
    with room.database.read() as uow:
        rows = uow._connection.execute(select(func.count()).select_from(story_bigrams)).scalar_one()
    assert rows == (0 if room.database.is_sqlite else len(TEXTS))


@given(st.text(max_size=30), st.integers(0, 30), st.integers(0, 30), st.sampled_from([str.lower, str.upper]))
def test_a_text_has_every_pair_of_every_part_of_it(
    text: str, start: int, length: int, cased: Callable[[str], str]
) -> None:
    part = text[start : start + length]
    assert set(bigrams_of(part)) <= set(bigrams_of(text))
    if text.isascii():
        assert bigrams_of(cased(text)) == bigrams_of(text)


def test_pairs_are_distinct_numbers_of_32_bits_in_order() -> None:
    pairs = bigrams_of("广元广元市", "元广\uffff\uffff")
    assert pairs == sorted(set(pairs))
    assert len(pairs) == 5
    assert pairs[0] >= -(2**31)
    assert pairs[-1] == 2**31 - 1
    assert bigrams_of("", "一") == []
