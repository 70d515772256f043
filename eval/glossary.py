"""What each figure means, in a line."""

from collections.abc import Mapping

_LINES: Mapping[str, str] = {
    "micro_f1": "F1 over all story and class cells together",
    "macro_f1": "mean of the classes' F1: rare classes count as much as frequent ones",
    "primary_accuracy": "share of stories whose first class is the primary one",
    "ece": "expected calibration error: mean gap between confidence and share right; lower is better",
    "coverage_at_precision_90": "share of stories, surest first, up to which 9 in 10 first classes are right",
    "reprint_f1": "F1 of reprint against the rest",
    "same_event_f1": "F1 of reprint or same event against the rest",
    "relation_macro_f1": "mean of the F1 of the relations that occur",
    "reprint_precision": "share of the pairs called reprint that are",
    "same_event_precision": "share of the pairs called reprint or same event that are one of them",
    "precision": "share of the stories named that are the source",
    "recall": "share of the copies whose source was named",
    "false_alarm_rate": "share of stories of their own that had a source named; lower is better",
    "stories_per_second": "corpus and queries over the time to index and look up, on this machine",
    "recall_at_1": "share of headlines whose own story comes first",
    "recall_at_10": "share of headlines whose own story is among the first ten",
    "mrr_at_10": "mean of one over the place of the own story, 0 beyond the tenth",
    "spearman": "rank correlation of cosines with people's labels, -1 to 1",
    "probe_accuracy": "share right by logistic regression on the frozen vectors",
    "probe_macro_f1": "mean of the classes' F1 by the same",
    "head_accuracy": "share right by n-grams and vectors together, as the product's tagger reads",
    "head_macro_f1": "mean of the classes' F1 by the same",
}
_EDIT = "recall_"


def meaning_of(metric: str) -> str:
    """A line on a metric; empty for one that is not known."""
    if metric in _LINES:
        return _LINES[metric]
    return (
        f"recall of copies made by the edit {metric.removeprefix(_EDIT)}" if metric.startswith(_EDIT) else ""
    )
