"""Baselines against oracles and cases worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tianfu.eval.baselines.bm25 import K1, B, bm25_partner_ranks, bm25_weights
from tianfu.eval.baselines.copies import named_sources, nearest_by_minhash, nearest_by_simhash
from tianfu.eval.baselines.cuts import best_cut, grouped_folds, named_out_of_fold
from tianfu.eval.baselines.pairs import likenesses, majority_out_of_fold, relations_out_of_fold
from tianfu.eval.baselines.sketches import containment, minhash_of, runs_of, simhash_likeness, simhash_of
from tianfu.eval.baselines.tfidf import tfidf_pair_cosines, tfidf_partner_ranks
from tianfu.eval.confusion import OTHERS, confusion, precision_recall
from tianfu.model.ports import PairText

TEXTS = [
    "利州区宝轮镇今年种下羊肚菌八百亩，三月里头一茬开采，收购价每斤六十元，合作社忙着分拣装箱。",
    "朝天区曾家山的滑雪场周末迎来最后一批游客，雪道三月中旬关闭，露营地将在清明前后开放。",
    "苍溪县陵江镇的老码头改成了江边步道，居民傍晚来这里散步，船工的后人在这里讲过去的故事。",
    "旺苍县普济镇的小学生把校园里的泡桐树画成了年历，义卖所得送给了村里的图书角。",
]


def story(body: str) -> PairText:
    return PairText(title="题", body=body)


def test_bm25_equals_a_case_worked_by_hand() -> None:
    counted, weights = bm25_weights(["甲乙", "甲"], sizes=(1, 1))
    column = counted.vocabulary_["甲"]
    rarity = math.log(1 + (2 - 2 + 0.5) / (2 + 0.5))

    # lengths 2 and 1, mean 1.5; the term stands once in both
    assert weights[0, column] == pytest.approx(rarity * (K1 + 1) / (1 + K1 * (1 - B + B * 2 / 1.5)))
    assert weights[1, column] == pytest.approx(rarity * (K1 + 1) / (1 + K1 * (1 - B + B * 1 / 1.5)))


@pytest.mark.parametrize("ranks", [bm25_partner_ranks, tfidf_partner_ranks])
def test_a_headline_finds_the_story_with_its_words(ranks: object) -> None:
    headlines = ["羊肚菌开采", "滑雪场关闭", "老码头成步道", "泡桐树年历义卖"]
    assert ranks(headlines, TEXTS).tolist() == [1, 1, 1, 1]  # type: ignore[operator]
    assert ranks(["滑雪场关闭", "羊肚菌开采"], TEXTS[:2]).tolist() == [2, 2]  # type: ignore[operator]


def test_pairs_without_a_letter_have_no_cosine() -> None:
    assert tfidf_pair_cosines(["", " "], ["", ""]).tolist() == [0.0, 0.0]


def test_the_best_cut_lies_half_way_below_the_best_f1() -> None:
    scores = np.array([0.9, 0.8, 0.4, 0.1])
    right = np.array([True, True, False, False])
    assert best_cut(scores, right, 2) == pytest.approx(0.6)
    assert best_cut(scores, ~right, 2) == pytest.approx(0.1)
    assert best_cut(scores, np.zeros(4, dtype=bool), 2) == float("inf")


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=25))
def test_no_other_cut_is_better(items: list[tuple[int, bool]]) -> None:
    scores, right = np.array([float(s) for s, _ in items]), np.array([r for _, r in items])
    wanted = int(right.sum())

    def f1(cut: float) -> float:
        named = scores >= cut
        return 2 * int((named & right).sum()) / max(int(named.sum()) + wanted, 1)

    found = f1(best_cut(scores, right, wanted))
    assert found == pytest.approx(max(f1(cut) for cut in range(8)))


def test_folds_part_everything_and_split_no_group() -> None:
    groups = [i // 3 for i in range(40)]
    tested = []
    for train, test in grouped_folds(groups, 4):
        assert not {groups[i] for i in train} & {groups[i] for i in test}
        assert sorted([*train, *test]) == list(range(40))
        tested += test.tolist()
    assert sorted(tested) == list(range(40))


def test_an_item_does_not_choose_its_own_cut() -> None:
    # only one item can be rightly named: without it, nothing teaches that naming pays
    scores, right = np.linspace(1, 0.1, 10), np.zeros(10, dtype=bool)
    right[0] = True
    assert not named_out_of_fold(scores, right, right, range(10))[0]


def test_the_majority_is_that_of_the_other_groups() -> None:
    truth = np.array(["a", "a", "a", "b", "b"])
    assert majority_out_of_fold(truth, [0, 0, 0, 1, 1]).tolist() == ["b", "b", "b", "a", "a"]


def test_relations_follow_the_likeness() -> None:
    names = ("reprint", "same_event", "same_topic", "unrelated")
    truth = np.array([name for name in names for _ in range(10)])
    likeness = np.repeat([0.9, 0.6, 0.3, 0.1], 10)
    assert relations_out_of_fold(likeness, truth, range(40)).tolist() == truth.tolist()


def test_containment_by_hand() -> None:
    # six letters have two runs of five, seven have three; the shorter's two are both there
    assert containment(np.array([1, 2, 2], np.uint32), np.array([1, 2, 3], np.uint32)) == 1.0
    assert containment(np.array([1, 9], np.uint32), np.array([1, 2, 3], np.uint32)) == 0.5
    assert containment(np.zeros(0, np.uint32), np.array([1], np.uint32)) == 0.0


def test_minhash_estimates_the_jaccard() -> None:
    rng = np.random.default_rng(8)
    a = rng.integers(0, 2**32, 400, dtype=np.uint32)
    b = np.concatenate([a[:200], rng.integers(0, 2**32, 200, dtype=np.uint32)])
    assert minhash_of(a).jaccard(minhash_of(b)) == pytest.approx(200 / 600, abs=0.13)


def test_simhash_is_the_majority_of_bits() -> None:
    one, other, third = (np.array([n], np.uint32) for n in (5, 77, 900))
    bits = [int(simhash_of(x)) for x in (one, other, third)]
    expected = sum(1 << k for k in range(64) if sum(b >> k & 1 for b in bits) >= 2)
    assert int(simhash_of(np.concatenate([one, other, third]))) == expected
    assert int(simhash_of(np.array([5, 5, 77], np.uint32))) == bits[0]
    equal = 64 - bin(bits[0] ^ bits[1]).count("1")
    assert simhash_likeness(np.uint64(bits[0]), np.array([bits[1]], np.uint64))[0] == equal / 64


def test_every_likeness_is_highest_for_equal_texts_and_bounded() -> None:
    pairs = [(story(TEXTS[0]), story(TEXTS[0])), (story(TEXTS[0]), story(TEXTS[1])), (story(""), story(""))]
    for name, values in likenesses(pairs).items():
        assert values[0] == pytest.approx(1.0), name
        assert 0 <= values[1] < values[0], name
        assert np.all((values >= -1e-9) & (values <= 1 + 1e-9)), name


@pytest.mark.parametrize("search", [nearest_by_minhash, nearest_by_simhash])
def test_a_copy_is_nearest_to_its_source(search: object) -> None:
    queries = [story("据了解，" + TEXTS[2]), story(TEXTS[0])]
    found = search([story(text) for text in TEXTS], queries)  # type: ignore[operator]
    assert found.rows.tolist() == [2, 0]
    assert found.likeness[1] == 1.0


def test_an_empty_text_is_near_to_nothing() -> None:
    found = nearest_by_minhash([story(TEXTS[0]), PairText(title="", body="")], [PairText(title="", body="")])
    assert (found.rows.tolist(), found.likeness.tolist()) == ([-1], [0.0])


def test_sources_are_named_from_the_cut_on_and_alike_texts_count_as_right() -> None:
    nearest = nearest_by_minhash([story(text) for text in TEXTS], [story(text) for text in TEXTS])
    named = named_sources(
        nearest, ["a", "b", "c2", "d"], list("abcd"), lambda f, s: f[0] == s[0], list("wxyz")
    )
    assert named == ["a", "b", "c", "d"]
    assert named_sources(nearest, [None] * 4, list("abcd"), lambda f, s: False, list("wxyz")) == [None] * 4


def test_runs_are_of_five_letters_and_a_short_body_takes_its_headline_in() -> None:
    assert len(runs_of(PairText(title="一二三", body="四五六七。"))) == 3
    assert len(runs_of(PairText(title="一二三", body="四" * 60))) == 56


def test_confusion_counts_truth_by_rows() -> None:
    grid = confusion("", ["a", "a", "b"], ["a", "b", "b"])
    assert (grid.names, grid.counts) == (("a", "b"), ((1, 1), (0, 1)))


def test_rare_names_of_many_are_taken_together() -> None:
    truth = [f"n{i:02d}" for i in range(40) for _ in range(1 + (i < 5))]
    grid = confusion("", truth, truth)
    assert len(grid.names) == 30
    assert grid.names[-1] == OTHERS
    assert sum(map(sum, grid.counts)) == len(truth)
    assert grid.counts[-1][-1] == 40 - 29


def test_precision_and_recall_at_every_cut_by_hand() -> None:
    scores, truth = np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, True])
    assert precision_recall(scores, truth) == ((1 / 3, 1.0), (2 / 3, 2 / 3), (1.0, 3 / 4))
    assert precision_recall(scores, np.zeros(4, dtype=bool)) == ()
