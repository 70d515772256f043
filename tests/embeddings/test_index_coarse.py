"""Parts of many rows: bits pick candidates, vectors decide."""

from pathlib import Path

import numpy as np
import pytest

from tianfu.embeddings.index.exact import ExactIndex
from tianfu.embeddings.index.faiss_index import FaissIndex
from tianfu.embeddings.index.parts import Tuning
from tianfu.model.ports import FloatMatrix, IndexFacts, IndexFilter, VectorIndex

DIMENSION, ROWS = 96, 6_000
TUNING = Tuning(live_rows=2_000, coarse_rows=1_000)


def stories(count: int, *, seed: int) -> FloatMatrix:
    """Unit rows around three hundred subjects, as texts lie."""
    rng = np.random.default_rng(seed)
    subjects = np.random.default_rng(1).standard_normal((300, DIMENSION))
    rows = subjects[rng.integers(300, size=count)] + 0.8 * rng.standard_normal((count, DIMENSION))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def filled(index: VectorIndex) -> None:
    facts = [IndexFacts(published_at_s=n, outlet_id=f"o{n % 3}", places=frozenset()) for n in range(ROWS)]
    index.add(range(ROWS), stories(ROWS, seed=2), facts)


@pytest.fixture(scope="module")
def plain() -> ExactIndex:
    index = ExactIndex(DIMENSION)
    filled(index)
    return index


@pytest.fixture(scope="module")
def index() -> FaissIndex:
    index = FaissIndex(DIMENSION, tuning=TUNING, merge_aside=False)
    filled(index)
    index.merge()
    return index


def found_share(index: VectorIndex, plain: VectorIndex, count: int, where: IndexFilter) -> float:
    """Of the nearest, how many are found."""
    queries = stories(60, seed=3)
    pairs = zip(index.search(queries, count, where), plain.search(queries, count, where), strict=True)
    return float(np.mean([len({h.number for h in a} & {h.number for h in b}) / count for a, b in pairs]))


@pytest.mark.parametrize(
    "where", [IndexFilter(), IndexFilter(since_s=1_500), IndexFilter(outlets={"o0", "o2"})]
)
def test_the_nearest_are_found_with_their_own_scores(
    index: FaissIndex, plain: ExactIndex, where: IndexFilter
) -> None:
    assert found_share(index, plain, 10, where) >= 0.99
    assert found_share(index, plain, 60, where) >= 0.98

    queries = stories(20, seed=4)
    for hits, best in zip(index.search(queries, 1, where), plain.search(queries, 1, where), strict=True):
        assert hits[0].score == pytest.approx(best[0].score, abs=2e-3)


def test_where_few_rows_meet_the_filter_all_are_compared(index: FaissIndex, plain: ExactIndex) -> None:
    assert found_share(index, plain, 200, IndexFilter(since_s=ROWS - 900)) >= 0.999


def test_asked_for_more_than_a_look_would_save_all_are_compared(index: FaissIndex, plain: ExactIndex) -> None:
    assert len(index.search(stories(1, seed=5), ROWS)[0]) == ROWS
    assert found_share(index, plain, 2_000, IndexFilter()) >= 0.999


def test_what_is_removed_or_replaced_is_not_found_in_its_old_place() -> None:
    changed = FaissIndex(DIMENSION, tuning=TUNING, merge_aside=False)
    filled(changed)
    query = stories(1, seed=7)
    before = [hit.number for hit in changed.search(query, 20)[0]]

    changed.remove(before[:10])
    changed.add([before[10]], -query, [IndexFacts(published_at_s=0, outlet_id="o0", places=frozenset())])

    after = [hit.number for hit in changed.search(query, 20)[0]]
    assert after[:9] == before[11:]
    assert not set(after) & set(before[:11])


def test_a_snapshot_brings_the_bits_along(index: FaissIndex, plain: ExactIndex, tmp_path: Path) -> None:
    index.save(tmp_path, encoder_fingerprint="e", last_sequence=1)

    loaded, _ = FaissIndex.load(tmp_path, encoder_fingerprint="e", tuning=TUNING)

    assert len(list(tmp_path.glob("*.coarse"))) == len(loaded.parts) - 1
    assert found_share(loaded, plain, 10, IndexFilter()) >= 0.99


def test_a_snapshot_without_bits_gets_them_when_it_is_read(plain: ExactIndex, tmp_path: Path) -> None:
    before = FaissIndex(DIMENSION, tuning=Tuning(live_rows=2_000), merge_aside=False)
    filled(before)
    before.save(tmp_path / "before", encoder_fingerprint="e", last_sequence=1)
    assert not list((tmp_path / "before").glob("*.coarse"))

    loaded, _ = FaissIndex.load(tmp_path / "before", encoder_fingerprint="e", tuning=TUNING)

    assert found_share(loaded, plain, 10, IndexFilter()) >= 0.99
    loaded.save(tmp_path / "after", encoder_fingerprint="e", last_sequence=1)
    assert list((tmp_path / "after").glob("*.coarse"))
