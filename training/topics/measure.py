"""Measures of a tagger during training: those of ``tianfu eval tagging``, rounded for the card."""

from tianfu.eval.bootstrap import bootstrap
from tianfu.eval.tagging_measures import Cells, Columns, Floats, TagTruth, answers_at, tagging_measure


def tagging_metrics(
    probabilities: Floats, labels: Cells, primary: Columns, *, threshold: float, seed: int
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """The figures of the suite, with 95 % intervals, four digits each.

    Args:
        probabilities: Shape (stories, classes).
        labels: Shape (stories, classes).
        primary: Column of the primary class, shape (stories,).
        threshold: From here on a class is given; the likeliest always is.
        seed: Of the bootstrap.
    """
    truth = TagTruth(labels=labels, primary=primary)
    measure = tagging_measure(truth, answers_at(probabilities, threshold))
    metrics, intervals = bootstrap(len(labels), measure, seed=seed)
    return (
        {name: round(value, 4) for name, value in metrics.items()},
        {name: [round(low, 4), round(high, 4)] for name, (low, high) in intervals.items()},
    )
