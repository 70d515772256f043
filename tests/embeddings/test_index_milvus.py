"""What is true of the index in Milvus beyond the contract of every index."""

import importlib.util
import socket
from collections.abc import Iterator

import numpy as np
import pytest
from support.milvus import an_empty_one

from tianfu.embeddings.index.exact import ExactIndex
from tianfu.embeddings.index.milvus.filters import expression
from tianfu.embeddings.index.milvus.link import MilvusLink
from tianfu.embeddings.index.milvus.milvus_index import MilvusIndex
from tianfu.embeddings.index.milvus.schema import LISTS, collection_of
from tianfu.model.errors import IndexUnavailable, InvalidSetting
from tianfu.model.ports import FloatMatrix, IndexFacts, IndexFilter, Neighbour

DIMENSION = 64


def clustered(count: int, seed: int = 0) -> FloatMatrix:
    """Rows of unit length about some fifty topics, as stories are."""
    rng = np.random.default_rng(seed)
    topics = np.random.default_rng(99).standard_normal((50, DIMENSION))
    rows = topics[rng.integers(0, 50, count)] + 0.8 * rng.standard_normal((count, DIMENSION))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def facts(count: int) -> list[IndexFacts]:
    return [
        IndexFacts(published_at_s=n, outlet_id=f"o{n % 20}", places=frozenset({f"p{n % 9}"}))
        for n in range(count)
    ]


@pytest.fixture
def index(milvus: MilvusLink) -> MilvusIndex:
    return an_empty_one(milvus, DIMENSION)


@pytest.fixture
def upserts(milvus: MilvusLink, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each call wrote."""
    sizes: list[int] = []
    with milvus.asked() as client:
        write = client.upsert

        def noted(name: str, data: list[dict[str, object]], **options: object) -> object:
            sizes.append(len(data))
            return write(name, data, **options)

        monkeypatch.setattr(client, "upsert", noted)
    return sizes


def test_a_collection_that_is_being_loaded_is_not_waited_for(
    milvus: MilvusLink, index: MilvusIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a restart of Milvus, where an archive takes minutes."""
    from pymilvus.client.types import LoadState

    rows = clustered(3)
    index.add([1, 2, 3], rows, facts(3))
    now_s, state, asked = [0.0], LoadState.NotLoad, []
    restarted = MilvusIndex(milvus, index.name, DIMENSION)
    with milvus.asked() as client, monkeypatch.context() as loading:
        loading.setattr(milvus, "_ticks_s", lambda: now_s[0])
        loading.setattr(client, "get_load_state", lambda *_, **__: {"state": state})
        loading.setattr(client, "load_collection", lambda name, **how: asked.append((name, how["_async"])))
        for _ in range(3):
            with pytest.raises(IndexUnavailable, match="is loading"):
                restarted.add([4], clustered(1), facts(1))
        assert asked == [(index.name, True)], "once, and then it is left alone for a moment"
        assert milvus.fault == "is loading its vectors"
        now_s[0] += 5.0
        state = LoadState.Loaded
        assert restarted.size == 3
        assert milvus.fault is None


@pytest.mark.parametrize("where", [None, IndexFilter(since_s=3_000), IndexFilter(outlets={"o1", "o7"})])
def test_of_the_true_ten_nearest_it_finds_all_but_one_in_fifty(
    milvus: MilvusLink, index: MilvusIndex, where: IndexFilter | None
) -> None:
    rows, plain = clustered(6_000), ExactIndex(DIMENSION)
    index.add(range(6_000), rows, facts(6_000))
    plain.add(range(6_000), rows, facts(6_000))
    with milvus.asked() as client:
        client.flush(index.name)  # into a segment with an inverted file; before that all rows are compared
    queries = clustered(50, seed=1)

    pairs = zip(index.search(queries, 10, where), plain.search(queries, 10, where), strict=True)
    shares = [len({h.number for h in found} & {h.number for h in best}) / 10 for found, best in pairs]

    assert np.mean(shares) >= 0.98


def test_what_finds_too_few_looks_into_every_list(
    milvus: MilvusLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Milvus may where few stories that meet a filter stand in the lists looked into."""
    index = MilvusIndex(milvus, "unused", DIMENSION, probes=1)
    asked: list[int] = []

    def ask(_queries: FloatMatrix, limit: int, _where: str, probes: int) -> list[list[Neighbour]]:
        asked.append(probes)
        there = limit if probes == LISTS else 3
        return [[Neighbour(number, 1.0 - number / 1_000) for number in range(there)]]

    monkeypatch.setattr(index, "_ask", ask)

    assert len(index.search(clustered(1), 5)[0]) == 5
    assert asked == [1, LISTS]


def test_of_many_equals_the_smallest_numbers_come_first(index: MilvusIndex) -> None:
    row = clustered(1)
    numbers = np.random.default_rng(4).permutation(90).tolist()
    index.add(numbers, np.repeat(row, 90, axis=0), facts(90))

    assert [hit.number for hit in index.search(row, 4)[0]] == [0, 1, 2, 3]


def test_a_batch_told_twice_is_written_once(index: MilvusIndex, upserts: list[int]) -> None:
    rows = clustered(30)
    index.add(range(30), rows, facts(30))
    index.add(range(30), rows.astype(np.float16).astype(np.float32), facts(30))
    assert upserts == [30]

    moved = clustered(1, seed=5)
    index.add([3, 4], np.concatenate([moved, rows[4:5]]), facts(30)[3:5])

    assert upserts == [30, 1]
    assert index.vectors([3])[3] == pytest.approx(moved[0], abs=1e-3)


def test_facts_alone_that_changed_are_written(index: MilvusIndex) -> None:
    rows = clustered(1)
    index.add([1], rows, [IndexFacts(published_at_s=1, outlet_id="a")])
    index.add([1], rows, [IndexFacts(published_at_s=1, outlet_id="b")])

    assert [hit.number for hit in index.search(rows, 5, IndexFilter(outlets={"b"}))[0]] == [1]
    assert index.search(rows, 5, IndexFilter(outlets={"a"})) == [[]]


@pytest.mark.parametrize("name", ['a"b', "a' or number > 0", "a\\b", "县融媒", "{x}", "%"])
def test_no_name_breaks_out_of_a_filter(index: MilvusIndex, name: str) -> None:
    rows = clustered(2)
    named = IndexFacts(published_at_s=1, outlet_id=name, places=frozenset({name}))
    index.add([1, 2], rows, [named, IndexFacts(published_at_s=1, outlet_id="other")])

    for where in (IndexFilter(outlets={name}), IndexFilter(places={name})):
        assert [hit.number for hit in index.search(rows[:1], 5, where)[0]] == [1]


def test_an_expression_is_the_same_whatever_order_a_set_has() -> None:
    where = IndexFilter(since_s=5, until_s=9, outlets={"b", "a"}, places={"q", "p"}, exclude={7, -3})

    assert expression(where) == (
        'published_at_s >= 5 and published_at_s < 9 and outlet in ["a", "b"] '
        'and array_contains_any(places, ["p", "q"]) and number not in [-3, 7]'
    )


def test_each_encoder_has_a_collection_of_its_own() -> None:
    assert collection_of("ab12" * 16) == "tianfu_ab12ab12ab12ab12"
    assert collection_of("this encoder!") == "tianfu_this_encoder_"


def test_a_dropped_collection_is_made_anew(index: MilvusIndex) -> None:
    index.add([1], clustered(1), facts(1))
    with index._link.asked() as client:
        client.drop_collection(index.name)
    with pytest.raises(IndexUnavailable):
        index.search(clustered(1), 5)

    assert index.search(clustered(1), 5) == [[]]


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address at which nobody answers."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


def test_where_nobody_answers_one_error_of_ours_says_so(nobody: str) -> None:
    now = [100.0]
    link = MilvusLink(nobody, token="user:very-secret", ticks_s=lambda: now[0])
    index = MilvusIndex(link, "x", DIMENSION)

    for ask in (
        lambda: index.size,
        lambda: index.search(clustered(1), 5),
        lambda: index.vectors([1]),
        lambda: index.add([1], clustered(1), facts(1)),
        lambda: index.remove([1]),
    ):
        with pytest.raises(IndexUnavailable) as told:
            ask()
        said = f"{told.value.message} {told.value.advice} {link.fault}"
        assert "does not answer" in said
        for leaked in ("127.0.0.1", "very-secret", "grpc", "RPC", "Milvus"):
            assert leaked not in said


def test_for_a_moment_after_nobody_answered_nobody_waits_again(
    nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    link = MilvusLink(nobody, ticks_s=lambda: now[0])
    with pytest.raises(IndexUnavailable), link.asked():
        pass
    opened: list[float] = []
    monkeypatch.setattr(link, "_opened", lambda: opened.append(now[0]))

    with pytest.raises(IndexUnavailable), link.asked():
        pass
    assert opened == []
    now[0] += 6.0
    with link.asked():
        assert opened == [106.0]
    assert link.fault is None


@pytest.mark.parametrize("uri", ["", "milvus", "var/index", "redis://127.0.0.1:6379", "ftp://x/a.db"])
def test_what_cannot_be_an_address_is_refused(uri: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        MilvusLink(uri)

    assert refused.value.field == "TIANFU_MILVUS_URI"
    assert ".db" in refused.value.advice


@pytest.mark.parametrize(
    ("missing", "uri", "advice"),
    [("pymilvus", "http://127.0.0.1:19530", "tianfu[milvus]"), ("milvus_lite", "a.db", "milvus-lite")],
)
def test_a_missing_package_is_named_with_what_installs_it(
    missing: str, uri: str, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == missing else find(name, *rest)
    )

    with pytest.raises(InvalidSetting) as refused:
        MilvusLink(uri)
    assert advice in refused.value.advice
