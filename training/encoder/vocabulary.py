"""Choosing the n-grams that get a row of their own."""

from collections.abc import Sequence

import numpy as np

from tianfu.embeddings.encoder.ngrams import Keys, ngram_keys
from tianfu.embeddings.text.normalise import normalise
from tianfu.training.encoder.corpus import Corpus

MAX_SINGLES = 6_500
MIN_TEXTS = 4


def text_counts(texts: Sequence[str]) -> tuple[Keys, Keys]:
    """In how many texts each n-gram stands: sorted keys, and counts of the same shape."""
    keys, counts = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for start in range(0, len(texts), 20_000):
        part = [np.unique(ngram_keys(normalise(text))[0]) for text in texts[start : start + 20_000]]
        merged, inverse = np.unique(np.concatenate([keys, *part]), return_inverse=True)
        weights = np.concatenate([counts, *(np.ones(len(p), np.int64) for p in part)])
        keys, counts = merged, np.bincount(inverse, weights=weights).astype(np.int64)
    return keys, counts


def choose_vocabulary(corpus: Corpus, *, size: int, sample: int, seed: int) -> tuple[Keys, Keys, int]:
    """Choose the n-grams that stand in most texts, single characters first.

    Args:
        corpus: Bodies count for style and matter, headlines alone for breadth.
        size: How many n-grams at most.
        sample: How many stories are counted, and as many headlines.
        seed: Of the sample.

    Returns:
        Sorted keys, their counts, and the number of texts counted.
    """
    rng = np.random.default_rng(seed)
    stories = rng.permutation(len(corpus.stories))[:sample]
    titles = rng.permutation(len(corpus.titles))[:sample]
    texts = [f"{corpus.stories[i].title}\n{corpus.stories[i].body[:300]}" for i in stories]
    texts += [corpus.titles[i] for i in titles]
    texts += [title for source in corpus.headlines for title, _ in source]
    keys, counts = text_counts(texts)
    often = counts >= MIN_TEXTS
    keys, counts = keys[often], counts[often]
    ranks = np.argsort(-counts, kind="stable")
    single = keys < (1 << 21)
    chosen = np.concatenate([ranks[single[ranks]][:MAX_SINGLES], ranks[~single[ranks]]])[:size]
    chosen.sort()
    return keys[chosen], counts[chosen], len(texts)
