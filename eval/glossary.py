"""What each figure means, in a line."""

from collections.abc import Mapping

_LINES: Mapping[str, str] = {
    "micro_f1": "F1 over all story and class cells together",
    "macro_f1": "mean of the classes' F1: rare classes count as much as frequent ones",
    "primary_accuracy": "share of stories whose first class is the primary one",
    "ece": "expected calibration error of what is told, 0.05 and more: mean gap between confidence and share"
    " right; lower is better",
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
    "items_per_second": "stories, pairs or requests answered a second, both models in turns on this machine",
    "ndcg_at_10": "how high wanted stories stand among the first ten, 1 where all stand first",
    "page_auc": "how often a wanted story of a page stands above one that was passed over",
    "first_wanted": "share of pages whose first story was wanted",
    "small_outlets_seen": "share of what is looked at that comes from the smaller half of county outlets",
    "topics_in_five": "distinct classes among the first five, over five",
    "recall_at_1": "share of headlines whose own story comes first",
    "recall_at_10": "share of headlines whose own story is among the first ten",
    "mrr_at_10": "mean of one over the place of the own story, 0 beyond the tenth",
    "spearman": "rank correlation of cosines with people's labels, -1 to 1",
    "probe_accuracy": "share right by logistic regression on the frozen vectors",
    "probe_macro_f1": "mean of the classes' F1 by the same",
    "head_accuracy": "share right by words, n-grams and vectors together",
    "head_macro_f1": "mean of the classes' F1 by the same",
    "reward": "clicks a visit",
    "appeal": "mean true appeal of the stories of first pages, as is all below",
    "ndcg": "their discounted appeal over that of the same stories in the best order",
    "again": "share that stood on an earlier first page of the reader",
    "topics_on_a_page": "distinct classes on a page",
    "bubble_bits": "entropy of the classes a reader is shown in all",
    "top_two": "share of the two classes a reader is shown most",
    "outside_taste": "share of none of the reader's own classes",
    "cold_share": "appeal of a reader's first three visits over that from the tenth on",
    "cold_stories": "share whose event nobody had clicked",
    "cold_story_clicks": "how often one of those is clicked over how often another is",
    "first_told": "share shown in the version of who told it first",
    "placed": "share that a person placed",
    "small_outlets": "share of the half of county outlets that publishes least",
    "own_outlet": "share of the reader's own outlet",
    "gini": "how unevenly outlets are shown, 0 to 1",
    "silent_again": "share shown again to readers who never click",
    "silent_topics": "distinct classes on their pages",
    "stories_seen": "distinct stories shown to anybody",
    "never_shown": "share of events that nobody was shown",
    "hours_to_reader": "median from an event's first story to its first reader",
}
_EDIT = "recall_"


def meaning_of(metric: str) -> str:
    """A line on a metric; empty for one that is not known."""
    if metric in _LINES:
        return _LINES[metric]
    return (
        f"recall of copies made by the edit {metric.removeprefix(_EDIT)}" if metric.startswith(_EDIT) else ""
    )
