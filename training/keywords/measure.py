"""How many keywords a reader lets stand, and how many of the best are found."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.tagging.keyword_table import KeywordTable
from tianfu.embeddings.tagging.keywords import MOST_KEYWORDS
from tianfu.embeddings.tagging.segment import Segmenter, part_of_speech
from tianfu.training.keywords.readings import Reading

_RESAMPLED = 1_000
_SEED = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordScore:
    """Shares over all stories, 0..1, each with its 95 % interval (bootstrap over stories).

    Attributes:
        a_story: Keywords suggested a story.
        stands: Share of the suggested that a reader lets stand.
        best: Share of the suggested that the reader chose as well.
        found: Share of the reader's choice that is suggested.
    """

    a_story: float
    stands: float
    stands_95: tuple[float, float]
    best: float
    found: float
    found_95: tuple[float, float]


def score(chosen: Sequence[Sequence[str]], readings: Sequence[Reading]) -> KeywordScore:
    """Compare suggestions with what readers chose, word for word."""
    counts = np.array(
        [
            (
                len(words),
                sum(word in one.keywords or word in one.also for word in words),
                len(one.keywords.intersection(words)),
                len(one.keywords),
            )
            for words, one in zip(chosen, readings, strict=True)
        ]
    )
    rng = np.random.default_rng(_SEED)
    again = counts[rng.integers(0, len(counts), (_RESAMPLED, len(counts)))].sum(axis=1)
    said, stands, best, wanted = counts.sum(axis=0)
    return KeywordScore(
        a_story=float(said / len(counts)),
        stands=float(stands / said),
        stands_95=_span(again[:, 1] / again[:, 0]),
        best=float(best / said),
        found=float(best / wanted),
        found_95=_span(again[:, 2] / again[:, 3]),
    )


def by_rarity(readings: Sequence[Reading], table: KeywordTable, segmenter: Segmenter) -> KeywordScore:
    """What the rarest nouns score, by frequency in the story times inverse frequency elsewhere (TF-IDF)."""
    chosen: list[list[str]] = []
    for one in readings:
        words = Counter(
            word
            for word in segmenter.cut(f"{one.title} {one.body}")
            if len(word) > 1 and word.isalnum() and part_of_speech(word)[:1] in ("n", "v", "j", "l", "")
        )
        chosen.append(sorted(words, key=lambda w: -words[w] * table.word(w).idf)[:MOST_KEYWORDS])
    return score(chosen, readings)


def _span(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.quantile(values, (0.025, 0.975))
    return round(float(low), 3), round(float(high), 3)
