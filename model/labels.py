"""Active learning: which stories and pairs an editor's word would teach most about."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

SHARES: Mapping[str, float] = {"doubt": 0.4, "disagreement": 0.25, "rarity": 0.2, "novelty": 0.15}
"""How much each ground counts; a guess until there are enough labels to measure the queue itself."""
_ENOUGH_LABELS = 20
"""A class with so many labels counts half as rare as one with none."""
_EACH = 3
"""How many stories of one class stand in a queue before others have had their turn."""


class Ground(StrEnum):
    """Why an editor is asked."""

    DOUBT = "doubt"
    """The model is unsure."""
    DISAGREEMENT = "disagreement"
    """Stories that tell the same carry different classes, or a pair joined as one does."""
    RARITY = "rarity"
    """Few stories of this class were ever judged."""
    NOVELTY = "novelty"
    """Its title is in words that were not written a month ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicCase:
    """A story that no editor gave or took a topic yet.

    Attributes:
        topics: Classes that the model suggests, the likeliest first, with confidence.
    """

    number: int
    title: str
    cluster_id: str
    topics: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCase:
    """Two stories that a model joined.

    Attributes:
        score: How sure it was, 0..1.
        topics: First class of each side, ``None`` where it has none.
        titles: Of each side.
    """

    a: int
    b: int
    score: float
    topics: tuple[str | None, str | None]
    titles: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask an editor.

    Attributes:
        numbers: One story, or the two of a pair.
        usefulness: 0..1; what comes first is asked first.
        grounds: How strongly each speaks, 0..1; those at 0 are left out.
    """

    numbers: tuple[int, ...]
    usefulness: float
    grounds: Mapping[Ground, float]


def ask_topics(
    cases: Sequence[TopicCase], *, labelled: Mapping[str, int], known: AbstractSet[str], limit: int
) -> list[Question]:
    """The most useful stories to judge: one a cluster, and no more than three of a class in a row.

    Args:
        cases: Candidates.
        labelled: How many stories editors gave each class.
        known: Pairs of letters of earlier titles, as :func:`letter_pairs` gives them.
        limit: How many at most.
    """
    firsts: dict[str, set[str]] = {}
    for case in cases:
        if case.topics:
            firsts.setdefault(case.cluster_id, set()).add(case.topics[0][0])
    asked: dict[str, tuple[Question, str]] = {}
    for case in cases:
        top = case.topics[0][0] if case.topics else ""
        question = _question(
            (case.number,),
            doubt=_doubt(case.topics),
            disagreement=float(len(firsts.get(case.cluster_id, ())) > 1),
            rarity=_ENOUGH_LABELS / (_ENOUGH_LABELS + labelled.get(top, 0)),
            novelty=_novelty(case.title, known),
        )
        best = asked.get(case.cluster_id)
        if best is None or _rank(question) < _rank(best[0]):
            asked[case.cluster_id] = (question, top)
    return _in_turns(sorted(asked.values(), key=lambda one: _rank(one[0])), limit)


def ask_pairs(cases: Iterable[PairCase], *, known: AbstractSet[str], limit: int) -> list[Question]:
    """The most useful pairs to judge, of those that models joined."""
    found = [
        _question(
            (case.a, case.b),
            doubt=min(1.0, 2.0 * (1.0 - case.score)),
            disagreement=float(None not in case.topics and case.topics[0] != case.topics[1]),
            rarity=0.0,
            novelty=max(_novelty(title, known) for title in case.titles),
        )
        for case in cases
    ]
    return sorted(found, key=_rank)[:limit]


def letter_pairs(text: str) -> set[str]:
    """Neighbouring pairs of letters and figures of a text."""
    return {a + b for a, b in pairwise(text) if a.isalnum() and b.isalnum()}


def _question(numbers: tuple[int, ...], **strengths: float) -> Question:
    useful = sum(SHARES[name] * value for name, value in strengths.items())
    grounds = {Ground(name): round(value, 3) for name, value in strengths.items() if value > 0}
    return Question(numbers, round(useful, 4), grounds)


def _rank(question: Question) -> tuple[float, tuple[int, ...]]:
    return -question.usefulness, question.numbers


def _doubt(topics: Sequence[tuple[str, float]]) -> float:
    """Small lead of the first class over the second, or little confidence in the only one."""
    if not topics:
        return 1.0
    second = topics[1][1] if len(topics) > 1 else 0.0
    return max(0.0, 1.0 - (topics[0][1] - second))


def _novelty(title: str, known: AbstractSet[str]) -> float:
    pairs = letter_pairs(title)
    return len(pairs - known) / len(pairs) if pairs and known else 0.0


def _in_turns(ranked: Sequence[tuple[Question, str]], limit: int) -> list[Question]:
    taken: Counter[str] = Counter()
    now: list[Question] = []
    later: list[Question] = []
    for question, top in ranked:
        (now if taken[top] < _EACH else later).append(question)
        taken[top] += 1
    return (now + later)[:limit]
