"""One writer, many readers, merges and snapshots at the same time."""

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tianfu.embeddings.index.building import merged
from tianfu.embeddings.index.faiss_index import FaissIndex
from tianfu.embeddings.index.live import LivePart
from tianfu.embeddings.index.parts import Tuning
from tianfu.model.ports import FloatMatrix, IndexFacts, IndexFilter

DIMENSION = 16
STORIES = 120
TUNING = Tuning(live_rows=16, flat_rows=64, exact_rows=0, probes=10_000)


def unit_rows(count: int, *, seed: int = 0) -> FloatMatrix:
    rows = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def some_facts(count: int, at: int = 0) -> list[IndexFacts]:
    return [IndexFacts(published_at_s=at, outlet_id="o", places=frozenset({"p"}))] * count


def run_until_done(work: Callable[[], None], others: list[Callable[[], None]]) -> None:
    """Repeat the others until the work is done; re-raise what any of them raised."""
    done = threading.Event()
    raised: list[BaseException] = []

    def repeat(other: Callable[[], None]) -> None:
        try:
            while not done.is_set():
                other()
        except BaseException as error:  # noqa: BLE001
            raised.append(error)

    threads = [threading.Thread(target=repeat, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    try:
        work()
    finally:
        done.set()
        for thread in threads:
            thread.join()
    if raised:
        raise raised[0]


def test_readers_never_miss_a_story_that_is_replaced_again_and_again(tmp_path: Path) -> None:
    index = FaissIndex(DIMENSION, tuning=TUNING)
    rows = unit_rows(STORIES)
    index.add(range(STORIES), rows, some_facts(STORIES))
    everyone = list(range(STORIES))

    def write() -> None:
        rng = np.random.default_rng(1)
        for round_ in range(300):
            chosen = rng.choice(STORIES, 7, replace=False)
            index.add(chosen.tolist(), rows[chosen], some_facts(7, at=round_))
            index.add([1_000], rows[:1], some_facts(1))
            index.remove([1_000])

    def search() -> None:
        for hits in index.search(rows[:3], STORIES + 1):
            found = [hit.number for hit in hits if hit.number != 1_000]
            assert sorted(found) == everyone
        assert len(index.search(rows[:1], 5, IndexFilter(since_s=0, places={"p"}))[0]) == 5

    def look_up() -> None:
        assert len(index.vectors(everyone)) == STORIES
        assert index.size in {STORIES, STORIES + 1}

    def snapshot() -> None:
        index.save(tmp_path / "index", encoder_fingerprint="e", last_sequence=1)
        loaded, _ = FaissIndex.load(tmp_path / "index", encoder_fingerprint="e", tuning=TUNING)
        assert loaded.size in {STORIES, STORIES + 1}

    run_until_done(write, [search, search, look_up, snapshot, index.merge])

    index.merge()
    assert index.size == STORIES
    assert len(index.parts) < 12


def test_a_removal_during_a_merge_stays_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    index = FaissIndex(DIMENSION, tuning=TUNING, merge_aside=False)
    rows = unit_rows(STORIES)
    index.add(range(STORIES), rows, some_facts(STORIES))
    assert len(index.parts) > 5

    def slow_merge(*args: object) -> object:
        made = merged(*args)  # type: ignore[arg-type]
        index.remove([0, 1])
        index.add([2], rows[5:6], [IndexFacts(published_at_s=1, outlet_id="new")])
        return made

    monkeypatch.setattr("tianfu.embeddings.index.faiss_index.merged", slow_merge)
    index.merge()

    assert len(index.parts) < 5
    assert index.size == STORIES - 2
    assert sorted(index.vectors([0, 1, 2])) == [2]
    assert [hit.number for hit in index.search(rows, 1, IndexFilter(outlets={"new"}))[0]] == [2]
    assert sorted(hit.number for hit in index.search(rows, STORIES)[0]) == list(range(2, STORIES))


def test_in_the_middle_of_a_replacement_the_old_story_is_still_found(monkeypatch: pytest.MonkeyPatch) -> None:
    index = FaissIndex(DIMENSION, tuning=TUNING, merge_aside=False)
    rows = unit_rows(40)
    index.add(range(40), rows, some_facts(40))
    whole = LivePart.append
    seen: list[list[int]] = []

    def watched(*args: object) -> None:
        whole(*args)  # type: ignore[arg-type]
        seen.append([hit.number for hit in index.search(rows[:1], 40)[0]])

    monkeypatch.setattr(LivePart, "append", watched)
    index.add([3, 39], rows[10:12], some_facts(2))

    assert [sorted(numbers) for numbers in seen] == [list(range(40))]


def test_searching_does_not_wait_for_a_writer() -> None:
    index = FaissIndex(DIMENSION, tuning=TUNING)
    rows = unit_rows(STORIES)
    index.add(range(STORIES), rows, some_facts(STORIES))
    answered = threading.Event()

    def read() -> None:
        index.search(rows[:1], 3)
        index.vectors([1])
        assert index.size == STORIES
        answered.set()

    with index._writing:
        reader = threading.Thread(target=read)
        reader.start()
        assert answered.wait(timeout=30)
    reader.join()


def test_parts_are_merged_without_being_asked() -> None:
    index = FaissIndex(DIMENSION, tuning=TUNING)
    for start in range(0, 2_000, 10):
        index.add(range(start, start + 10), unit_rows(10, seed=start), some_facts(10))

    index.merge()

    assert index.size == 2_000
    assert len(index.parts) < 15


def test_tombstones_do_not_pile_up() -> None:
    index = FaissIndex(DIMENSION, tuning=TUNING, merge_aside=False)
    rows = unit_rows(STORIES)
    index.add(range(STORIES), rows, some_facts(STORIES))
    index.merge()
    index.remove(range(0, STORIES, 2))
    index.merge()

    assert index.size == STORIES // 2
    assert all(s.living == len(s.part) for s in index._view.sealed)


def test_an_index_whose_stories_are_all_gone_holds_no_parts() -> None:
    index = FaissIndex(DIMENSION, tuning=TUNING, merge_aside=False)
    index.add(range(64), unit_rows(64), some_facts(64))
    index.remove(range(64))
    index.merge()

    assert index.size == 0
    assert len(index.parts) == 1
