"""Batching across threads: everybody gets their own, nobody waits for ever."""

import threading
from collections.abc import Sequence

import numpy as np
import pytest

from tianfu.embeddings.encoder.batching import BatchingEncoder
from tianfu.model.errors import EncoderUnavailable
from tianfu.model.ports import FloatMatrix


class CountingEncoder:
    """Gives each text the vector of its number; can be held, and can refuse a text."""

    fingerprint = "f" * 64
    dimension = 2

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.entered = threading.Event()
        self.go = threading.Event()
        self.go.set()
        self.refuse: dict[str, BaseException] = {}

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        self.entered.set()
        self.go.wait(10)
        self.batches.append(list(texts))
        for text in texts:
            if text in self.refuse:
                raise self.refuse[text]
        return np.array([[float(text), 1.0] for text in texts], dtype=np.float32)


def ask_together(encoder: BatchingEncoder, inner: CountingEncoder, asks: list[list[str]]) -> list[object]:
    """Hold the first ask inside the encoder until all others wait."""
    answers: list[object] = [None] * len(asks)

    def ask(place: int) -> None:
        try:
            answers[place] = encoder.encode(asks[place])[:, 0].tolist()
        except Exception as error:  # noqa: BLE001 - compared with what was raised
            answers[place] = error

    inner.go.clear()
    threads = [threading.Thread(target=ask, args=(place,)) for place in range(len(asks))]
    threads[0].start()
    assert inner.entered.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(encoder._waiting) < len(asks) - 1:
        threading.Event().wait(0.001)
    inner.go.set()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    return answers


def test_what_waits_runs_together() -> None:
    inner = CountingEncoder()
    answers = ask_together(BatchingEncoder(inner), inner, [["1"], ["2", "3"], ["4"], ["5"]])

    assert answers == [[1.0], [2.0, 3.0], [4.0], [5.0]]
    assert inner.batches[0] == ["1"]
    assert [sorted(batch) for batch in inner.batches[1:]] == [["2", "3", "4", "5"]]


def test_a_batch_stays_within_its_limit() -> None:
    inner = CountingEncoder()
    asks = [["0"], ["1", "2"], ["3", "4"], ["5", "6"]]
    answers = ask_together(BatchingEncoder(inner, max_texts=4), inner, asks)

    assert answers == [[0.0], [1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    assert max(len(batch) for batch in inner.batches) <= 4


def test_a_long_ask_is_cut_into_slices_and_comes_back_in_order() -> None:
    inner = CountingEncoder()
    found = BatchingEncoder(inner, max_texts=3).encode([str(n) for n in range(8)])

    assert found[:, 0].tolist() == [float(n) for n in range(8)]
    assert [len(batch) for batch in inner.batches] == [3, 3, 2]


def test_nothing_asked_gives_an_empty_matrix() -> None:
    assert BatchingEncoder(CountingEncoder()).encode([]).shape == (0, 2)


@pytest.mark.parametrize("error", [EncoderUnavailable("no"), MemoryError("no")])
def test_a_fault_reaches_only_the_caller_whose_text_it_was(error: BaseException) -> None:
    inner = CountingEncoder()
    inner.refuse = {"3": error}
    answers = ask_together(BatchingEncoder(inner), inner, [["1"], ["2"], ["3"], ["4"]])

    assert answers == [[1.0], [2.0], error, [4.0]]


def test_it_goes_on_after_a_fault() -> None:
    inner = CountingEncoder()
    inner.refuse = {"3": EncoderUnavailable("no")}
    encoder = BatchingEncoder(inner)

    with pytest.raises(EncoderUnavailable):
        encoder.encode(["3"])
    assert encoder.encode(["4"])[0, 0] == 4.0
    assert (encoder.dimension, encoder.fingerprint) == (2, "f" * 64)
