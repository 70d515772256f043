"""What every suite shares: the record of a run, and what is measured."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from tianfu.embeddings.ranker import Ranker
from tianfu.eval.pictures import Example, Picture
from tianfu.model.errors import InvalidInput
from tianfu.model.feed.scoring import Scorer
from tianfu.model.ports import Encoder, PairJudge, Tagger, TaggingText

Model = TypeVar("Model")
Metrics = Mapping[str, float]
Intervals = Mapping[str, tuple[float, float]]


class TopicModel(Tagger, Protocol):
    """A tagger that also tells what it holds of the classes it does not suggest."""

    @property
    def classes(self) -> Sequence[str]:
        """Codes of its classes."""
        ...

    def probabilities(self, texts: Sequence[TaggingText]) -> npt.NDArray[np.float32]:
        """Probability of each class, shape (texts, classes); zeros for a text without known words."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table for the page, cells as shown."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteResult:
    """One suite run once; the keys of ``metrics`` are part of the public contract.

    Attributes:
        suite: Name of the suite.
        model: Name, version and fingerprint of what was measured.
        n: How many items were measured.
        metrics: Ratios 0..1 unless the name says otherwise.
        intervals: 95 % bootstrap interval of each metric that has one, low and high.
        baselines: The same metrics of simpler methods on the same items.
        seconds: Wall time of the whole run.
        baseline_intervals: Of the baselines, by name; for tables and pages.
        pictures: What is worth drawing, as numbers; for pages.
        examples: Items that went wrong, worst first; empty unless asked for.
        summary: What follows from the figures, in a sentence; empty where nothing does.
        tables: Beyond that of the metrics; for pages.
        more: What this suite writes beside what all write, by name.
    """

    suite: str
    model: Mapping[str, Any]
    n: int
    metrics: Metrics
    intervals: Intervals = field(default_factory=dict)
    baselines: Mapping[str, Metrics] = field(default_factory=dict)
    seconds: float = 0.0
    baseline_intervals: Mapping[str, Intervals] = field(default_factory=dict)
    pictures: Sequence[Picture] = ()
    examples: Sequence[Example] = ()
    summary: str = ""
    tables: Sequence[Table] = ()
    more: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain values, rounded to six digits, as ``--json`` writes them."""
        return {
            "suite": self.suite,
            "model": dict(self.model),
            "n": self.n,
            "metrics": {name: round(value, 6) for name, value in self.metrics.items()},
            "intervals": {
                name: [round(low, 6), round(high, 6)] for name, (low, high) in self.intervals.items()
            },
            "baselines": {
                name: {metric: round(value, 6) for metric, value in metrics.items()}
                for name, metrics in self.baselines.items()
            },
            "seconds": round(self.seconds, 3),
            **self.more,
        }


Told = Callable[[str, int, int], None]
"""Told the name of a long step, how much of it is done, and of how much."""


def silent(_step: str, _done: int, _of: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a suite measures, and how far.

    Attributes:
        encoder: Loaded and ready, for the suites that measure an encoder.
        tagger: For the suite ``tagging``.
        judge: For the suites of copies and pairs.
        ranker: For the suite ``recommendation``, beside the encoder of titles.
        scorer: Of feeds, for comparing.
        beside: Another ranker, measured on the same moments.
        facts: Name, version and fingerprint of the model, for the record.
        baselines: Whether simpler methods are measured beside it.
        limit: Measure at most this many items, from the front; ``None`` takes all.
        since_s: From when the suite ``recommendation`` ranks, seconds since the epoch.
        told: Of long suites, how far they are.
        examples: How many of the worst items are quoted by their headlines.
    """

    encoder: Encoder | None = None
    tagger: TopicModel | None = None
    judge: PairJudge | None = None
    ranker: Ranker | None = None
    beside: Ranker | None = None
    scorer: Scorer | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    baselines: bool = True
    limit: int | None = None
    examples: int = 0
    since_s: float = 0.0
    told: Told = silent


def needed(model: Model | None, kind: str) -> Model:
    """The model a suite cannot do without.

    Raises:
        InvalidInput: It was not given.
    """
    if model is None:
        raise InvalidInput(field="model", why=f"this suite measures a model of kind {kind}")
    return model


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A model's metrics with 95 % intervals, and those of simpler methods by name."""

    metrics: Metrics
    intervals: Intervals
    baselines: Mapping[str, Metrics] = field(default_factory=dict)
    baseline_intervals: Mapping[str, Intervals] = field(default_factory=dict)


def record(
    suite: str,
    subject: Subject,
    n: int,
    comparison: Comparison,
    *,
    began: float,
    pictures: Sequence[Picture] = (),
    examples: Sequence[Example] = (),
) -> SuiteResult:
    """Put a run on record.

    Args:
        suite: Name of the suite.
        subject: What was measured; says how many examples are kept.
        n: How many items were measured.
        comparison: What was found.
        began: ``time.perf_counter()`` at the start.
        pictures: What is worth drawing.
        examples: Worst first.
    """
    return SuiteResult(
        suite=suite,
        model=subject.facts,
        n=n,
        metrics=comparison.metrics,
        intervals=comparison.intervals,
        baselines=comparison.baselines,
        seconds=time.perf_counter() - began,
        baseline_intervals=comparison.baseline_intervals,
        pictures=pictures,
        examples=examples[: subject.examples],
    )
