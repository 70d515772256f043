"""What is joined without asking an editor."""

from typing import cast

import pytest
from support.fakes import OverlapJudge

from tianfu.model.cluster import Relation
from tianfu.model.ports import PairVerdict
from tianfu.serving.services.library import Library
from tianfu.serving.services.likeness import LikenessFinder


@pytest.mark.parametrize(
    ("relation", "sure", "joined"),
    [
        (Relation.REPRINT, True, True),
        (Relation.SAME_EVENT, True, True),
        (Relation.SAME_EVENT, False, False),
        (Relation.SAME_TOPIC, True, False),
    ],
)
def test_only_sure_relations_of_one_event_join(relation: Relation, sure: bool, joined: bool) -> None:
    finder = LikenessFinder(library=cast("Library", None), judge=OverlapJudge)
    edges = finder.edges(7, [(3, PairVerdict(relation=relation, score=0.8, sure=sure))])

    assert [(edge.a, edge.b, edge.relation) for edge in edges] == ([(3, 7, relation)] if joined else [])
