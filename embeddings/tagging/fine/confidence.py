"""From scores to the probability that an editor would put the topic on the story.

Log-odds by logistic regression.  For words: 930 suggestions on 500 stories (news of 2012 to 2024 and the
demo's), each judged by reading.  For likeness: 49 made-up topics of 3, 5 or 10 stories each, on 12,000
stories of real news.
"""

from math import exp, log

from tianfu.embeddings.tagging.fine.memory import Score
from tianfu.embeddings.tagging.fine.zero_shot import CueScore

THRESHOLD = 0.7
"""Least confidence of a suggestion; of those above it nine in ten were right, by cross-validation."""
NEVER = -50.0
_WORDS, _SCORE, _IN_TITLE, _LIFT = -2.73, 1.54, 2.11, 0.64
_LIKENESS, _TOTAL, _CLOSENESS = -1.95, 3.12, 7.5
_FAR, _CLOSEST, _UNKNOWN = -0.5, 1.3, 0.5
LEAST_TOTAL = 0.1
"""A story with a lower score is never like enough, however close its vector."""
_AGAINST = 6.0
"""What grams of rejected stories take off the words' log-odds; one rejection of the very story takes 2."""


def odds_by_words(cue: CueScore, lift: float, score: Score) -> float:
    """Log-odds by what the story says, less what editors said of stories like it.

    Args:
        cue: The words' score.
        lift: See :class:`tianfu.embeddings.tagging.fine.likeness.Likeness`.
        score: Likeness to stories that editors decided on.
    """
    if cue.score <= 0.0:
        return NEVER
    odds = _WORDS + _SCORE * log(cue.score) + _IN_TITLE * cue.in_title + _LIFT * lift
    return odds + _AGAINST * score.against


def odds_by_likeness(score: Score, closeness: float | None) -> float:
    """Log-odds by likeness to accepted stories.

    Args:
        score: The line's score.
        closeness: 0 for a vector no closer to the accepted stories' centre than stories at large, 1 for
            one as close as they are themselves; ``None`` where vectors are missing.
    """
    if score.total <= LEAST_TOTAL:
        return NEVER
    near = _UNKNOWN if closeness is None else min(max(closeness, _FAR), _CLOSEST)
    return _LIKENESS + _TOTAL * log(score.total) + _CLOSENESS * near


def confidence(*odds: float) -> float:
    """Probability when several independent reasons speak: their odds add up."""
    total = sum(exp(min(one, 30.0)) for one in odds)
    return total / (1.0 + total)
