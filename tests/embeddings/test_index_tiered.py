"""Recent stories here, all in an archive that may be away."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tianfu.embeddings.index.exact import ExactIndex
from tianfu.embeddings.index.faiss_index import FaissIndex
from tianfu.embeddings.index.tiered import TieredIndex
from tianfu.model.errors import IndexUnavailable, SnapshotInvalid
from tianfu.model.ports import FloatMatrix, IndexFacts, IndexFilter, Neighbour

DIMENSION = 8
NOW_S, HOT_S = 1_000, 100
RECENT = IndexFilter(since_s=NOW_S - HOT_S)


class Far(ExactIndex):
    """An archive that can be away, and counts what it is asked."""

    def __init__(self) -> None:
        super().__init__(DIMENSION)
        self.away = False
        self.asked: list[str] = []
        self.written: list[int] = []

    @property
    def fault(self) -> str | None:
        return "does not answer" if self.away else None

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.away:
            raise IndexUnavailable("The archive is away.")

    def add(self, numbers: Sequence[int], vectors: FloatMatrix, facts: Sequence[IndexFacts]) -> None:
        self._ask("add")
        self.written += numbers
        super().add(numbers, vectors, facts)

    def remove(self, numbers: Sequence[int]) -> int:
        self._ask("remove")
        return super().remove(numbers)

    def search(
        self, queries: FloatMatrix, count: int, where: IndexFilter | None = None
    ) -> list[list[Neighbour]]:
        self._ask("search")
        return super().search(queries, count, where)

    def vectors(self, numbers: Sequence[int]) -> Mapping[int, npt.NDArray[np.float32]]:
        self._ask("vectors")
        return super().vectors(numbers)


@pytest.fixture
def far() -> Far:
    return Far()


def over(far: Far, recent: FaissIndex | None = None, now_s: float = NOW_S) -> TieredIndex:
    return TieredIndex(
        recent or FaissIndex(DIMENSION), far, folder="recent", hot_s=HOT_S, now_s=lambda: now_s
    )


def rows(count: int, seed: int = 0) -> FloatMatrix:
    made = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made.astype(np.float16).astype(np.float32)


def fact(at: int, outlet: str = "o") -> IndexFacts:
    return IndexFacts(published_at_s=at, outlet_id=outlet)


def fill(index: TieredIndex) -> FloatMatrix:
    """Stories 0 to 9 of long ago, 10 to 19 of these days."""
    vectors = rows(20)
    index.add(range(20), vectors, [fact(n if n < 10 else NOW_S - n) for n in range(20)])
    return vectors


def found(index: TieredIndex, query: FloatMatrix, where: IndexFilter | None = None) -> set[int]:
    return {hit.number for hit in index.search(query[:1], 50, where)[0]}


def test_a_question_of_these_days_never_leaves_the_process(far: Far) -> None:
    index = over(far)
    vectors = fill(index)
    far.asked.clear()
    far.away = True

    assert found(index, vectors, RECENT) == set(range(10, 20))
    assert set(index.vectors([11, 12])) == {11, 12}
    assert far.asked == []


@pytest.mark.parametrize("where", [None, IndexFilter(since_s=NOW_S - HOT_S - 1), IndexFilter(until_s=2_000)])
def test_a_question_that_reaches_further_asks_the_archive(far: Far, where: IndexFilter | None) -> None:
    index = over(far)
    vectors = fill(index)
    expected = set(range(20)) if where is None or where.since_s is None else set(range(10, 20))

    assert found(index, vectors, where) == expected
    assert set(index.vectors([1, 11])) == {1, 11}
    far.away = True
    with pytest.raises(IndexUnavailable):
        index.search(vectors[:1], 5, where)
    with pytest.raises(IndexUnavailable):
        index.vectors([1, 11])


def test_writing_goes_on_while_the_archive_is_away_and_everything_is_found(far: Far) -> None:
    index = over(far)
    vectors = fill(index)
    far.away = True
    moved = rows(2, seed=4)
    index.add([3, 30], moved, [fact(3, "new"), fact(4, "new")])
    index.add([31], rows(1, seed=5), [fact(NOW_S)])
    assert (index.owed, index.size) == (3, 20)
    assert "3 stories" in (index.fault or "")

    far.away = False
    assert found(index, vectors) == {*range(20), 30, 31}
    assert index.search(moved[:1], 1)[0][0] == Neighbour(3, pytest.approx(1.0, abs=1e-3))
    assert found(index, vectors, IndexFilter(outlets={"new"})) == {3, 30}
    assert 3 not in found(index, vectors, IndexFilter(outlets={"o"})), "the archive's version is of old"
    assert index.owed == 3, "searching writes nothing"


def test_what_the_archive_lacks_is_handed_over_with_the_next_write(far: Far) -> None:
    index = over(far)
    fill(index)
    far.away = True
    moved = rows(2, seed=4)
    index.add([3, 30], moved, [fact(3), fact(NOW_S)])
    far.away = False
    far.written.clear()
    index.add([40], rows(1, seed=6), [fact(NOW_S)])

    assert far.written == [3, 30, 40]
    assert (index.owed, index.fault) == (0, None)
    np.testing.assert_allclose(far.vectors([3])[3], moved[0], atol=1e-3)


def test_the_latest_version_wins_when_a_story_changes_twice_while_the_archive_is_away(far: Far) -> None:
    index = over(far)
    far.away = True
    first, second = rows(1, seed=1), rows(1, seed=2)
    index.add([5], first, [fact(1, "a")])
    index.add([5], second, [fact(NOW_S, "b")])
    far.away = False

    assert index.hand_over() == 1
    np.testing.assert_allclose(far.vectors([5])[5], second[0], atol=1e-3)
    assert found(index, second, IndexFilter(outlets={"b"})) == {5}


def test_a_story_that_moves_out_of_these_days_leaves_the_process(far: Far) -> None:
    recent = FaissIndex(DIMENSION)
    index = over(far, recent)
    vectors = fill(index)
    index.add([15], vectors[15:16], [fact(1)])

    assert recent.size == 9
    assert found(index, vectors, RECENT) == set(range(10, 20)) - {15}
    assert index.size == 20


def test_saving_lets_go_of_what_grew_old_and_a_restart_goes_on(far: Far, tmp_path: Path) -> None:
    fill(over(far, FaissIndex(DIMENSION)))
    recent = FaissIndex(DIMENSION)
    vectors = fill(over(far, recent))
    later = over(far, recent, now_s=NOW_S + 86)  # of the stories NOW_S - 19 to NOW_S - 10 five are left
    later.save(tmp_path, encoder_fingerprint="e", last_sequence=7)
    loaded, sequence = FaissIndex.load(tmp_path / "recent", encoder_fingerprint="e")

    assert (sequence, loaded.size, recent.size) == (7, 5, 5)
    assert found(over(far, loaded), vectors) == set(range(20))


def test_nothing_is_saved_while_the_archive_lacks_something(far: Far, tmp_path: Path) -> None:
    index = over(far)
    far.away = True
    index.add([1], rows(1), [fact(NOW_S)])
    index.save(tmp_path, encoder_fingerprint="e", last_sequence=9)
    with pytest.raises(SnapshotInvalid):
        FaissIndex.load(tmp_path / "recent", encoder_fingerprint="e")

    far.away = False
    index.save(tmp_path, encoder_fingerprint="e", last_sequence=9)
    assert far.written == [1]
    assert FaissIndex.load(tmp_path / "recent", encoder_fingerprint="e")[1] == 9


def test_nothing_is_removed_while_the_archive_is_away(far: Far) -> None:
    index = over(far)
    vectors = fill(index)
    far.away = True
    with pytest.raises(IndexUnavailable):
        index.remove([12])

    assert found(index, vectors, RECENT) == set(range(10, 20))
