"""Simple answers to "how do these two stories relate": a likeness and three cut-offs."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tianfu.eval.baselines.cuts import grouped_folds, named_out_of_fold
from tianfu.eval.baselines.sketches import containment, minhash_of, runs_of, simhash_likeness, simhashes_of
from tianfu.eval.baselines.tfidf import tfidf_pair_cosines
from tianfu.model.ports import PairText

Floats = npt.NDArray[np.float64]
Names = npt.NDArray[np.str_]
CLOSEST_FIRST = ("reprint", "same_event", "same_topic", "unrelated")


def likenesses(pairs: Sequence[tuple[PairText, PairText]]) -> dict[str, Floats]:
    """How alike the two texts of each pair are, 0..1, by several methods; shape (pairs,) each."""
    runs = [(runs_of(a), runs_of(b)) for a, b in pairs]
    sims = [simhashes_of(two) for two in runs]
    hashes = [(minhash_of(a), minhash_of(b)) for a, b in runs]
    whole = [[f"{text.title}\n{text.body}" for text in side] for side in zip(*pairs, strict=True)]
    return {
        "minhash": np.array([0.0 if a.is_empty() or b.is_empty() else a.jaccard(b) for a, b in hashes]),
        "simhash": np.array([simhash_likeness(two[0], two[1:])[0] for two in sims]),
        "tfidf": tfidf_pair_cosines(whole[0], whole[1]),
        "containment_5": np.array([containment(a, b) for a, b in runs]),
    }


def relations_out_of_fold(likeness: Floats, truth: Names, groups: Sequence[int]) -> Names:
    """The relation of each pair by cut-offs on its likeness, chosen on pairs of other stories.

    The cut-off of a relation is the one that best tells it and all closer ones from the rest.
    """
    said = np.full(len(truth), CLOSEST_FIRST[-1], dtype="<U16")
    for place in reversed(range(len(CLOSEST_FIRST) - 1)):
        close = np.isin(truth, CLOSEST_FIRST[: place + 1])
        said[named_out_of_fold(likeness, close, close, groups)] = CLOSEST_FIRST[place]
    return said


def majority_out_of_fold(truth: Names, groups: Sequence[int]) -> Names:
    """The most frequent answer among the items of other groups."""
    said = np.empty(len(truth), dtype=truth.dtype)
    for train, test in grouped_folds(groups):
        said[test] = Counter(truth[train].tolist()).most_common(1)[0][0]
    return said


def baseline_relations(
    likeness: Mapping[str, Floats], truth: Names, groups: Sequence[int]
) -> dict[str, Names]:
    """What each method says of each pair."""
    answers = {"majority": majority_out_of_fold(truth, groups)}
    return answers | {name: relations_out_of_fold(values, truth, groups) for name, values in likeness.items()}
