"""What is worth seeing of a tagger: whether its confidence holds, and which classes it knows."""

from collections.abc import Mapping

import numpy as np

from tianfu.eval.bootstrap import bootstrap
from tianfu.eval.calibration import confidence_bins
from tianfu.eval.pictures import Bar, Bars, Curves
from tianfu.eval.tagging_measures import TagAnswers, TagTruth, class_measure
from tianfu.model.vocab.topics import load_topics

RESAMPLES = 200


def reliability(truth: TagTruth, methods: Mapping[str, TagAnswers]) -> Curves:
    """Share of right tags over confidence (DeGroot and Fienberg 1983), a line a method."""
    return Curves(
        title="Is a confidence of 0.7 right in seven of ten cases?",
        x="confidence",
        y="share that is right",
        lines={
            name: [(b.confidence, b.right) for b in confidence_bins(said.probabilities, truth.labels)]
            for name, said in methods.items()
        },
        diagonal=True,
    )


def f1_bars(truth: TagTruth, methods: Mapping[str, TagAnswers]) -> Bars:
    """F1 of each class that occurs, the most frequent first, with the interval of the first method."""
    names = [f"{topic.code} {topic.name}" for topic in load_topics().all]
    counts = truth.labels.sum(axis=0)
    everything = np.arange(len(truth.labels), dtype=np.int64)
    values = {name: class_measure(truth, said, names)(everything) for name, said in methods.items()}
    model = next(iter(methods.values()))
    _, intervals = bootstrap(len(everything), class_measure(truth, model, names), resamples=RESAMPLES)
    return Bars(
        title="Which classes does it know?",
        x="F1",
        bars=[
            Bar(
                name=f"{names[column]} ({counts[column]})",
                values={method: found[names[column]] for method, found in values.items()},
                interval=intervals[names[column]],
            )
            for column in np.argsort(-counts, kind="stable").tolist()
            if counts[column]
        ],
    )
