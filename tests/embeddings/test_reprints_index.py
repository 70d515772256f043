"""Fingerprints and the index that finds copies by them."""

import random
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tianfu.embeddings.reprints.copy_index import ReprintIndex
from tianfu.embeddings.reprints.fingerprint import fingerprint, read_fingerprints
from tianfu.model.ports import CopyIndex

LETTERS = (
    "春灌水渠农户县镇村民增收茶叶产业园区建设项目投资亿元学校医院道路桥梁文化旅游生态保护河长巡查干部走访帮扶"
)


def a_body(seed: int, *, chars: int = 400) -> str:
    rng = random.Random(seed)
    return "".join(rng.choice(LETTERS) for _ in range(chars))


def a_print(seed: int) -> bytes:
    return fingerprint("标题", a_body(seed)).to_bytes()


@pytest.fixture
def index() -> ReprintIndex:
    return ReprintIndex()


def test_the_index_is_a_copy_index(index: ReprintIndex) -> None:
    port: CopyIndex = index
    assert port.candidates(a_print(1), 5) == []


@pytest.mark.parametrize(
    "edit",
    [
        lambda t: t[:200],
        lambda t: t[150:],
        lambda t: t[200:] + t[:200],
        lambda t: a_body(77, chars=60) + t + a_body(78, chars=30),
        lambda t: "，".join(t[i : i + 9] for i in range(0, len(t), 9)),
        lambda t: t.translate(
            {ord("产"): "產", ord("业"): "業", ord("园"): "園", ord("区"): "區", ord("护"): "護"}
        ),
        lambda t: "".join(random.Random(i).choice(LETTERS) if i % 7 == 0 else c for i, c in enumerate(t)),
    ],
)
def test_an_edited_copy_is_found_first(index: ReprintIndex, edit) -> None:  # type: ignore[no-untyped-def]
    index.add(range(100), [a_print(i) for i in range(100)])
    found = index.candidates(fingerprint("换了标题", edit(a_body(42))).to_bytes(), 5)
    assert found[0].number == 42
    assert found[0].containment > 0.25
    assert all(other.containment < found[0].containment for other in found[1:])


def test_a_short_flash_is_found_by_title_and_body(index: ReprintIndex) -> None:
    index.add([7], [fingerprint("利州区今晨发生三点二级地震", "").to_bytes()])
    assert index.candidates(fingerprint("利州区今晨发生三点二级地震", "").to_bytes(), 3)[0].number == 7


def test_a_removed_story_is_not_found_and_a_replaced_one_by_its_new_text_only(index: ReprintIndex) -> None:
    index.add([1, 2], [a_print(1), a_print(2)])
    assert index.remove([1, 9]) == 1
    index.add([2], [a_print(3)])
    assert index.size == 1
    assert index.candidates(a_print(1), 5) == index.candidates(a_print(2), 5) == []
    assert index.candidates(a_print(3), 5)[0].number == 2


def test_furniture_on_every_page_proposes_nothing(index: ReprintIndex) -> None:
    furniture = a_body(5, chars=160)
    index.add(
        range(1500),
        [fingerprint("", a_body(1000 + i, chars=240) + furniture).to_bytes() for i in range(1500)],
    )
    found = index.candidates(fingerprint("", a_body(9, chars=240) + furniture).to_bytes(), 40)
    assert found == []


def test_a_text_copied_more_often_than_the_cap_is_still_found(index: ReprintIndex) -> None:
    index.add(range(900), [a_print(1)] * 900)
    assert len(index.candidates(a_print(1), 40)) == 40


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 12), st.integers(0, 5)), max_size=40))
def test_any_order_of_adding_and_removing_equals_an_index_built_afresh(
    steps: list[tuple[bool, int, int]],
) -> None:
    grown, truth = ReprintIndex(), dict[int, bytes]()
    for adds, number, seed in steps:
        if adds:
            grown.add([number], [a_print(seed)])
            truth[number] = a_print(seed)
        else:
            assert grown.remove([number]) == (truth.pop(number, None) is not None)
    fresh = ReprintIndex()
    fresh.add(list(truth), list(truth.values()))
    for seed in range(6):
        assert grown.candidates(a_print(seed), 20) == fresh.candidates(a_print(seed), 20)


def test_torn_and_foreign_fingerprints_find_nothing_and_harm_nothing(index: ReprintIndex) -> None:
    good = a_print(1)
    index.add([1, 2, 3, 4], [b"", good[:-1], b"\x09" + good[1:], good])
    assert [c.number for c in index.candidates(good, 5)] == [4]
    assert index.candidates(b"", 5) == []
    assert index.remove([1, 2, 3]) == 3


def test_reading_many_fingerprints_equals_reading_each() -> None:
    prints = [fingerprint("题", a_body(i, chars=30 * i)) for i in range(6)]
    limits, hashes, sizes = read_fingerprints([p.to_bytes() for p in prints])
    assert limits.tolist() == [p.limit for p in prints]
    assert sizes.tolist() == [len(p.hashes) for p in prints]
    assert hashes.tolist() == np.concatenate([p.hashes for p in prints]).tolist()


def test_a_fingerprint_stays_small_for_the_longest_body() -> None:
    assert len(fingerprint("", a_body(3, chars=100_000)).to_bytes()) <= 4 * 514


def test_readers_go_on_while_a_writer_adds_and_removes(index: ReprintIndex) -> None:
    index.add(range(50), [a_print(i) for i in range(50)])
    missed: list[int] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            found = index.candidates(a_print(7), 3)
            if not found or found[0].number != 7:
                missed.append(1)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for i in range(300):
        index.add([1000 + i], [a_print(1000 + i % 40)])
        index.remove([1000 + i - 20])
    done.set()
    for reader in readers:
        reader.join()
    assert missed == []
