"""How loudly a story's words speak for each topic: BM25 over words that were written, not learned.

For a topic the score is the sum over its words of ``weight * tf * (K + 1) / (tf + K)`` (Robertson and
Zaragoza 2009), where tf counts a word in the title 2.5 times, in the first sentences once, further down
half.  News is short and says the matter first, so length is bounded instead of normalised.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tianfu.embeddings.tagging.fine.cues import CueHit
from tianfu.model.tag import TextField

TITLE_TF, OPENING_TF, LATER_TF = 2.5, 1.0, 0.5
OPENING_CHARS = 120
"""The first sentences of a body."""
K = 1.5


@dataclass(slots=True)
class CueScore:
    """What words say of one topic.

    Attributes:
        score: Sum over words, 0 and up.
        in_title: Weight of the loudest word of the title, 0..1.
        named: Whether any word names the topic itself.
        parts: Each hit with its share of the score; they add up to it.
    """

    score: float = 0.0
    in_title: float = 0.0
    named: bool = False
    parts: list[tuple[CueHit, float]] = field(default_factory=list)


def score_cues(hits: Iterable[CueHit]) -> dict[str, CueScore]:
    """Score every topic that a word speaks for."""
    by_word: dict[str, list[tuple[CueHit, float]]] = {}
    for hit in hits:
        by_word.setdefault(hit.cue.text, []).append((hit, _frequency(hit)))
    found: dict[str, CueScore] = {}
    for said in by_word.values():
        total = sum(tf for _, tf in said)
        in_title = any(hit.field is TextField.TITLE for hit, _ in said)
        for code, weight in said[0][0].cue.topics.items():
            one = found.setdefault(code, CueScore())
            share = weight * (K + 1) / (total + K)
            one.score += share * total
            one.in_title = max(one.in_title, weight if in_title else 0.0)
            one.named |= weight == 1.0
            one.parts += [(hit, share * tf) for hit, tf in said]
    return found


def _frequency(hit: CueHit) -> float:
    if hit.field is TextField.TITLE:
        return TITLE_TF
    return OPENING_TF if hit.start < OPENING_CHARS else LATER_TF
