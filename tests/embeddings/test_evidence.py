"""The words shown as the reason of a tag are whole words."""

from itertools import accumulate, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tianfu.embeddings.tagging.evidence import Source, loud_spans
from tianfu.embeddings.tagging.keywords import load_keyword_tagger
from tianfu.embeddings.tagging.segment import load_segmenter
from tianfu.embeddings.tagging.topics import load_topic_tagger
from tianfu.model.artifacts import shipped
from tianfu.model.ports import TaggingText
from tianfu.model.tag import TextField

TITLE = "苍溪红心猕猴桃丰收 果农忙采摘"
BODY = (
    "记者在苍溪县歧坪镇看到，果农正忙着采摘红心猕猴桃。今年全县种植面积达到三十九万亩，预计产量十二万吨。\n"
    "县农业农村局组织农技人员下田指导，合作社负责人李明华说，电商订单比去年多了三成。"
)


def borders(text: str) -> set[int]:
    """Where words begin and end."""
    return {0, *accumulate(len(word) for word in load_segmenter().cut(text))}


@pytest.mark.parametrize(
    ("title", "body"),
    [
        (TITLE, BODY),
        ("苍溪红心猕猴桃丰收", "记者在苍溪县歧坪镇看到，果农正忙着采摘红心猕猴桃。"),
        ("高速公路团雾多发路段加装提示灯", ""),
        ("法院公开审理电信网络诈骗案件", ""),
        ("非物质文化遗产传承人走进校园授课", ""),
    ],
)
def test_no_topic_is_justified_by_pieces_of_words(title: str, body: str) -> None:
    (tags,) = load_topic_tagger(shipped("topics")).suggest([TaggingText(title=title, body=body)])
    assert tags
    assert all(tag.evidence for tag in tags)
    spans = [span for tag in tags for span in tag.evidence]
    for span in spans:
        text = title if span.field is TextField.TITLE else body
        assert text[span.start : span.end] == span.text
        assert {span.start, span.end} <= borders(text), span.text


def test_a_keyword_is_not_pointed_at_inside_other_words() -> None:
    body = "南充的水果批发市场今天开业。记者从海南充电站获悉，车辆可以就近充电。南充市民前来选购。"
    (tags,) = load_keyword_tagger().suggest([TaggingText(title="南充水果批发市场开业", body=body)])
    town = next(tag for tag in tags if tag.label == "南充")
    assert [(span.field.value, span.start) for span in town.evidence] == [
        ("title", 0),
        ("body", 0),
        ("body", body.rindex("南充")),
    ]


LENGTH = len(TITLE) + 1 + len(BODY)


@given(st.lists(st.floats(0, 1, width=32), min_size=LENGTH, max_size=LENGTH))
def test_stretches_are_whole_words_apart_from_each_other_and_keep_their_weight(values: list[float]) -> None:
    title, body = Source.of(TextField.TITLE, TITLE), Source.of(TextField.BODY, BODY)
    shares = np.array(values, dtype=np.float32)
    spans = loud_spans(shares, title, body, load_segmenter(), floor=0.8, most=9)
    assert len(spans) <= 9
    assert [one.weight for one in spans] == sorted((one.weight for one in spans), reverse=True)
    for field, text, begins in ((TextField.TITLE, TITLE, 0), (TextField.BODY, BODY, len(TITLE) + 1)):
        own = sorted((span for span in spans if span.field is field), key=lambda span: span.start)
        assert all({span.start, span.end} <= borders(text) for span in own)
        assert all(a.end < b.start for a, b in pairwise(own))
        for span in own:
            loud = shares[begins + span.start : begins + span.end]
            assert span.weight <= float(loud[loud >= 0.8].sum()) + 1e-3
