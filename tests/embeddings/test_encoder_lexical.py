"""Hashed TF-IDF: near the exact one, rare words count most, the same everywhere."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tianfu.embeddings.encoder.lexical import RARITY_CELLS, LexicalEncoder, rarity_steps

TEXTS = ["苍溪雪梨开园采摘", "苍溪雪梨今日开园", "通江银耳节开幕", "通江举办银耳节", "今日开幕"]


def an_encoder(dimension: int = 256) -> LexicalEncoder:
    return LexicalEncoder(rarity=rarity_steps(TEXTS), dimension=dimension, max_chars=500)


def test_texts_that_share_words_are_near_and_others_far() -> None:
    vectors = an_encoder(1024).encode(TEXTS)
    cosines = vectors @ vectors.T

    assert cosines[0, 1] > 0.4 > 0.2 > abs(cosines[0, 2])
    np.testing.assert_allclose(cosines.diagonal(), 1.0, atol=1e-6)


def test_a_wide_vector_gives_the_exact_tf_idf_cosine() -> None:
    # one pair of one letter each: "ab" and "ac" share one of three n-grams that have weight
    encoder = LexicalEncoder(rarity=np.full(RARITY_CELLS, 20, np.uint8), dimension=1 << 16, max_chars=500)
    one, other = encoder.encode(["ab", "ac"])

    assert np.isclose(one @ other, 1 / 3)


def test_rare_words_weigh_more_than_frequent_ones() -> None:
    encoder = LexicalEncoder(rarity=rarity_steps(["开幕"] * 50 + ["银耳"]), dimension=4096, max_chars=500)
    both, frequent, rare = encoder.encode(["开幕银耳", "开幕", "银耳"])

    assert both @ rare > both @ frequent


@given(st.text(max_size=40))
def test_a_vector_has_unit_length_or_is_zero_and_ignores_company(text: str) -> None:
    encoder = an_encoder()
    together = encoder.encode([text, TEXTS[0]])

    assert np.isclose(np.linalg.norm(together[0]), 1.0, atol=1e-5) or not together[0].any()
    np.testing.assert_array_equal(together[0], encoder.encode([text])[0])
