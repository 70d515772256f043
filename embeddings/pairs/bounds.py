"""What no training can move: which pairs are siblings, and which are misread copies.

Between these bounds two small heads decide.  Siblings never join, whatever they share; a copy misread (by a
scanner, say) shares hardly one long run with its original and is one all the same.
"""

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.pairs.heads import Head
from tianfu.embeddings.reprints.verify import ReprintVerdict

SIBLING_ODDS = 4.0
"""Log odds of another bulletin of one series from which a text is no copy, whatever it shares."""
MISREAD_COPIED = 0.75
MISREAD_SLIPS = 0.02
"""Share of the parallel letters exchanged or lost singly from which a text was misread, not edited."""
MISREAD_CONTAINMENT = 0.1
"""Share of runs of five letters that a misread copy keeps at the least: a third of its letters are wrong."""
GARBLED_SLIPS, GARBLED_SHARE, GARBLED_PER_FIGURE = 12, 0.03, 3
"""So many slips, such a share of the parallel letters, so many for each changed figure: then the figures
were misread with the rest and tell nothing of a series, whose next bulletin changes its figures first."""
_MISREAD_SCORE = 0.9


def copy_probability(head: Head, row: npt.NDArray[np.float64], found: ReprintVerdict) -> float:
    """Probability that one text copies the other, 0..1; ``row`` are the features of the pair."""
    if found.same_wording:
        return 1.0
    if found.sibling_odds >= SIBLING_ODDS and not is_garbled(found):
        return 0.0
    likely = head.probability(row)
    return max(likely, _MISREAD_SCORE) if is_misread_copy(found) else likely


def is_misread_copy(found: ReprintVerdict) -> bool:
    """Whether letters differ singly all over two texts that run in parallel."""
    return (
        found.containment >= MISREAD_CONTAINMENT
        and found.copied >= MISREAD_COPIED
        and found.changes.slips >= MISREAD_SLIPS * _parallel(found)
    )


def is_garbled(found: ReprintVerdict) -> bool:
    """Whether a text was misread so thoroughly that its changed figures are no sign of another bulletin."""
    seen = found.changes
    return is_misread_copy(found) and seen.slips >= max(
        GARBLED_SLIPS, GARBLED_SHARE * _parallel(found), GARBLED_PER_FIGURE * seen.figures_changed
    )


def moved_elsewhere(found: ReprintVerdict) -> bool:
    """Whether two texts run in parallel and every place they name at the same point differs."""
    seen = found.changes
    return found.copied >= MISREAD_COPIED and seen.places_changed > 0 and not seen.places_kept


def _parallel(found: ReprintVerdict) -> int:
    """Letters of the stretches that run in parallel, 1 at the least."""
    seen = found.changes
    return max(seen.covered + seen.bridged_a + seen.bridged_b, 1)
