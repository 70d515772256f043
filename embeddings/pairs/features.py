"""What speaks for and against two stories telling the same, as numbers.  Every one is symmetric."""

import math

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.pairs.profile import Profile
from tianfu.embeddings.pairs.rarity import Rarity, apart, shared
from tianfu.embeddings.pairs.runs import covered
from tianfu.embeddings.reprints.passages import shared_grams
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


Row = npt.NDArray[np.float64]
"""Shape (len(NAMES),), in the order of :data:`NAMES`; mostly 0..1."""


def features(a: Profile, b: Profile, verdict: ReprintVerdict, rarity: Rarity) -> Row:
    """All features of a pair whose texts were aligned."""
    return _row(
        a,
        b,
        rarity,
        run=covered(a.runs, b.runs),
        containment=verdict.containment,
        sibling=verdict.containment * max(math.tanh(verdict.sibling_odds / 8.0), 0.0),
        inner=verdict.inner**2 * _over_half(verdict.in_long),
        own_stretch=verdict.own_stretch,
    )


def feature_range(a: Profile, b: Profile, rarity: Rarity) -> tuple[Row, Row]:
    """The least and the most that :func:`features` can give, before the texts are aligned.

    A letter in a shared passage of twelve lies in a shared run of eight, so ``covered`` bounds what of a
    text stands in long passages.
    """
    rows, _ = shared_grams(a.text.grams, b.text.grams)
    containment = len(rows) / max(min(len(a.text.grams.distinct), len(b.text.grams.distinct)), 1)
    run = covered(a.runs, b.runs)
    low = _row(a, b, rarity, run=run, containment=containment, sibling=0.0, inner=0.0, own_stretch=0)
    high = low.copy()
    high[NAMES.index("sibling")] = containment
    high[NAMES.index("inner_copied")] = _over_half(run)
    high[NAMES.index("own_stretch")] = math.log1p(max(a.text.letters, b.text.letters))
    return low, high


def _row(
    a: Profile,
    b: Profile,
    rarity: Rarity,
    *,
    run: float,
    containment: float,
    sibling: float,
    inner: float,
    own_stretch: int,
) -> Row:
    values = (
        run,
        covered(a.long_runs, b.long_runs) if run else 0.0,
        _top(rarity.weights[shared(a.whole, b.whole)]),
        containment,
        sibling,
        inner,
        math.log1p(own_stretch),
        _own_title(a, b, rarity) + _own_title(b, a, rarity),
        float(bool(a.title_numbers & b.title_numbers)),
        float(bool(a.days & b.days)),
        float(a.first_day == b.first_day > 0),
    )
    return np.array(values, dtype=np.float64)


def _over_half(share: float) -> float:
    return max(share - 0.4, 0.0) / 0.6


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
