"""Drift: how far what is written now, and how well models do on it, has moved from some weeks before."""

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from tianfu.model.labels import letter_pairs

LEAST_STORIES = 50
"""In each window, before words and topics are compared."""
LEAST_DECISIONS = 30
"""Of editors, before confidence is compared with them."""
_BINS = 10
MOST_NEW = 1.5
"""Times as many new pairs of letters as between two halves of the weeks before."""
MOST_DIVERGENCE = 0.05
MOST_GAP = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Share of letter pairs in new titles that half of the earlier titles do not have.

    Attributes:
        expected: The same between the two halves of the earlier titles.
        words: Keywords that are new, most used first, with the number of stories.
    """

    new: float
    expected: float
    words: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicShift:
    """Shares of classes now and before; ``divergence`` is Jensen and Shannon's in bits, 0..1 (Lin 1991)."""

    divergence: float
    shares: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Confidence of suggested topics against editors' word.

    Attributes:
        decisions: How many suggestions editors accepted or rejected.
        accepted: Share of them that was accepted.
        confidence: What the model was sure of on the mean.
        gap: Mean distance of confidence and share accepted over ten bins, weighted (ECE; Naeini et al. 2015).
        added: Topics that editors put on themselves: what the model missed.
    """

    decisions: int
    accepted: float
    confidence: float
    gap: float
    added: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """Recent days beside the weeks before; parts without enough to compare are ``None``.

    Attributes:
        alarms: Names of the parts that moved further than is usual.
    """

    days: int
    before_days: int
    stories: int
    stories_before: int
    vocabulary: Vocabulary | None
    topics: TopicShift | None
    calibration: Calibration | None
    calibration_before: Calibration | None
    pairs_told_apart: int
    alarms: tuple[str, ...]


def vocabulary_shift(
    now: Sequence[str], before: Sequence[str], words: Sequence[tuple[str, int]]
) -> Vocabulary | None:
    """Compare titles; ``None`` when there are too few on one side."""
    if min(len(now), len(before) // 2) < LEAST_STORIES:
        return None
    known = set().union(*(letter_pairs(title) for title in before[::2]))
    return Vocabulary(new=_unknown(now, known), expected=_unknown(before[1::2], known), words=tuple(words))


def topic_shift(now: Mapping[str, int], before: Mapping[str, int]) -> TopicShift | None:
    """Compare how often each class comes first; ``None`` when there are too few stories on one side."""
    total, total_before = sum(now.values()), sum(before.values())
    if min(total, total_before) < LEAST_STORIES:
        return None
    shares = {
        code: (now.get(code, 0) / total, before.get(code, 0) / total_before)
        for code in sorted(now.keys() | before.keys())
    }
    divergence = sum(0.5 * _bits(p, (p + q) / 2) + 0.5 * _bits(q, (p + q) / 2) for p, q in shares.values())
    return TopicShift(divergence=max(0.0, divergence), shares=shares)


def calibration_of(decided: Sequence[tuple[float, bool]], *, added: int) -> Calibration | None:
    """Compare confidence with editors' word; ``None`` when they decided on too few suggestions."""
    if len(decided) < LEAST_DECISIONS:
        return None
    bins: dict[int, list[tuple[float, bool]]] = {}
    for confidence, accepted in decided:
        bins.setdefault(min(_BINS - 1, int(confidence * _BINS)), []).append((confidence, accepted))
    gap = sum(abs(sum(c for c, _ in rows) - sum(a for _, a in rows)) for rows in bins.values())
    return Calibration(
        decisions=len(decided),
        accepted=sum(accepted for _, accepted in decided) / len(decided),
        confidence=sum(confidence for confidence, _ in decided) / len(decided),
        gap=gap / len(decided),
        added=added,
    )


def alarms_of(
    vocabulary: Vocabulary | None, topics: TopicShift | None, calibration: Calibration | None
) -> tuple[str, ...]:
    """Names of the parts that moved further than is usual."""
    found = []
    if vocabulary is not None and vocabulary.new > MOST_NEW * vocabulary.expected + 0.01:
        found.append("vocabulary")
    if topics is not None and topics.divergence > MOST_DIVERGENCE:
        found.append("topics")
    if calibration is not None and calibration.gap > MOST_GAP:
        found.append("calibration")
    return tuple(found)


def _unknown(titles: Sequence[str], known: AbstractSet[str]) -> float:
    total = unknown = 0
    for title in titles:
        pairs = letter_pairs(title)
        total += len(pairs)
        unknown += len(pairs - known)
    return unknown / total if total else 0.0


def _bits(p: float, mean: float) -> float:
    return p * math.log2(p / mean) if p > 0 else 0.0
