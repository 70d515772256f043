"""What speaks for and against two stories telling the same, as numbers.  Every one is symmetric."""

import math

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.pairs.profile import Profile
from tianfu.embeddings.pairs.rarity import Rarity, apart, shared
from tianfu.embeddings.pairs.runs import covered
from tianfu.embeddings.reprints.verify import ReprintVerdict

NAMES = (
    "covered",
    "covered_long",
    "rarest_shared",
    "containment",
    "sibling",
    "inner_copied",
    "own_stretch",
    "title_own_in_body",
    "title_numbers_shared",
    "days_shared",
    "first_day_same",
)


def features(a: Profile, b: Profile, verdict: ReprintVerdict, rarity: Rarity) -> npt.NDArray[np.float64]:
    """Shape (len(NAMES),), in the order of :data:`NAMES`; mostly 0..1."""
    run = covered(a.runs, b.runs)
    values = (
        run,
        covered(a.long_runs, b.long_runs) if run else 0.0,
        _top(rarity.weights[shared(a.whole, b.whole)]),
        verdict.containment,
        verdict.containment * max(math.tanh(verdict.sibling_odds / 8.0), 0.0),
        verdict.inner**2 * max(verdict.in_long - 0.4, 0.0) / 0.6,
        math.log1p(verdict.own_stretch),
        _own_title(a, b, rarity) + _own_title(b, a, rarity),
        float(bool(a.title_numbers & b.title_numbers)),
        float(bool(a.days & b.days)),
        float(a.first_day == b.first_day > 0),
    )
    return np.array(values, dtype=np.float64)


def _top(weights: npt.NDArray[np.float32], count: int = 8) -> float:
    """How rare the rarest are."""
    if not len(weights):
        return 0.0
    best = np.partition(weights, -count)[-count:] if len(weights) > count else weights
    return float(best.sum()) / (count * 12.0)


def _own_title(a: Profile, b: Profile, rarity: Rarity) -> float:
    """Weight of what only this headline and its own body say, in the way siblings differ by a name."""
    own = apart(a.title, b.whole)
    return rarity.mass(shared(own, a.body)) / max(rarity.mass(a.title), 1e-9)
