"""Snapshots: whole or refused, and never in the way."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tianfu.embeddings.index import snapshot
from tianfu.embeddings.index.factory import FaissIndexes
from tianfu.embeddings.index.faiss_index import FaissIndex
from tianfu.embeddings.index.parts import Tuning
from tianfu.model.errors import SnapshotInvalid
from tianfu.model.ports import FloatMatrix, IndexFacts, IndexFilter

DIMENSION = 16
TUNING = Tuning(live_rows=8, flat_rows=40, exact_rows=0, probes=10_000)


def unit_rows(count: int, *, seed: int = 0) -> FloatMatrix:
    rows = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def a_filled_index(count: int = 100, *, seed: int = 0) -> FaissIndex:
    index = FaissIndex(DIMENSION, tuning=TUNING, merge_aside=False)
    facts = [
        IndexFacts(published_at_s=n, outlet_id=f"o{n % 3}", places=frozenset({f"p{n % 4}"}))
        for n in range(count)
    ]
    index.add(range(count), unit_rows(count, seed=seed), facts)
    index.remove([3, 17, count - 1])
    return index


def save(index: FaissIndex, path: Path, *, sequence: int = 7) -> None:
    index.save(path, encoder_fingerprint="this encoder", last_sequence=sequence)


def load(path: Path) -> tuple[FaissIndex, int]:
    return FaissIndex.load(path, encoder_fingerprint="this encoder", tuning=TUNING, merge_aside=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "index"


def test_a_loaded_index_answers_as_the_saved_one(path: Path) -> None:
    index = a_filled_index()
    index.merge()
    save(index, path)

    loaded, sequence = load(path)

    assert sequence == 7
    assert loaded.size == index.size == 97
    queries = unit_rows(20, seed=4)
    for where in (None, IndexFilter(since_s=30, outlets={"o1"}), IndexFilter(places={"p2"}, exclude={6})):
        assert loaded.search(queries, 10, where) == index.search(queries, 10, where)


def test_a_loaded_index_goes_on_growing(path: Path) -> None:
    save(a_filled_index(), path)
    loaded, _ = load(path)
    row = unit_rows(1, seed=8)

    loaded.add([5, 900], np.repeat(row, 2, axis=0), [IndexFacts(published_at_s=1, outlet_id="new")] * 2)

    assert loaded.size == 98
    assert [hit.number for hit in loaded.search(row, 5, IndexFilter(outlets={"new"}))[0]] == [5, 900]


def test_an_empty_index_can_be_saved(path: Path) -> None:
    save(FaissIndex(DIMENSION), path, sequence=0)

    loaded, sequence = load(path)

    assert (loaded.size, loaded.dimension, sequence) == (0, DIMENSION, 0)


def test_the_factory_reads_what_it_made(path: Path) -> None:
    index = FaissIndexes().create(DIMENSION, encoder_fingerprint="this encoder")
    index.add([1], unit_rows(1), [IndexFacts(published_at_s=1, outlet_id="o")])
    save(index, path)

    loaded, sequence = FaissIndexes().load(path, encoder_fingerprint="this encoder")

    assert (loaded.size, sequence) == (1, 7)


def test_saving_again_replaces_and_leaves_nothing_behind(path: Path) -> None:
    index = a_filled_index()
    save(index, path)
    index.add(range(200, 260), unit_rows(60), [IndexFacts(published_at_s=1, outlet_id="o")] * 60)
    index.merge()
    save(index, path, sequence=8)

    loaded, sequence = load(path)

    assert (loaded.size, sequence) == (157, 8)
    listed = json.loads((path / snapshot.MANIFEST).read_text(encoding="utf-8"))["sha256"]
    assert {file.name for file in path.iterdir()} == {*listed, snapshot.MANIFEST}


def test_parts_already_on_disk_are_not_written_again(path: Path) -> None:
    index = a_filled_index()
    save(index, path)
    before = {file.name: file.stat().st_ino for file in path.glob("*.faiss")}
    index.remove([50])
    save(index, path)

    after = {file.name: file.stat().st_ino for file in path.glob("*.faiss")}

    assert len(before.items() & after.items()) == len(index.parts) - 1
    assert load(path)[0].size == 96


def test_a_missing_snapshot_is_refused(path: Path) -> None:
    with pytest.raises(SnapshotInvalid, match="no index snapshot"):
        load(path)


def test_a_snapshot_of_another_encoder_is_refused(path: Path) -> None:
    save(a_filled_index(), path)

    with pytest.raises(SnapshotInvalid, match="another encoder"):
        FaissIndex.load(path, encoder_fingerprint="another")


def _edit(path: Path, change: Callable[[dict[str, object]], None]) -> None:
    manifest = json.loads((path / snapshot.MANIFEST).read_text(encoding="utf-8"))
    change(manifest)
    (path / snapshot.MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def test_a_snapshot_of_another_format_is_refused(path: Path) -> None:
    save(a_filled_index(), path)
    _edit(path, lambda manifest: manifest.update(format=1))

    with pytest.raises(SnapshotInvalid, match="format 1"):
        load(path)


@pytest.mark.parametrize("key", ["last_sequence", "encoder", "dimension", "count"])
def test_an_altered_manifest_is_refused(path: Path, key: str) -> None:
    save(a_filled_index(), path)
    _edit(path, lambda manifest: manifest.update({key: 99}))

    with pytest.raises(SnapshotInvalid, match="manifest is altered"):
        load(path)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"format": 2}', "\0\0\0\0"])
def test_a_torn_manifest_is_refused(path: Path, text: str) -> None:
    save(a_filled_index(), path)
    (path / snapshot.MANIFEST).write_text(text, encoding="utf-8")

    with pytest.raises(SnapshotInvalid):
        load(path)


def test_a_manifest_that_is_no_text_is_refused(path: Path) -> None:
    save(a_filled_index(), path)
    (path / snapshot.MANIFEST).write_bytes(b"\xff\xfe\x00{")

    with pytest.raises(SnapshotInvalid):
        load(path)


@pytest.mark.parametrize("pattern", ["*.faiss", "*.npz", "*.npy"])
@pytest.mark.parametrize("harm", ["missing", "torn", "altered"])
def test_a_missing_torn_or_altered_file_is_refused(path: Path, pattern: str, harm: str) -> None:
    save(a_filled_index(), path)
    victim = sorted(path.glob(pattern))[0]
    content = victim.read_bytes()
    if harm == "missing":
        victim.unlink()
    elif harm == "torn":
        victim.write_bytes(content[: len(content) // 2])
    else:
        victim.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])

    with pytest.raises(SnapshotInvalid, match="lacks a file" if harm == "missing" else "torn or altered"):
        load(path)


@pytest.mark.parametrize("step", range(0, 40, 3))
def test_a_crash_while_saving_leaves_the_last_snapshot(
    path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    index = a_filled_index()
    save(index, path)
    index.add(range(300, 340), unit_rows(40), [IndexFacts(published_at_s=1, outlet_id="o")] * 40)
    index.remove([20, 40, 60])
    whole, calls = os.fsync, 0

    def failing(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls > step:
            raise OSError("power cut")
        whole(descriptor)

    monkeypatch.setattr(os, "fsync", failing)
    try:
        save(index, path, sequence=8)
        saved = True
    except OSError:
        saved = False
    monkeypatch.undo()

    loaded, sequence = load(path)

    assert (loaded.size, sequence) in {(97, 7), (134, 8)}
    assert not saved or sequence == 8
    save(index, path, sequence=9)
    assert load(path)[1] == 9


def test_a_damaged_snapshot_is_mended_by_a_rebuilt_index(path: Path) -> None:
    save(a_filled_index(), path)
    sorted(path.glob("*.faiss"))[0].write_bytes(b"")

    save(a_filled_index(), path, sequence=8)

    assert load(path)[1] == 8


def test_folders_of_others_are_left_alone(path: Path) -> None:
    (path / "theirs").mkdir(parents=True)
    save(a_filled_index(), path)

    assert (path / "theirs").is_dir()
