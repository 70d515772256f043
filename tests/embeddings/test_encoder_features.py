"""A text as a bag of character n-grams."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tianfu.embeddings.encoder.features import NgramFeatures
from tianfu.embeddings.encoder.ngrams import ngram_keys


def features_of(text: str, *, buckets: int = 64) -> NgramFeatures:
    keys = np.unique(ngram_keys(text)[0])
    return NgramFeatures(keys, buckets, 0.5)


def test_repeats_weigh_by_the_logarithm_of_their_number() -> None:
    features = NgramFeatures(np.array([ord("茶")], dtype=np.int64), 64, 0.5)
    rows, weights = features("茶,茶,茶")

    assert rows.tolist() == [0]
    assert weights.tolist() == [np.float32(1 + math.log(3))]


def test_unknown_ngrams_share_the_rows_behind_the_vocabulary_and_weigh_less() -> None:
    features = features_of("茶园")
    rows, weights = features("果园")

    known = {row: weight for row, weight in zip(rows, weights, strict=True) if row < len(features.vocabulary)}
    assert list(known.values()) == [1.0]  # 园
    others = rows[rows >= len(features.vocabulary)]
    assert len(others) == 2  # 果, 果园
    assert others.max() < len(features.vocabulary) + 64
    assert weights[rows >= len(features.vocabulary)].tolist() == [0.5, 0.5]


def test_ngrams_never_cross_punctuation() -> None:
    keys = ngram_keys("茶,园")[0]
    assert keys.tolist() == [ord("茶"), ord("园")]


def test_width_script_and_case_make_no_difference() -> None:
    features = features_of("利州abc发展2024")
    plain, other = features("利州abc发展2024"), features("利州ＡＢＣ發展２０２４")

    assert plain[0].tolist() == other[0].tolist()
    assert plain[1].tolist() == other[1].tolist()


@given(st.text(max_size=200))
def test_any_text_gives_rows_inside_the_table(text: str) -> None:
    features = features_of("广元利州茶园")
    rows, weights = features(text)

    assert rows.shape == weights.shape
    assert ((rows >= 0) & (rows < len(features.vocabulary) + 64)).all()
    assert (weights > 0).all()


def test_half_a_surrogate_pair_is_no_fault() -> None:
    rows, _ = features_of("茶园")("茶\ud800园")
    assert len(rows) >= 2
