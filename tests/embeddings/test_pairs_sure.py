"""What an editor is shown may be less sure than what joins clusters by itself."""

import numpy as np
import pytest

from tianfu.embeddings.pairs.features import NAMES
from tianfu.embeddings.pairs.heads import Head, Heads
from tianfu.embeddings.pairs.judge import LexicalPairJudge
from tianfu.embeddings.pairs.rarity import BUCKETS, Rarity
from tianfu.model.cluster import Relation
from tianfu.model.ports import PairText

ONE = PairText(
    title="平昌县驷马镇大桥通车",
    body="平昌县驷马镇跨江大桥五月六日正式通车，两岸三万群众告别摆渡过河的历史。大桥全长三百二十米，总投资八千万元。",
)
OTHER = PairText(
    title="三万人告别渡船 驷马镇有桥了",
    body="“走了一辈子水路，今天从桥上过。”驷马镇跨江大桥五月六日通车那天，老船工站在桥头。桥长三百二十米，修了两年。",
)


def a_judge(*, sure: float) -> LexicalPairJudge:
    """Never a copy; every pair the same event with probability 0.5."""
    everything = np.array([NAMES.index("containment")])
    copy = Head(places=everything, weights=np.zeros(1), bias=-20.0, threshold=0.5, sure=0.5)
    event = Head(places=everything, weights=np.zeros(1), bias=0.0, threshold=0.4, sure=sure)
    rarity = Rarity(np.full(BUCKETS, 3.0, np.float32))
    return LexicalPairJudge(heads=Heads(copy=copy, event=event), rarity=rarity, version="t@1")


@pytest.mark.parametrize(("sure", "joins"), [(0.45, True), (0.6, False)])
def test_an_answer_is_sure_from_a_probability_of_its_own(sure: float, joins: bool) -> None:
    verdict = a_judge(sure=sure).judge(ONE, OTHER, 0.7)

    assert (verdict.relation, verdict.sure) == (Relation.SAME_EVENT, joins)
