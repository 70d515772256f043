"""Long bodies in windows."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tianfu.embeddings.encoder.windows import (
    LEAST_CHARS,
    MOST_WINDOWS,
    STEP_CHARS,
    WINDOW_CHARS,
    encode_stories,
    window_texts,
)
from tianfu.model.ports import FloatMatrix


class LetterEncoder:
    """Counts four letters; the vector of a text has unit length."""

    fingerprint = "letters"
    dimension = 4

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        counts = np.array([[text.count(letter) for letter in "甲乙丙丁"] for text in texts], np.float32)
        counts = counts.reshape(-1, 4)
        lengths = np.linalg.norm(counts, axis=1, keepdims=True)
        return np.asarray(counts / np.maximum(lengths, np.float32(1e-12)), dtype=np.float32)


@pytest.mark.parametrize(
    ("length", "windows"),
    [
        (0, 1),
        (WINDOW_CHARS, 1),
        (WINDOW_CHARS + LEAST_CHARS, 1),
        (WINDOW_CHARS + LEAST_CHARS + 1, 2),
        (WINDOW_CHARS + STEP_CHARS + LEAST_CHARS, 2),
        (WINDOW_CHARS + STEP_CHARS + LEAST_CHARS + 1, 3),
        (100_000, MOST_WINDOWS),
    ],
)
def test_a_body_has_as_many_windows_as_it_is_long(length: int, windows: int) -> None:
    assert len(window_texts("题", "字" * length)) == windows


@given(st.integers(0, 1_400))
def test_windows_leave_no_gap_and_at_most_a_short_end(length: int) -> None:
    body = "".join(chr(0x4E00 + place) for place in range(length))
    read = "".join(text.partition("\n")[2] for text in window_texts("题", body))

    assert len(set(body) - set(read)) <= LEAST_CHARS
    assert all(text.startswith("题\n") for text in window_texts("题", body))


def test_a_short_story_keeps_its_plain_vector_beside_a_long_one() -> None:
    long, short = ("甲", "乙" * 1_000), ("丙", "丁丁")

    found = encode_stories(LetterEncoder(), [short, long, short])

    plain = LetterEncoder().encode(["丙\n丁丁"])[0]
    assert found[0] == pytest.approx(plain)
    assert found[2] == pytest.approx(plain)


def test_what_stands_far_down_counts() -> None:
    body = "乙" * 700 + "丁" * 600

    whole = encode_stories(LetterEncoder(), [("甲", body)])[0]

    asked = LetterEncoder().encode(["丁"])[0]
    assert float(whole @ asked) > 0.4
    assert float(np.linalg.norm(whole)) == pytest.approx(1.0, abs=1e-6)


def test_a_story_without_a_word_gives_zeros() -> None:
    assert not encode_stories(LetterEncoder(), [("", " " * 2_000)]).any()


def test_no_stories_give_no_rows() -> None:
    assert encode_stories(LetterEncoder(), []).shape == (0, 4)
