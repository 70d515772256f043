"""Suite ``retrieval``: a headline should find its own story."""

import time
from collections.abc import Sequence
from pathlib import Path

from tianfu.eval.core import Subject, SuiteResult, mean_interval
from tianfu.eval.measures import Floats, Ranks, partner_ranks, recall_at, reciprocal_rank_at
from tianfu.eval.rows import read_rows
from tianfu.eval.tfidf import tfidf_cosines

NAME = "retrieval"
LEAD_CHARS = 160
"""How much of a body is encoded: its lead, so that methods see the same text."""


def run(files: Sequence[Path], subject: Subject) -> SuiteResult:
    """Rank all bodies for each title; rows are ``{"title", "body"}``.

    Metrics: ``recall_at_1``, ``recall_at_10``, ``mrr_at_10``; baseline ``tfidf`` over characters and
    pairs of characters, fitted on the very rows.
    """
    rows = [row for file in files for row in read_rows(file, needs=("title", "body"), limit=subject.limit)]
    rows = rows[: subject.limit]
    return measure([str(row["title"]) for row in rows], [str(row["body"]) for row in rows], subject)


def measure(titles: Sequence[str], bodies: Sequence[str], subject: Subject) -> SuiteResult:
    """Rank all bodies for each title; body i belongs to title i."""
    begin = time.perf_counter()
    leads = [body[:LEAD_CHARS] for body in bodies]
    scores = item_scores(partner_ranks(subject.encoder.encode(titles), subject.encoder.encode(leads)))
    baselines = {}
    if subject.baselines:
        found = tfidf_cosines(titles, leads, fit=[*titles, *leads])
        other = item_scores((found >= found.diagonal()[:, None]).sum(axis=1))
        baselines["tfidf"] = {name: float(values.mean()) for name, values in other.items()}
    return SuiteResult(
        suite=NAME,
        model=subject.facts,
        n=len(titles),
        metrics={name: float(values.mean()) for name, values in scores.items()},
        intervals={name: mean_interval(values) for name, values in scores.items()},
        baselines=baselines,
        seconds=time.perf_counter() - begin,
    )


def item_scores(ranks: Ranks) -> dict[str, Floats]:
    """Each metric's score of every query."""
    return {
        "recall_at_1": recall_at(ranks, 1),
        "recall_at_10": recall_at(ranks, 10),
        "mrr_at_10": reciprocal_rank_at(ranks, 10),
    }
