"""Suite ``recommendation``: was a story near the top just before a reader first clicked it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.ranker import Ranker
from tianfu.eval.bootstrap import Measure, Rows, compare
from tianfu.eval.clicklog import ClickLog, Moment, Titles, read_log, replay
from tianfu.eval.core import Metrics, Subject, SuiteResult, needed, record
from tianfu.eval.pictures import Curves
from tianfu.model.errors import InvalidInput
from tianfu.model.feed.behaviour import FEATURES, SOURCES, TEXT_FEATURES, features
from tianfu.model.feed.clicks import ClickStream, Numbers

NAME = "recommendation"
LOST = 1_000_000
"""Rank of a story that was not among the candidates, or that nobody had clicked before."""
BESIDE = "beside"
"""Name of the other ranker in the record."""
_FRESH_S = 3_600.0
_SHOWN = 10
GAINS = ("hit_at_10", "ndcg_at_10", "fresh_1h_hit_at_10", "fresh_1h_ndcg_at_10")
"""Metrics whose lead over the ranker beside is told."""


@dataclass(slots=True)
class Ranks:
    """Where the clicked stories stood for one method, what its first tens showed, and how varied each was."""

    ranks: list[int] = field(default_factory=list)
    shown: set[int] = field(default_factory=set)
    variety: list[float] = field(default_factory=list)

    def add(self, order: Numbers, story: int, titles: Titles) -> None:
        """Note one moment: candidates in order, best first, and the story that was clicked."""
        at = np.flatnonzero(order == story)
        self.ranks.append(int(at[0]) + 1 if len(at) else LOST)
        self.shown.update(order[:_SHOWN].tolist())
        self.variety.append(_distance_within(order[:_SHOWN], titles))


def _distance_within(first: Numbers, titles: Titles) -> float:
    """Mean of 1 - cosine over pairs of headlines (intra-list distance, Ziegler et al. 2005), or 0."""
    count = len(first)
    if count < 2:
        return 0.0
    cosines = titles.likeness(first.tolist(), first)
    return float(1.0 - (cosines.sum() - np.trace(cosines)) / (count * (count - 1)))


@dataclass(slots=True)
class Walk:
    """Everything that is noted while a log is replayed."""

    methods: dict[str, Ranks]
    readers: list[str] = field(default_factory=list)
    reads: list[int] = field(default_factory=list)
    since_first_s: list[float] = field(default_factory=list)
    unseen: list[bool] = field(default_factory=list)
    known: ClickStream = field(default_factory=ClickStream)


def run(files: Sequence[Path], subject: Subject) -> SuiteResult:
    """Replay a log in order of time and rank before each first click from the subject's ``since_s`` on.

    Stories the reader has clicked before are not ranked again; a story that nobody clicked before counts as
    missed.  Metrics: ``hit_at_5``, ``hit_at_10``, ``ndcg_at_10``, ``mrr_at_20``, ``coverage`` (share of the
    stories known by the end that stood among somebody's first ten), ``diversity`` (how far apart the
    headlines of a first ten are: 1 less the mean cosine), and the first four within bands of the reader's
    earlier clicks (``reads_0``, ``reads_1_2``, ``reads_3``), for stories first clicked less than
    an hour ago (``fresh_1h``) and for stories not clicked before the span (``unseen``).

    Intervals are over readers: a sample draws readers with all their clicks.  With another ranker beside, the
    model's ``…_gain`` is how far it is ahead, on the same samples.

    Args:
        files: The log of clicks and the file of titles.
        subject: The ranker, the encoder of titles, and from when to rank.

    Raises:
        InvalidInput: There are not two files, or no first click from then on.
        UnreadableFile: A file is missing or a row breaks its form.
    """
    began = time.perf_counter()
    ranker = needed(subject.ranker, "ranker")
    if len(files) != 2:
        raise InvalidInput(field="files", why="must be two: the log of clicks and the titles")
    log = read_log(*files)
    titles = Titles(needed(subject.encoder, "encoder"), log.titles)
    walk = walk_through(log, titles, ranker, subject)
    if not walk.reads:
        raise InvalidInput(field="from", why="lies after every first click of the log")
    measures = {name: _measure(found, walk) for name, found in walk.methods.items()}
    if BESIDE in walk.methods:
        measures["model"] = _with_gain(measures["model"], measures[BESIDE])
    count, sampled = by_reader(walk.readers)
    model = sampled(measures.pop("model"))
    others = {name: sampled(measure) for name, measure in measures.items()}
    comparison = compare(count, model, others, resamples=300)
    return record(NAME, subject, len(walk.reads), comparison, began=began, pictures=(_curve(walk),))


def walk_through(log: ClickLog, titles: Titles, ranker: Ranker, subject: Subject) -> Walk:
    """Rank at every moment with the model and, if wanted, with every simpler method and ablation."""
    methods = {**simple_methods(titles), **_factors(log)} if subject.baselines else {}
    ablated = [f"without_{source}" for source in SOURCES] + ["without_text"] if subject.baselines else []
    beside = [BESIDE] if subject.beside is not None else []
    walk = Walk({name: Ranks() for name in ("model", *beside, *methods, *ablated)})
    for moment in replay(log, titles, since_s=subject.since_s):
        story = moment.click.story
        rows = moment.candidates
        values = features(moment.stream, moment.reads, rows, moment.click.at_s, titles.likeness)
        walk.methods["model"].add(ordered(rows, ranker.score(values)), story, titles)
        if subject.beside is not None:
            walk.methods[BESIDE].add(ordered(rows, subject.beside.score(values)), story, titles)
        for name, method in methods.items():
            walk.methods[name].add(method(moment), story, titles)
        if ablated:
            _ablate(moment, values, ranker, walk, titles)
        _note(moment, subject.since_s, walk)
        if len(walk.reads) % 100 == 0:
            subject.told("clicks", int(moment.click.at_s - subject.since_s), int(log.end_s - subject.since_s))
        if subject.limit is not None and len(walk.reads) >= subject.limit:
            break
    return walk


def _note(moment: Moment, since_s: float, walk: Walk) -> None:
    first = moment.since_first_s
    walk.readers.append(moment.click.reader)
    walk.reads.append(len(moment.already))
    walk.since_first_s.append(np.inf if first is None else first)
    walk.unseen.append(first is None or moment.click.at_s - first >= since_s)
    walk.known = moment.stream


def _ablate(
    moment: Moment, values: npt.NDArray[np.float32], ranker: Ranker, walk: Walk, titles: Titles
) -> None:
    rows, story = moment.candidates, moment.click.story
    scores = ranker.score(values)
    for source in SOURCES:
        others = np.concatenate([n for name, n in moment.proposed.items() if name != source])
        left = np.isin(rows, others)
        walk.methods[f"without_{source}"].add(ordered(rows[left], scores[left]), story, titles)
    blind = values.copy()
    blind[:, [FEATURES.index(name) for name in TEXT_FEATURES]] = 0.0
    walk.methods["without_text"].add(ordered(rows, ranker.score(blind)), story, titles)


def ordered(numbers: Numbers, scores: npt.NDArray[np.floating]) -> Numbers:
    """Best first; ties by smaller number."""
    found: Numbers = numbers[np.lexsort((numbers, -scores))]
    return found


def simple_methods(titles: Titles) -> Mapping[str, Callable[[Moment], Numbers]]:
    """Popularity that halves in so many hours, likeness to the last read, item-to-item with popularity."""
    hours = {1: 2, 3: 3, 6: 4, 24: 5}
    return {
        **{f"popular_{h}h": _popular(row) for h, row in hours.items()},
        "content_cosine": lambda moment: _by_content(moment, titles),
        "item_to_item": _item_to_item,
    }


def _factors(log: ClickLog) -> Mapping[str, Callable[[Moment], Numbers]]:
    from tianfu.eval.baselines.factors import FactorModel, HourlyFactors

    return {f"{kind}_hourly": HourlyFactors(kind, log.clicks, _popular(3)) for kind in FactorModel}


def by_reader(readers: Sequence[str]) -> tuple[int, Callable[[Measure], Measure]]:
    """How many readers there are, and what turns a measure of moments into one of readers' moments."""
    _, of = np.unique(np.array(readers), return_inverse=True)
    order = np.argsort(of, kind="stable")
    moments = np.split(order, np.flatnonzero(np.diff(of[order])) + 1)

    def sampled(measure: Measure) -> Measure:
        return lambda at: measure(np.concatenate([moments[place] for place in at.tolist()]))

    return len(moments), sampled


def _with_gain(model: Measure, other: Measure) -> Measure:
    def measure(at: Rows) -> Metrics:
        mine, theirs = model(at), other(at)
        gains = {f"{name}_gain": mine[name] - theirs[name] for name in GAINS}
        return {**mine, **gains}

    return measure


def _popular(half_life: int) -> Callable[[Moment], Numbers]:
    """Clicks that decay by half in so many hours, over every story not yet read."""

    def rank(moment: Moment) -> Numbers:
        known, counts = _unread(moment, half_life)
        return ordered(known, counts)

    return rank


def _unread(moment: Moment, half_life: int) -> tuple[Numbers, npt.NDArray[np.float64]]:
    every = np.arange(len(moment.stream), dtype=np.intp)
    known = moment.stream.numbers
    left = ~np.isin(known, list(moment.already))
    return known[left], moment.stream.counts(every, moment.click.at_s)[half_life][left]


def _by_content(moment: Moment, titles: Titles) -> Numbers:
    known, counts = _unread(moment, 3)
    if not moment.reads.last:
        return ordered(known, counts)
    return ordered(known, titles.likeness([moment.reads.last[-1].number], known)[0])


def _item_to_item(moment: Moment) -> Numbers:
    """What was read after the last ten reads, and a little of what is popular."""
    known, counts = _unread(moment, 3)
    scores = 0.01 * counts
    slots = moment.stream.slots_of(known)
    for place, read in enumerate(reversed(moment.reads.last)):
        forward, _ = moment.stream.after(read.number, slots, moment.click.at_s)
        scores = scores + 2.0 * 0.8**place * forward
    return ordered(known, scores)


def _measure(found: Ranks, walk: Walk) -> Measure:
    ranks = np.array(found.ranks)
    reads = np.array(walk.reads)
    bands = {
        "": np.ones(len(ranks), dtype=np.bool_),
        "reads_0_": reads == 0,
        "reads_1_2_": (reads >= 1) & (reads <= 2),
        "reads_3_": reads >= 3,
        "fresh_1h_": np.array(walk.since_first_s) < _FRESH_S,
        "unseen_": np.array(walk.unseen),
    }
    coverage = len(found.shown) / max(len(walk.known), 1)
    variety = np.array(found.variety)

    def measure(at: Rows) -> Metrics:
        values = {"coverage": coverage, "diversity": float(variety[at].mean())}
        for name, band in bands.items():
            values |= {f"{name}{key}": value for key, value in _scores(ranks[at][band[at]]).items()}
        return values

    return measure


def _scores(ranks: npt.NDArray[np.int64]) -> dict[str, float]:
    if not len(ranks):
        return dict.fromkeys(("hit_at_5", "hit_at_10", "ndcg_at_10", "mrr_at_20"), 0.0)
    return {
        "hit_at_5": float((ranks <= 5).mean()),
        "hit_at_10": float((ranks <= 10).mean()),
        "ndcg_at_10": float(np.where(ranks <= 10, 1 / np.log2(1.0 + ranks), 0.0).mean()),
        "mrr_at_20": float(np.where(ranks <= 20, 1 / ranks, 0.0).mean()),
    }


def _curve(walk: Walk) -> Curves:
    depths = [1, 2, 3, 5, 10, 20, 50]
    shown = [name for name in walk.methods if not name.startswith("without_")]
    return Curves(
        title="How far down stands the story that was clicked?",
        x="k, how many stories are looked at",
        y="share of clicks among the first k",
        lines={
            name: [(k, float((np.array(walk.methods[name].ranks) <= k).mean())) for k in depths]
            for name in shown
        },
        x_range=(1, 50),
        x_ticks=depths,
        logarithmic=True,
    )
