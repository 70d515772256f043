"""Editors' word on pairs: clusters follow at once and for good, and it leaves as a label."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from support.builders import FakeClock, a_body, a_draft
from support.readers import Key

from tianfu.model.access import ApiKey, Role
from tianfu.model.cluster import DuplicateEdge, Relation, clusters_of, components
from tianfu.model.errors import Forbidden, InvalidRequest, NotFound
from tianfu.serving.exporting.export import export_snapshot
from tianfu.serving.services.access import Caller
from tianfu.serving.services.ingest import ingest
from tianfu.serving.services.newsroom import Newsroom
from tianfu.serving.store.snapshots import Window

CHAIN = [
    a_draft("a", body=a_body(1), title="甲事", hours_ago=9),
    a_draft("c", outlet_id="cangxi", body=a_body(1) + "编辑补充。", title="乙事", hours_ago=8),
    a_draft("b", outlet_id="jiange", body=a_body(2), title="乙事", hours_ago=7),
]
"""a and c are copies, c and b tell one event, so all three hang together."""


def caller(role: Role = Role.EDITOR, outlet_id: str | None = "lizhou") -> Caller:
    clock = FakeClock()
    return Caller(key=ApiKey(id="k-1", role=role, outlet_id=outlet_id, label="t", created_at=clock.now()))


def take_in(room: Newsroom, drafts: list[object]) -> None:
    ingest(drafts, database=room.database, clock=room.clock)  # type: ignore[arg-type]
    while room.indexer.step():
        pass


def story_ids(room: Newsroom) -> dict[str, str]:
    with room.database.read() as uow:
        stories = uow.stories.by_numbers(range(1, uow.stories.count() + 1))
    return {story.external_id: story.id for story in stories.values()}


def clusters(room: Newsroom) -> set[frozenset[str]]:
    with room.database.read() as uow:
        stories = uow.stories.by_numbers(range(1, uow.stories.count() + 1))
    groups: dict[str, set[str]] = {}
    for story in stories.values():
        groups.setdefault(story.cluster_id, set()).add(story.external_id)
    return {frozenset(group) for group in groups.values()}


def test_two_told_apart_are_apart_at_once_also_where_a_third_holds_them_together(
    new_room: Callable[[], Newsroom],
) -> None:
    room, there = new_room(), new_room()
    take_in(room, [*CHAIN])
    assert clusters(room) == {frozenset("abc")}
    ids = story_ids(room)
    done = room.pairs.decide(ids["b"], ids["a"], Relation.UNRELATED, caller=caller())
    assert clusters(room) == {frozenset("ac"), frozenset("b")}
    assert done.story.cluster_id != done.other.cluster_id
    there.library.catch_up(at_once=True)
    card = there.library.view.card_of(done.story.number)
    assert card is not None
    assert card.cluster_id == done.story.cluster_id


def test_no_model_no_edit_and_no_reindexing_undoes_it(room: Newsroom) -> None:
    take_in(room, [*CHAIN])
    ids = story_ids(room)
    room.pairs.decide(ids["a"], ids["c"], Relation.SAME_TOPIC, caller=caller())
    assert clusters(room) == {frozenset("a"), frozenset("bc")}
    with room.database.write() as uow:
        uow.queue.add_all(room.clock.now())
        uow.commit()
    while room.indexer.step():
        pass
    take_in(room, [a_draft("a", body=a_body(1) + "又改一句。", title="甲事", hours_ago=9)])
    assert clusters(room) == {frozenset("a"), frozenset("bc")}
    take_in(room, [a_draft("d", outlet_id="wangcang", body=a_body(1) + "丁", title="丁事", hours_ago=5)])
    assert len([group for group in clusters(room) if {"a", "c"} <= group]) == 0


def test_a_story_whose_tie_is_cut_joins_the_others_when_the_stronger_tie_goes(room: Newsroom) -> None:
    take_in(room, [*CHAIN])
    ids = story_ids(room)
    room.pairs.decide(ids["a"], ids["b"], Relation.UNRELATED, caller=caller())
    assert frozenset("ac") in clusters(room)
    take_in(room, [a_draft("a", body=a_body(8), title="全然别的事", hours_ago=9)])
    assert clusters(room) == {frozenset("a"), frozenset("bc")}


def test_editors_join_what_no_model_joins_and_take_it_back(room: Newsroom) -> None:
    strangers = [a_draft("x", body=a_body(5), title="子"), a_draft("y", body=a_body(6), title="丑")]
    take_in(room, [*strangers])
    ids = story_ids(room)
    room.pairs.decide(ids["x"], ids["y"], Relation.SAME_EVENT, caller=caller())
    assert clusters(room) == {frozenset("xy")}
    take_in(room, [a_draft("x", body=a_body(7), title="子")])
    assert clusters(room) == {frozenset("xy")}
    back = room.pairs.withdraw(ids["x"], ids["y"], caller=caller())
    assert back.relation is None
    assert clusters(room) == {frozenset("x"), frozenset("y")}


def test_a_decision_taken_back_leaves_the_word_to_the_judge_again(room: Newsroom) -> None:
    take_in(room, [*CHAIN])
    ids = story_ids(room)
    room.pairs.decide(ids["a"], ids["c"], Relation.UNRELATED, caller=caller())
    room.pairs.withdraw(ids["c"], ids["a"], caller=caller())
    while room.indexer.step():
        pass
    assert clusters(room) == {frozenset("abc")}
    with pytest.raises(NotFound):
        room.pairs.withdraw(ids["a"], ids["c"], caller=caller())


def test_one_of_the_two_must_be_the_callers_and_they_must_be_two(room: Newsroom) -> None:
    take_in(room, [*CHAIN])
    ids = story_ids(room)
    with pytest.raises(Forbidden):
        room.pairs.decide(ids["b"], ids["c"], Relation.UNRELATED, caller=caller())
    with pytest.raises(InvalidRequest):
        room.pairs.decide(ids["a"], ids["a"], Relation.UNRELATED, caller=caller())
    room.pairs.decide(ids["b"], ids["c"], Relation.UNRELATED, caller=caller(Role.OPERATOR, None))


def test_what_was_told_apart_is_no_match_any_more_and_leaves_as_a_label(
    served: TestClient, key: Key, tmp_path: Path
) -> None:
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    ingest([*CHAIN], database=room.database, clock=room.clock)
    assert room.wait_indexed({1: 1, 2: 1, 3: 1}, 30.0)
    ids = story_ids(room)
    editor = key(Role.EDITOR, "lizhou")
    path = f"/v1/stories/{ids['a']}/duplicates"
    assert [m["story_id"] for m in served.get(path, headers=editor).json()["matches"]] == [ids["c"]]
    done = served.put(f"{path}/{ids['c']}", json={"relation": "unrelated"}, headers=editor)
    assert done.json()["cluster_id"] != done.json()["other_cluster_id"]
    assert served.get(path, headers=editor).json()["matches"] == []
    assert served.put(f"{path}/{ids['c']}", json={"relation": "identical"}, headers=editor).status_code == 422
    pyarrow = pytest.importorskip("pyarrow.parquet")
    window = Window(since=room.clock.now().replace(year=2025), until=room.clock.now().replace(year=2027))
    export_snapshot(room.database, window, tmp_path / "out", now=room.clock.now(), told=lambda *_: None)
    rows = pyarrow.read_table(tmp_path / "out" / "pairs.parquet").to_pylist()
    labels = {(row["a"], row["b"]): (row["relation"], row["score"]) for row in rows}
    assert labels[ids["a"], ids["c"]] == ("unrelated", 1.0)
    assert len(rows) == len(labels) == 2
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["rows"]["pairs"] == 2
    gone = served.delete(f"{path}/{ids['c']}", headers=editor).json()
    assert gone["relation"] is None


def test_what_an_editor_joined_is_a_match_with_the_editors_relation_whatever_the_judge_says(
    served: TestClient, key: Key
) -> None:
    room: Newsroom = served.app.state.newsroom  # type: ignore[attr-defined]
    strange = a_draft("x", outlet_id="jiange", body=a_body(6), title="丑事", hours_ago=900)
    ingest([*CHAIN, strange], database=room.database, clock=room.clock)
    assert room.wait_indexed({1: 1, 2: 1, 3: 1, 4: 1}, 30.0)
    ids = story_ids(room)
    operator = key()
    path = f"/v1/stories/{ids['a']}/duplicates"

    def matches(story: str) -> list[tuple[str, str, float]]:
        found = served.get(f"/v1/stories/{ids[story]}/duplicates", headers=operator).json()["matches"]
        return [(one["story_id"], one["relation"], one["score"]) for one in found]

    assert [(one, relation) for one, relation, _ in matches("a")] == [(ids["c"], "reprint")]
    for other in ("x", "c"):
        served.put(f"{path}/{ids[other]}", json={"relation": "same_event"}, headers=operator)
    assert sorted(matches("a")) == sorted((ids[other], "same_event", 1.0) for other in ("x", "c"))
    assert matches("x") == [(ids["a"], "same_event", 1.0)]
    served.delete(f"{path}/{ids['x']}", headers=operator)
    assert [one for one, _, _ in matches("a")] == [ids["c"]]


PAIRS = list(itertools.combinations(range(1, 7), 2))
EDGES = st.dictionaries(
    st.sampled_from(PAIRS),
    st.tuples(st.sampled_from(list(Relation)), st.sampled_from([0.6, 0.8, 0.9])),
)
WORDS = st.dictionaries(st.sampled_from(PAIRS), st.sampled_from([Relation.UNRELATED, Relation.REPRINT]))


@given(EDGES, WORDS, st.randoms())
def test_clusters_follow_from_the_set_keep_apart_what_is_told_apart_and_lose_no_tie(
    judged: dict[tuple[int, int], tuple[Relation, float]],
    decided: dict[tuple[int, int], Relation],
    draw: object,
) -> None:
    edges = [
        DuplicateEdge(a=a, b=b, relation=relation, score=score, decided_by="m")
        for (a, b), (relation, score) in judged.items()
        if (a, b) not in decided
    ] + [
        DuplicateEdge(a=a, b=b, relation=relation, score=1.0, decided_by="k")
        for (a, b), relation in decided.items()
        if relation.joins
    ]
    numbers = list(range(1, 7))
    found = clusters_of(numbers, edges, decided)
    draw.shuffle(edges)  # type: ignore[attr-defined]
    draw.shuffle(numbers)  # type: ignore[attr-defined]
    assert clusters_of(numbers, edges, decided) == found
    apart = {pair for pair, relation in decided.items() if not relation.joins}
    whole = components(numbers, [(e.a, e.b) for e in edges if e.relation.joins])
    for number, group in found.items():
        assert number in group <= whole[number]
        assert not any(pair in apart for pair in itertools.combinations(sorted(group), 2))
    for edge in edges:
        one, other = found[edge.a], found[edge.b]
        if edge.relation.joins and one != other:
            across = {(min(x, y), max(x, y)) for x in one for y in other}
            assert across & apart, "a tie is cut only where it would bring together what was told apart"
    if not apart:
        assert dict(found) == dict(whole)
