"""Clusters as connected components."""

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tianfu.model.cluster import (
    DuplicateEdge,
    Relation,
    cluster_id_of,
    components,
    lead_story_id_of,
    nearest_earlier,
    relations_to_lead,
)

PAIRS = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), max_size=25)


@given(PAIRS, st.randoms())
def test_components_do_not_depend_on_the_order_of_edges_and_agree_with_networkx(pairs, rng) -> None:  # type: ignore[no-untyped-def]
    shuffled = [pair[::-1] if rng.random() < 0.5 else pair for pair in pairs]
    rng.shuffle(shuffled)
    found = components(range(1, 13), pairs)
    assert found == components(range(1, 13), shuffled)
    graph = nx.Graph(pairs)
    graph.add_nodes_from(range(1, 13))
    assert set(found.values()) == {frozenset(group) for group in nx.connected_components(graph)}


def edge(a: int, b: int, relation: Relation) -> DuplicateEdge:
    return DuplicateEdge(a=a, b=b, relation=relation, score=0.9, decided_by="m@1")


def test_a_copy_of_a_copy_is_a_reprint_and_other_words_are_the_same_event() -> None:
    edges = [
        edge(1, 2, Relation.REPRINT),
        edge(2, 3, Relation.REPRINT),
        edge(1, 4, Relation.SAME_EVENT),
        edge(4, 5, Relation.REPRINT),
        edge(1, 6, Relation.IDENTICAL),
    ]
    found = relations_to_lead(1, [1, 2, 3, 4, 5, 6], edges)
    assert found == {
        1: Relation.IDENTICAL,
        2: Relation.REPRINT,
        3: Relation.REPRINT,
        4: Relation.SAME_EVENT,
        5: Relation.SAME_EVENT,
        6: Relation.IDENTICAL,
    }


def test_an_edge_has_one_direction() -> None:
    with pytest.raises(ValueError, match="smaller"):
        edge(2, 1, Relation.REPRINT)


def test_same_topic_is_a_neighbour_and_not_a_member() -> None:
    assert [r for r in Relation if r.joins] == [Relation.IDENTICAL, Relation.REPRINT, Relation.SAME_EVENT]
    assert [r for r in Relation if r.is_copy] == [Relation.IDENTICAL, Relation.REPRINT]


def test_a_cluster_is_named_after_its_lead_and_leads_back_to_it() -> None:
    assert cluster_id_of("s12ab") == "c12ab"
    assert lead_story_id_of("c12ab") == lead_story_id_of("s12ab") == "s12ab"


def test_a_telling_hangs_on_the_earlier_one_it_is_nearest_to() -> None:
    def edge(a: int, b: int, relation: Relation, score: float) -> DuplicateEdge:
        return DuplicateEdge(a=a, b=b, relation=relation, score=score, decided_by="m")

    copy, event = Relation.REPRINT, Relation.SAME_EVENT
    edges = [
        edge(1, 7, event, 0.9), edge(5, 7, copy, 0.6), edge(5, 9, copy, 0.8), edge(7, 9, copy, 0.8),
        edge(3, 9, copy, 0.7), edge(2, 9, copy, 1.0),
    ]  # fmt: skip
    assert nearest_earlier([5, 7, 3, 9, 1], edges) == {7: 5, 9: 5, 1: 7}
    assert nearest_earlier([], edges) == {}
