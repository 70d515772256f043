"""Two rankers of feeds on the same decisions: pages replayed, and places that chance gave away."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tianfu.eval.bootstrap import LEVEL, Measure, means
from tianfu.eval.comparing.core import Found, compared
from tianfu.eval.comparing.cost import per_second
from tianfu.eval.comparing.drawn import DRAWN, drawn
from tianfu.eval.core import Subject, SuiteResult, needed
from tianfu.eval.draws import Draws
from tianfu.eval.feedlog import UNKNOWN, FeedLog, over_readers, page_looks, page_measures, places_by
from tianfu.eval.paired import Gap, paired
from tianfu.model.feed.rank import SCENE_FACTORS
from tianfu.model.feed.scoring import FEATURES, Scorer

DECIDES = "ndcg_at_10"
RESAMPLES = 1_000
LEAST_READERS_OF_PART = 10
MOST_KINDS = 10
CANDIDATES = 600
"""Stories that one request scores, as in a large newsroom."""
REQUESTS = 400
BANDS = ((0, 0, "nothing before"), (1, 4, "1 to 4"), (5, 19, "5 to 19"), (20, None, "20 or more"))
"""Readers by what they had turned to before."""
NOBODY = "nobody in particular"
_AS_IT_COMES = dict.fromkeys(FEATURES, 1.0)
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Replay:
    """What rankers are compared on.

    Attributes:
        log: Pages newer than all that either learnt from.
        draws: Likewise.
        rankers: Pages by the ranker that served them.
        places: Items of those pages.
        notes: What to hold against the log, in sentences.
    """

    log: FeedLog
    draws: Draws
    rankers: Mapping[str, int]
    places: int
    notes: Sequence[str] = ()


def compare_rankers(replay: Replay, old: Subject, new: Subject) -> SuiteResult:
    """Compare two rankers: order of pages, parts, what is met first, draws, cost.

    Features are those recorded at the moment of asking, so nothing is known that was not known then.  All
    figures are means over readers of each reader's mean, and resamples draw readers.

    Args:
        replay: With at least one page.
        old: With a scorer.
        new: Likewise.
    """
    began = time.perf_counter()
    log = replay.log
    scorers = needed(old.scorer, "feed_ranker"), needed(new.scorer, "feed_ranker")
    before, after = (scores_of(scorer, log) for scorer in scorers)
    speed = _requests_per_second(log, *scorers)
    chance = drawn(replay.draws, *(plain_scores(scorer) for scorer in scorers))
    gaps = _gaps(log, before, after)
    found = Found(
        n=len(log.pages),
        groups=len(np.unique(log.pages.reader)),
        of="readers",
        decides=DECIDES,
        gaps=gaps,
        sections={DRAWN: chance.gaps, **_parts(log, before, after)},
        changed=_changed(log, before, after),
        speed=speed,
        notes=(*chance.told, *_notes(replay, speed)),
        facts={"chance": chance.facts, "rankers": dict(replay.rankers)},
        against=chance.against(gaps[DECIDES]),
    )
    return compared(found, old, new, began=began)


def scores_of(scorer: Scorer, log: FeedLog) -> Scores:
    """Scores of all items, each as its scene weighs features; outlets' aims are not in a snapshot."""
    found = plain_scores(scorer)(log.pages.features)
    scenes = np.array(log.scene)[log.pages.of]
    for scene, factors in SCENE_FACTORS.items():
        own = scenes == scene.value
        if own.any():
            parts = scorer.parts(log.pages.features[own], _AS_IT_COMES | dict(factors))
            found[own] = parts.sum(axis=1)
    return found


def plain_scores(scorer: Scorer) -> Callable[[Scores], Scores]:
    """The scorer as it comes: no scene, no aim."""
    return lambda features: np.asarray(scorer.parts(features, _AS_IT_COMES).sum(axis=1), dtype=np.float32)


def _measure(log: FeedLog, score: Scores) -> Measure:
    pages = log.pages
    found = page_measures(pages, score) | page_looks(log, score)
    return means({name: over_readers(pages.reader, values) for name, values in found.items()})


def _gaps(log: FeedLog, before: Scores, after: Scores) -> dict[str, Gap]:
    readers = range(len(np.unique(log.pages.reader)))
    return paired(_measure(log, before), _measure(log, after), readers, resamples=RESAMPLES)


def _parts(log: FeedLog, before: Scores, after: Scores) -> dict[str, dict[str, Gap]]:
    values = [page_measures(log.pages, score)[DECIDES] for score in (before, after)]
    kinds: Mapping[str, Sequence[str]] = {
        "Scenes (nDCG)": log.scene,
        "Levels of outlets (nDCG)": log.level,
        "Readers by what they had turned to before (nDCG)": [_band(n) for n in log.earlier.tolist()],
    }
    return {title: _by_kind(log, kind, *values) for title, kind in kinds.items()}


def _by_kind(log: FeedLog, kind: Sequence[str], before: Any, after: Any) -> dict[str, Gap]:
    """Gaps of pages of each kind; intervals are wider, so that all of a table hold together (Bonferroni)."""
    of, reader = np.array(kind), log.pages.reader
    counts = Counter(name for name in kind if name)
    readers = {name: len(np.unique(reader[of == name])) for name in counts}
    shown = [name for name, _ in counts.most_common() if readers[name] >= LEAST_READERS_OF_PART]
    found = {}
    for name in shown:
        own = of == name
        old, new = (means({DECIDES: over_readers(reader[own], values[own])}) for values in (before, after))
        level = 1 - (1 - LEVEL) / len(shown)
        gap = paired(old, new, range(readers[name]), resamples=RESAMPLES, level=level)[DECIDES]
        found[name] = Gap(old=gap.old, new=gap.new, low=gap.low, high=gap.high, n=int(own.sum()))
    return found


def _band(earlier: int) -> str:
    if earlier == UNKNOWN:
        return NOBODY
    return next(name for _, most, name in BANDS if most is None or earlier <= most)


def _changed(log: FeedLog, before: Scores, after: Scores) -> dict[str, Any]:
    """Pages in another order, and how often the first story went from one class to another."""
    pages = log.pages
    places = [places_by(pages, score) for score in (before, after)]
    first = [np.flatnonzero(place == 0) for place in places]
    other = first[0] != first[1]
    was, now = (pages.clicked[at] for at in first)
    names = [*log.topics, "no class"]
    kinds = Counter(
        zip(log.topic[first[0][other]].tolist(), log.topic[first[1][other]].tolist(), strict=True)
    )
    moved = np.bincount(pages.of, weights=places[0] != places[1]) > 0
    return {
        "first_pages_in_another_order": int(moved.sum()),
        "with_another_first_story": int(other.sum()),
        "first_story_now_wanted": int((now & ~was).sum()),
        "first_story_no_longer_wanted": int((was & ~now).sum()),
        "most": [
            {"old": names[a], "new": names[b], "count": n} for (a, b), n in kinds.most_common(MOST_KINDS)
        ],
    }


def _requests_per_second(log: FeedLog, old: Scorer, new: Scorer) -> tuple[float, float]:
    rng = np.random.default_rng(0)
    features = log.pages.features
    requests = [features[rng.integers(0, len(features), CANDIDATES)] for _ in range(REQUESTS)]

    def answered(scorer: Scorer) -> Callable[[Sequence[Scores]], list[Scores]]:
        scores = plain_scores(scorer)
        return lambda batch: [scores(request) for request in batch]

    return per_second(answered(old), answered(new), requests)


def _notes(replay: Replay, speed: tuple[float, float]) -> list[str]:
    pages = sum(replay.rankers.values())
    served = ", ".join(f"{name or 'unnamed'} {n / pages:.0%}" for name, n in replay.rankers.items())
    return [
        f"Pages were put in order by: {served}. What stood first was clicked more for standing first, which "
        "speaks for whatever ranked it; places that chance gave away know no such favour.",
        f"Replayed are {replay.places} places, down to the deepest story of a page that an event tells of, "
        "before variety is seen to.",
        f"Scoring a request of {CANDIDATES} candidates takes {1e3 / speed[0]:.2f} ms with the old ranker and "
        f"{1e3 / speed[1]:.2f} ms with the new one.",
        *replay.notes,
    ]
