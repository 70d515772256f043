"""What every vector index must do.  A new implementation joins by one more line in ``MAKERS``."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from support.milvus import an_empty_one

from tianfu.embeddings.index.exact import ExactIndex
from tianfu.embeddings.index.faiss_index import FaissIndex
from tianfu.embeddings.index.milvus.link import MilvusLink
from tianfu.embeddings.index.milvus.milvus_index import MilvusIndex
from tianfu.embeddings.index.parts import Tuning
from tianfu.embeddings.index.tiered import TieredIndex
from tianfu.model.errors import DimensionMismatch
from tianfu.model.ports import FloatMatrix, IndexFacts, IndexFilter, VectorIndex

DIMENSION = 16
TINY_PARTS = Tuning(live_rows=8, flat_rows=1_000)
INVERTED_LISTS = Tuning(live_rows=8, flat_rows=20, exact_rows=0, probes=1_000)
MAKERS: dict[str, Callable[[], VectorIndex]] = {
    "exact": lambda: ExactIndex(DIMENSION),
    "faiss": lambda: FaissIndex(DIMENSION),
    "faiss with tiny parts": lambda: FaissIndex(DIMENSION, tuning=TINY_PARTS),
    "faiss with inverted lists": lambda: FaissIndex(DIMENSION, tuning=INVERTED_LISTS),
}
IN_MILVUS: dict[str, Callable[[MilvusIndex], VectorIndex]] = {
    "milvus": lambda archive: archive,
    "recent before milvus": lambda archive: TieredIndex(
        FaissIndex(DIMENSION), archive, folder="recent", hot_s=980, now_s=lambda: 1_000.0
    ),
}


@pytest.fixture(params=[*MAKERS, *IN_MILVUS])
def index(request: pytest.FixtureRequest) -> VectorIndex:
    if request.param in MAKERS:
        return MAKERS[request.param]()
    link: MilvusLink = request.getfixturevalue("milvus")
    return IN_MILVUS[request.param](an_empty_one(link, DIMENSION))


def unit_rows(count: int, *, seed: int = 0) -> FloatMatrix:
    """Rows of unit length that half precision holds without loss of more than 0.001."""
    rows = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def a_fact(at: int = 0, outlet: str = "gywb", *places: str) -> IndexFacts:
    return IndexFacts(published_at_s=at, outlet_id=outlet, places=frozenset(places))


def numbers_of(index: VectorIndex, query: FloatMatrix, count: int, where: IndexFilter | None) -> list[int]:
    return [hit.number for hit in index.search(query, count, where)[0]]


def fill(index: VectorIndex, count: int, *, step: int = 7) -> FloatMatrix:
    """Stories 100, 101, … at seconds 0, 1, …, of outlets o0 to o2, about places p0 to p4."""
    rows = unit_rows(count)
    facts = [a_fact(n, f"o{n % 3}", f"p{n % 5}", "all") for n in range(count)]
    for start in range(0, count, step):
        stop = min(start + step, count)
        index.add(range(100 + start, 100 + stop), rows[start:stop], facts[start:stop])
    return rows


def test_an_empty_index_finds_nothing(index: VectorIndex) -> None:
    assert index.size == 0
    assert index.search(unit_rows(2), 5) == [[], []]
    assert index.remove([1, 2]) == 0
    assert dict(index.vectors([1])) == {}


def test_no_query_gives_no_answer(index: VectorIndex) -> None:
    fill(index, 3)

    assert index.search(unit_rows(0), 5) == []


def test_a_story_finds_itself_first(index: VectorIndex) -> None:
    rows = fill(index, 60)

    found = index.search(rows, 3)

    assert [hits[0].number for hits in found] == list(range(100, 160))
    assert all(hits[0].score == pytest.approx(1.0, abs=2e-3) for hits in found)
    assert all(-1.0 <= hit.score <= 1.0 for hits in found for hit in hits)


def test_neighbours_come_best_first_and_scores_are_cosines(index: VectorIndex) -> None:
    rows = fill(index, 60)
    query = unit_rows(1, seed=9)

    hits = index.search(query, 60)[0]

    assert len(hits) == 60
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    for hit in hits:
        assert hit.score == pytest.approx(float(query[0] @ rows[hit.number - 100]), abs=2e-3)


def test_no_more_neighbours_than_asked_for(index: VectorIndex) -> None:
    rows = fill(index, 40)

    assert len(index.search(rows[:1], 7)[0]) == 7
    assert index.search(rows[:2], 0) == [[], []]


def test_equal_scores_come_in_order_of_number(index: VectorIndex) -> None:
    row = unit_rows(1)
    numbers = [31, 5, 77, 12, 3, 60, 41, 8, 19, 2, 90]
    for number in numbers:
        index.add([number], row, [a_fact(-number)])

    assert numbers_of(index, row, 11, None) == sorted(numbers)
    assert numbers_of(index, row, 4, None) == sorted(numbers)[:4]


def test_adding_a_known_number_replaces_vector_and_facts(index: VectorIndex) -> None:
    fill(index, 30)
    moved = unit_rows(1, seed=5)

    index.add([103], moved, [a_fact(1_000, "elsewhere", "p9")])

    assert index.size == 30
    assert numbers_of(index, moved, 1, None) == [103]
    assert numbers_of(index, moved, 30, None).count(103) == 1
    assert numbers_of(index, moved, 30, IndexFilter(outlets={"elsewhere"})) == [103]
    assert 103 not in numbers_of(index, moved, 30, IndexFilter(outlets={"o0", "o1", "o2"}))
    assert index.vectors([103])[103] == pytest.approx(moved[0], abs=1e-3)


def test_the_last_of_a_number_given_twice_counts(index: VectorIndex) -> None:
    rows = unit_rows(3)

    index.add([4, 9, 4], rows, [a_fact(1), a_fact(2), a_fact(3)])

    assert index.size == 2
    assert index.vectors([4])[4] == pytest.approx(rows[2], abs=1e-3)
    assert numbers_of(index, rows[:1], 5, IndexFilter(until_s=2)) == []


def test_removed_stories_are_never_found_again(index: VectorIndex) -> None:
    rows = fill(index, 50)

    assert index.remove([110, 111, 149, 999]) == 3
    assert index.remove([110]) == 0

    assert index.size == 47
    for hits in index.search(rows, 50):
        assert {110, 111, 149}.isdisjoint(hit.number for hit in hits)
        assert len(hits) == 47
    assert sorted(index.vectors([109, 110, 111])) == [109]


def test_a_number_can_come_back(index: VectorIndex) -> None:
    rows = fill(index, 20)
    index.remove([105])

    index.add([105], rows[5:6], [a_fact(5, "o9")])

    assert index.size == 20
    assert numbers_of(index, rows[5:6], 1, None) == [105]
    assert numbers_of(index, rows[5:6], 20, IndexFilter(outlets={"o9"})) == [105]


@pytest.mark.parametrize(
    ("where", "meets"),
    [
        (IndexFilter(), lambda n: True),
        (IndexFilter(since_s=37), lambda n: n >= 37),
        (IndexFilter(until_s=11), lambda n: n < 11),
        (IndexFilter(since_s=20, until_s=21), lambda n: n == 20),
        (IndexFilter(since_s=21, until_s=20), lambda n: False),
        (IndexFilter(outlets={"o1"}), lambda n: n % 3 == 1),
        (IndexFilter(outlets={"o1", "o2", "unknown"}), lambda n: n % 3 != 0),
        (IndexFilter(outlets=frozenset()), lambda n: False),
        (IndexFilter(places={"p2"}), lambda n: n % 5 == 2),
        (IndexFilter(places={"p2", "p3", "nowhere"}), lambda n: n % 5 in (2, 3)),
        (IndexFilter(places={"all"}), lambda n: True),
        (IndexFilter(places=frozenset()), lambda n: False),
        (IndexFilter(exclude={100, 131, 5_000}), lambda n: n not in (0, 31)),
        (
            IndexFilter(since_s=10, until_s=50, outlets={"o0"}, places={"p0", "p1"}, exclude={130}),
            lambda n: 10 <= n < 50 and n % 3 == 0 and n % 5 in (0, 1) and n != 30,
        ),
    ],
)
def test_only_stories_that_meet_every_condition_are_found(
    index: VectorIndex, where: IndexFilter, meets: Callable[[int], bool]
) -> None:
    rows = fill(index, 60)
    index.remove([112, 145])
    expected = {100 + n for n in range(60) if meets(n) and n not in (12, 45)}

    assert set(numbers_of(index, rows[:1], 60, where)) == expected
    assert set(numbers_of(index, rows[:1], 60, None)) == {100 + n for n in range(60) if n not in (12, 45)}


def test_filters_reach_the_best_of_what_is_left(index: VectorIndex) -> None:
    rows = fill(index, 60)
    query = unit_rows(1, seed=3)
    scores = rows @ query[0]
    best = max((n for n in range(60) if n % 5 == 4), key=lambda n: float(scores[n]))

    assert numbers_of(index, query, 1, IndexFilter(places={"p4"})) == [100 + best]


def test_stories_without_places_stand_in_no_place(index: VectorIndex) -> None:
    rows = unit_rows(4)
    index.add([1, 2, 3, 4], rows, [a_fact(1), a_fact(1, "o", "p"), a_fact(1), a_fact(1, "o", "p", "q")])

    assert sorted(numbers_of(index, rows[:1], 9, IndexFilter(places={"p"}))) == [2, 4]
    assert numbers_of(index, rows[:1], 9, IndexFilter(places={"q"})) == [4]


def test_vectors_come_back_for_known_numbers_only(index: VectorIndex) -> None:
    rows = fill(index, 30)

    known = index.vectors([129, 100, 7, 115])

    assert sorted(known) == [100, 115, 129]
    for number, vector in known.items():
        assert vector.dtype == np.float32
        assert vector == pytest.approx(rows[number - 100], abs=1e-3)


def test_the_caller_may_reuse_its_arrays(index: VectorIndex) -> None:
    rows = unit_rows(3)
    kept = rows.copy()
    index.add([1, 2, 3], rows, [a_fact()] * 3)
    rows[:] = 0

    assert numbers_of(index, kept[1:2], 1, None) == [2]


def test_numbers_may_be_large_or_negative(index: VectorIndex) -> None:
    rows = unit_rows(3)
    numbers: Sequence[int] = [2**62, -5, 0]

    index.add(numbers, rows, [a_fact()] * 3)

    assert [hits[0].number for hits in index.search(rows, 1)] == numbers
    assert index.remove([-5]) == 1


@pytest.mark.parametrize(
    ("numbers", "shape", "facts"),
    [([1], (1, DIMENSION + 1), 1), ([1, 2], (1, DIMENSION), 2), ([1], (1, 16), 2)],
)
def test_rows_that_do_not_fit_are_refused_whole(
    index: VectorIndex, numbers: list[int], shape: tuple[int, int], facts: int
) -> None:
    with pytest.raises(DimensionMismatch):
        index.add(numbers, np.zeros(shape, np.float32), [a_fact()] * facts)

    assert index.size == 0


def test_queries_that_do_not_fit_are_refused(index: VectorIndex) -> None:
    fill(index, 3)

    with pytest.raises(DimensionMismatch):
        index.search(np.zeros((1, DIMENSION - 1), np.float32), 5)


def test_an_empty_text_is_near_nothing_in_particular(index: VectorIndex) -> None:
    rows = fill(index, 10)
    index.add([7], np.zeros((1, DIMENSION), np.float32), [a_fact()])

    assert all(hit.score == 0.0 for hit in index.search(np.zeros((1, DIMENSION), np.float32), 20)[0])
    assert {h.number: h.score for h in index.search(rows[:1], 20)[0]}[7] == 0.0


def test_inverted_lists_never_give_fewer_neighbours_than_there_are() -> None:
    """However few lists are looked into."""
    one_list = Tuning(live_rows=100, flat_rows=20, exact_rows=0, probes=1)
    index = FaissIndex(DIMENSION, tuning=one_list)
    rows = fill(index, 400)

    assert len(index.search(rows[:1], 200)[0]) == 200
    assert len(index.search(rows[:1], 500)[0]) == 400
    assert len(index.search(rows[:1], 500, IndexFilter(outlets={"o1"}))[0]) == 133


def test_narrow_filters_are_exact_even_in_inverted_lists() -> None:
    tuning = Tuning(live_rows=100, flat_rows=20, exact_rows=150, probes=1)
    index, plain = FaissIndex(DIMENSION, tuning=tuning), ExactIndex(DIMENSION)
    fill(index, 400)
    fill(plain, 400)
    queries = unit_rows(30, seed=6)

    for where in (IndexFilter(outlets={"o1"}), IndexFilter(since_s=150, until_s=290)):
        found, expected = index.search(queries, 1, where), plain.search(queries, 1, where)
        for hits, best in zip(found, expected, strict=True):
            assert [hit.score for hit in hits] == pytest.approx([hit.score for hit in best], abs=2e-3)
