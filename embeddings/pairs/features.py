"""What speaks for and against two stories telling the same, as numbers.  Every one is symmetric."""

import math
from collections.abc import Set as AbstractSet

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.pairs.profile import Profile
from tianfu.embeddings.pairs.rarity import RARE, Buckets, Rarity, apart, shared
from tianfu.embeddings.reprints.verify import ReprintVerdict

NAMES = (
    "containment",
    "containment_over_half",
    "four_fifths",
    "copied",
    "in_long",
    "clean_part",
    "one_block",
    "inner_copied",
    "copied_longer",
    "longest_passage",
    "sibling_odds",
    "figures_changed",
    "names_changed",
    "words_changed",
    "noisy_copy",
    "body_cosine",
    "body_containment",
    "title_cosine",
    "title_containment",
    "title_equal",
    "title_in_other_least",
    "title_in_other_most",
    "lead_cosine",
    "lead_in_other_least",
    "lead_in_other_most",
    "figures_shared",
    "figures_both",
    "days_shared",
    "days_apart",
    "latin_shared",
    "named_shared",
    "rarest_alone",
    "rarest_shared",
    "rare_shared",
    "names_shared",
    "names_shared_much",
    "title_own_in_body",
    "length_ratio",
    "shorter_length",
)


def features(a: Profile, b: Profile, verdict: ReprintVerdict, rarity: Rarity) -> npt.NDArray[np.float64]:
    """Shape (len(NAMES),), in the order of :data:`NAMES`; mostly 0..1."""
    found = verdict.changes
    short, long = sorted((a, b), key=lambda p: p.text.letters)
    parallel = max(found.covered + found.bridged_a + found.bridged_b, 1)
    changed, kept = found.figures_changed + found.places_changed, found.figures_kept + found.places_kept
    a_title, b_title = _within(a.title, b.whole, rarity), _within(b.title, a.whole, rarity)
    a_lead, b_lead = _within(a.lead, b.whole, rarity), _within(b.lead, a.whole, rarity)
    common = shared(a.whole, b.whole)
    named = len(shared(a.rare_runs(rarity), b.rare_runs(rarity)))
    values = (
        verdict.containment,
        max(verdict.containment - 0.6, 0.0) * 2.5,
        1.0 / (1.0 + math.exp((0.77 - verdict.containment) / 0.03)),
        verdict.copied,
        verdict.in_long,
        max(verdict.in_long - 0.8, 0.0) * 5.0 * (verdict.sibling_odds <= 0.0),
        min(max(4.0 * verdict.longest / max(short.text.letters, 1) - 2.0, 0.0), 1.0)
        * (verdict.sibling_odds <= 0.0),
        verdict.inner**2 * max(verdict.in_long - 0.4, 0.0) / 0.6,
        min(verdict.copied * short.text.letters / max(long.text.letters, 1), 1.0),
        min(verdict.longest / max(short.text.letters, 1), 1.0),
        math.tanh(verdict.sibling_odds / 8.0),
        changed / (changed + kept + 2.0),
        found.names_changed / (found.names_changed + 1.5),
        min(5.0 * found.words / parallel, 1.0),
        min(10.0 * found.slips / parallel, 1.0) * max(verdict.copied - 0.5, 0.0) * 2.0,
        _cosine(a.body, b.body, rarity),
        max(_within(a.body, b.body, rarity), _within(b.body, a.body, rarity)),
        _cosine(a.title, b.title, rarity),
        max(_within(a.title, b.title, rarity), _within(b.title, a.title, rarity)),
        float(np.array_equal(a.title_letters, b.title_letters)),
        min(a_title, b_title),
        max(a_title, b_title),
        _cosine(a.lead, b.lead, rarity),
        min(a_lead, b_lead),
        max(a_lead, b_lead),
        _overlap(a.figures, b.figures),
        math.tanh(len(a.figures & b.figures) / 4.0),
        float(bool(a.days & b.days)),
        float(bool(a.days) and bool(b.days) and not _days_meet(a, b)),
        _overlap(a.latin, b.latin),
        _overlap(a.named, b.named),
        min(_rarest(a, b, rarity), _rarest(b, a, rarity)),
        _top(rarity.weights[common]),
        _rare_share(a, b, common, rarity),
        math.tanh(named / 5.0),
        math.tanh(named / 20.0),
        _own_title(a, b, rarity) + _own_title(b, a, rarity),
        short.text.letters / max(long.text.letters, 1),
        math.log1p(short.text.letters) / 8.0,
    )
    return np.array(values, dtype=np.float64)


def _cosine(a: Buckets, b: Buckets, rarity: Rarity) -> float:
    top = float((rarity.weights[shared(a, b)] ** 2).sum())
    below = math.sqrt(float((rarity.weights[a] ** 2).sum()) * float((rarity.weights[b] ** 2).sum()))
    return top / below if below else 0.0


def _within(a: Buckets, b: Buckets, rarity: Rarity) -> float:
    """Share of the weight of ``a`` that stands in ``b`` too."""
    own = rarity.mass(a)
    return rarity.mass(shared(a, b)) / own if own else 0.0


def _rarest(a: Profile, b: Profile, rarity: Rarity) -> float:
    """How rare the rarest words are that only ``a`` has."""
    return _top(rarity.weights[apart(a.whole, b.whole)])


def _rare_share(a: Profile, b: Profile, common: Buckets, rarity: Rarity) -> float:
    """Share of the rare pairs of letters of the one with fewer that both have."""
    rare = [int((rarity.weights[whole] >= RARE).sum()) for whole in (a.whole, b.whole, common)]
    return rare[2] / (min(rare[0], rare[1]) + 5.0)


def _top(weights: npt.NDArray[np.float32], count: int = 8) -> float:
    if not len(weights):
        return 0.0
    best = np.partition(weights, -count)[-count:] if len(weights) > count else weights
    return float(best.sum()) / (count * 12.0)


def _own_title(a: Profile, b: Profile, rarity: Rarity) -> float:
    """Weight of what only this headline and its own body say, in the way siblings differ by a name."""
    own = apart(a.title, b.whole)
    return rarity.mass(shared(own, a.body)) / max(rarity.mass(a.title), 1e-9)


def _overlap(a: AbstractSet[object], b: AbstractSet[object]) -> float:
    least = min(len(a), len(b))
    return len(a & b) / least if least else 0.0


def _days_meet(a: Profile, b: Profile) -> bool:
    return any(
        day == other and (not month or not other_month or month == other_month)
        for month, day in a.days
        for other_month, other in b.days
    )
