"""Measures of a search for copies."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tianfu.eval.bootstrap import Measure, Rows, bootstrap
from tianfu.eval.pictures import Bar, Bars
from tianfu.model.ports import PairText

Same = Callable[[str, str], bool]
Found = Sequence[str | None]
RESAMPLES = 200
UNNAMED = "unnamed"
"""The edit of copies that do not tell theirs, where others do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyQuery:
    """A story to look up.

    Attributes:
        source: Id of the story it is a copy of, or ``None`` for a story of its own.
        edit: What kind of edit made the copy, where that is known.
    """

    id: str
    text: PairText
    source: str | None
    edit: str | None = None


def never_same(_a: str, _b: str) -> bool:
    """For corpora in which no text stands twice."""
    return False


def reprint_measure(queries: Sequence[CopyQuery], found: Found, same: Same = never_same) -> Measure:
    """The figures of the suite.

    ``precision``: of the stories named, how many are the source; ``recall``: of the copies, how many had
    their source named; ``false_alarm_rate``: of the stories of their own, how many had one named.
    Where queries tell their edit, ``recall_EDIT`` is the recall of its copies.

    Args:
        queries: With their truth.
        found: One answer for each.
        same: Whether two ids of the corpus are the same text, so that either will do.
    """
    copies = np.array([query.source is not None for query in queries])
    named = np.array([answer is not None for answer in found])
    right = np.array([_right(query, answer, same) for query, answer in zip(queries, found, strict=True)])
    of_edit = {f"recall_{edit}": rows for edit, rows in _edits(queries).items()}

    def at(rows: Rows) -> dict[str, float]:
        is_copy, hit, told = copies[rows], right[rows], named[rows]
        figures = {
            "precision": hit.sum() / max(told.sum(), 1),
            "recall": hit.sum() / max(is_copy.sum(), 1),
            "false_alarm_rate": (told & ~is_copy).sum() / max((~is_copy).sum(), 1),
        }
        figures |= {
            name: (hit & these[rows]).sum() / max(these[rows].sum(), 1) for name, these in of_edit.items()
        }
        return {name: float(value) for name, value in figures.items()}

    return at


def outcome_bars(queries: Sequence[CopyQuery], found: Mapping[str, Found], same: Same) -> Bars:
    """Precision, recall and false alarms beside each other."""
    return _bars("What is found?", queries, found, same, ("precision", "recall", "false_alarm_rate"))


def edit_bars(queries: Sequence[CopyQuery], found: Mapping[str, Found], same: Same) -> Bars:
    """Recall of each kind of edit, the most frequent first."""
    edits = {edit: int(rows.sum()) for edit, rows in _edits(queries).items()}
    order = sorted(edits, key=lambda edit: (-edits[edit], edit))
    shown = {f"recall_{edit}": f"{edit} ({edits[edit]})" for edit in order}
    return _bars("Which edits hide a copy?", queries, found, same, tuple(shown), shown)


def _bars(
    title: str,
    queries: Sequence[CopyQuery],
    found: Mapping[str, Found],
    same: Same,
    metrics: Sequence[str],
    shown: Mapping[str, str] | None = None,
) -> Bars:
    measured = {
        name: bootstrap(len(queries), reprint_measure(queries, answers, same), resamples=RESAMPLES)
        for name, answers in found.items()
    }
    _, intervals = measured["model"]
    return Bars(
        title=title,
        x="share",
        bars=[
            Bar(
                name=(shown or {}).get(metric, metric),
                values={name: point[metric] for name, (point, _) in measured.items()},
                interval=intervals[metric],
            )
            for metric in metrics
        ],
    )


def _right(query: CopyQuery, answer: str | None, same: Same) -> bool:
    if query.source is None or answer is None:
        return False
    return answer == query.source or same(answer, query.source)


def _edits(queries: Sequence[CopyQuery]) -> dict[str, Rows]:
    """For each edit, whether a query is a copy of it; empty where no copy tells its edit."""
    kinds = [query.edit or UNNAMED if query.source is not None else None for query in queries]
    named = sorted({kind for kind in kinds if kind is not None})
    if named in ([], [UNNAMED]):
        return {}
    return {kind: np.array([k == kind for k in kinds]) for kind in named}
