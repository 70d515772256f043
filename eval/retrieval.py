"""Suite ``retrieval``: a headline should find its own story."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tianfu.embeddings.text.html import html_to_text
from tianfu.eval.baselines.bm25 import bm25_partner_ranks
from tianfu.eval.baselines.tfidf import tfidf_partner_ranks
from tianfu.eval.bootstrap import compare, means
from tianfu.eval.core import Subject, SuiteResult, needed, record
from tianfu.eval.measures import Floats, Ranks, partner_ranks, recall_at, reciprocal_rank_at
from tianfu.eval.pictures import Curves, Example
from tianfu.eval.rows import Row, parsed_rows, text_of

NAME = "retrieval"
LEAD_CHARS = 160
"""How much of a clean body is encoded: its lead, so that methods see the same text."""
DEEPEST = 100


def run(files: Sequence[Path], subject: Subject) -> SuiteResult:
    """Rank the leads of all bodies for each title; rows are ``{"title", "body"}``.

    A lead is the first 160 characters of the clean body, for the model and beside it alike.

    Metrics: ``recall_at_1``, ``recall_at_10``, ``mrr_at_10``; baselines ``tfidf`` and ``bm25`` over
    characters and pairs of characters, with the frequencies of the very rows.

    Raises:
        UnreadableFile: A file is missing or a row breaks its form.
    """
    rows = parsed_rows(files, story_of, limit=subject.limit)
    return measure([title for title, _ in rows], [body for _, body in rows], subject)


def story_of(row: Row) -> tuple[str, str]:
    """Read the title and the clean body of one row.

    Raises:
        InvalidInput: ``field`` names what is missing or wrong.
    """
    return text_of(row, "title", empty=True), html_to_text(text_of(row, "body", empty=True))


def measure(titles: Sequence[str], bodies: Sequence[str], subject: Subject) -> SuiteResult:
    """Rank the leads of all bodies, already clean, for each title; body i belongs to title i."""
    began = time.perf_counter()
    encoder = needed(subject.encoder, "encoder")
    leads = [body[:LEAD_CHARS] for body in bodies]
    ranks = partner_ranks(encoder.encode(titles), encoder.encode(leads))
    others: dict[str, Ranks] = {}
    if subject.baselines:
        others = {"tfidf": tfidf_partner_ranks(titles, leads), "bm25": bm25_partner_ranks(titles, leads)}
    comparison = compare(
        len(titles),
        means(item_scores(ranks)),
        {name: means(item_scores(found)) for name, found in others.items()},
    )
    return record(
        NAME,
        subject,
        len(titles),
        comparison,
        began=began,
        pictures=(recall_curve({"model": ranks, **others}),),
        examples=_examples(titles, ranks),
    )


def item_scores(ranks: Ranks) -> dict[str, Floats]:
    """Each metric's score of every query."""
    return {
        "recall_at_1": recall_at(ranks, 1),
        "recall_at_10": recall_at(ranks, 10),
        "mrr_at_10": reciprocal_rank_at(ranks, 10),
    }


def recall_curve(ranks: Mapping[str, Ranks]) -> Curves:
    """Recall among the first k for k up to 100, a line a method."""
    count = len(next(iter(ranks.values())))
    deepest = max(min(DEEPEST, count), 2)
    depths = sorted({int(k) for k in np.geomspace(1, deepest, 30).round()})
    return Curves(
        title="How far down must one look?",
        x="k, how many stories are looked at",
        y="recall at k",
        lines={
            name: [(k, float(recall_at(found, k).mean())) for k in depths] for name, found in ranks.items()
        },
        x_range=(1, deepest),
        x_ticks=[k for k in (1, 2, 5, 10, 20, 50, 100) if k <= deepest],
        logarithmic=True,
    )


def _examples(titles: Sequence[str], ranks: Ranks) -> list[Example]:
    """Headlines whose stories were ranked lowest."""
    worst = [int(row) for row in np.argsort(-ranks, kind="stable") if ranks[row] > 1]
    return [Example(titles=(titles[row],), truth="place 1", said=f"place {ranks[row]}") for row in worst]
